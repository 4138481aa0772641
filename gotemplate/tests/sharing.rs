//! A template is parsed once and rendered by any number of threads, each render by itself.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::{collections::BTreeMap, thread};

use gotemplate::{Env, ErrorKind, Limit, Limits, Template};

fn render(template: &Template, name: &str, limits: Limits) -> Result<Vec<u8>, gotemplate::Error> {
    let random = |buffer: &mut [u8]| buffer.fill(1);
    let data = BTreeMap::from([("name".to_owned(), name.as_bytes().to_vec())]);
    template.render(&data, &Env { now: jiff::Timestamp::UNIX_EPOCH, random: &random, limits })
}

#[test]
fn many_threads_render_one_template() {
    let text = "{{ $d := dict }}{{ range 100 }}{{ $_ := set $d (toString .) $.name }}{{ end }}{{ len $d }} {{ index $d \"7\" }}";
    let template = Template::parse("t", text).unwrap();
    thread::scope(|scope| {
        for number in 0..4 {
            let template = &template;
            scope.spawn(move || {
                let name = format!("thread {number}");
                let out = render(template, &name, Limits::default()).unwrap();
                assert_eq!(out, format!("100 {name}").into_bytes());
            });
        }
    });
}

#[test]
fn each_limit_is_its_own_error() {
    let default = Limits::default;
    for (text, limits, limit) in [
        ("{{ .name }}", Limits { output_bytes: 3, ..default() }, Limit::OutputBytes),
        ("{{ upper .name }}", Limits { value_bytes: 3, ..default() }, Limit::ValueBytes),
        ("{{ range 9 }}{{ end }}", Limits { steps: 8, ..default() }, Limit::Steps),
        ("{{ if 1 }}{{ if 1 }}{{ end }}{{ end }}", Limits { depth: 1, ..default() }, Limit::Depth),
        ("{{ bcrypt .name }}", Limits { costly_calls: 0, ..default() }, Limit::CostlyCalls),
    ] {
        let template = Template::parse("t", text).unwrap();
        let error = render(&template, "alice", limits).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Limit(limit), "{text}");
        assert!(render(&template, "alice", default()).is_ok(), "{text}");
    }
}

#[test]
fn the_debug_form_is_short() {
    let template = Template::parse("t", "{{ \"secret?\" }}").unwrap();
    assert_eq!(format!("{template:?}"), "Template(\"t\", 15 bytes)");
}

#[test]
fn a_long_text_is_no_template() {
    let limits = Limits { template_bytes: 10, ..Limits::default() };
    assert!(Template::parse_within("t", "0123456789", &limits).is_ok());
    let error = Template::parse_within("t", "0123456789a", &limits).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Limit(Limit::TemplateBytes));
}

#[test]
fn long_names_and_formats_are_paid_for() {
    let name = "n".repeat(1 << 20);
    for text in [
        format!(
            "{{{{ define \"{name}\" }}}}{{{{ end }}}}{{{{ range 900000 }}}}{{{{ template \"{name}\" }}}}{{{{ end }}}}"
        ),
        format!("{{{{ range 900000 }}}}{{{{ $x := $.{name} }}}}{{{{ end }}}}"),
        format!("{{{{ range 900000 }}}}{{{{ $x := hasKey (dict \"{name}\" 1) \"{name}\" }}}}{{{{ end }}}}"),
        format!("{{{{ range 900000 }}}}{{{{ $x := eq \"{name}\" \"{name}\" }}}}{{{{ end }}}}"),
    ] {
        let template = Template::parse("t", &text).unwrap();
        let error = render(&template, "alice", Limits::default()).unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Limit(_)), "{:?}", error.kind);
    }
    // Each of these brackets looks for its end: once, not each time anew.
    let text = format!("{{{{ printf \"{}\" | len }}}}", "%[".repeat(100_000));
    let out = render(&Template::parse("t", &text).unwrap(), "alice", Limits::default()).unwrap();
    assert_eq!(out, b"100000");
}
