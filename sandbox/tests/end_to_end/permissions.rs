//! What the controller may do is what `manifests/` grants, no more and no less: the verbs of the reference.
//! Each verb is taken away in turn, and the controller must name it in its log.

use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use sandbox::backend::Backend;
use sandbox::manifests::{Manifests, Overlay};
use sandbox::objects::{Objects, kind_of};
use serde_json::{Value, json};

use crate::pool::{Pool, add_namespace, told};
use crate::stage::{Stage, secret, start};

/// API group, resource, and the verbs of the cluster-wide role, each with what makes the controller need it.
const GRANTED: &[(&str, &str, Verbs)] = &[
    (
        "bitnami.com",
        "sealedsecrets",
        &[("get", Need::Compatibility), ("list", Need::Work), ("watch", Need::Work)],
    ),
    ("bitnami.com", "sealedsecrets/status", &[("update", Need::Work)]),
    (
        "",
        "secrets",
        &[
            ("get", Need::Work),
            ("list", Need::Work),
            ("create", Need::Work),
            ("update", Need::Work),
            ("delete", Need::Work),
            ("watch", Need::Work),
        ],
    ),
    ("", "events", &[("create", Need::Work), ("patch", Need::Work)]),
    ("", "namespaces", &[("get", Need::AdditionalNamespaces)]),
];

type Verbs = &'static [(&'static str, Need)];

/// What makes the controller need a verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    /// What [`work`] does.
    Work,
    /// `--additional-namespaces`.
    AdditionalNamespaces,
    /// Nothing: granted since the reference's manifests grant it.
    Compatibility,
}

pub(crate) fn trials(pool: &Pool) -> Vec<Trial> {
    let mut trials = vec![
        pool.trial("permissions::the_manifests_grant_the_verbs_of_the_reference", async |_| {
            manifests_grant()
        }),
        pool.trial("permissions::an_ordinary_user_may_reach_the_controller_and_nothing_else", ordinary_user),
        pool.trial(
            "permissions::roles_of_one_namespace_are_enough_for_a_controller_of_one_namespace",
            own_namespace,
        ),
    ];
    for (group, resource, verbs) in GRANTED {
        for (verb, need) in verbs.iter().filter(|(_, need)| *need != Need::Compatibility) {
            let name = format!("permissions::without_{verb}_on_{resource}_the_log_names_the_missing_rule");
            trials.push(
                pool.trial(&name, async move |backend| without(backend, group, resource, verb, *need).await),
            );
        }
    }
    trials
}

fn manifests_grant() -> Result<(), Failed> {
    let manifests = Manifests::of_the_project()?;
    let role = cluster_role(&manifests)?;
    let wanted: Vec<Value> = GRANTED
        .iter()
        .map(|(group, resource, verbs)| {
            let verbs: Vec<&str> = verbs.iter().map(|(verb, _)| *verb).collect();
            json!({"apiGroups": [group], "resources": [resource], "verbs": verbs})
        })
        .collect();
    assert_eq!(role["rules"], Value::from(wanted), "rules of the ClusterRole");
    let is_key_role = |o: &&Value| o["kind"] == "Role" && o["metadata"]["name"] == "sealed-secrets-key-admin";
    let keys = manifests.objects().iter().find(is_key_role).ok_or("no role for the keys")?;
    assert_eq!(
        keys["rules"],
        json!([{"apiGroups": [""], "resources": ["secrets"], "verbs": ["create", "list"]}])
    );
    Ok(())
}

async fn without(
    backend: &Backend,
    group: &str,
    resource: &str,
    verb: &str,
    need: Need,
) -> Result<(), Failed> {
    let whole = cluster_role(&Manifests::of_the_project()?)?;
    let mut role = whole.clone();
    for rule in role["rules"].as_array_mut().unwrap() {
        if rule["resources"] == json!([resource]) {
            rule["verbs"].as_array_mut().unwrap().retain(|granted| granted != verb);
        }
    }
    // A rule without verbs is refused, so the last verb takes its rule along.
    role["rules"].as_array_mut().unwrap().retain(|rule| rule["verbs"] != json!([]));
    assert_ne!(role, whole, "the role grants {verb} on {resource}");
    backend.admin().replace(&role).await.map_err(told)?;
    // The role of its own namespace grants some of the same verbs there.
    delete_key_role(backend).await?;
    let outcome = complains(backend, group, resource, verb, need).await;
    for object in Manifests::of_the_project()?.objects().iter().filter(|o| kind_of(o).contains("Role")) {
        backend.admin().apply(object).await.map_err(told)?;
    }
    outcome
}

