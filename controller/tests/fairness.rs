//! One namespace cannot hurt another: attacks in miniature on workers, queue and threads, each with an honest twin.
//! What is asserted is order and number, not speed, where that can be.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::{
    collections::BTreeMap,
    convert::Infallible,
    fs,
    path::Path,
    sync::{Arc, LazyLock, Mutex},
    time::{Duration, Instant},
};

use axum::body::Body;
use k8s_openapi::{ByteString, api::core::v1::Secret};
use sealed_secrets_controller::{
    capacity::{
        memory::MemoryBudget,
        pool::{Pool, Priority},
    },
    config::{Command, Config},
    context::Context,
    keys::store::Store,
    leader::Leadership,
    reconcile::{templates::TemplateCache, worker},
    report::{deferred::DeferredEvents, events::Events, metrics::Metrics},
    state::{entry::State, existing::Existing, index::Index, key::Key, queue::Queue, sighting::Sighting},
};
use sealed_secrets_core::{KeyPair, Label, Scope, SealedSecret, names};
use serde_json::{Value, json};
use tokio::sync::watch;

fn testdata(path: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata").join(path)).unwrap()
}

fn pair(key: &str) -> KeyPair {
    let cert = testdata(&format!("controller/certs/{key}.crt"));
    KeyPair::from_pem(&testdata(&format!("keys/{key}.key")), &cert).unwrap()
}

/// The key that the controller has, and one that it lacks.
static KEYS: LazyLock<[KeyPair; 2]> = LazyLock::new(|| [pair("a"), pair("b")]);

fn key_secret(key: &str) -> Secret {
    let mut secret = Secret::default();
    secret.metadata.name = Some(format!("key-{key}"));
    secret.metadata.labels =
        Some(BTreeMap::from([(names::KEY_LABEL.to_owned(), names::KEY_ACTIVE.to_owned())]));
    secret.data = Some(BTreeMap::from([
        ("tls.key".to_owned(), ByteString(testdata(&format!("keys/{key}.key")))),
        ("tls.crt".to_owned(), ByteString(testdata(&format!("controller/certs/{key}.crt")))),
    ]));
    secret
}

/// An API server that has nothing, takes everything and remembers what was written, in order.
#[derive(Clone, Default)]
struct Server(Arc<Mutex<Vec<(String, Value)>>>);

impl Server {
    async fn answer(
        self,
        request: http::Request<kube::client::Body>,
    ) -> Result<http::Response<Body>, Infallible> {
        let (head, body) = request.into_parts();
        if head.method == http::Method::GET {
            let gone = json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 404, "reason": "NotFound", "message": "" });
            return Ok(http::Response::builder().status(404).body(Body::from(gone.to_string())).unwrap());
        }
        let body = body.collect_bytes().await.unwrap();
        let sent: Value = serde_json::from_slice(&body).unwrap_or_default();
        self.0.lock().unwrap().push((format!("{} {}", head.method, head.uri.path()), sent));
        let answer = json!({ "metadata": {}, "involvedObject": {}, "spec": {} });
        Ok(http::Response::new(Body::from(answer.to_string())))
    }

    /// Names of the Secrets that were made, in order.
    fn made(&self) -> Vec<String> {
        let written = self.0.lock().unwrap();
        let of = |(what, sent): &(String, Value)| {
            (what.starts_with("POST") && what.ends_with("/secrets"))
                .then(|| sent["metadata"]["name"].as_str().unwrap().to_owned())
        };
        written.iter().filter_map(of).collect()
    }

    /// Reason and message of the last status of an object.
    fn told(&self, key: &Key) -> Option<(String, String)> {
        let path = format!("/namespaces/{}/sealedsecrets/{}/status", key.namespace(), key.name());
        let written = self.0.lock().unwrap();
        let (_, sent) = written.iter().rfind(|(what, _)| what.ends_with(&path))?;
        let text =
            |field: &str| sent["status"]["conditions"][0][field].as_str().unwrap_or_default().to_owned();
        Some((text("reason"), text("message")))
    }
}

struct Arena {
    context: Arc<Context>,
    server: Server,
    workers: tokio::task::JoinHandle<()>,
    _lanes: Vec<tokio::sync::mpsc::Receiver<sealed_secrets_controller::report::events::Note>>,
}

