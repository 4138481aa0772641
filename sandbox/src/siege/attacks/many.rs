//! Many objects, large objects, objects that change often, an object that makes the program panic.

use std::time::{Duration, Instant};

use sandbox::controller::Launch;
use sandbox::objects::{PatchType, Target as Object};
use serde_json::{Map, Value, json};

use super::super::field::{ATTACKER, said};
use super::super::make;
use super::templates::stand;
use super::{Attack, Failure, Field, Outcome, Target};

const TWIN: &str = "thousand items";

pub(super) const ALL: &[Attack] = &[
    Attack::new("6000 ordinary", TWIN, |field, target| Box::pin(ordinary(field, target))),
    Attack::new("churn", TWIN, |field, target| Box::pin(churn(field, target))),
    Attack::new("large churn", TWIN, |field, target| Box::pin(large_churn(field, target))).full(),
    Attack::new("Events", TWIN, |field, target| Box::pin(events(field, target))).full(),
    Attack::new("large metadata", TWIN, |field, target| Box::pin(stand(field, target, metadata(field)))),
    Attack::new("300 × 900 KB at the start", TWIN, |field, target| {
        Box::pin(stand(field, target, Vec::new()))
    })
    .after(|field| Box::pin(page(field))),
    Attack::new("large annotations at the start", TWIN, |field, target| {
        Box::pin(stand(field, target, Vec::new()))
    })
    .after(|field| Box::pin(annotated(field))),
    Attack::new("panic", TWIN, |field, target| Box::pin(panic(field, target))).after(|_| {
        let env = vec![("SEALED_SECRETS_PANIC_ON".to_owned(), format!("{ATTACKER}/{PANICS}"))];
        Box::pin(async { Ok(Launch { env, ..Launch::default() }) })
    }),
];

fn ordinary_objects(field: &Field, count: usize) -> Vec<Value> {
    (0..count).map(|i| make::valid(&field.key, ATTACKER, &format!("ordinary-{i}"), 1)).collect()
}

async fn ordinary(field: &Field, target: Target) -> Result<Outcome, Failure> {
    field.create(ordinary_objects(field, field.sized(6000, 400))).await;
    Ok(Outcome::of(field.told(target, Duration::from_secs(field.sized(40, 8))).await?))
}

/// Fifty changes a second of one object.
pub(super) async fn churn(field: &Field, target: Target) -> Result<Outcome, Failure> {
    field.create(vec![make::valid(&field.key, ATTACKER, "churn", 3)]).await;
    change(field, target).await
}

/// The same with an object of 900 KB.
async fn large_churn(field: &Field, target: Target) -> Result<Outcome, Failure> {
    let data = make::same(1, &"x".repeat(900_000));
    field.create(vec![make::templated(&field.key, ATTACKER, "churn", data)]).await;
    change(field, target).await
}

async fn change(field: &Field, target: Target) -> Result<Outcome, Failure> {
    let (start, mut changes) = (Instant::now(), 0);
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    while start.elapsed() < field.span() && target.process.resident().is_some() {
        tick.tick().await;
        let object = Object { kind: "SealedSecret", namespace: ATTACKER, name: "churn", ..Object::default() };
        let patch = json!({"spec": {"template": {"metadata": {"labels": {"round": changes.to_string()}}}}});
        field.admin.patch(object, PatchType::Merge, &patch).await?;
        changes += 1;
    }
    Ok(Outcome::of(format!("{changes} changes; {}", field.told(target, field.span()).await?)))
}

/// Objects whose every change is another failure to be told.
async fn events(field: &Field, target: Target) -> Result<Outcome, Failure> {
    let one = |round: usize| {
        move |i: usize| {
            let text = format!("{{{{ fail \"{round} {i} {}\" }}}}", "because ".repeat(500));
            make::templated(&field.key, ATTACKER, &format!("fails-{i}"), make::same(1, &text))
        }
    };
    let count = 300;
    field.create((0..count).map(one(0)).collect()).await;
    for object in (0..count).map(one(1)) {
        field.admin.replace(&object).await?;
    }
    field.hold(target).await;
    Ok(Outcome::of(field.told(target, field.span()).await?))
}

/// A hundred thousand labels, long ones, and names of items as long as an object may be.
fn metadata(field: &Field) -> Vec<Value> {
    let many = |prefix: &str, count: usize, value: &str| -> Map<String, Value> {
        (0..count).map(|i| (format!("{prefix}-{i}"), value.into())).collect()
    };
    let with = |name: &str, metadata: Value| {
        let items = make::valid_items(&field.key, ATTACKER, name, 1);
        make::sealed(ATTACKER, name, items, json!({"metadata": metadata}))
    };
    let count = field.bulk(40_000, 20_000);
    let mut long = make::valid_items(&field.key, ATTACKER, "names", 1);
    long.extend((0..2).map(|i| (format!("{i}{}", "n".repeat(400_000)), "AgB".into())));
    vec![
        with("labels", json!({"labels": many("label", count, "x")})),
        with("annotations", json!({"annotations": many("note", 10, &"y".repeat(90_000))})),
        make::sealed(ATTACKER, "names", long, json!({})),
        make::templated(&field.key, ATTACKER, "items", many("item", count, "x")),
    ]
}

/// One page of a list of these is larger than all the memory that the controller has.
async fn page(field: &Field) -> Result<Launch, Failure> {
    let text = "x".repeat(900_000);
    let one = |i: usize| make::templated(&field.key, ATTACKER, &format!("large-{i}"), make::same(1, &text));
    let count = field.bulk(300, 60);
    for first in (0..count).step_by(20) {
        field.create((first..(first + 20).min(count)).map(one).collect()).await;
    }
    Ok(Launch::default())
}

/// Secrets that concern nobody, with as much metadata as the API server takes.
async fn annotated(field: &Field) -> Result<Launch, Failure> {
    let text = "x".repeat(250_000);
    let one = |i: usize| {
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"namespace": ATTACKER,
            "name": format!("annotated-{i}"), "annotations": {"note": text}}})
    };
    let count = field.bulk(500, 150);
    for first in (0..count).step_by(50) {
        field.create((first..(first + 50).min(count)).map(one).collect()).await;
    }
    Ok(Launch::default())
}

/// Opening this object makes the program panic: that must stay with the object.
async fn panic(field: &Field, target: Target) -> Result<Outcome, Failure> {
    let mut objects = ordinary_objects(field, 5);
    objects.push(make::valid(&field.key, ATTACKER, PANICS, 1));
    field.create(objects).await;
    field.hold(target).await;
    let mut outcome = Outcome::of(field.told(target, field.span()).await?);
    let sealed = field.admin.get("SealedSecret", ATTACKER, PANICS).await?.unwrap_or_default();
    let said = said(&sealed);
    outcome.must(said.as_deref() == Some("Internal"), || {
        format!("the object is told {}, not Internal", said.as_deref().unwrap_or("nothing"))
    });
    Ok(outcome)
}

const PANICS: &str = "panics";
