//! The transitions of a SealedSecret's entry, as tables: what happens to its Secret and to the keys, also while a worker
//! has it, and when it comes again.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::{fs, path::Path, sync::Arc, time::Duration};

use sealed_secrets_controller::{
    api::retry::{QUICK, Retry, SLOW, SLOW_CAP, UNSEAL_RETRY},
    capacity::pool::Priority,
    keys::store::Snapshot,
    state::{
        conclusion::{Outcome, Policy, Requeue},
        entry::{Cause, Entry, State, Task},
        index::Index,
        key::Key,
        secret::{Ownership, SecretEvent, Version},
        sighting::Sighting,
    },
};
use sealed_secrets_core::{Fingerprint, KeyPair, KeyRing, Scope, SealedSecret};

fn pair(key: &str) -> KeyPair {
    let read = |path: String| {
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata").join(path)).unwrap()
    };
    KeyPair::from_pem(&read(format!("keys/{key}.key")), &read(format!("controller/certs/{key}.crt"))).unwrap()
}

fn fingerprint(key: &str) -> Fingerprint {
    *pair(key).fingerprint()
}

fn ring(generation: u64, keys: &[&str]) -> Snapshot {
    let ring = KeyRing::new(keys.iter().map(|key| Arc::new(pair(key))).collect());
    Snapshot { ring: Arc::new(ring), generation, loaded: true }
}

fn version(uid: &str, resource: &str) -> Version {
    Version { uid: uid.into(), resource: resource.into() }
}

fn synced() -> State {
    State::Synced(version("s", "10"))
}

fn exists(resource: &str, ownership: &Ownership) -> SecretEvent {
    SecretEvent::Exists(version("s", resource), ownership.clone())
}

/// Ours by its owner.
fn owned() -> Ownership {
    Ownership { uid: "s".into(), owner: Some("owner".into()), ..Ownership::default() }
}

/// One object, as the index has it.
struct Object(Index);

impl Object {
    fn new() -> Self {
        let object = Self(Index::default());
        assert_eq!(object.seen(Self::sighting(1)), Some(Priority::Fresh));
        object
    }

    /// One whose last outcome was this.
    fn standing(state: State) -> Self {
        let object = Self::new();
        let task = object.begin().unwrap();
        assert_eq!(object.conclude(&task, outcome(state)), None);
        object
    }

    fn sighting(generation: i64) -> Sighting {
        Sighting {
            uid: "owner".into(),
            generation: Some(generation),
            scope: Scope::Strict,
            repair: false,
            deleting: false,
            instance: "".into(),
            status: None,
        }
    }

    fn seen(&self, sighting: Sighting) -> Option<Priority> {
        self.0.lock().see(&key(), sighting, Some(SealedSecret::default()))
    }

    fn begin(&self) -> Option<Task> {
        self.0.lock().begin(&key()).map(|(task, _)| task)
    }

    fn secret(&self, event: SecretEvent) -> Option<Priority> {
        self.0.with(&key(), |entry| entry.observe_secret(event, false)).unwrap()
    }

    fn conclude(&self, task: &Task, outcome: Outcome) -> Option<Requeue> {
        self.0.lock().conclude(&key(), task, outcome, &ring(1, &["a"]), POLICY)
    }

    fn cause(&self) -> Cause {
        self.0.with(&key(), |entry| entry.cause()).unwrap()
    }

    fn state(&self) -> State {
        self.0.with(&key(), |entry| entry.state().clone()).unwrap()
    }
}

fn key() -> Key {
    Key::new("ns", "app")
}

const POLICY: Policy = Policy { skip_recreate: false, quick_retries: 5, priority: Priority::Fresh };

fn outcome(state: State) -> Outcome {
    Outcome { state: Some(state), ring: 1, ..Outcome::default() }
}

fn failing(state: Option<State>, retries: &[Retry]) -> Outcome {
    Outcome { state, ring: 1, retries: retries.to_vec(), ..Outcome::default() }
}