impl Arena {
    /// Two threads for private-key operations, a key and workers that run.
    fn open(args: &[&str], env: &'static [(&str, &str)]) -> Self {
        let args: Vec<String> = args.iter().map(ToString::to_string).collect();
        let env =
            |name: &str| env.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        let Command::Run(config, _) = Config::read(&args, &env, "own").unwrap() else { panic!("a run") };
        let server = Server::default();
        let answering = server.clone();
        let client =
            kube::Client::new(tower::service_fn(move |request| answering.clone().answer(request)), "own");
        let (keys, _news) = Store::new(config.keys.clone(), "own");
        keys.apply(&key_secret("a"));
        keys.publish();
        let (deferred, lanes) = DeferredEvents::new();
        let context = Arc::new(Context {
            keys,
            index: Index::default(),
            existing: Existing::default(),
            queue: Queue::default(),
            memory: MemoryBudget::default(),
            pool: Pool::with_threads(2),
            templates: Arc::new(TemplateCache::new(config.templates.clone())),
            metrics: Arc::new(Metrics::new("v1", false)),
            events: Events::new(client.clone()),
            deferred,
            identity: String::new(),
            leadership: Arc::new(Leadership::new(false)),
            client,
            config: *config,
        });
        let workers = tokio::spawn(worker::run(Arc::clone(&context), watch::channel(false).1));
        Self { context, server, workers, _lanes: lanes }
    }

    /// What the watch does when it sees an object.
    fn apply(&self, sealed: SealedSecret) -> Key {
        let meta = &sealed.metadata;
        let key = Key::new(meta.namespace.as_deref().unwrap(), meta.name.as_deref().unwrap());
        let sighting = Sighting {
            uid: meta.uid.as_deref().unwrap().into(),
            generation: meta.generation,
            scope: Scope::Strict,
            repair: false,
            deleting: false,
            instance: "".into(),
            status: None,
        };
        if let Some(priority) = self.context.index.lock().see(&key, sighting, Some(sealed)) {
            self.context.queue.push(&key, priority);
        }
        key
    }

    /// What the watch does when an object is deleted.
    fn delete(&self, key: &Key) {
        self.context.index.lock().forget(key);
        self.context.queue.forget(key);
    }

    fn state(&self, key: &Key) -> Option<State> {
        self.context.index.with(key, |entry| entry.state().clone())
    }

