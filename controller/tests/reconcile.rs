//! What is done, told and tried again, as tables: no API server, no clock.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    time::Duration,
};

use jiff::Timestamp;
use k8s_openapi::{ByteString, api::core::v1::Secret, apimachinery::pkg::apis::meta::v1::OwnerReference};
use sealed_secrets_controller::{
    api::{
        error::ApiError,
        retry::{self, Retry},
    },
    reconcile::{
        outcome::Failure,
        plan::{Refusal, Write, plan, preserve_volatile},
    },
    report::{
        sealed_to::SealedTo,
        shorten::shortened,
        status::{self, Opened},
    },
};
use sealed_secrets_core::{
    KeyPair, SealedSecret, names,
    sealed_secret::{Condition, Status},
};

const UID: &str = "uid-of-the-sealed-secret";

/// What unsealing gives for an object named `app`.
fn wanted() -> Secret {
    let mut secret = bare(&[("k", "v")]);
    secret.metadata.owner_references = Some(vec![owner(UID)]);
    secret
}

fn bare(data: &[(&str, &str)]) -> Secret {
    let mut secret = Secret::default();
    secret.metadata.name = Some("app".to_owned());
    secret.metadata.namespace = Some("ns".to_owned());
    secret.type_ = Some("Opaque".to_owned());
    secret.data =
        Some(data.iter().map(|(k, v)| (k.to_string(), ByteString(v.as_bytes().to_vec()))).collect());
    secret
}

fn owner(uid: &str) -> OwnerReference {
    OwnerReference {
        api_version: names::API_VERSION.to_owned(),
        kind: names::KIND.to_owned(),
        name: "app".to_owned(),
        uid: uid.to_owned(),
        controller: Some(true),
        block_owner_deletion: None,
    }
}

fn existing(change: impl FnOnce(&mut Secret)) -> Secret {
    let mut secret = wanted();
    secret.metadata.resource_version = Some("7".to_owned());
    secret.metadata.uid = Some("uid-of-the-secret".to_owned());
    change(&mut secret);
    secret
}

fn annotate(secret: &mut Secret, name: &str, value: &str) {
    secret.metadata.annotations.get_or_insert_default().insert(name.to_owned(), value.to_owned());
}

fn foreign(annotation: Option<&str>) -> Secret {
    let mut secret = bare(&[("x", "mine"), ("k", "old")]);
    secret.metadata.labels = Some(BTreeMap::from([("l".to_owned(), "old".to_owned())]));
    if let Some(name) = annotation {
        annotate(&mut secret, name, "true");
    }
    secret
}

#[track_caller]
fn replaced(write: Write) -> Secret {
    match write {
        Write::Replace(secret) => *secret,
        other => panic!("not replaced: {other:?}"),
    }
}

fn keys(secret: &Secret) -> Vec<&str> {
    secret.data.iter().flatten().map(|(k, _)| k.as_str()).collect()
}

#[test]
fn an_absent_secret_is_created_without_server_fields() {
    let mut wanted = wanted();
    wanted.metadata.resource_version = Some("5".to_owned());
    wanted.metadata.finalizers = Some(vec!["example.com/x".to_owned()]);
    wanted.type_ = None;
    let Write::Create(secret) = plan(&wanted, None, UID, None) else { panic!("not created") };
    assert_eq!(secret.type_.as_deref(), Some("Opaque"));
    assert_eq!((secret.metadata.resource_version, secret.metadata.finalizers), (None, None));
    assert_eq!(secret.metadata.owner_references, Some(vec![owner(UID)]));
}

#[test]
fn nothing_is_written_when_nothing_differs() {
    assert_eq!(plan(&wanted(), Some(&existing(|_| {})), UID, None), Write::Unchanged);
    let empty_maps = existing(|secret| {
        secret.metadata.labels = Some(BTreeMap::new());
        secret.metadata.annotations = Some(BTreeMap::new());
    });
    assert_eq!(plan(&wanted(), Some(&empty_maps), UID, None), Write::Unchanged);
    let mut untyped = wanted();
    untyped.type_ = None;
    assert_eq!(plan(&untyped, Some(&existing(|_| {})), UID, None), Write::Unchanged);
    let served = existing(|secret| {
        secret.metadata.owner_references.as_mut().unwrap()[0].block_owner_deletion = Some(true);
    });
    assert_eq!(plan(&wanted(), Some(&served), UID, None), Write::Unchanged);
}

