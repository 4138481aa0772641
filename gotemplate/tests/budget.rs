//! One budget over several parses and renders: what one spends, the next has no more.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
};

use gotemplate::{Budget, Data, Env, Error, ErrorKind, Limit, Limits, Template};

fn render(text: &str, budget: &mut Budget<'_>) -> Result<Vec<u8>, Error> {
    let random = |buffer: &mut [u8]| buffer.fill(1);
    // The limits of the world are those of a render alone, and have no say here.
    let limits = Limits { steps: 0, ..Limits::default() };
    let env = Env { now: jiff::Timestamp::UNIX_EPOCH, random: &random, limits };
    Template::parse("t", text)?.render_with(&Data::from(&BTreeMap::new()), &env, budget)
}

fn kind(result: Result<Vec<u8>, Error>) -> ErrorKind {
    result.unwrap_err().kind
}

#[test]
fn renders_share_what_they_may_spend() {
    let limits =
        Limits { output_bytes: 10, steps: 50_000, value_bytes: 10_000, costly_calls: 1, ..Limits::object() };
    for (text, limit) in [
        ("123456", Limit::OutputBytes),
        ("{{ range 40000 }}{{ end }}", Limit::Steps),
        ("{{ $x := repeat 4000 \"x\" }}", Limit::ValueBytes),
        ("{{ $x := bcrypt \"x\" }}", Limit::CostlyCalls),
    ] {
        let mut budget = Budget::new(&limits);
        assert!(render(text, &mut budget).is_ok(), "{text}");
        let error = render(text, &mut budget).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Limit(limit), "{text}");
        assert!(error.to_string().contains(&format!("at most {}", limits.most(limit))), "{error}");
        assert!(render(text, &mut Budget::new(&limits)).is_ok(), "{text}");
    }
}

#[test]
fn a_render_that_failed_leaves_the_depth_and_the_output_as_they_were() {
    let mut budget = Budget::new(&Limits { depth: 5, output_bytes: 10, ..Limits::object() });
    for _ in 0..9 {
        let text = "12345678{{ if 1 }}{{ if 1 }}{{ fail \"no\" }}{{ end }}{{ end }}";
        assert_eq!(kind(render(text, &mut budget)), ErrorKind::Exec);
    }
    assert!(render("{{ if 1 }}{{ if 1 }}{{ if 1 }}{{ if 1 }}{{ if 1 }}1234567890", &mut budget).is_err());
    assert_eq!(render("{{ if 1 }}{{ if 1 }}123456{{ end }}{{ end }}", &mut budget).unwrap(), b"123456");
    assert_eq!(kind(render("12345", &mut budget)), ErrorKind::Limit(Limit::OutputBytes));
    assert_eq!(render("1234", &mut budget).unwrap(), b"1234");
}

#[test]
fn parses_share_text_and_nodes() {
    let mut budget = Budget::new(&Limits { template_bytes: 10, ..Limits::object() });
    assert!(Template::parse_with("t", "123456", &mut budget).is_ok());
    let error = Template::parse_with("t", "123456", &mut budget).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Limit(Limit::TemplateBytes));
    assert!(Template::parse_with("t", "1234", &mut budget).is_ok());

    let mut budget = Budget::new(&Limits { nodes: 60, ..Limits::object() });
    let text = "{{ .a }}".repeat(12);
    assert!(Template::parse_with("t", &text, &mut budget).is_ok());
    let error = Template::parse_with("t", &text, &mut budget).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Limit(Limit::Nodes));
}

#[test]
fn a_caller_is_asked_every_thousand_steps_and_before_costly_calls() {
    let asked = AtomicUsize::new(0);
    let count = || {
        asked.fetch_add(1, Ordering::Relaxed);
        false
    };
    let mut budget = Budget::new(&Limits::object()).interrupted_by(&count);
    render("{{ range 100000 }}{{ end }}", &mut budget).unwrap();
    let so_far = asked.load(Ordering::Relaxed);
    assert!((90..110).contains(&so_far), "asked {so_far} times in {} steps", budget.steps_spent());
    let mut budget = Budget::new(&Limits::object()).interrupted_by(&count);
    render("{{ range 5 }}{{ $x := genPrivateKey \"ed25519\" }}{{ end }}", &mut budget).unwrap();
    assert!(asked.load(Ordering::Relaxed) >= so_far + 5);
}

#[test]
fn a_render_ends_when_its_caller_no_longer_waits() {
    for text in ["{{ range 900000 }}{{ end }}", "{{ $x := bcrypt \"x\" }}", "{{ $x := until 10000 }}"] {
        let mut budget = Budget::new(&Limits::object()).interrupted_by(&|| true);
        let error = render(text, &mut budget).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Interrupted, "{text}");
        assert!(budget.steps_spent() < 2000, "{text}: {}", budget.steps_spent());
    }
    // A function that forgives errors does not forgive this one.
    let mut budget = Budget::new(&Limits::object()).interrupted_by(&|| true);
    assert_eq!(kind(render("{{ toJson (regexMatch \"a\" \"a\") }}", &mut budget)), ErrorKind::Interrupted);
}

#[test]
fn the_size_of_a_template_is_known() {
    let short = Template::parse("t", "plain").unwrap().bytes();
    let long = Template::parse("t", &"{{ .a }}".repeat(1000)).unwrap().bytes();
    assert!((5..1000).contains(&short), "{short}");
    assert!((100_000..400_000).contains(&long), "{long}");
}

#[test]
fn the_data_are_shared_by_renders() {
    let data: Data = [("a", &b"1"[..]), ("b", b"2"), ("a", b"3")].into_iter().collect();
    let random = |buffer: &mut [u8]| buffer.fill(1);
    let env = Env { now: jiff::Timestamp::UNIX_EPOCH, random: &random, limits: Limits::default() };
    let mut budget = Budget::new(&Limits::object());
    let template = Template::parse("t", "{{ .a }}{{ .b }}").unwrap();
    for _ in 0..2 {
        assert_eq!(template.render_with(&data, &env, &mut budget).unwrap(), b"32");
    }
    assert_eq!(format!("{data:?}"), "Data(2 entries)");
}
