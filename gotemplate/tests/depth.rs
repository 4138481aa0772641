//! Nesting of every kind ends in a limit, never in the end of the stack, even in a debug build on a
//! thread with 2 MiB.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

mod corpus;

use std::{collections::BTreeMap, thread};

use gotemplate::{ErrorKind, Limit};

/// Renders on a thread with a small stack: the output's length, or the kind of error.
fn on_a_small_stack(template: String) -> Result<usize, ErrorKind> {
    let work = move || corpus::render(&template, &BTreeMap::new()).map(|out| out.len()).map_err(|e| e.kind);
    thread::Builder::new().stack_size(2 << 20).spawn(work).unwrap().join().unwrap()
}

#[track_caller]
fn check(open: &str, middle: &str, close: &str) {
    for depth in [100, 250] {
        let template = format!("{}{middle}{}", open.repeat(depth), close.repeat(depth));
        assert!(on_a_small_stack(template).is_ok(), "{depth} levels of {open:?} are fine");
    }
    for depth in [300, 500, 700, 1000, 3000, 9000] {
        let template = format!("{}{middle}{}", open.repeat(depth), close.repeat(depth));
        let outcome = on_a_small_stack(template);
        assert!(
            matches!(outcome, Ok(_) | Err(ErrorKind::Limit(Limit::Depth))),
            "{depth} levels of {open:?} end in {outcome:?}"
        );
    }
}

#[test]
fn nested_blocks() {
    check("{{if 1}}", "x", "{{end}}");
    check("{{with 1}}", "x", "{{end}}");
    check("{{range 1}}", "x", "{{end}}");
    check("{{if 0}}{{else}}", "x", "{{end}}");
}

#[test]
fn nested_definitions() {
    let open: String =
        (0..3000).flat_map(|n| ["{{block \"".to_owned(), n.to_string(), "\" 1}}".to_owned()]).collect();
    let outcome = on_a_small_stack(open + "x" + &"{{end}}".repeat(3000));
    assert_eq!(outcome, Err(ErrorKind::Limit(Limit::Depth)));
}

#[test]
fn nested_calls_and_parentheses() {
    for (open, close) in
        [("not (", ")"), ("print 1 (", ")"), ("(", ").a"), ("and 1 (", ")"), ("1 | eq (", ")")]
    {
        let middle = "print 1";
        for depth in [100, 200, 300, 500, 700, 1000, 3000, 9000] {
            let template = format!("{{{{ {}{middle}{} }}}}", open.repeat(depth), close.repeat(depth));
            let outcome = on_a_small_stack(template);
            let fine = match outcome {
                Ok(_) | Err(ErrorKind::Limit(Limit::Depth)) => true,
                Err(ErrorKind::Exec) => depth > 0,
                Err(_) => false,
            };
            assert!(fine, "{depth} levels of {open:?} end in {outcome:?}");
            assert!(
                depth > 200 || !matches!(outcome, Err(ErrorKind::Limit(_))),
                "{depth} of {open:?} are fine"
            );
        }
    }
}

#[test]
fn recursive_templates() {
    for body in [
        "{{template \"r\" .}}",
        "{{if 1}}{{template \"r\" .}}{{end}}",
        "{{if 0}}{{else}}{{range 0}}{{else}}{{template \"r\" .}}{{end}}{{end}}",
        "{{with 1}}{{range 1}}{{if 1}}{{template \"r\" (print 1)}}{{end}}{{end}}{{end}}",
    ] {
        let template = format!("{{{{define \"r\"}}}}{body}{{{{end}}}}{{{{template \"r\" .}}}}");
        assert_eq!(on_a_small_stack(template), Err(ErrorKind::Limit(Limit::Depth)), "{body}");
    }
}

/// What is done with a deep value.
const WALKS: &[&str] = &[
    "print $d",
    "printf \"%#v\" $d",
    "quote $d",
    "html $d",
    "toJson $d",
    "toPrettyJson $d",
    "toRawJson $d",
    "toString $d",
    "toStrings $d",
    "deepCopy $d",
    "deepEqual $d (deepCopy $d)",
    "merge (deepCopy $d) $d",
    "mergeOverwrite $d (deepCopy $d)",
    "has $d (list $d)",
    "uniq (list $d $d)",
    "without (list $d) $d",
    "compact (list $d)",
    "join \",\" (list $d)",
    "sortAlpha (list $d)",
    "cat $d",
    "empty $d",
    "fromJson (toJson $d)",
    "eq $d nil",
    "typeOf $d",
];

#[test]
fn deep_values_end_in_a_limit() {
    for make in ["dict \"a\" $d", "list $d", "dict \"a\" (list $d)"] {
        for depth in [100, 490, 600, 3000] {
            for walk in WALKS {
                let build = format!("{{{{$d := dict}}}}{{{{range {depth}}}}}{{{{$d = {make}}}}}{{{{end}}}}");
                let outcome = on_a_small_stack(format!("{build}{{{{$x := {walk}}}}}"));
                assert!(
                    matches!(outcome, Ok(_) | Err(ErrorKind::Limit(_) | ErrorKind::Exec)),
                    "{walk}: {outcome:?}"
                );
                assert!(
                    depth > 100 || !matches!(outcome, Err(ErrorKind::Limit(_))),
                    "{walk} of 100 levels is fine"
                );
            }
        }
    }
}

#[test]
fn deep_values_under_deep_calls_end_in_a_limit() {
    for walk in WALKS {
        for calls in [50, 120, 200, 248] {
            let (open, close) = ("(print ".repeat(calls), ")".repeat(calls));
            let build = "{{$d := dict}}{{range 400}}{{$d = dict \"a\" $d}}{{end}}";
            let outcome = on_a_small_stack(format!("{build}{{{{$x := {open}({walk}){close}}}}}"));
            assert!(
                matches!(outcome, Ok(_) | Err(ErrorKind::Limit(_) | ErrorKind::Exec)),
                "{walk}: {outcome:?}"
            );
        }
    }
}

#[test]
fn a_chain_that_grows_at_its_bottom_is_dropped_without_recursion() {
    let template =
        "{{$d := dict}}{{$b := $d}}{{range 40000}}{{$n := dict}}{{$_ := set $b \"a\" $n}}{{$b = $n}}{{end}}";
    assert_eq!(on_a_small_stack(template.to_owned()), Ok(0));
}
