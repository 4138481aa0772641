//! What is remembered of objects, and which of them are due when they are seen.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::{collections::BTreeMap, sync::MutexGuard};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;
use sealed_secrets_controller::{
    capacity::pool::Priority,
    keys::store::Snapshot,
    state::{
        conclusion::{Outcome, Policy},
        entry::{Entry, State, Task},
        index::{Index, Inner},
        key::Key,
        secret::{Ownership, Version},
        sighting::Sighting,
    },
};
use sealed_secrets_core::{
    KeyPair, Scope, SealedSecret, names,
    sealed_secret::{Condition, Status},
};
use serde_json::json;

fn sighting(uid: &str, generation: i64) -> Sighting {
    Sighting {
        uid: uid.into(),
        generation: Some(generation),
        scope: Scope::Strict,
        repair: false,
        deleting: false,
        instance: "".into(),
        status: None,
    }
}

fn told(generation: i64) -> Status {
    Status { observed_generation: Some(generation), conditions: vec![Condition::default()] }
}

fn see(index: &Index, seen: Sighting) -> Option<Priority> {
    index.lock().see(&Key::new("ns", "app"), seen, Some(SealedSecret::default()))
}

fn version(uid: &str, resource: &str) -> Version {
    Version { uid: uid.into(), resource: resource.into() }
}

fn synced_at(resource: &str) -> State {
    State::Synced(version("s", resource))
}

const POLICY: Policy = Policy { skip_recreate: false, quick_retries: 5, priority: Priority::Fresh };

/// Reconciles an object with this outcome.
fn conclude(index: &Index, key: &Key, outcome: Outcome) {
    let mut inner = index.lock();
    let (task, _) = inner.begin(key).unwrap();
    inner.conclude(key, &task, outcome, &Snapshot::default(), POLICY);
}

#[test]
fn a_new_object_is_fresh_and_one_with_a_status_is_only_verified() {
    assert_eq!(see(&Index::default(), sighting("a", 1)), Some(Priority::Fresh));
    assert_eq!(
        see(&Index::default(), Sighting { status: Some(told(1)), ..sighting("a", 1) }),
        Some(Priority::Verify)
    );
    let changed_while_down = Sighting { status: Some(told(1)), ..sighting("a", 2) };
    assert_eq!(see(&Index::default(), changed_while_down), Some(Priority::Fresh));
    assert_eq!(see(&Index::default(), Sighting { deleting: true, ..sighting("a", 1) }), None);
}

#[test]
fn spec_and_scope_make_an_object_due_labels_and_status_do_not() {
    let index = Index::default();
    see(&index, sighting("a", 1));
    assert_eq!(
        see(&index, Sighting { instance: "x".into(), status: Some(told(1)), ..sighting("a", 1) }),
        None
    );
    assert_eq!(see(&index, sighting("a", 2)), Some(Priority::Fresh));
    assert_eq!(
        see(&index, Sighting { scope: Scope::ClusterWide, ..sighting("a", 2) }),
        Some(Priority::Fresh)
    );
    assert_eq!(see(&index, sighting("b", 2)), Some(Priority::Fresh), "made anew under the same name");
}

/// An object of about 64 KiB, most of it of no use.
fn large() -> SealedSecret {
    let mut object = SealedSecret::default();
    object.spec.data = Some("x".repeat(32 * 1024));
    object.spec.encrypted_data.insert("k".to_owned(), "x".repeat(32 * 1024));
    object.metadata.managed_fields = Some(vec![ManagedFieldsEntry::default()]);
    object.metadata.annotations = Some(BTreeMap::from([
        ("kubectl.kubernetes.io/last-applied-configuration".to_owned(), "{}".to_owned()),
        (names::CLUSTER_WIDE.to_owned(), "true".to_owned()),
    ]));
    object
}

#[test]
fn an_object_that_was_seen_by_its_metadata_is_fetched_and_counts_as_large_until_then() {
    let (index, key) = (Index::default(), Key::new("ns", "app"));
    let in_work = || index.with(&key, |entry| entry.in_work()).unwrap();
    assert!(index.lock().see(&key, sighting("a", 1), None).is_some(), "never reconciled, for all we know");
    assert!(index.take_pending(&key).is_none() && in_work() >= 1 << 20);
    index.with(&key, |entry| entry.set_size(&SealedSecret::default()));
    assert!(in_work() < 4096, "fetched");
    assert!(index.lock().see(&key, sighting("a", 1), None).is_none(), "nothing has changed");
    assert!(in_work() < 4096);

    // What waits is outdated by a change that only metadata tell.
    index.lock().see(&key, sighting("a", 2), Some(large()));
    assert!(index.with(&key, |entry| entry.is_kept()).unwrap());
    assert!(index.lock().see(&key, sighting("a", 2), None).is_none());
    assert!(index.with(&key, |entry| entry.is_kept()).unwrap(), "the same once more");
    assert!(index.lock().see(&key, sighting("a", 3), None).is_some());
    assert!(!index.with(&key, |entry| entry.is_kept()).unwrap() && in_work() >= 1 << 20);
    index.lock().forget(&key);
}

