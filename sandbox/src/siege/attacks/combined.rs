//! Everything cheap at once.

use super::super::wire::{Flood, post};
use super::{Attack, Failure, Field, Outcome, PATIENCE, Target, blocking, caller, items, many, templates};
use crate::siege::make;

pub(super) const ALL: &[Attack] =
    &[Attack::new("all at once", "a hash and a key", |field, target| Box::pin(all_at_once(field, target)))];

async fn all_at_once(field: &Field, target: Target) -> Result<Outcome, Failure> {
    let mut objects = templates::repeat(field, 4);
    objects.extend(templates::bcrypt(field));
    objects.extend(templates::loops(field));
    objects.extend((0..4).map(|i| items::mixed(field, &format!("mixed-{i}"), 300)));
    let bodies = [
        format!("[{}0]", "0,".repeat(1_400_000)).into_bytes(),
        "-\n".repeat(1_400_000).into_bytes(),
        make::body(&make::sealed("a", "b", make::junk_items(3_800), serde_json::json!({}))),
        b"{}".to_vec(),
    ];
    let flood =
        Flood { at: target.http, callers: 8, requests: 2000, within: field.span(), patience: PATIENCE };
    let send = blocking(move || {
        flood.send(|number| {
            let address = format!("{}{}", "1".repeat(7_000), caller(number));
            post("/v1/verify", &[("x-forwarded-for", &address)], &bodies[number % bodies.len()])
        })
    });
    let stand = templates::stand(field, target, objects);
    let (tally, told, churned) = tokio::try_join!(send, stand, many::churn(field, target))?;
    Ok(Outcome::of(format!("{tally}; {}; {}", told.answers, churned.answers)))
}