#[test]
fn an_item_that_renders_otherwise_each_time_is_kept_in_a_secret_of_ours_and_only_there() {
    let kept = |existing: &Secret| {
        let wanted =
            preserve_volatile(&wanted(), Some(existing), UID, &["k".to_owned(), "absent".to_owned()])
                .into_owned();
        wanted.data.unwrap()["k"].0.clone()
    };
    let drawn_before = existing(|secret| secret.data = bare(&[("k", "old"), ("absent", "x")]).data);
    assert_eq!(kept(&drawn_before), b"old");
    assert_eq!(kept(&existing(|secret| secret.data = None)), b"v", "a lost item is made again");
    let mut foreign = drawn_before.clone();
    foreign.metadata.owner_references = None;
    assert_eq!(kept(&foreign), b"v", "nobody else's bytes come in");
    let wanted = wanted();
    let same = preserve_volatile(&wanted, Some(&drawn_before), UID, &[]);
    assert_eq!(*same, wanted, "other items are never kept");
}

#[test]
fn only_a_good_status_of_this_generation_counts_as_settled() {
    let object = |status: Option<Status>, generation| {
        let mut object = SealedSecret { status, ..SealedSecret::default() };
        object.metadata.generation = generation;
        object
    };
    let good = status::next(None, Ok(Opened::default()), Some(3), at(1));
    let bad = status::next(None, Err(&not_managed("app")), Some(3), at(1));
    assert!(status::is_settled(&object(good.clone(), Some(3))));
    assert!(!status::is_settled(&object(good, Some(4))), "the spec was changed since");
    assert!(!status::is_settled(&object(bad, Some(3))));
    assert!(!status::is_settled(&object(None, None)));
}

#[test]
fn whatever_differs_in_an_owned_secret_is_put_back_wholesale() {
    let edits: [fn(&mut Secret); 5] = [
        |s| drop(s.data.as_mut().unwrap().insert("k".into(), ByteString(b"hand".to_vec()))),
        |s| drop(s.data.as_mut().unwrap().insert("new".into(), ByteString(vec![]))),
        |s| s.metadata.labels = Some(BTreeMap::from([("hand".into(), "made".into())])),
        |s| annotate(s, "hand", "made"),
        |s| s.metadata.owner_references.as_mut().unwrap().push(owner("another")),
    ];
    for edit in edits {
        let secret = replaced(plan(&wanted(), Some(&existing(edit)), UID, None));
        assert_eq!(keys(&secret), ["k"]);
        assert_eq!((&secret.metadata.labels, &secret.metadata.annotations), (&None, &None));
        assert_eq!(secret.metadata.resource_version.as_deref(), Some("7"), "guards against a race");
    }
}

#[test]
fn a_foreign_secret_is_refused() {
    let refused = Write::Refuse(Refusal::NotManaged { name: "app".to_owned() });
    assert_eq!(plan(&wanted(), Some(&foreign(None)), UID, None), refused);
    let of_another = existing(|s| s.metadata.owner_references = Some(vec![owner("older incarnation")]));
    assert_eq!(plan(&wanted(), Some(&of_another), UID, None), refused);
    let mut not_quite = foreign(None);
    annotate(&mut not_quite, names::MANAGED, "True");
    assert_eq!(plan(&wanted(), Some(&not_quite), UID, None), refused);
}

#[test]
fn managed_is_taken_over_wholesale() {
    let secret = replaced(plan(&wanted(), Some(&foreign(Some(names::MANAGED))), UID, None));
    assert_eq!(keys(&secret), ["k"]);
    assert_eq!(secret.metadata.owner_references, Some(vec![owner(UID)]));
    assert_eq!((secret.metadata.labels, secret.metadata.annotations), (None, None));
}

#[test]
fn patch_is_merged_into_and_owned_only_with_managed() {
    let secret = replaced(plan(&wanted(), Some(&foreign(Some(names::PATCH))), UID, None));
    assert_eq!(keys(&secret), ["k", "x"]);
    assert_eq!(secret.data.as_ref().unwrap()["k"].0, b"v");
    assert_eq!(secret.metadata.owner_references, None);
    assert_eq!(secret.metadata.labels.as_ref().unwrap()["l"], "old");
    assert_eq!(plan(&wanted(), Some(&secret), UID, None), Write::Unchanged);

    let mut both = foreign(Some(names::PATCH));
    annotate(&mut both, names::MANAGED, "true");
    assert_eq!(
        replaced(plan(&wanted(), Some(&both), UID, None)).metadata.owner_references,
        Some(vec![owner(UID)])
    );
}