fn at_once(priority: Priority) -> Requeue {
    Requeue { after: Duration::ZERO, priority }
}

#[test]
fn a_failure_found_with_other_keys_than_those_of_now_is_due_again_at_once() {
    for state in [State::WaitsForKey, State::WaitsForSecret(Ownership::default()), State::Failed] {
        let object = Object::new();
        let task = object.begin().unwrap();
        assert_eq!(object.conclude(&task, outcome(state.clone())), None, "{state:?} with the keys of now");
        object.0.with(&key(), Entry::need_reconcile);
        let task = object.begin().unwrap();
        let old = Outcome { ring: 0, ..outcome(state) };
        assert_eq!(object.conclude(&task, old), Some(at_once(Priority::Fresh)));
        assert_eq!(object.cause(), Cause::Due);
    }
}

#[test]
fn a_success_is_looked_at_again_only_if_its_key_was_dropped_meanwhile() {
    for (used, again) in [("a", None), ("b", Some(at_once(Priority::Verify)))] {
        let object = Object::new();
        let task = object.begin().unwrap();
        let keys = Some(vec![(fingerprint(used), 1)]);
        assert_eq!(object.conclude(&task, Outcome { keys, ring: 0, ..outcome(synced()) }), again, "{used}");
    }
}

#[test]
fn what_a_secret_did_meanwhile_counts_by_the_outcome() {
    let refused = Ownership { uid: "s".into(), ..Ownership::default() };
    let handed_over = Ownership { managed: true, ..refused.clone() };
    let waits = State::WaitsForSecret(refused.clone());
    for (state, events, again, cause) in [
        (waits.clone(), vec![exists("11", &refused)], None, None),
        (waits.clone(), vec![exists("11", &handed_over)], Some(Priority::Fresh), Some(Cause::Due)),
        (waits.clone(), vec![SecretEvent::Deleted(Some(refused.clone()))], Some(Priority::Fresh), None),
        (waits, vec![SecretEvent::Deleted(None), exists("11", &refused)], None, None),
        (synced(), vec![exists("10", &owned())], None, None),
        (synced(), vec![exists("11", &owned())], Some(Priority::Verify), Some(Cause::SecretChanged)),
        (synced(), vec![SecretEvent::Deleted(None)], Some(Priority::Fresh), Some(Cause::Due)),
    ] {
        let object = Object::new();
        let task = object.begin().unwrap();
        for event in &events {
            assert_eq!(object.secret(event.clone()), None, "only the outcome tells what it means");
        }
        let found = object.conclude(&task, outcome(state.clone()));
        assert_eq!(found, again.map(at_once), "{state:?} {events:?}");
        if let Some(cause) = cause {
            assert_eq!(object.cause(), cause, "{state:?} {events:?}");
        }
        let task = object.begin().unwrap();
        assert_eq!(object.conclude(&task, outcome(state)), None, "it counts once");
    }
}

#[test]
fn our_own_write_is_no_drift_and_a_later_one_is() {
    for (resource, due) in [("9", None), ("10", None), ("11", Some(Priority::Verify))] {
        assert_eq!(Object::standing(synced()).secret(exists(resource, &owned())), due, "{resource}");
    }
    let object = Object::standing(synced());
    let other = SecretEvent::Exists(version("other", "11"), owned());
    assert_eq!(object.secret(other), Some(Priority::Fresh), "made anew by somebody else");
    assert_eq!(object.cause(), Cause::Due);
}

#[test]
fn a_secret_in_the_way_wakes_only_when_its_ownership_changes() {
    let refused = Ownership { uid: "s".into(), ..Ownership::default() };
    let object = Object::standing(State::WaitsForSecret(refused.clone()));
    assert_eq!(object.secret(exists("99", &refused)), None, "somebody else's busy Secret");
    let handed_over = Ownership { managed: true, ..refused };
    assert_eq!(object.secret(exists("99", &handed_over)), Some(Priority::Fresh));
}

