//! Readings of what the data do not have: told where the value goes somewhere, and not where a template asks for it.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::collections::BTreeMap;

use gotemplate::{Became, Budget, Data, Env, Limits, Template};

/// What is told of a template, as `name became`.
fn told(text: &str) -> Vec<String> {
    let data = BTreeMap::from([("user", "alice"), ("key", "hunter2")].map(|(k, v)| (k.to_owned(), v.into())));
    let env = Env { now: jiff::Timestamp::UNIX_EPOCH, random: &|_| {}, limits: Limits::default() };
    let template = Template::parse("t", text).unwrap();
    let rendered = template.render_told(&Data::from(&data), &env, &mut Budget::new(&env.limits));
    let rendered = rendered.unwrap_or_else(|error| panic!("{text}: {error}"));
    let word = |became| match became {
        Became::NoValue => "no value",
        Became::Nothing => "nothing",
        Became::Argument => "argument",
    };
    let line =
        |unset: gotemplate::Unset| format!("{} {}", unset.name.unwrap_or("?".to_owned()), word(unset.became));
    rendered.unset.into_iter().map(line).collect()
}

#[test]
fn what_goes_into_the_text_is_told_however_it_gets_there() {
    for (text, wanted) in [
        ("{{ .pasword }}", ".pasword no value"),
        ("{{ $.pasword }}", "$.pasword no value"),
        ("{{ .pasword | quote }}", ".pasword argument"),
        ("{{ .pasword | urlquery }}", ".pasword argument"),
        ("{{ quote .pasword }}", ".pasword argument"),
        ("{{ printf \"%s\" .pasword }}", ".pasword argument"),
        ("{{ (.pasword) | quote }}", ".pasword argument"),
        ("{{ print \"a\" (printf \"%v\" $.pasword) }}", "$.pasword argument"),
        ("{{ list .user .pasword | join \":\" }}", ".pasword argument"),
        ("{{ $p := .pasword }}{{ $p }}", ".pasword no value"),
        ("{{ $p := .pasword }}{{ $p | quote }}", ".pasword argument"),
        ("{{ $p := .user }}{{ $p = .pasword }}{{ $p | quote }}", ".pasword argument"),
        ("{{ $d := . }}{{ $d.pasword | quote }}", "$d.pasword argument"),
        ("{{ with .user }}{{ $.pasword | quote }}{{ end }}", "$.pasword argument"),
        ("{{ if .user }}{{ .pasword | quote }}{{ end }}", ".pasword argument"),
        ("{{ with printf \"%s\" .pasword }}{{ . }}{{ end }}", ".pasword argument"),
        ("{{ define \"x\" }}{{ . | quote }}{{ end }}{{ template \"x\" .pasword }}", ".pasword argument"),
        ("{{ define \"x\" }}{{ $ }}{{ end }}{{ template \"x\" .pasword }}", ".pasword no value"),
        ("{{ define \"x\" }}{{ .pasword | quote }}{{ end }}{{ template \"x\" . }}", ".pasword argument"),
        ("{{ or .a .b | quote }}", ".b argument"),
        ("{{ coalesce .a .b | quote }}", ".a argument"),
        ("{{ default .b .a }}", ".b no value"),
        ("{{ index . \"tls.cert\" }}", "\"tls.cert\" nothing"),
        ("{{ index . \"tls.cert\" | b64enc }}", "\"tls.cert\" argument"),
        ("{{ \"tls.cert\" | index . }}", "? nothing"),
        ("{{ range list 1 2 3 }}{{ $.pasword | quote }}{{ end }}", "$.pasword argument"),
        ("{{ $d := dict }}{{ $d.b }}", "$d.b no value"),
        ("{{ nindent 2 (.pasword | toString) }}", ".pasword argument"),
    ] {
        assert_eq!(told(text), [wanted], "{text}");
    }
    assert_eq!(told("{{ printf \"%s:%s\" .a .b }}"), [".a argument", ".b argument"]);
}

#[test]
fn a_template_may_ask_for_what_may_be_missing() {
    for text in [
        "{{ if .pasword }}{{ end }}",
        "{{ if and .user .pasword }}{{ end }}",
        "{{ if eq (.pasword | toString) \"x\" }}{{ end }}",
        "{{ if not .pasword }}a{{ else if .b }}{{ end }}",
        "{{ with .pasword }}{{ . }}{{ end }}",
        "{{ with .pasword | quote }}{{ . }}{{ else with .b }}{{ else }}none{{ end }}",
        "{{ range .pasword }}{{ else }}none{{ end }}",
        "{{ or .pasword \"default\" }}",
        "{{ .pasword | default \"default\" | quote }}",
        "{{ .pasword | default \"\" }}",
        "{{ default .user .pasword }}",
        "{{ coalesce .a .b \"c\" }}",
        "{{ ternary \"a\" \"b\" (empty .pasword) }}",
        "{{ eq .user \"a\" | not }}{{ ne .pasword \"x\" }}",
        "{{ $p := .pasword }}{{ if $p }}{{ $p }}{{ end }}",
        "{{ $p := .pasword | default \"x\" }}{{ $p }}",
        "{{ index . \"tls.cert\" | default \"x\" }}",
        "{{ if index . \"tls.cert\" }}{{ end }}",
        "{{ define \"x\" }}{{ if . }}{{ . }}{{ end }}{{ end }}{{ template \"x\" .pasword }}",
        "{{ if false }}{{ .pasword }}{{ end }}",
        "{{ .user | quote }}{{ index . \"user\" }}{{ $ | len }}",
        "{{ $d := dict \"a\" 1 }}{{ $d.b | quote }}",
    ] {
        assert_eq!(told(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_key_that_is_a_value_is_never_shown() {
    assert_eq!(told("{{ index . .key }}"), ["? nothing"]);
    assert_eq!(told("{{ index $ .key | quote }}"), ["? argument"]);
}
