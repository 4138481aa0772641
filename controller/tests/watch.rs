//! Which changes make an object due.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;
use sealed_secrets_controller::{
    capacity::pool::Priority,
    state::{
        index::{Cause, Entry, Index, Looks, Sighting, State, Version},
        key::Key,
        turn::{reaction, returns},
    },
};
use sealed_secrets_core::{
    Scope, SealedSecret, names,
    sealed_secret::{Condition, Status},
};

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
    index.lock().see(&Key::new("ns", "app"), seen, SealedSecret::default())
}

fn version(uid: &str, resource: &str) -> Version {
    Version { uid: uid.into(), resource: resource.into() }
}

fn synced_at(resource: &str) -> State {
    State::Synced(version("s", resource))
}

fn entry(state: State) -> Entry {
    let index = Index::default();
    see(&index, sighting("owner", 1));
    let mut entry = index.lock().forget(&Key::new("ns", "app")).unwrap();
    entry.state = state;
    entry
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
fn ciphertexts_of_some_megabytes_are_kept_while_objects_wait_and_nothing_that_has_no_say() {
    let index = Index::default();
    for number in 0..1000 {
        index.lock().see(&Key::new("ns", &number.to_string()), sighting("a", 1), large());
    }
    let kept = || index.lock().objects.values().filter(|entry| entry.pending.is_some()).count();
    assert!((100..=128).contains(&kept()), "{}", kept());
    let object = index.take_pending(&Key::new("ns", "0")).unwrap();
    assert_eq!(object.metadata.managed_fields, None);
    assert_eq!(object.metadata.annotations.unwrap().into_keys().collect::<Vec<_>>(), [names::CLUSTER_WIDE]);
    assert!(index.take_pending(&Key::new("ns", "0")).is_none(), "given away once");
    index.lock().see(&Key::new("ns", "new"), sighting("a", 1), large());
    assert!(index.take_pending(&Key::new("ns", "new")).is_some(), "room again");
    for number in 0..1000 {
        index.lock().forget(&Key::new("ns", &number.to_string()));
    }
    for number in 0..1000 {
        index.lock().see(&Key::new("ns", &number.to_string()), sighting("b", 1), SealedSecret::default());
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
        index.lock().see(&name, sighting(version, told_in), object);
        index.with(&name, |entry| entry.told_in = u64::try_from(told_in).unwrap());
        assert_eq!(index.take_pending(&name).is_some(), good, "{version} {told_in}");
    }
}

#[test]
fn a_list_is_expected_to_bring_what_is_settled_or_being_written() {
    let index = Index::default();
    let states = [
        ("synced", synced_at("1")),
        ("drifted", State::Drifted(version("s", "1"))),
        ("refused", State::WaitsForSecret(Looks::default())),
        ("unknown", State::Unknown),
        ("keyless", State::WaitsForKey),
        ("failed", State::Failed),
        ("writing", State::Unknown),
    ];
    for (name, state) in states {
        let key = Key::new("ns", name);
        index.lock().see(&key, sighting("a", 1), SealedSecret::default());
        index.with(&key, |entry| entry.state = state);
    }
    index.with(&Key::new("ns", "writing"), Entry::begin);
    let mut expected: Vec<_> = index.lock().with_secret(None).into_iter().collect();
    expected.sort();
    let names: Vec<_> = expected.iter().map(Key::name).collect();
    assert_eq!(names, ["drifted", "refused", "synced", "writing"]);
    assert_eq!(index.lock().with_secret(Some("other")).len(), 0);
}

#[test]
fn our_own_write_is_no_drift_and_a_later_one_is() {
    let synced = entry(State::Synced(version("s", "10")));
    let looks = Looks::default();
    for (seen, due) in [
        (version("s", "9"), None),
        (version("s", "10"), None),
        (version("s", "11"), Some((Cause::SecretChanged, Priority::Verify))),
        (version("other", "11"), Some((Cause::Due, Priority::Fresh))),
    ] {
        assert_eq!(reaction(&synced, &seen, &looks), due, "{seen:?}");
    }
}

#[test]
fn a_secret_in_the_way_wakes_only_when_it_looks_different() {
    let refused = Looks { uid: "s".into(), ..Looks::default() };
    let waits = entry(State::WaitsForSecret(refused.clone()));
    assert_eq!(reaction(&waits, &version("s", "99"), &refused), None, "somebody else's busy Secret");
    let handed_over = Looks { managed: true, ..refused };
    assert_eq!(reaction(&waits, &version("s", "99"), &handed_over), Some((Cause::Due, Priority::Fresh)));
}

#[test]
fn deleted_secrets_return_if_they_were_ours() {
    let synced = || entry(State::Synced(version("s", "1")));
    let owned = Looks { owner: Some("owner".into()), ..Looks::default() };
    let merged = Looks { patch: true, ..Looks::default() };
    let managed = Looks { managed: true, ..Looks::default() };
    assert!(returns(&synced(), Some(&owned), false));
    assert!(returns(&synced(), Some(&managed), false));
    assert!(returns(&synced(), None, false), "missing from a new list");
    assert!(!returns(&synced(), Some(&merged), false), "only merged into");
    assert!(!returns(&synced(), Some(&owned), true), "--skip-recreate");
    let waits = || entry(State::WaitsForSecret(Looks::default()));
    assert!(returns(&waits(), Some(&Looks::default()), true), "nothing stands in the way any more");
}
