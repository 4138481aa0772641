//! What one object may cost: its templates together, and its items once one of them does not open.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::{
    collections::BTreeMap,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use proptest::prelude::*;
use sealed_secrets_core::{
    KeyPair, KeyRing, Scope, SealedSecret, Secret,
    keys::KeySpec,
    reseal::{self, Plan},
    unseal::{
        self, Budget, CompiledTemplates, Effort, Env, ItemError, Limit, Limits, Opened, Reason, UnsealError,
    },
};
use serde_json::json;

/// Three keys of one size, so that each is tried on each item.
static KEYS: LazyLock<[Arc<KeyPair>; 3]> = LazyLock::new(|| {
    let spec =
        KeySpec { bits: 2048, lifetime: jiff::SignedDuration::from_hours(1), common_name: String::new() };
    [0, 1, 2].map(|_| Arc::new(KeyPair::generate(&spec, jiff::Timestamp::UNIX_EPOCH).unwrap()))
});

fn ring() -> KeyRing {
    KeyRing::new(KEYS.to_vec())
}

fn seal(key: usize, name: &str, value: &[u8]) -> String {
    KEYS[key].sealing_key().unwrap().seal_to_text(&Scope::Strict.label("ns", name), value)
}

fn object(items: BTreeMap<String, String>, templates: &[(&str, &str)]) -> SealedSecret {
    let mut object = SealedSecret::from_value(json!({"metadata": {"name": "web", "namespace": "ns"}}));
    object.spec.encrypted_data = items;
    let templates = templates.iter().map(|(item, text)| ((*item).to_owned(), Some((*text).to_owned())));
    object.spec.template.data = templates.collect();
    object
}

type Items = BTreeMap<String, Result<Opened, ItemError>>;

fn open(object: &SealedSecret, ring: &KeyRing, effort: &Effort) -> Items {
    let open = |item: &String| (item.clone(), unseal::open_item(object, item, ring, &[], effort));
    object.spec.encrypted_data.keys().map(open).collect()
}