#[test]
fn deleted_secrets_return_if_they_were_ours() {
    let merged = Ownership { patch: true, ..Ownership::default() };
    let managed = Ownership { managed: true, ..Ownership::default() };
    let deleted = |ownership: Option<&Ownership>| SecretEvent::Deleted(ownership.cloned());
    for (ownership, returns) in
        [(Some(&owned()), true), (Some(&managed), true), (None, true), (Some(&merged), false)]
    {
        let due = Object::standing(synced()).secret(deleted(ownership));
        assert_eq!(due.is_some(), returns, "{ownership:?}");
    }
    let object = Object::standing(synced());
    let skipped = object.0.with(&key(), |entry| entry.observe_secret(deleted(Some(&owned())), true)).unwrap();
    assert_eq!(skipped, None, "--skip-recreate");
    let waits = Object::standing(State::WaitsForSecret(Ownership::default()));
    assert!(
        waits.secret(deleted(Some(&Ownership::default()))).is_some(),
        "nothing stands in the way any more"
    );
}

/// Row 15: also when a list is what tells that it is gone, and when it goes at once.
#[test]
fn a_secret_that_was_only_merged_into_is_not_made_again() {
    let merged = || Outcome { merged: Some(true), ..outcome(synced()) };
    let object = Object::new();
    let task = object.begin().unwrap();
    assert_eq!(object.secret(SecretEvent::Deleted(None)), None, "it goes at once");
    assert_eq!(object.conclude(&task, merged()), None);
    assert_eq!(object.secret(SecretEvent::Deleted(None)), None, "missing from a new list");
}

/// Row 1: a status that cannot be written is no success.
#[test]
fn tries_are_counted_until_secret_and_status_are_as_they_should_be() {
    let object = Object::new();
    let mut waits = Vec::new();
    for _ in 0..8 {
        let task = object.begin().unwrap();
        let requeue = object.conclude(&task, failing(Some(synced()), &[Retry::Backoff])).unwrap();
        waits.push(requeue.after);
    }
    assert_eq!(waits[..3], [QUICK, QUICK * 2, QUICK * 4]);
    assert_eq!(waits[5..], [SLOW, SLOW * 2, SLOW * 4]);
    let task = object.begin().unwrap();
    assert_eq!(object.conclude(&task, outcome(synced())), None);
    let task = object.begin().unwrap();
    let again = object.conclude(&task, failing(Some(synced()), &[Retry::Backoff])).unwrap();
    assert_eq!(again.after, QUICK, "from the start again");
}

/// Row 1: a lasting fault costs at most 25 requests in the first minute and six a minute from the third on.
#[test]
fn a_lasting_fault_makes_few_requests() {
    /// Of one try: the object, the Secret, the status.
    const REQUESTS: u32 = 3;
    let (object, mut now, mut times) = (Object::new(), Duration::ZERO, Vec::new());
    while now < Duration::from_mins(10) {
        times.push(now);
        let task = object.begin().unwrap();
        now += object.conclude(&task, failing(Some(synced()), &[Retry::Backoff])).unwrap().after;
    }
    let in_minute = |minute: u64| {
        let minutes = Duration::from_mins(minute)..Duration::from_mins(minute + 1);
        u32::try_from(times.iter().filter(|time| minutes.contains(*time)).count()).unwrap() * REQUESTS
    };
    assert!(in_minute(0) <= 25, "{}", in_minute(0));
    assert!((2..10).all(|minute| in_minute(minute) <= 6), "{times:?}");
    assert!(times.windows(2).all(|pair| pair[1].saturating_sub(pair[0]) <= SLOW_CAP));
}