    async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) -> Duration {
        let begun = Instant::now();
        while !holds(self) {
            assert!(begun.elapsed() < Duration::from_mins(1), "waited in vain: {what}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        begun.elapsed()
    }

    async fn settled(&self, key: &Key) -> Duration {
        self.until(&format!("{key} settles"), |arena| {
            arena.state(key).is_some_and(|state| state != State::Unknown)
        })
        .await
    }

    /// A new object of another namespace is opened while all else goes on; says how long that took.
    async fn fresh(&self) -> Duration {
        let key = self.apply(object("victim", "fresh", 3, |_, text| text, &[]));
        let took = self.settled(&key).await;
        assert!(
            matches!(self.state(&key), Some(State::Synced(_))),
            "{:?} {:?}",
            self.state(&key),
            self.server.told(&key)
        );
        took
    }

    fn operations(&self) -> f64 {
        self.context.metrics.private_operations.get()
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        self.workers.abort();
    }
}

/// An object with so many items sealed to key `a`, each passed through `spoil` with its number; and templates.
fn object(
    namespace: &str,
    name: &str,
    items: usize,
    spoil: impl Fn(usize, String) -> String,
    templates: &[(String, String)],
) -> SealedSecret {
    let label = Label::from(format!("{namespace}/{name}"));
    let good = KEYS[0].sealing_key().unwrap().seal_to_text(&label, b"v");
    let items: BTreeMap<String, String> =
        (0..items).map(|number| (format!("k{number:04}"), spoil(number, good.clone()))).collect();
    let templates: BTreeMap<_, _> = templates.iter().cloned().collect();
    serde_json::from_value(json!({
        "apiVersion": names::API_VERSION, "kind": names::KIND,
        "metadata": { "name": name, "namespace": namespace, "uid": format!("{namespace}-{name}"), "generation": 1 },
        "spec": { "encryptedData": items, "template": { "data": templates } },
    }))
    .unwrap()
}

/// All but the first `valid` items are sealed to a key that nobody has.
fn junk(namespace: &str, name: &str, items: usize, valid: usize) -> SealedSecret {
    let label = Label::from(format!("{namespace}/{name}"));
    let foreign = KEYS[1].sealing_key().unwrap().seal_to_text(&label, b"v");
    object(namespace, name, items, |number, good| if number < valid { good } else { foreign.clone() }, &[])
}

/// So many items of so many password hashes each: some fifty milliseconds a hash.
fn hashes(items: usize, each: usize) -> Vec<(String, String)> {
    let template = r#"{{ bcrypt "x" }}"#.repeat(each);
    (0..items).map(|number| (format!("h{number}"), template.clone())).collect()
}

/// A small part of what the attacks take; the machine may have more to do than this.
const SOON: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn password_hashes_do_not_hold_up_others_and_end_with_their_object() {
    let arena = Arena::open(&["--template-max-costly=1000"], &[]);
    let attackers: Vec<_> = (0..4)
        .map(|number| arena.apply(object("evil", &format!("e{number}"), 1, |_, text| text, &hashes(20, 39))))
        .collect();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let took = arena.fresh().await;
    assert!(took < SOON, "{took:?}");
    assert_eq!(arena.server.made(), ["fresh"]);
    // Deleted, they free the thread: another's hashes come at once.
    for key in &attackers {
        arena.delete(key);
    }
    let honest = arena.apply(object("victim", "hashed", 1, |_, text| text, &hashes(1, 2)));
    let took = arena.settled(&honest).await;
    assert!(took < 6 * SOON, "two minutes of hashes were before it: {took:?}");
    assert_eq!(arena.server.made(), ["fresh", "hashed"], "nothing was made of what is deleted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_whose_templates_cost_too_much_is_told_so_with_the_flag_and_rests() {
    let arena = Arena::open(&["--template-max-costly=3"], &[]);
    let greedy = arena.apply(object("evil", "greedy", 1, |_, text| text, &hashes(2, 2)));
    let modest = arena.apply(object("evil", "modest", 1, |_, text| text, &hashes(1, 3)));
    arena.settled(&greedy).await;
    arena.settled(&modest).await;
    arena.until("a status", |arena| arena.server.told(&greedy).is_some()).await;
    let (reason, message) = arena.server.told(&greedy).unwrap();
    assert_eq!(reason, "TooCostly");
    for part in ["h1", "at most 3 ", "--template-max-costly"] {
        assert!(message.contains(part), "{part:?} is not in {message:?}");
    }
    assert!(matches!(arena.state(&modest), Some(State::Synced(_))));
    // Another generation is another chance.
    assert_eq!(arena.state(&greedy), Some(State::WaitsForKey));
    let mut changed = object("evil", "greedy", 1, |_, text| text, &hashes(1, 1));
    changed.metadata.generation = Some(2);
    arena.apply(changed);
    arena.until("greedy is made", |arena| arena.server.made().contains(&"greedy".to_owned())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_render_that_takes_long_does_not_hold_up_ordinary_templates() {
    let arena = Arena::open(&["--template-max-steps=1000000000", "--template-max-bytes=1000000000000"], &[]);
    let endless = vec![(
        "x".to_owned(),
        "{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}".to_owned(),
    )];
    let attacker = arena.apply(object("evil", "endless", 1, |_, text| text, &endless));
    tokio::time::sleep(Duration::from_millis(100)).await;
    let template = vec![("url".to_owned(), "db://{{ .k0000 }}".to_owned())];
    let key = arena.apply(object("victim", "fresh", 1, |_, text| text, &template));
    let took = arena.settled(&key).await;
    assert!(took < SOON, "{took:?}");
    assert_eq!(arena.state(&attacker), Some(State::Unknown), "still at it");
    // A changed spec ends it: what it was is of no interest any more.
    let mut changed = object("evil", "endless", 1, |_, text| text, &[]);
    changed.metadata.generation = Some(2);
    arena.apply(changed);
    let took = arena.settled(&attacker).await;
    assert!(took < SOON, "{took:?}");
    assert!(matches!(arena.state(&attacker), Some(State::Synced(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_full_of_junk_behind_a_valid_item_costs_a_bounded_number_of_operations() {
    let arena = Arena::open(&[], &[]);
    let attacker = arena.apply(junk("evil", "junk", 400, 1));
    let took = arena.fresh().await;
    assert!(took < SOON, "{took:?}");
    arena.settled(&attacker).await;
    arena.until("a status", |arena| arena.server.told(&attacker).is_some()).await;
    assert_eq!(arena.server.told(&attacker).unwrap().0, "ErrUnsealFailed");

    // Its twin: as many items, all valid.
    let before = arena.operations();
    let honest = arena.apply(object("victim", "large", 400, |_, text| text, &[]));
    arena.settled(&honest).await;
    assert!(matches!(arena.state(&honest), Some(State::Synced(_))));
    assert!((arena.operations() - before - 400.0).abs() < 0.5, "one operation each");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_objects_full_of_junk_leave_a_worker_and_half_of_the_threads_to_others() {
    let arena = Arena::open(&[], &[]);
    for number in 0..40 {
        arena.apply(junk("evil", &format!("j{number}"), 60, 0));
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    let took = arena.fresh().await;
    assert!(took < SOON, "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_new_is_not_behind_the_thousands_of_another() {
    let arena = Arena::open(&[], &[]);
    for number in 0..1_500 {
        arena.apply(object("tenant", &format!("o{number}"), 3, |_, text| text, &[]));
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    let settled = |arena: &Arena| {
        let inner = arena.context.index.lock();
        inner
            .objects
            .iter()
            .filter(|(key, entry)| key.namespace() == "tenant" && *entry.state() != State::Unknown)
            .count()
    };
    let before = settled(&arena);
    let took = arena.fresh().await;
    let overtaken = settled(&arena) - before;
    assert!(took < SOON && overtaken < 100, "{took:?}, {overtaken} went before");
    assert!(before + overtaken < 1_500, "it was really in their way");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_is_told_of_its_object_and_the_others_go_on() {
    for (env, name) in [
        (&[("SEALED_SECRETS_PANIC_ON", "ns/broken")][..], "on a thread"),
        (&[("SEALED_SECRETS_PANIC_ON", "task:ns/broken")][..], "in the task"),
    ] {
        let arena = Arena::open(&[], env);
        let broken = arena.apply(object("ns", "broken", 1, |_, text| text, &[]));
        arena.until("a status", |arena| arena.server.told(&broken).is_some()).await;
        let (reason, message) = arena.server.told(&broken).unwrap();
        assert_eq!(reason, "Internal", "{name}");
        assert!(!message.contains("PANIC_ON"), "{message}");
        // What is remembered follows the status.
        arena.until("it rests", |arena| arena.state(&broken) == Some(State::Faulty)).await;
        let sound: Vec<_> = (0..50)
            .map(|number| arena.apply(object("ns", &format!("s{number}"), 1, |_, text| text, &[])))
            .collect();
        for key in &sound {
            arena.settled(key).await;
        }
        // A change wakes it; here it panics again and is told again, by the same slot.
        let mut changed = object("ns", "broken", 1, |_, text| text, &[]);
        changed.metadata.generation = Some(2);
        let before = arena.server.0.lock().unwrap().len();
        arena.apply(changed);
        arena.until("another status", |arena| arena.server.0.lock().unwrap().len() > before).await;
    }
}

#[tokio::test]
async fn a_waiting_object_that_is_deleted_takes_no_turn() {
    let arena = Arena::open(&[], &[]);
    let key = arena.apply(object("ns", "app", 1, |_, text| text, &[]));
    arena.delete(&key);
    let other = arena.apply(object("ns", "other", 1, |_, text| text, &[]));
    arena.context.queue.push(&other, Priority::Fresh);
    arena.settled(&other).await;
    assert_eq!(arena.server.made(), ["other"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_short_does_not_wait_for_what_is_long_in_however_many_namespaces() {
    let arena = Arena::open(&["--template-max-costly=1000"], &[]);
    for namespace in 0..8 {
        for number in 0..16 {
            let name = format!("h{number}");
            arena.apply(object(&format!("apply{namespace}"), &name, 1, |_, text| text, &hashes(2, 39)));
        }
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let took = arena.fresh().await;
    assert!(took < SOON, "{took:?}");
    assert_eq!(arena.server.made(), ["fresh"], "before any of them is through");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_that_take_long_are_made_once_each_however_many_wait() {
    let arena = Arena::open(&[], &[]);
    let mut keys = vec![];
    for namespace in 0..6 {
        for number in 0..7 {
            let name = format!("h{namespace}{number}");
            keys.push(arena.apply(object(
                &format!("apply{namespace}"),
                &name,
                1,
                |_, text| text,
                &hashes(1, 1),
            )));
        }
    }
    for key in &keys {
        arena.settled(key).await;
        assert!(matches!(arena.state(key), Some(State::Synced(_))), "{:?}", arena.state(key));
    }
    let mut made = arena.server.made();
    made.sort();
    let mut names: Vec<_> = keys.iter().map(|key| key.name().to_owned()).collect();
    names.sort();
    assert_eq!(made, names);
}