#[test]
fn an_ownerless_secret_of_ours_is_recognised_by_its_mark_on_both_sides() {
    let mut wanted = bare(&[("k", "v2")]);
    annotate(&mut wanted, names::SKIP_SET_OWNER_REFERENCES, "true");
    let mut made = bare(&[("k", "v1")]);
    assert!(matches!(plan(&wanted, Some(&made), UID, None), Write::Refuse(_)));
    annotate(&mut made, names::SKIP_SET_OWNER_REFERENCES, "true");
    assert!(matches!(plan(&wanted, Some(&made), UID, None), Write::Replace(_)));
}

#[test]
fn immutability_is_turned_on_and_keeps_values_and_cannot_be_dropped() {
    let mut immutable = wanted();
    immutable.immutable = Some(true);
    assert_eq!(replaced(plan(&immutable, Some(&existing(|_| {})), UID, None)).immutable, Some(true));
    let fixed = existing(|s| s.immutable = Some(true));
    assert_eq!(plan(&immutable, Some(&fixed), UID, None), Write::Unchanged);
    assert_eq!(
        plan(&wanted(), Some(&fixed), UID, None),
        Write::Refuse(Refusal::StaysImmutable { name: "app".to_owned() }),
        "a template that drops it is told, and not called synced"
    );
    let other_value = existing(|s| {
        s.immutable = Some(true);
        s.data = Some(BTreeMap::from([("k".into(), ByteString(b"old".to_vec()))]));
    });
    assert_eq!(
        plan(&immutable, Some(&other_value), UID, None),
        Write::Refuse(Refusal::Immutable { name: "app".to_owned() })
    );
    let mut labelled = immutable.clone();
    labelled.metadata.labels = Some(BTreeMap::from([("l".into(), "x".into())]));
    assert!(matches!(plan(&labelled, Some(&fixed), UID, None), Write::Replace(_)));
}

#[test]
fn a_type_never_changes() {
    let typed = existing(|s| s.type_ = Some("example.com/a".to_owned()));
    let Write::Refuse(refusal) = plan(&wanted(), Some(&typed), UID, None) else { panic!("not refused") };
    assert!(refusal.to_string().contains("field is immutable"), "{refusal}");
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn find<'a>(status: &'a Status, type_: &str) -> &'a Condition {
    status.conditions.iter().find(|c| c.type_ == type_).unwrap()
}

fn not_managed(name: &str) -> Failure {
    Failure::Refused(Refusal::NotManaged { name: name.to_owned() })
}

#[test]
fn the_first_status_has_synced_first_and_what_kstatus_reads() {
    let status = status::next(None, Ok(Opened::default()), Some(1), at(10)).unwrap();
    let types: Vec<_> = status.conditions.iter().map(|c| c.type_.as_str()).collect();
    assert_eq!(types, ["Synced", "Ready", "Stalled"]);
    assert_eq!(status.observed_generation, Some(1));
    let truths: Vec<_> = status.conditions.iter().map(|c| c.status.as_str()).collect();
    assert_eq!(truths, ["True", "True", "False"]);
    assert_eq!(find(&status, "Synced").message, None);
    assert_eq!(status::next(Some(&status), Ok(Opened::default()), Some(1), at(20)), None, "told once");
}

/// People ask which key an object is sealed to; a status that does not say so yet is not written for that alone.
#[test]
fn ready_names_the_key_and_a_status_without_the_line_stays() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/keys/a.key");
    let key = *KeyPair::from_private_pem(&std::fs::read(path).unwrap()).unwrap().fingerprint();
    let named = |name: &str| SealedTo::of(&[(key, 2)], &HashMap::from([(key, name.to_owned())])).unwrap();
    let (here, moved) = (named("key-one"), named("key-two"));
    let with = |keys| Ok(Opened { remark: None, sealed_to: Some(keys) });
    let status = status::next(None, with(&here), Some(1), at(10)).unwrap();
    assert_eq!(find(&status, "Ready").message.as_deref(), Some("sealed to key-one"));
    assert_eq!((&find(&status, "Synced").message, &find(&status, "Stalled").message), (&None, &None));
    assert_eq!(status::next(Some(&status), with(&here), Some(1), at(20)), None, "told once");
    let renamed = status::next(Some(&status), with(&moved), Some(1), at(20)).unwrap();
    assert_eq!(find(&renamed, "Ready").message.as_deref(), Some("sealed to key-two"));
    assert!(status::is_reported(Some(&status), with(&moved), Some(1)), "which is no news of the object");
    let without = status::next(None, Ok(Opened::default()), Some(1), at(10)).unwrap();
    assert_eq!(status::next(Some(&without), with(&here), Some(1), at(20)), None);
}