/// Assembles as the controller does, with the limits of an object.
fn assemble(
    object: &SealedSecret,
    mut items: Items,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Result<Secret, UnsealError> {
    let limits = Limits::object();
    let random = |bytes: &mut [u8]| bytes.fill(4);
    let env = Env { now: jiff::Timestamp::UNIX_EPOCH, random: &random, limits: limits.clone() };
    let templates = CompiledTemplates::new(object, &limits);
    let mut budget = Budget::new(&limits).interrupted_by(interrupted);
    unseal::assemble(object, &mut items, &templates, &env, &mut budget).map(|assembled| assembled.secret)
}

fn render(templates: &[(&str, &str)]) -> Result<Secret, UnsealError> {
    assemble(&object(BTreeMap::new(), templates), BTreeMap::new(), &|| false)
}

#[track_caller]
fn refused(templates: &[(&str, &str)], item: &str, limit: Limit) {
    let error = render(templates).unwrap_err();
    let text = error.to_string();
    let UnsealError::TooCostly { item: at, limit: found, most, .. } = error else { panic!("{text}") };
    assert_eq!((at.as_str(), found, most), (item, limit, Limits::object().most(limit)), "{text}");
    assert!(text.contains(&most.to_string()) && text.contains(item), "{text}");
}

#[test]
fn all_templates_of_an_object_share_its_output() {
    let half = "{{ repeat 600000 \"x\" }}";
    refused(&[("a", half), ("b", half)], "b", Limit::OutputBytes);
    let half = "{{ repeat 500000 \"x\" }}";
    assert_eq!(render(&[("a", half), ("b", half)]).unwrap().data["b"].len(), 500_000);
}

#[test]
fn all_templates_of_an_object_share_its_memory_steps_and_costly_calls() {
    // An object may make less than three of these.
    let long = "{{ $x := repeat 2000000 \"x\" }}";
    refused(&[("a", long), ("b", long), ("c", long), ("d", long)], "c", Limit::ValueBytes);
    let slow = "{{ range 400000 }}{{ end }}";
    refused(&[("a", slow), ("b", slow), ("c", slow)], "c", Limit::Steps);
    let costly = "{{ $_ := derivePassword 1 \"long\" \"a\" \"b\" \"c\" }}";
    let names: Vec<String> = (0..6).map(|n| n.to_string()).collect();
    let six: Vec<_> = names.iter().map(|name| (name.as_str(), costly)).collect();
    refused(&six, "5", Limit::CostlyCalls);
    assert!(render(&six[..5]).is_ok());
}

#[test]
fn a_limit_ends_the_rendering_of_an_object() {
    // A thousand templates that each hash until nothing is left: the second one is not begun.
    let hash = "{{ range 41 }}{{ $_ := bcrypt \"a\" }}{{ end }}";
    let asked = AtomicUsize::new(0);
    let count = || asked.fetch_add(1, Ordering::Relaxed) > usize::MAX / 2;
    let names: Vec<String> = (0..1000).map(|n| format!("{n:04}")).collect();
    let templates: Vec<_> = names.iter().map(|name| (name.as_str(), hash)).collect();
    let error = assemble(&object(BTreeMap::new(), &templates), BTreeMap::new(), &count).unwrap_err();
    assert!(matches!(error, UnsealError::TooCostly { item, .. } if item == "0000"));
    assert!(asked.into_inner() < 50, "asked before each costly call, and then no more");
}

#[test]
fn trees_that_are_too_large_are_refused_and_not_kept() {
    let dense = "{{.a}}".repeat(200_000);
    refused(&[("a", "{{ .b }}"), ("t", &dense)], "t", Limit::Nodes);
    let object = object(BTreeMap::new(), &[("a", "{{ .b }}"), ("t", &dense)]);
    assert!(CompiledTemplates::new(&object, &Limits::object()).bytes() < 4096);
    // Its honest twin: a template of 200 KB as people write them.
    let line = "server {{ .host | default \"localhost\" | quote }} port={{ .port }}; # the usual\n";
    let ordinary = line.repeat(200_000 / line.len());
    assert!(render(&[("t", &ordinary)]).unwrap().data["t"].len() > 100_000);
}

#[test]
fn who_no_longer_waits_interrupts_the_render() {
    let object = object(BTreeMap::new(), &[("a", "{{ range 900000 }}{{ end }}")]);
    let asked = AtomicUsize::new(0);
    let third = || asked.fetch_add(1, Ordering::Relaxed) == 2;
    let error = assemble(&object, BTreeMap::new(), &third).unwrap_err();
    assert!(matches!(error, UnsealError::Interrupted), "{error}");
    assert!(!error.is_undecryptable() && !error.may_want_another_key());
}

#[test]
fn an_item_that_does_not_open_is_told_beside_a_template_that_is_too_costly() {
    let items = BTreeMap::from([("bad".to_owned(), String::new())]);
    let object = object(items, &[("t", "{{ range 2000000 }}{{ end }}")]);
    let ring = ring();
    let items = open(&object, &ring, &Effort::new(&object, &ring));
    let error = assemble(&object, items, &|| false).unwrap_err();
    let text = error.to_string();
    let UnsealError::Items { items, templates } = error else { panic!("{text}") };
    assert!(items.contains_key("bad") && templates.contains_key("t"));
    assert!(text.contains("cut short (bad)") || text.contains("(bad)"), "{text}");
    assert!(text.contains("too many steps"), "{text}");
}

#[test]
fn texts_without_actions_are_values_as_they_stand() {
    let secret = render(&[("plain", "as } it { is"), ("t", "{{ .plain }}!")]).unwrap();
    assert_eq!(secret.data["plain"].expose(), b"as } it { is");
    assert_eq!(secret.data["t"].expose(), b"as } it { is!");
}

/// The most operations that items of this object may cost that do not open, with those of the diagnosis.
fn bound(object: &SealedSecret, ring: &KeyRing) -> usize {
    4 * ring.len() + 2 * object.spec.encrypted_data.len() + 24
}

#[test]
fn many_items_that_do_not_open_cost_little_and_are_told_in_short() {
    let ring = ring();
    let junk = (0..1500).map(|n| (format!("item-{n:04}"), seal(0, "elsewhere", b"")));
    let object = object(junk.collect(), &[]);
    let effort = Effort::new(&object, &ring);
    let items = open(&object, &ring, &effort);
    assert!(effort.operations() <= bound(&object, &ring), "{}", effort.operations());
    let untried = items.values().filter(|item| matches!(item, Err(ItemError(Reason::NotLookedInto)))).count();
    assert!((1..1500).contains(&untried), "with three keys not all are looked into");
    let error = assemble(&object, items, &|| false).unwrap_err();
    let text = error.to_string();
    assert!(text.len() < 3000, "{} bytes", text.len());
    assert!(text.contains("item-0019 and ") && !text.contains("item-0020,"), "{text}");
    assert!(text.contains("mend those first"), "{text}");
    assert!(error.is_undecryptable() && error.may_want_another_key());
}

#[test]
fn many_different_reasons_are_told_in_short() {
    let broken = |n: usize| format!("{}*", "A".repeat(4 * n));
    let sizes = |n: usize| {
        // A block of every length, with room for a body behind it.
        let mut bytes = u16::try_from(130 + n).unwrap().to_be_bytes().to_vec();
        bytes.resize(130 + n + 40, 7);
        base64::Engine::encode(&base64::prelude::BASE64_STANDARD, bytes)
    };
    let items = (0..1500).map(|n| (format!("{n:04}"), if n % 2 == 0 { broken(n) } else { sizes(n) }));
    let object = object(items.collect(), &[]);
    let ring = ring();
    let items = open(&object, &ring, &Effort::new(&object, &ring));
    let text = assemble(&object, items, &|| false).unwrap_err().to_string();
    assert!(text.len() < 8000, "{} bytes: {text}", text.len());
    assert!(text.contains("more reasons") && text.contains("more kinds of failures"), "{text}");
}

#[test]
fn a_renamed_object_is_told_for_each_of_its_items() {
    let ring = ring();
    let items = (0..60).map(|n| (format!("item-{n:02}"), seal(1, "old", b"")));
    let mut object = object(items.collect(), &[]);
    object.spec.template.metadata.name = Some("old".to_owned());
    let effort = Effort::new(&object, &ring);
    let expected = Reason::WrongName { sealed_for: "old".to_owned() };
    for (item, opened) in open(&object, &ring, &effort) {
        assert_eq!(opened.unwrap_err().0, expected, "{item}");
    }
    assert!(effort.operations() <= bound(&object, &ring), "{}", effort.operations());
}

#[test]
fn verify_ends_at_the_first_part_that_does_not_open() {
    let ring = ring();
    let mut items: BTreeMap<_, _> = (0..50).map(|n| (format!("{n:02}"), seal(0, "web", b"x"))).collect();
    items.insert("10".to_owned(), seal(0, "elsewhere", b""));
    items.insert("20".to_owned(), String::new());
    let object = object(items, &[]);
    let Err(UnsealError::Items { items, .. }) = reseal::verify(&object, &ring, false) else { panic!() };
    assert_eq!(items.keys().collect::<Vec<_>>(), ["10"]);

    let plan = Plan::new(Arc::new(object), false).unwrap();
    assert_eq!(plan.parts(), 50);
    let first = [*KEYS[0].fingerprint()];
    let opened = plan.open_part(0, &ring, &first).unwrap();
    assert_eq!((opened.tries, opened.value.expose()), (1, &b"x"[..]));
    assert_eq!(plan.open_part(10, &ring, &first).unwrap_err().tries, 3, "each key was tried, and no label");
    assert_eq!(plan.open_part(20, &ring, &first).unwrap_err().tries, 0);
    assert!(plan.open_part(50, &ring, &first).is_err());
}

#[test]
fn a_plan_seals_part_by_part_what_reseal_seals_at_once() {
    let ring = ring();
    let items = (0..3).map(|n| (format!("{n}"), seal(n % 2, "web", format!("value {n}").as_bytes())));
    let mut object = object(items.collect(), &[("t", "{{ fail \"never\" }}")]);
    object.status = Some(sealed_secrets_core::sealed_secret::Status::default());
    let plan = Plan::new(&object, false).unwrap();
    let key = reseal::sealing_key(&ring).unwrap();
    let parts = (0..plan.parts()).map(|part| plan.seal_part(&plan.open_part(part, &ring, &[]).unwrap(), key));
    for resealed in [plan.finish(parts), reseal::reseal(&object, &ring, false).unwrap()] {
        assert!(resealed.status.is_none());
        assert_eq!(resealed.spec.template, object.spec.template);
        let newest = KeyRing::new(vec![ring.newest().unwrap().clone()]);
        for (item, opened) in open(&resealed, &newest, &Effort::new(&resealed, &newest)) {
            assert_eq!(opened.unwrap().value.expose(), format!("value {item}").as_bytes());
        }
    }
}

/// Items that open with either key, and some that do not.
fn mixed() -> impl Strategy<Value = Vec<u8>> {
    // Mostly good, so that objects without a bad item are among them.
    prop::collection::vec(prop_oneof![6 => 0_u8..2, 1 => 2_u8..6], 1..14)
}

fn ciphertext(kind: u8) -> String {
    static TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
        vec![
            seal(0, "web", b"0"),
            seal(1, "web", b"1"),
            seal(0, "elsewhere", b"2"),
            seal(1, "", b"3"),
            String::new(),
            "*".to_owned(),
        ]
    });
    TEXTS[usize::from(kind)].clone()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn only_an_object_that_cannot_be_unsealed_meets_the_bound(kinds in mixed(), first in any::<bool>()) {
        let ring = ring();
        let items = kinds.iter().enumerate().map(|(n, kind)| (format!("{n:02}"), ciphertext(*kind)));
        let object = object(items.collect(), &[]);
        let effort = Effort::new(&object, &ring);
        let first = [*KEYS[usize::from(first)].fingerprint()];
        let (mut failed, mut spent_on_opened) = (false, 0);
        for (n, kind) in kinds.iter().enumerate() {
            match unseal::open_item(&object, &format!("{n:02}"), &ring, &first, &effort) {
                Ok(opened) => {
                    prop_assert!(*kind < 2);
                    let value = kind.to_string();
                    prop_assert_eq!(opened.value.expose(), value.as_bytes());
                    spent_on_opened += opened.tries;
                }
                Err(ItemError(Reason::NotLookedInto)) => prop_assert!(failed),
                Err(error) => {
                    prop_assert!(*kind >= 2, "{error}");
                    failed = true;
                }
            }
        }
        prop_assert_eq!(failed, effort.has_failed());
        prop_assert!(effort.operations() - spent_on_opened <= bound(&object, &ring));
    }

    #[test]
    fn a_shared_budget_renders_as_separate_ones(texts in prop::collection::vec(template(), 1..6)) {
        let names: Vec<String> = (0..texts.len()).map(|n| format!("{n:02}")).collect();
        let templates: Vec<_> = names.iter().zip(&texts).map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let together = render(&templates);
        for template in &templates {
            // Other templates are variables, so each one sees the same data.
            let mut alone = object(BTreeMap::new(), &templates);
            alone.spec.template.data.iter_mut().for_each(|(name, text)| {
                if name != template.0 {
                    *text = text.take().map(|text| text.replace("{{", "((").replace("}}", "))"));
                }
            });
            let alone = assemble(&alone, BTreeMap::new(), &|| false);
            match (&together, alone) {
                (Ok(together), Ok(alone)) => prop_assert_eq!(
                    together.data[template.0].expose(),
                    alone.data[template.0].expose()
                ),
                (Ok(_), Err(error)) => prop_assert!(false, "{}", error),
                (Err(UnsealError::Items { templates, .. }), alone) => {
                    prop_assert_eq!(templates.contains_key(template.0), alone.is_err());
                }
                (Err(error), _) => prop_assert!(false, "{}", error),
            }
        }
    }
}

/// Templates of all kinds, none of them costly.
fn template() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-z ]{0,20}",
        Just("{{ repeat 9 \"ab\" | upper }}".to_owned()),
        Just("{{ range $i, $x := list 1 2 3 }}{{ $i }}{{ end }}".to_owned()),
        Just("{{ $x := dict \"a\" 1 }}{{ $x | toJson }}".to_owned()),
        Just("{{ define \"d\" }}{{ . }}{{ end }}{{ template \"d\" 7 }}".to_owned()),
        Just("{{ fail \"no\" }}".to_owned()),
        Just("{{ broken".to_owned()),
        (1_u32..3000).prop_map(|count| format!("{{{{ range {count} }}}}.{{{{ end }}}}")),
    ];
    prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}