#[test]
fn ciphertexts_of_some_megabytes_are_kept_while_objects_wait_and_nothing_that_has_no_say() {
    let index = Index::default();
    for number in 0..1000 {
        index.lock().see(&Key::new("ns", &number.to_string()), sighting("a", 1), Some(large()));
    }
    let kept = || index.lock().objects.values().filter(|entry| entry.is_kept()).count();
    assert!((100..=128).contains(&kept()), "{}", kept());
    let object = index.take_pending(&Key::new("ns", "0")).unwrap();
    assert_eq!(object.metadata.managed_fields, None);
    assert_eq!(object.metadata.annotations.unwrap().into_keys().collect::<Vec<_>>(), [names::CLUSTER_WIDE]);
    assert!(index.take_pending(&Key::new("ns", "0")).is_none(), "given away once");
    index.lock().see(&Key::new("ns", "new"), sighting("a", 1), Some(large()));
    assert!(index.take_pending(&Key::new("ns", "new")).is_some(), "room again");
    for number in 0..1000 {
        index.lock().forget(&Key::new("ns", &number.to_string()));
    }
    for number in 0..1000 {
        index.lock().see(
            &Key::new("ns", &number.to_string()),
            sighting("b", 1),
            Some(SealedSecret::default()),
        );
    }
    assert_eq!(kept(), 1000, "usual ones all have room");
}

#[test]
fn an_object_older_than_our_last_status_is_read_again() {
    let index = Index::default();
    let name = Key::new("ns", "app");
    for (version, told_in, good) in [("7", 0, true), ("7", 8, false), ("8", 8, true), ("opaque", 8, true)] {
        let mut object = SealedSecret::default();
        object.metadata.resource_version = Some(version.to_owned());
        index.lock().see(&name, sighting(version, told_in), Some(object));
        let told = Outcome { status_version: Some(u64::try_from(told_in).unwrap()), ..Outcome::default() };
        conclude(&index, &name, told);
        assert_eq!(index.take_pending(&name).is_some(), good, "{version} {told_in}");
    }
}

#[test]
fn a_list_is_expected_to_bring_what_is_settled_or_being_written() {
    let index = Index::default();
    let states = [
        ("synced", synced_at("1")),
        ("drifted", State::Drifted(version("s", "1"))),
        ("refused", State::WaitsForSecret(Ownership::default())),
        ("unknown", State::Unknown),
        ("keyless", State::WaitsForKey),
        ("failed", State::Failed),
        ("writing", State::Unknown),
    ];
    for (name, state) in states {
        let key = Key::new("ns", name);
        index.lock().see(&key, sighting("a", 1), Some(SealedSecret::default()));
        conclude(&index, &key, Outcome { state: Some(state), ..Outcome::default() });
    }
    index.lock().begin(&Key::new("ns", "writing"));
    let mut expected: Vec<_> = index.lock().with_secret(None).into_iter().collect();
    expected.sort();
    let names: Vec<_> = expected.iter().map(Key::name).collect();
    assert_eq!(names, ["drifted", "refused", "synced", "writing"]);
    assert_eq!(index.lock().with_secret(Some("other")).len(), 0);
}

/// Shows a hundred objects with so much at `place`; gives how many are kept, and what the last takes in work.
fn kept_with(place: &str) -> (usize, usize) {
    let index = Index::default();
    for number in 0..100 {
        let mut object =
            json!({ "metadata": {}, "spec": { "encryptedData": {}, "template": { "metadata": {} } } });
        let meta = object.pointer_mut(place).unwrap();
        *meta = json!({ "annotations": { "a": "x".repeat(1_400_000) } });
        let object = serde_json::from_value(object).unwrap();
        index.lock().see(&Key::new("ns", &number.to_string()), sighting("a", 1), Some(object));
    }
    let inner = index.lock();
    let kept = inner.objects.values().filter(|entry| entry.is_kept()).count();
    (kept, inner.objects.get(&Key::new("ns", "99")).map_or(0, Entry::in_work))
}

#[test]
fn what_a_template_carries_counts_and_what_is_stripped_does_not() {
    let (kept, in_work) = kept_with("/spec/template/metadata");
    assert!(kept * 1_400_000 <= (8 << 20) && kept > 0, "{kept}");
    assert!(in_work > 1_400_000, "it will be fetched as large as it is");
    let (kept, in_work) = kept_with("/metadata");
    assert_eq!(kept, 100);
    assert!(in_work < 4_096, "{in_work}");
}

#[test]
fn a_namespace_is_forgotten_with_its_last_object() {
    let index = Index::default();
    let (one, two) = (Key::new("ns", "one"), Key::new("ns", "two"));
    let read = |path: &str| {
        let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata").join(path);
        std::fs::read(data).unwrap()
    };
    let pair = KeyPair::from_pem(&read("keys/a.key"), &read("controller/certs/a.crt")).unwrap();
    let remember = |inner: &mut MutexGuard<'_, Inner>, task: &Task| {
        let keys = Some(vec![(*pair.fingerprint(), 1)]);
        inner.conclude(&one, task, Outcome { keys, ..Outcome::default() }, &Snapshot::default(), POLICY);
    };
    let mut inner = index.lock();
    for key in [&one, &two, &two] {
        inner.see(key, sighting("a", 1), Some(SealedSecret::default()));
    }
    let (task, _) = inner.begin(&one).unwrap();
    remember(&mut inner, &task);
    inner.forget(&one);
    assert!(inner.has_namespace("ns") && inner.last_key("ns").is_some());
    inner.forget(&two);
    assert!(!inner.has_namespace("ns") && inner.last_key("ns").is_none());
    remember(&mut inner, &task);
    assert!(inner.last_key("ns").is_none(), "the work on it came to an end later");
}