#[test]
fn a_failure_flips_and_later_failures_keep_the_time_of_the_flip() {
    let good = status::next(None, Ok(Opened::default()), Some(1), at(10)).unwrap();
    let bad = status::next(Some(&good), Err(&not_managed("app")), Some(1), at(20)).unwrap();
    let synced = find(&bad, "Synced");
    assert_eq!(synced.status, "False");
    assert!(synced.message.as_ref().unwrap().contains("already exists and is not managed by SealedSecret"));
    assert_eq!(synced.last_transition_time.as_ref().unwrap().0, at(20));
    assert_eq!(
        (find(&bad, "Ready").status.as_str(), find(&bad, "Stalled").status.as_str()),
        ("False", "True")
    );
    assert_eq!(status::next(Some(&bad), Err(&not_managed("app")), Some(1), at(30)), None);

    let worse = status::next(Some(&bad), Err(&not_managed("other")), Some(1), at(40)).unwrap();
    let synced = find(&worse, "Synced");
    assert_eq!(synced.last_transition_time.as_ref().unwrap().0, at(20), "no flip");
    assert_eq!(synced.last_update_time.as_ref().unwrap().0, at(40));
    assert!(status::next(Some(&worse), Err(&not_managed("other")), Some(2), at(50)).is_some(), "generation");
}

#[test]
fn a_good_status_of_the_reference_needs_no_write_and_a_bad_one_does() {
    let condition = |status: &str, message: Option<&str>| Condition {
        type_: "Synced".to_owned(),
        status: status.to_owned(),
        message: message.map(str::to_owned),
        ..Condition::default()
    };
    let reference = |condition| Status { observed_generation: Some(3), conditions: vec![condition] };
    assert_eq!(
        status::next(Some(&reference(condition("True", None))), Ok(Opened::default()), Some(3), at(1)),
        None
    );
    let message = not_managed("app").message();
    let bad = reference(condition("False", Some(&message)));
    assert!(status::next(Some(&bad), Err(&not_managed("app")), Some(3), at(1)).is_some());
    let stale = reference(condition("True", Some("left over from a failure")));
    assert!(
        status::next(Some(&stale), Ok(Opened::default()), Some(3), at(1)).is_some(),
        "never a stale message"
    );
}

#[test]
fn conditions_of_others_survive_behind_ours() {
    let other = Condition { type_: "Other".to_owned(), status: "True".to_owned(), ..Condition::default() };
    let synced = Condition { type_: "Synced".to_owned(), status: "True".to_owned(), ..Condition::default() };
    let old = Status { observed_generation: Some(1), conditions: vec![other.clone(), synced] };
    let next = status::next(Some(&old), Ok(Opened::default()), Some(1), at(5)).unwrap();
    assert_eq!(next.conditions.first().unwrap().type_, "Synced");
    assert_eq!(next.conditions.last(), Some(&other));
}

/// Argo CD's published rule: the first condition Synced decides.
fn argo_health(status: &Status) -> &'static str {
    match status.conditions.iter().find(|c| c.type_ == "Synced").map(|c| c.status.as_str()) {
        Some("True") => "Healthy",
        Some("False") => "Degraded",
        _ => "Progressing",
    }
}

/// kstatus, which Flux uses: observedGeneration, then Stalled, then Ready.
fn kstatus(status: &Status, generation: i64) -> &'static str {
    let is =
        |type_: &str, value: &str| status.conditions.iter().any(|c| c.type_ == type_ && c.status == value);
    match status.observed_generation {
        Some(observed) if observed != generation => "InProgress",
        _ if is("Stalled", "True") => "Failed",
        _ if is("Ready", "False") => "InProgress",
        _ => "Current",
    }
}

