//! Items that do not open: each costs at least one private-key operation.

use serde_json::{Value, json};

use super::super::field::ATTACKER;
use super::super::make;
use super::super::wire::{Flood, post};
use super::templates::stand;
use super::{Attack, Failure, Field, Outcome, PATIENCE, Target, blocking, caller};
use crate::bench::load::add_namespace;

const TWIN: &str = "thousand items";

pub(super) const ALL: &[Attack] = &[
    Attack::new("verify of junk", "thousand items by HTTP", |field, target| Box::pin(verify(field, target))),
    Attack::new("rotate of a thousand", "thousand items by HTTP", |field, target| {
        Box::pin(rotate(field, target))
    })
    .full(),
    Attack::new("one valid, 1500 junk", TWIN, |field, target| {
        Box::pin(stand(field, target, vec![mixed(field, "mixed", 1500)]))
    }),
    Attack::new("20 × 150 junk", TWIN, |field, target| Box::pin(stand(field, target, twenty()))),
    Attack::new("junk in 20 namespaces", TWIN, |field, target| Box::pin(spread(field, target))).full(),
    Attack::new("sealed elsewhere", "60 keys", |field, target| {
        Box::pin(stand(field, target, elsewhere(field)))
    })
    .full(),
];

/// The first item opens, so that the keys are known to be right for the object, and no other does.
pub(super) fn mixed(field: &Field, name: &str, junk: usize) -> Value {
    let mut items = make::valid_items(&field.key, ATTACKER, name, 1);
    items.extend(make::junk_items(junk));
    make::sealed(ATTACKER, name, items, json!({}))
}

fn twenty() -> Vec<Value> {
    let one = |i: usize| make::sealed(ATTACKER, &format!("junk-{i}"), make::junk_items(150), json!({}));
    (0..20).map(one).collect()
}

/// Whoever has many namespaces has many turns.
async fn spread(field: &Field, target: Target) -> Result<Outcome, Failure> {
    let mut objects = Vec::new();
    for i in 0..20 {
        let namespace = format!("{ATTACKER}-{i}");
        add_namespace(&field.admin, &namespace).await?;
        objects.push(make::sealed(&namespace, "junk", make::junk_items(1000), json!({})));
    }
    field.create(objects).await;
    field.hold(target).await;
    Ok(Outcome::default())
}

/// Items that were sealed for another name: they want the long diagnosis.
fn elsewhere(field: &Field) -> Vec<Value> {
    let items = make::valid_items(&field.key, "somewhere", "else", 1200);
    vec![make::sealed(ATTACKER, "elsewhere", items, json!({}))]
}

/// What an honest caller asks once, without end: each answer costs both kinds of operation a thousand times.
async fn rotate(field: &Field, target: Target) -> Result<Outcome, Failure> {
    let body = make::body(&make::valid(&field.key, ATTACKER, "rotated", 1000));
    let flood =
        Flood { at: target.http, callers: 6, requests: 600, within: field.span(), patience: PATIENCE };
    let send =
        move || flood.send(|number| post("/v1/rotate", &[("x-forwarded-for", &caller(number))], &body));
    Ok(Outcome::of(blocking(send).await?.to_string()))
}

async fn verify(field: &Field, target: Target) -> Result<Outcome, Failure> {
    let sealed = make::sealed(ATTACKER, "junk", make::junk_items(3_800), json!({}));
    let body = make::body(&sealed);
    let flood =
        Flood { at: target.http, callers: 6, requests: 600, within: field.span(), patience: PATIENCE };
    let send =
        move || flood.send(|number| post("/v1/verify", &[("x-forwarded-for", &caller(number))], &body));
    Ok(Outcome::of(blocking(send).await?.to_string()))
}
