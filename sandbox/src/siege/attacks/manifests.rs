//! Bodies of verify and rotate that are costly to read.

use std::time::Duration;

use super::super::field::rest;
use super::super::wire::{Connection, Flood, post};
use super::{Attack, Failure, Field, Outcome, PATIENCE, Target, blocking, caller};

pub(super) const ALL: &[Attack] = &[
    Attack::new("one line", "thousand items by HTTP", |field, target| Box::pin(one_line(field, target))),
    Attack::new("many nodes", "thousand items by HTTP", |field, target| Box::pin(many_nodes(field, target))),
    Attack::new("hang-ups", "thousand items by HTTP", |field, target| Box::pin(hang_ups(field, target))),
];

/// What is repeated between a beginning and an end.
struct Form {
    begin: &'static str,
    part: &'static str,
    end: &'static str,
}

const fn form(begin: &'static str, part: &'static str, end: &'static str) -> Form {
    Form { begin, part, end }
}

/// All on one line, so that what looks at the rest of the line looks at everything.
const ONE_LINE: &[Form] = &[
    form("[", "0,", "0]"),
    form("---\n[", "0,", "0]"),
    form("[", "\"a\",", "\"a\"]"),
    form("[", "'a', ", "'a']"),
    form("{a: [", "plain text, ", "b]}"),
    form("a: ", "x ", "\n"),
    form("a: \"", "\\u0041", "\"\n"),
    form("{", "a: {b: c}, ", "d: e}"),
];

const MANY_NODES: &[Form] = &[
    form("", "-\n", ""),
    form("[", "~,", "~]"),
    form("", "[", ""),
    form("", "{a: ", ""),
    form("", "- ", "a\n"),
    form("- &a x\n", "- *a\n", ""),
    form("", "- &a x\n", ""),
    form("", "# a\n", "a: b\n"),
    form("", "---\n", ""),
    form("a: |\n", "  b\n", ""),
    form("a: \"", "\\n", "\"\n"),
    form("", "? a\n: b\n", ""),
];

impl Form {
    fn bytes(&self, size: usize) -> Vec<u8> {
        let count = size.saturating_sub(self.begin.len() + self.end.len()) / self.part.len();
        [self.begin, &self.part.repeat(count), self.end].concat().into_bytes()
    }
}

/// `key-NUMBER: ` on lines of their own: each key is another.
fn keys(count: usize) -> Vec<u8> {
    (0..count).flat_map(|number| format!("{number:x}:\n").into_bytes()).collect()
}

/// Just below the limit on bodies.
const LARGE: usize = 2_900_000;

async fn one_line(field: &Field, target: Target) -> Result<Outcome, Failure> {
    let sizes: &[usize] = field.sized(&[20_000, 30_000, 40_000, 80_000, LARGE], &[40_000, LARGE]);
    let forms = field.sized(ONE_LINE.len(), 4);
    let bodies: Vec<_> =
        sizes.iter().flat_map(|size| ONE_LINE[..forms].iter().map(move |form| form.bytes(*size))).collect();
    send(field, target, bodies).await
}

async fn many_nodes(field: &Field, target: Target) -> Result<Outcome, Failure> {
    let mut bodies: Vec<_> = MANY_NODES.iter().map(|form| form.bytes(LARGE)).collect();
    bodies.push(keys(380_000));
    send(field, target, bodies).await
}

/// Each body to verify and to rotate, four at a time.
async fn send(field: &Field, target: Target, bodies: Vec<Vec<u8>>) -> Result<Outcome, Failure> {
    let requests = bodies.len() * 2;
    let flood = Flood { at: target.http, callers: 4, requests, within: field.span() * 3, patience: PATIENCE };
    let tally = blocking(move || {
        flood.send(|number| {
            let path = if number % 2 == 0 { "/v1/verify" } else { "/v1/rotate" };
            post(path, &[("x-forwarded-for", &caller(number))], &bodies[number / 2])
        })
    });
    Ok(Outcome::of(tally.await?.to_string()))
}

/// Callers that send what takes long, and go: the work has to go with them.
async fn hang_ups(_: &Field, target: Target) -> Result<Outcome, Failure> {
    let bodies: Vec<_> = MANY_NODES.iter().map(|form| form.bytes(LARGE)).collect();
    blocking(move || {
        for (number, body) in bodies.iter().enumerate() {
            if let Ok(mut connection) = Connection::open(target.http, PATIENCE) {
                // What the server says to this does not matter: nobody listens.
                let _ = connection.send(&post("/v1/verify", &[("x-forwarded-for", &caller(number))], body));
            }
        }
    })
    .await?;
    let rested = rest(target.process, Duration::from_secs(15)).await;
    let mut outcome = Outcome::of(match rested {
        Some(after) => format!("at rest after {} ms", after.as_millis()),
        None => "not at rest".to_owned(),
    });
    outcome.must(rested.is_some_and(|after| after <= Duration::from_secs(1)), || {
        "works on for callers that have hung up".to_owned()
    });
    Ok(outcome)
}