#[test]
fn health_checks_settle() {
    let good = status::next(None, Ok(Opened::default()), Some(1), at(1)).unwrap();
    assert_eq!((argo_health(&good), kstatus(&good, 1)), ("Healthy", "Current"));
    assert_eq!(kstatus(&good, 2), "InProgress", "a new generation is not yet told of");
    let stuck = status::next(Some(&good), Err(&not_managed("app")), Some(1), at(2)).unwrap();
    assert_eq!((argo_health(&stuck), kstatus(&stuck, 1)), ("Degraded", "Failed"));
    let busy = Failure::Write(ApiError::Busy { after: Duration::from_secs(1) });
    let passing = status::next(Some(&good), Err(&busy), Some(1), at(2)).unwrap();
    assert_eq!((argo_health(&passing), kstatus(&passing, 1)), ("Degraded", "InProgress"));
}

#[test]
fn a_long_message_is_cut_at_a_character() {
    let cut = shortened("ä".repeat(10), 12);
    assert!(cut.len() <= 12 && cut.ends_with("..."), "{cut}");
    assert_eq!(shortened("short".to_owned(), 12), "short");
}

#[test]
fn retries_grow_to_a_cap_and_never_end() {
    let wait = |attempt| retry::wait(Retry::Backoff, attempt, 3);
    assert_eq!([1, 2, 3].map(wait), [100, 200, 400].map(Duration::from_millis));
    assert_eq!([4, 5].map(wait), [20, 40].map(Duration::from_secs));
    assert_eq!([20, 1000, u32::MAX].map(wait), [Duration::from_mins(5); 3]);
    assert_eq!(retry::wait(Retry::Backoff, 1, 0), retry::SLOW);
    assert_eq!(retry::wait(Retry::After(Duration::from_secs(7)), 99, 3), Duration::from_secs(7));
}

/// What unsealing gives for an object of this name whose template has these labels.
fn labelled(name: &str, labels: &[(&str, &str)]) -> Secret {
    let mut secret = wanted();
    secret.metadata.name = Some(name.to_owned());
    secret.metadata.labels = Some(labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect());
    secret
}

const PREFIX: &str = "sealed-secrets-key";

fn in_place_of(name: &str, labels: &[(&str, &str)], change: impl FnOnce(&mut Secret)) -> Secret {
    existing(|secret| {
        *secret = Secret { metadata: labelled(name, labels).metadata, ..secret.clone() };
        change(secret);
    })
}

#[test]
fn no_sealed_secret_makes_a_sealing_key_in_any_way() {
    let active = [(names::KEY_LABEL, names::KEY_ACTIVE)];
    let ownerless = |name, labels: &[_]| {
        let mut secret = labelled(name, labels);
        secret.metadata.owner_references = None;
        annotate(&mut secret, names::SKIP_SET_OWNER_REFERENCES, "true");
        secret
    };
    let none: &[(&str, &str)] = &[];
    let open = |annotation: &'static str| move |secret: &mut Secret| annotate(secret, annotation, "true");
    for (case, wanted, existing) in [
        ("labelled", labelled("x", &active), None),
        ("labelled, without owner", ownerless("x", &active), None),
        ("labelled as out of use", labelled("x", &[(names::KEY_LABEL, "x")]), None),
        (
            "labelled as out of use, replaced",
            labelled("x", &[(names::KEY_LABEL, "")]),
            Some(in_place_of("x", none, |_| {})),
        ),
        ("the legacy name", labelled(PREFIX, none), None),
        ("the legacy name, without owner", ownerless(PREFIX, none), None),
        ("replaced", labelled("x", &active), Some(in_place_of("x", none, |_| {}))),
        ("managed", labelled("x", &active), Some(in_place_of("x", none, open(names::MANAGED)))),
        ("merged into", labelled("x", &active), Some(in_place_of("x", none, open(names::PATCH)))),
        ("made by an old version", labelled("x", &active), Some(in_place_of("x", &active, |_| {}))),
        (
            "a label that another tool put on a Secret of ours is merged back",
            labelled("x", none),
            Some(in_place_of("x", &active, open(names::PATCH))),
        ),
        ("the Secret of somebody else in the way", labelled("x", &active), Some(foreign(None))),
    ] {
        let write = plan(&wanted, existing.as_ref(), UID, Some(PREFIX));
        assert!(matches!(write, Write::Refuse(Refusal::BecomesKey { .. })), "{case}: {write:?}");
        let elsewhere = plan(&wanted, existing.as_ref(), UID, None);
        let refused =
            matches!(elsewhere, Write::Refuse(Refusal::BecomesKey { .. } | Refusal::HoldsKey { .. }));
        assert!(!refused, "{case}, where no keys live: {elsewhere:?}");
    }
}