/// Row 2: the earliest of what is to be tried again wins.
#[test]
fn a_failed_status_is_written_soon_though_the_object_itself_waits_for_an_hour() {
    let object = Object::new();
    let task = object.begin().unwrap();
    let both = [Retry::After(UNSEAL_RETRY), Retry::Backoff];
    let requeue = object.conclude(&task, failing(Some(State::WaitsForKey), &both)).unwrap();
    assert_eq!(requeue.after, QUICK);
    let task = object.begin().unwrap();
    let told = failing(Some(State::WaitsForKey), &[Retry::After(UNSEAL_RETRY)]);
    assert_eq!(object.conclude(&task, told).unwrap().after, UNSEAL_RETRY);
}

/// Row 3: an edit that was seen and could not be read is still an edit in the next try.
#[test]
fn why_an_object_is_due_survives_a_failed_read() {
    let object = Object::standing(synced());
    object.secret(exists("11", &owned())).unwrap();
    let task = object.begin().unwrap();
    assert_eq!(task.cause, Cause::SecretChanged);
    object.conclude(&task, failing(None, &[Retry::Backoff])).unwrap();
    assert_eq!(object.begin().unwrap().cause, Cause::SecretChanged, "the edit is not overwritten");
    assert_eq!(object.state(), synced(), "and what is known stays known");

    object.0.with(&key(), Entry::need_reconcile);
    let task = object.begin().unwrap();
    object.conclude(&task, failing(None, &[Retry::Backoff])).unwrap();
    assert_eq!(object.begin().unwrap().cause, Cause::Due, "nor is a change forgotten");
}

/// A try that only has to write the status overwrites no edit.
#[test]
fn a_status_that_failed_is_no_reason_to_write_the_secret() {
    let object = Object::new();
    let task = object.begin().unwrap();
    assert_eq!(task.cause, Cause::Due);
    object.conclude(&task, failing(Some(synced()), &[Retry::Backoff])).unwrap();
    assert_eq!(object.begin().unwrap().cause, Cause::SecretChanged);
}

/// Row 11: a new object that met one conflict does not wait behind a whole restart.
#[test]
fn a_quick_retry_is_as_urgent_as_the_first_try_and_a_slow_one_is_not() {
    let object = Object::new();
    let priorities: Vec<_> = (0..7)
        .map(|_| {
            let task = object.begin().unwrap();
            object.conclude(&task, failing(Some(State::Failed), &[Retry::Backoff])).unwrap().priority
        })
        .collect();
    assert_eq!(priorities[..5], [Priority::Fresh; 5]);
    assert_eq!(priorities[5..], [Priority::Verify; 2]);
}

/// Row 12: nothing is set on an object that was made anew under the same name.
#[test]
fn the_outcome_of_an_object_that_is_gone_is_forgotten() {
    let object = Object::new();
    let task = object.begin().unwrap();
    object.seen(Sighting { uid: "another".into(), ..Object::sighting(1) });
    let late = Outcome { keys: Some(vec![(fingerprint("a"), 1)]), told: Some(7), ..outcome(synced()) };
    assert_eq!(object.conclude(&task, late), None);
    assert_eq!(object.state(), State::Unknown);
    assert!(object.0.items_per_key().is_empty() && object.0.lock().last_key("ns").is_none());
    object.0.lock().forget(&key());
    assert_eq!(object.conclude(&task, outcome(synced())), None);
}

/// Row 15: the begin of a deletion is no change; one afterwards is, and makes no Secret.
#[test]
fn a_change_of_an_object_that_a_finalizer_holds_is_applied() {
    let object = Object::standing(synced());
    let dying = |generation| Sighting { deleting: true, ..Object::sighting(generation) };
    assert_eq!(object.seen(dying(2)), None, "the API server counts the deletion as a generation");
    assert!(object.begin().is_none(), "nothing to do");
    assert_eq!(object.secret(exists("11", &owned())), None, "an edit of its last days is left alone");
    assert_eq!(object.secret(SecretEvent::Deleted(None)), None, "nor does its Secret return");
    assert_eq!(object.seen(dying(3)), Some(Priority::Fresh), "its spec changed");
    let task = object.begin().unwrap();
    assert!(task.deleting && task.cause == Cause::Due);
}