async fn complains(
    backend: &Backend,
    group: &str,
    resource: &str,
    verb: &str,
    need: Need,
) -> Result<(), Failed> {
    let mut flags = vec!["--key-size=2048".to_owned(), "--old-gc-behavior".to_owned()];
    if need == Need::AdditionalNamespaces {
        flags.push("--additional-namespaces=e2e-rbac".to_owned());
    }
    add_namespace(backend.admin(), "e2e-rbac").await?;
    backend
        .admin()
        .create(&crate::scenarios::keys::secret(
            &crate::scenarios::file::Key::Letter("c".into()),
            backend.controller_namespace(),
        ))
        .await
        .map_err(told)?;
    let launch = sandbox::controller::Launch { flags, env: Vec::new() };
    let controller = backend.start_controller(launch).await.map_err(told)?;
    let rule = format!("apiGroups: [{group:?}], resources: [{resource:?}], verbs: [{verb:?}]");
    // The log puts messages in quotes and escapes those inside.
    let named = async |_: &Objects| Ok(controller.log().replace("\\\"", "\"").contains(&rule).then_some(()));
    let works = work(backend.admin());
    let waits = backend.admin().wait_for(&rule, Duration::from_secs(30), named);
    let (worked, waited) = futures::future::join(works, waits).await;
    let log = controller.log();
    controller.stop().await?;
    worked?;
    waited.map_err(|_| format!("the log does not name the missing rule {{{rule}}}:\n{log}").into())
}

/// Makes a controller use each verb that it uses at all: SealedSecrets come, change, fail, fail again and go.
async fn work(admin: &Objects) -> Result<(), Failed> {
    let pause = || tokio::time::sleep(Duration::from_secs(1));
    let sealed = |name: &str, key: &str| {
        let value = crate::scenarios::keys::seal(key, &format!("e2e-rbac/{name}"), b"v");
        json!({"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret",
            "metadata": {"name": name, "namespace": "e2e-rbac"}, "spec": {"encryptedData": {"k": value}}})
    };
    admin.apply(&sealed("db", "c")).await.map_err(told)?;
    admin.apply(&sealed("bad", "a")).await.map_err(told)?;
    pause().await;
    let mut changed = sealed("db", "c");
    changed["spec"]["template"] = json!({"metadata": {"labels": {"changed": "yes"}}});
    admin.apply(&changed).await.map_err(told)?;
    admin.apply(&sealed("bad", "a")).await.map_err(told)?;
    pause().await;
    admin.delete("Secret", "e2e-rbac", "db", None).await.map_err(told)?;
    pause().await;
    // Orphaned, or the garbage collector may be faster than `--old-gc-behavior`.
    admin.delete("SealedSecret", "e2e-rbac", "db", Some("Orphan")).await.map_err(told)
}

async fn ordinary_user(backend: &Backend) -> Result<(), Failed> {
    let stage = Stage::set(backend, "e2e-jane").await?;
    stage.kubeseal(&["--fetch-cert"], "").await?.ok()?;
    let (namespace, service) = backend.service().map_err(told)?;
    let jane = backend.objects_as(&sandbox::tokens::User::Ordinary).await.map_err(told)?;
    let allowed = format!("/api/v1/namespaces/{namespace}/services/http:{service}:http/proxy/v1/cert.pem");
    jane.text(http::Method::GET, &allowed, "text/plain", Vec::new()).await.map_err(told)?;
    for (kind, namespace) in
        [("Secret", "e2e-jane"), ("Secret", namespace), ("SealedSecret", "e2e-jane"), ("Service", namespace)]
    {
        let denied = jane.list(kind, namespace).await.err().and_then(|error| error.status());
        assert_eq!(denied, Some(http::StatusCode::FORBIDDEN), "{kind} in {namespace}");
    }
    stage.strike().await
}

/// The kustomization for one namespace: no ClusterRole at all.
async fn own_namespace(backend: &Backend) -> Result<(), Failed> {
    let manifests = Manifests::of(Overlay::OwnNamespace)?;
    let flags = manifests.arguments();
    let backend = Backend::with_manifests(backend.kind(), manifests).await.map_err(told)?;
    let outcome = async {
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let controller = start(&backend, &flags).await?;
        let namespace = backend.controller_namespace();
        let jane = backend.kubeconfig(&sandbox::tokens::User::Ordinary, namespace).await.map_err(told)?;
        let folder = tempfile::tempdir()?;
        let kubeseal = sandbox::binaries::Binaries::locate()?.kubeseal;
        let args = ["--controller-namespace", namespace];
        let text = secret(namespace, "db", &[("k", "v")]).to_string();
        let sealed = crate::stage::run(&kubeseal, &args, &text, Some(&jane), folder.path()).await?.ok()?;
        backend.admin().create(&serde_json::from_str(&sealed)?).await.map_err(told)?;
        let made = async |admin: &Objects| admin.get("Secret", namespace, "db").await;
        let what = format!("the Secret; log:\n{}", controller.log());
        backend.admin().wait_for(&what, Duration::from_secs(15), made).await.map_err(told)?;
        let log = controller.log();
        controller.stop().await?;
        if log.contains("verbs: [") {
            Err(Failed::from(format!("a verb is missing:\n{log}")))
        } else {
            Ok(())
        }
    }
    .await;
    backend.stop().await;
    outcome
}

async fn delete_key_role(backend: &Backend) -> Result<(), Failed> {
    let namespace = backend.controller_namespace();
    backend.admin().delete("Role", namespace, "sealed-secrets-key-admin", None).await.map_err(told)
}

fn cluster_role(manifests: &Manifests) -> Result<Value, Failed> {
    let roles = manifests.objects().iter().find(|o| kind_of(o) == "ClusterRole");
    roles.cloned().ok_or_else(|| "no ClusterRole".into())
}