#[test]
fn no_sealed_secret_changes_a_sealing_key_in_any_way() {
    let by_hand = |labels: &[(&str, &str)], annotation: Option<&str>| {
        let mut secret = in_place_of("x", labels, |secret| secret.metadata.owner_references = None);
        if let Some(annotation) = annotation {
            annotate(&mut secret, annotation, "true");
        }
        secret
    };
    for state in [names::KEY_ACTIVE, "compromised", ""] {
        for annotation in [None, Some(names::MANAGED), Some(names::PATCH)] {
            let key = by_hand(&[(names::KEY_LABEL, state)], annotation);
            let write = plan(&labelled("x", &[]), Some(&key), UID, Some(PREFIX));
            assert!(
                matches!(write, Write::Refuse(Refusal::HoldsKey { .. })),
                "{state} {annotation:?}: {write:?}"
            );
        }
    }
    let mut legacy = by_hand(&[], Some(names::PATCH));
    legacy.metadata.name = Some(PREFIX.to_owned());
    let write = plan(&labelled(PREFIX, &[(names::KEY_LABEL, "x")]), Some(&legacy), UID, Some(PREFIX));
    assert!(matches!(write, Write::Refuse(Refusal::HoldsKey { .. })), "{write:?}");
}

#[test]
fn an_ordinary_sealed_secret_beside_the_keys_works_and_a_planted_key_can_be_put_right() {
    let write = plan(&labelled("x", &[("app", "y")]), None, UID, Some(PREFIX));
    assert!(matches!(write, Write::Create(_)), "{write:?}");
    for state in [names::KEY_ACTIVE, "compromised", ""] {
        let planted = in_place_of("x", &[(names::KEY_LABEL, state)], |_| {});
        let fixed = replaced(plan(&labelled("x", &[("app", "y")]), Some(&planted), UID, Some(PREFIX)));
        assert_eq!(fixed.metadata.labels, Some(BTreeMap::from([("app".to_owned(), "y".to_owned())])));
    }
}

#[test]
fn a_refused_key_says_why_and_rests() {
    for refusal in [Refusal::BecomesKey { name: "x".to_owned() }, Refusal::HoldsKey { name: "x".to_owned() }]
    {
        let failure = Failure::Refused(refusal);
        assert!(
            failure.message().contains("sealing key") && failure.message().contains("\"x\""),
            "{failure}"
        );
        assert_eq!((failure.metric(), failure.event_reason()), ("update", "ErrUpdateFailed"));
        assert!(
            matches!(failure.retry(), Some(Retry::After(_)))
                && failure.is_stalled()
                && failure.should_report(false)
        );
    }
}

/// Ours is the only owner that is set and removed.
#[test]
fn owners_that_others_added_stay() {
    let other = |controller| OwnerReference { controller: Some(controller), ..owner("uid-of-another") };
    let with =
        |owners: Vec<OwnerReference>| existing(|secret| secret.metadata.owner_references = Some(owners));
    let owners_after = |wanted: &Secret, before: &Secret| match plan(wanted, Some(before), UID, None) {
        Write::Replace(secret) => secret.metadata.owner_references,
        Write::Unchanged => before.metadata.owner_references.clone(),
        other => panic!("{other:?}"),
    };
    let both = with(vec![other(false), owner(UID)]);
    assert_eq!(plan(&wanted(), Some(&both), UID, None), Write::Unchanged, "nothing to write");

    let mut ownerless = wanted();
    ownerless.metadata.owner_references = None;
    annotate(&mut ownerless, names::SKIP_SET_OWNER_REFERENCES, "true");
    assert_eq!(owners_after(&ownerless, &both), Some(vec![other(false)]), "ours goes");
    let mut theirs = with(vec![other(true)]);
    annotate(&mut theirs, names::SKIP_SET_OWNER_REFERENCES, "true");
    assert_eq!(owners_after(&ownerless, &theirs), Some(vec![other(true)]), "a controlling one stays too");

    let mut managed = with(vec![other(true)]);
    annotate(&mut managed, names::MANAGED, "true");
    assert_eq!(
        owners_after(&wanted(), &managed),
        Some(vec![owner(UID)]),
        "taken over: there is one controller"
    );
}