#[test]
fn what_began_before_a_deletion_comes_to_nothing() {
    let object = Object::new();
    let task = object.begin().unwrap();
    object.seen(Sighting { deleting: true, ..Object::sighting(2) });
    assert!(task.cancel.is_cancelled());
    object.0.with(&key(), |entry| entry.abandon(&task, false));
    assert!(object.begin().is_none());
}

#[test]
fn an_object_that_waits_for_a_place_keeps_its_cause() {
    let object = Object::new();
    let task = object.begin().unwrap();
    object.0.with(&key(), |entry| entry.abandon(&task, false));
    assert_eq!(object.begin().unwrap().cause, Cause::Due);
}

#[test]
fn a_secret_that_is_deleted_while_its_object_waits_for_a_place_is_made_again() {
    let object = Object::standing(synced());
    assert!(object.secret(exists("11", &owned())).is_some(), "it was edited");
    let task = object.begin().unwrap();
    assert_eq!(task.cause, Cause::SecretChanged);
    assert_eq!(object.secret(SecretEvent::Deleted(Some(owned()))), None, "a worker has the object");
    object.0.with(&key(), |entry| entry.abandon(&task, false));
    assert_eq!(object.begin().unwrap().cause, Cause::Due);
}

#[test]
fn repair_that_is_asked_for_makes_a_drifted_object_due() {
    let object = Object::standing(State::Drifted(version("s", "11")));
    assert_eq!(object.seen(Sighting { repair: true, ..Object::sighting(1) }), Some(Priority::Fresh));
}

/// Row 11, with an event of the Secret in between: the status of a new object does not wait behind a whole restart.
#[test]
fn a_quick_retry_stays_urgent_whatever_its_secret_does_meanwhile() {
    let object = Object::new();
    let task = object.begin().unwrap();
    assert_eq!(object.secret(exists("11", &owned())), None, "a worker has the object");
    let requeue = object.conclude(&task, failing(Some(synced()), &[Retry::Backoff])).unwrap();
    assert_eq!(requeue, at_once(Priority::Fresh));
}

#[test]
fn a_repair_that_is_asked_for_while_an_edit_is_left_alone_is_made() {
    let object = Object::standing(synced());
    assert!(object.secret(exists("11", &owned())).is_some(), "it was edited");
    let task = object.begin().unwrap();
    assert!(!task.repair);
    assert_eq!(
        object.seen(Sighting { repair: true, ..Object::sighting(1) }),
        None,
        "it does not look drifted yet"
    );
    let drifted = State::Drifted(version("s", "11"));
    assert_eq!(object.conclude(&task, outcome(drifted.clone())), Some(at_once(Priority::Fresh)));
    let task = object.begin().unwrap();
    assert!(task.repair && task.cause == Cause::Due);
    assert_eq!(object.conclude(&task, outcome(drifted)), None, "once");
}

#[test]
fn a_secret_of_ours_that_could_not_be_written_over_is_made_again_when_it_is_deleted() {
    let object = Object::standing(State::Failed);
    assert_eq!(object.secret(SecretEvent::Deleted(Some(Ownership::default()))), None, "not ours");
    assert_eq!(object.secret(SecretEvent::Deleted(Some(owned()))), Some(Priority::Fresh));
    assert_eq!(object.begin().unwrap().cause, Cause::Due);
}

/// Row 15: one event may bring both.
#[test]
fn a_change_that_comes_together_with_the_begin_of_a_deletion_is_applied() {
    let object = Object::standing(synced());
    let dying = Sighting { deleting: true, ..Object::sighting(3) };
    assert_eq!(object.seen(dying), Some(Priority::Fresh));
    let task = object.begin().unwrap();
    assert!(task.deleting && task.cause == Cause::Due);
}
