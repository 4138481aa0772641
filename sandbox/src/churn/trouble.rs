//! Random faults of the API server, as a controller meets them on a bad day.

use std::time::Duration;

use super::random::Random;
use crate::memory::{Effect, Fault, Faults};

/// Prepares a fault for one or two of the controller's next requests, most of the time; says how many.
pub(super) fn make(faults: &Faults, random: &mut Random) -> usize {
    if random.below(4) == 0 {
        return 0;
    }
    if random.below(40) == 0 {
        faults.cut_watches();
        return 1;
    }
    let (verb, resource) = REQUESTS[random.below(REQUESTS.len())];
    let effect = EFFECTS[random.below(EFFECTS.len())];
    if verb == "watch" && effect == Effect::TornResponse {
        // It has no whole answer to tear.
        return 0;
    }
    let times = 1 + random.below(2);
    let fault = Fault::on(verb, resource, effect).by(CONTROLLER);
    faults.inject(fault.times(u32::try_from(times).unwrap_or(1)));
    times
}

/// Prepares a fault for the first list of each kind; says how many.
pub(super) fn at_start(faults: &Faults, random: &mut Random) -> usize {
    let lists = REQUESTS.iter().filter(|(verb, _)| *verb == "list");
    lists
        .map(|(verb, resource)| {
            let effect = EFFECTS[random.below(EFFECTS.len())];
            faults.inject(Fault::on(verb, resource, effect).by(CONTROLLER).times(1));
        })
        .count()
}

const CONTROLLER: &str = "system:serviceaccount:";
const REQUESTS: [(&str, &str); 11] = [
    ("get", "sealedsecrets"),
    ("list", "sealedsecrets"),
    ("watch", "sealedsecrets"),
    ("update", "sealedsecrets/status"),
    ("get", "secrets"),
    ("list", "secrets"),
    ("watch", "secrets"),
    ("create", "secrets"),
    ("update", "secrets"),
    ("create", "events"),
    ("patch", "events"),
];
const EFFECTS: [Effect; 8] = [
    Effect::Conflict,
    Effect::NotAdmitted,
    Effect::NotFound,
    Effect::TooManyRequests(0),
    Effect::TooManyRequests(1),
    Effect::InternalError,
    Effect::TornResponse,
    Effect::Latency(Duration::from_millis(300)),
];
