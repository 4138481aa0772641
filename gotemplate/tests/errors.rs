//! What people read when a template is wrong: the place, the call, and what to change.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

mod corpus;

use std::collections::BTreeMap;

#[track_caller]
fn check(template: &str, wanted: &str) {
    let data = BTreeMap::from([("user".to_owned(), b"alice".to_vec())]);
    let error = corpus::render(template, &data).unwrap_err();
    assert_eq!(error.to_string(), wanted, "{template}");
}

#[test]
fn texts_that_are_no_template() {
    check("a\nb {{ .user", "template: key:2:11: unclosed action");
    check("{{ .user }", "template: key:1:10: unexpected \"}\" in operand");
    check("{{ if .user }}x", "template: key:1:4: this block has no {{end}}");
    check("{{ range .user }}{{ if 1 }}{{ end }}", "template: key:1:4: this block has no {{end}}");
    check("x{{ end }}", "template: key:1:5: this {{end}} belongs to no block");
    check("{{ else }}", "template: key:1:4: this {{else}} belongs to no block");
    check("{{if 1}}{{else}}{{else}}{{end}}", "template: key:1:19: expected {{end}}, found a second {{else}}");
    check("{{ break }}", "template: key:1:4: break and continue belong inside range");
    check("{{ $x }}", "template: key:1:4: this variable is not declared");
    check("{{ uper .user }}", "template: key:1:4: function \"uper\" not defined: did you mean upper?");
    check(
        "{{ user }}",
        "template: key:1:4: function \"user\" not defined: templates have the functions of Go's text/template and of Sprig; an item is written with a dot: .user",
    );
    check("{{ \"abc }}", "template: key:1:4: unterminated quoted string");
    check("{{ \"\\q\" }}", "template: key:1:4: the string literal holds a bad escape");
    check("{{ /* c */ }}", "template: key:1:4: unexpected \"/\" in command");
    check("{{/* c }}", "template: key:1:1: unclosed comment");
    check("{{ (.user }}", "template: key:1:11: unclosed left parenthesis");
    check("{{ .user) }}", "template: key:1:9: unexpected right parenthesis");
    check("{{ }}", "template: key:1:4: unexpected \"}}\" in command: a value is missing");
    check("{{ .user | 5 }}", "template: key:1:12: only a function or a field can follow \"|\"");
    check("{{ 0x }}", "template: key:1:4: malformed number");
    check("{{ 18446744073709551616 }}", "template: key:1:4: the number is too large for an integer");
    check(
        "{{ env \"HOME\" }}",
        "template: key:1:4: function \"env\" not defined: templates see no environment and no network",
    );
    check(
        "{{ define \"a\" }}x{{ end }}{{ define \"a\" }}y{{ end }}",
        "template: key:1:30: this template is defined twice",
    );
}

#[test]
fn templates_that_fail_while_they_run() {
    check("{{ upper }}", "template: key:1:4: calling upper: it takes 1 argument, not 0");
    check("{{ upper 1 }}", "template: key:1:10: a number does not serve as string");
    check(
        "{{ upper .missing }}",
        "template: key:1:10: there is no value here (is the key missing?), and a string is needed",
    );
    check("{{ trunc (add 1 2) .user }}", "template: key:1:11: a value of type int64 does not serve as int");
    check(
        "{{ 5 | upper }}",
        "template: key:1:8: calling upper: a value of type int does not serve as string",
    );
    check("{{ .user.name }}", "template: key:1:4: a value of type string has no field name");
    check("{{ index .user 9 }}", "template: key:1:4: calling index: the index is out of range");
    check("{{ template \"x\" }}", "template: key:1:13: no template of this name is defined");
    check("{{ range .user }}{{ end }}", "template: key:1:10: range cannot visit a value of type string");
    check("{{ eq 1 \"1\" }}", "template: key:1:4: calling eq: int and string cannot be compared");
    check("{{ lt (list) 1 }}", "template: key:1:4: calling lt: only numbers and text have an order");
    check("{{ nil }}", "template: key:1:4: nil is not a command");
    check("{{ 9223372036854775808 }}", "template: key:1:4: the number is too large for an int");
    check(
        "{{ get . \"user\" }}",
        "template: key:1:8: a value of type map[string]string does not serve as map[string]interface {}",
    );
}

/// A name with a dash is the commonest fault: an item of a Secret.
#[test]
fn an_item_with_a_dash_has_a_way_out() {
    let bad = |at: &str, way_out: &str| format!("template: key:1:{at}: bad character in a name{way_out}");
    for (text, wanted) in [
        ("{{ .access-key }}", bad("4", ": write {{ index . \"access-key\" }} for .access-key")),
        ("{{.tls-crt|b64enc}}", bad("3", ": write {{ index . \"tls-crt\" }} for .tls-crt")),
        ("{{ .db.access-key }}", bad("7", ": write {{ index .db \"access-key\" }} for .db.access-key")),
        ("{{ $x := . }}{{ $x.a-b }}", bad("19", ": write {{ index $x \"a-b\" }} for $x.a-b")),
        ("{{ .a!b }}", bad("4", "")),
        ("{{ .a–b }}", bad("4", "")),
    ] {
        check(text, &wanted);
    }
}

/// As Go's own program does: a `break` ends the range that it stands behind, a `continue` goes on with the outer one.
#[test]
fn a_jump_behind_the_else_of_a_range() {
    let outer = |jump: &str| {
        format!(
            "{{{{range until 2}}}}x{{{{range list}}}}{{{{else}}}}<{{{{{jump}}}}}>{{{{end}}}}y{{{{end}}}}z"
        )
    };
    let rendered = |text: &str| corpus::render(text, &BTreeMap::new()).unwrap();
    assert_eq!(rendered(&outer("break")), b"x<yx<yz");
    assert_eq!(rendered(&outer("continue")), b"x<x<z");
}
