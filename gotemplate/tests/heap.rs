//! What trees and renders take of the heap stays within what their limits say, for every function.
//!
//! Without the harness: the allocator counts the whole process, so nothing else may run.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a failed test may panic, a runner prints")]

use std::{cell::Cell, collections::BTreeMap, process::exit};

use gotemplate::{Budget, Data, Env, ErrorKind, Limit, Limits, NODE_BYTES, Template};
use peak_alloc::PeakAlloc;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// The most bytes that `work` held on top of what was held before, and what it still holds in its result.
fn measured<T>(work: impl FnOnce() -> T) -> (T, usize, usize) {
    HEAP.reset_peak_usage();
    let before = HEAP.current_usage();
    let result = work();
    (result, HEAP.peak_usage() - before, HEAP.current_usage() - before)
}

fn main() {
    let failed = Cell::new(0);
    let check = |good: bool, text: &str| {
        if !good {
            println!("FAIL {text}");
            failed.set(failed.get() + 1);
        }
    };
    trees(&check);
    sweep(&check);
    single_calls(&check);
    adversarial(&check);
    println!("heap: {} failed", failed.get());
    exit(i32::from(failed.get() > 0));
}

type Check<'a> = &'a dyn Fn(bool, &str);

/// Pieces of text that make much tree of little text.
const DENSE: &[&str] = &[
    "{{.a}}",
    "{{.}}",
    "{{1}}",
    "{{1i}}",
    "{{\"\"}}",
    "{{nil|len}}",
    "{{.a.b.c.d}}",
    "{{$.a}}",
    "{{$x:=1}}",
    "{{list 1 . nil}}",
    "{{(.)}}",
    "{{(len .).a}}",
    "{{((((.))))}}",
    "{{.|len|len|len}}",
    "{{if .}}{{end}}",
    "{{if .}}{{else}}{{end}}",
    "{{if .}}{{else if .}}{{else if .}}{{end}}",
    "{{with .}}x{{end}}",
    "{{range .}}{{end}}",
    "{{range $i,$j:=.}}{{break}}{{end}}",
    "{{template \"a\"}}",
    "{{define \"a\"}}{{end}}",
    "{{block \"a\" .}}{{end}}",
    "x{{/**/}}",
    // Inside one action.
    " .",
    " .a",
    " (1)",
    "|print",
];

/// Such pieces, each with a number so that no name comes twice.
const DENSE_NUMBERED: &[&str] =
    &["{{.a#}}", "{{$a#:=1}}", "{{define \"#\"}}{{.}}{{end}}", "{{block \"#\" .}}.{{end}}", "{{\"#\"}}"];

fn trees(check: Check<'_>) {
    let limits = Limits::object();
    // The table of functions is made once for all templates.
    drop(Template::parse("t", "{{ len . }}"));
    let mut most = 0.0_f64;
    for piece in DENSE.iter().chain(DENSE_NUMBERED) {
        for kib in [1, 20, 200, 2000] {
            let pieces = kib * 1024 / piece.len();
            let text: String = (0..pieces).map(|n| piece.replace('#', &n.to_string())).collect();
            let text = if piece.contains("{{") { text } else { format!("{{{{print {text}}}}}") };
            let mut budget = Budget::new(&Limits { template_bytes: usize::MAX, ..limits.clone() });
            let (parsed, peak, held) = measured(|| Template::parse_with("t", &text, &mut budget));
            let bound = limits.nodes * NODE_BYTES;
            let within = 2 * bound + text.len() + (64 << 10);
            check(peak <= within, &format!("parsing {kib} KiB of {piece} held {peak} bytes, bound {within}"));
            match parsed {
                Ok(template) => {
                    let bytes = template.bytes();
                    check(held <= bytes + 1024, &format!("{kib} KiB of {piece}: {held} bytes, said {bytes}"));
                    check(
                        bytes <= bound + text.len() + 1024,
                        &format!("{kib} KiB of {piece} are {bytes} bytes"),
                    );
                    #[expect(clippy::cast_precision_loss, reason = "a ratio for people")]
                    if kib == 200 {
                        most = most.max(held as f64 / text.len() as f64);
                    }
                }
                Err(error) => {
                    check(
                        error.kind == ErrorKind::Limit(Limit::Nodes),
                        &format!("{kib} KiB of {piece}: {error}"),
                    );
                    check(
                        held <= 1024,
                        &format!("{kib} KiB of {piece}: a refused tree still holds {held} bytes"),
                    );
                }
            }
        }
    }
    println!("heap: a tree of 200 KiB takes up to {most:.1} bytes for each byte of text");
}

/// The limit of the sweeps; small, so that each call meets it.
const SMALL: usize = 128 << 10;
/// What a render may hold beside its values: compiled expressions, tables, its output.
const BESIDE: usize = 96 << 10;

fn render(text: &str, data: &Data, value_bytes: usize) -> (Result<Vec<u8>, ErrorKind>, usize, usize) {
    let limits = Limits { value_bytes, output_bytes: 4 << 10, regex_bytes: 16 << 10, ..Limits::object() };
    render_within(text, data, &Limits { costly_calls: 0, ..limits })
}

fn render_within(text: &str, data: &Data, limits: &Limits) -> (Result<Vec<u8>, ErrorKind>, usize, usize) {
    let random = |buffer: &mut [u8]| buffer.fill(7);
    let env = Env { now: jiff::Timestamp::UNIX_EPOCH, random: &random, limits: limits.clone() };
    let template = match Template::parse("t", text) {
        Ok(template) => template,
        Err(error) => panic!("{error}: {text}"),
    };
    measured(|| template.render_with(data, &env, &mut Budget::new(limits)).map_err(|error| error.kind))
}

fn data(size: usize) -> Data {
    let of = |piece: &[u8]| piece.repeat(size / piece.len());
    let json = [b"[".as_slice(), &of(b"[],"), b"1]"].concat();
    let entries = [
        ("x", of(b"x")),
        ("n", of(b"\n")),
        ("s", of(b"a b ")),
        ("f", of(b"\xff")),
        ("c", of(b"\0")),
        ("d", of(b"7")),
        // No regular expression foresees what comes next.
        (
            "r",
            (1..=u32::try_from(size).unwrap())
                .map(|n| b'a' + u8::from(n.wrapping_mul(n ^ 0x9E37_79B9) >> 13 & 1 == 1))
                .collect(),
        ),
        ("j", json),
    ];
    entries.iter().map(|(name, value)| (*name, value.as_slice())).collect()
}

/// Arguments that are small, and large.
const SMALL_ARGUMENTS: &[&str] =
    &["\"a\"", "2", "\"b a\"", "(list \"a\" 1)", "(dict \"a\" 1)", "1.5", "now", "$j"];
const LARGE_ARGUMENTS: &[&str] =
    &["\"a\"", "3000", ".x", ".n", ".s", ".f", ".c", ".d", ".j", "$l", "$i", "$m", "\"\""];
const FEW_ARGUMENTS: &[&str] = &["\"a\"", "3000", ".x", "$l", "\" \"", "$m"];

/// Every function with arguments of every kind, its results kept in a chain.
fn sweep(check: Check<'_>) {
    let data = data(16 << 10);
    let random = ["fail", "and", "or"];
    let functions: Vec<_> = gotemplate::function_names().filter(|name| !random.contains(name)).collect();
    let (mut calls, mut good, mut worst) = (0, 0, (0, String::new()));
    let prefix = "{{$l := splitList \"\" (trunc 300 .x)}}{{$i := until 300}}{{$m := dict \"a\" 1 \"b\" $i}}{{$j := \"[{}]\"}}{{$k := list}}";
    let mut try_call = |call: &str, rounds: usize| {
        let text = format!(
            "{prefix}{{{{range {rounds}}}}}{{{{$k = list $k ({})}}}}{{{{end}}}}",
            call.replace(" .", " $.")
        );
        let (outcome, peak, _) = render(&text, &data, SMALL);
        calls += 1;
        good += usize::from(!matches!(outcome, Err(ErrorKind::Exec)));
        if peak > worst.0 {
            worst = (peak, call.to_owned());
        }
        check(peak <= 2 * SMALL + BESIDE, &format!("{call}: {peak} bytes"));
    };
    for function in &functions {
        for (arguments, few, rounds) in
            [(SMALL_ARGUMENTS, SMALL_ARGUMENTS, 3000), (LARGE_ARGUMENTS, FEW_ARGUMENTS, 40)]
        {
            try_call(function, rounds);
            for a in arguments {
                try_call(&format!("{function} {a}"), rounds);
                for b in arguments {
                    try_call(&format!("{function} {a} {b}"), rounds);
                }
            }
            for a in few {
                for b in few {
                    for c in few {
                        try_call(&format!("{function} {a} {b} {c}"), rounds);
                    }
                }
            }
        }
    }
    println!(
        "heap: {calls} calls of {} functions, {good} of them good; the worst held {} bytes of {}: {}",
        functions.len(),
        worst.0,
        2 * SMALL + BESIDE,
        worst.1
    );
}

/// Every function once, on texts that are large beside the limit: what it holds while it works.
fn single_calls(check: Check<'_>) {
    const TEXT: usize = 256 << 10;
    let data = data(TEXT);
    let prefix = "{{$l := splitList \"\" (trunc 300 .x)}}{{$i := until 300}}{{$m := dict \"a\" 1}}";
    let (mut worst, mut calls) = (BTreeMap::<&str, (usize, String)>::new(), 0);
    let mut try_call = |function: &'static str, arguments: &str| {
        for value_bytes in [TEXT + TEXT / 8, 2 * TEXT + TEXT / 8, 4 * TEXT, 7 * TEXT] {
            let call = format!("{function} {arguments}");
            let (outcome, peak, _) = render(&format!("{prefix}{{{{$k := {call}}}}}"), &data, value_bytes);
            if outcome == Err(ErrorKind::Exec) {
                return;
            }
            calls += 1;
            let percent = peak.saturating_sub(BESIDE) * 100 / value_bytes;
            let known = worst.entry(function).or_default();
            if percent > known.0 {
                *known = (percent, format!("{call} within {value_bytes}"));
            }
        }
    };
    let large = [".x", ".n", ".f", ".c", ".d", ".j"];
    let others = ["\"a\"", "3", "300000", ".x", "\"\"", "$l", "$m", "\"%q\"", "\"%x\""];
    for function in gotemplate::function_names().filter(|name| !["fail", "and", "or"].contains(name)) {
        for a in large {
            try_call(function, a);
            for b in others {
                try_call(function, &format!("{b} {a}"));
                try_call(function, &format!("{a} {b}"));
            }
        }
        for a in &large[..3] {
            for b in &others[..6] {
                for c in &others[..6] {
                    try_call(function, &format!("{b} {c} {a}"));
                }
            }
        }
    }
    for (percent, call) in worst.values() {
        check(*percent <= 200, &format!("{call}: {percent} %"));
    }
    let (percent, call) = worst.into_values().max().unwrap_or_default();
    println!("heap: {calls} single calls; the worst held {percent} % of its limit: {call}");
}

/// Templates that hold as much as they can.
const ADVERSARIAL: &[&str] = &[
    "{{$k := list}}{{range 1000000}}{{$k = list $k}}{{end}}",
    "{{$k := list}}{{range 1000000}}{{$k = dict \"\" $k}}{{end}}",
    "{{$k := dict}}{{range 1000000}}{{$_ := set $k (toString .) .}}{{end}}",
    "{{$k := dict}}{{range 1000000}}{{$_ := set $k (toString .) (dict \"a\" \"b\")}}{{end}}",
    "{{$k := list}}{{range 1000000}}{{$k = list $k (toString .)}}{{end}}",
    "{{$k := list}}{{range 1000000}}{{$k = list $k (print)}}{{end}}",
    "{{$k := list}}{{range 1000000}}{{$k = list $k (splitList \"x\" \"xx\")}}{{end}}",
    "{{$k := list}}{{range 1000000}}{{$k = list $k (fromJson \"[[],{}]\")}}{{end}}",
    "{{$k := list}}{{range 1000000}}{{$k = list $k (fromJson \"{\\\"a\\\":{\\\"a\\\":\\\"\\\"}}\")}}{{end}}",
    "{{$k := list}}{{range 1000000}}{{$k = list $k (now)}}{{end}}",
    "{{$k := list}}{{range 1000000}}{{$k = list $k (semver \"1.2.3\")}}{{end}}",
    "{{$k := list}}{{range 1000000}}{{$k = list $k (urlParse \"a://b\")}}{{end}}",
    "{{$k := list}}{{range 1000000}}{{$k = list $k (split \",\" \"a,b\")}}{{end}}",
    "{{$k := list}}{{range 1000000}}{{$k = list $k (chunk 1 (list 1 2))}}{{end}}",
    "{{$k := list}}{{range 1000000}}{{$k = list $k (deepCopy (dict \"a\" (list)))}}{{end}}",
    "{{$k := list}}{{range 1000000}}{{$k = list $k (keys (dict \"a\" 1))}}{{end}}",
    "{{$k := list}}{{range $i, $_ := until 5000}}{{$k = list $k (regexFindAll (print \"a\" $i) \"a\" 1)}}{{end}}",
    "{{$k := list}}{{range $i, $_ := until 5000}}{{$k = regexMatch (print \"(a{1,50}b?){1,5}\" $i) \"a\"}}{{end}}",
    "{{range $i, $_ := until 5000}}{{$_ := regexMatch (print \"\\\\pL{10}\" $i) \"a\"}}{{end}}",
    "{{range $i, $_ := until 5000}}{{$_ := regexMatch (print \"[^,]{0,300},[^,]{0,300}$\" $i) $.x}}{{end}}",
    "{{range $i, $_ := until 16}}{{$_ := regexMatch (print \"(x|y|z|xx){1,60}$\" $i) $.x}}{{end}}",
    "{{range $i, $_ := until 16}}{{$_ := regexReplaceAll (print \"(\\\\w\\\\W|\\\\pL){1,9}\" $i) $.s \"${1}\"}}{{end}}",
    "{{range $i, $_ := until 16}}{{$_ := regexFindAll (print \"[a-z ]*b.{40}\" $i \"?\") $.s -1}}{{end}}",
    "{{$_ := regexMatch (repeat 20000 \"ab\") \"a\"}}",
    "{{$_ := regexMatch (repeat 10000 \"[a-z]\") \"a\"}}",
    "{{$_ := regexMatch (repeat 10000 \"a|\") \"a\"}}",
    "{{$_ := regexMatch (repeat 10000 \"(a)\") \"a\"}}",
    "{{$_ := regexMatch (repeat 2000 \"\\\\pL\") \"a\"}}",
    "{{$_ := regexMatch (repeat 2000 \"(?i)k\") \"a\"}}",
    "{{$_ := regexMatch (repeat 200000 \"ab\") \"a\"}}",
    "{{range $i, $_ := until 30}}{{$_ := regexMatch (print (repeat 9000 \"[a-z]\") $i) \"a\"}}{{end}}",
    "{{range $i, $_ := until 16}}{{$_ := regexFindAll (print \"[ab]*a[ab]{11}\" $i) $.r -1}}{{end}}",
    "{{range $i, $_ := until 16}}{{$_ := regexFindAll (print \"[ab]*a[ab]{11}c?\" $i \"?\") (trunc 3000 $.r) 9}}{{end}}",
    "{{define \"r\"}}{{$a:=1}}{{$a:=1}}{{$a:=1}}{{$a:=1}}{{$a:=1}}{{$a:=1}}{{$a:=1}}{{$a:=1}}{{template \"r\"}}{{end}}{{template \"r\"}}",
    "{{$x := repeat 100000 \"x\"}}{{$x := repeat 100000 $x}}",
    "{{printf \"%1000000d\" 1}}",
    "{{printf \"%-1000000s|%1000000s\" \"\" \"\"}}",
    "{{$k := list}}{{range 100}}{{$k = list $k (printf \"%10000d\" .)}}{{end}}",
    "{{$k := list}}{{range 100}}{{$k = list $k (printf \"%.10000f\" 1.0)}}{{end}}",
    "{{range until 100000}}{{end}}",
    "{{$d := dict}}{{range until 2000}}{{$_ := set $d (toString .) .}}{{end}}{{range $d}}{{range $d}}{{range $d}}{{end}}{{end}}{{end}}",
    "{{toJson (until 10000)}}",
    "{{$x := repeat 20000 \"[]\" | toJson | fromJson | quote | squote}}",
    "{{$x := (repeat 20000 \"[],\" | printf \"[%s1]\" | fromJson)}}",
    "{{$x := (repeat 20000 \"{},\" | printf \"[%s1]\" | fromJson)}}",
    "{{$x := (repeat 20000 \"1,\" | printf \"[%s1]\" | fromJson | toPrettyJson)}}",
];

fn adversarial(check: Check<'_>) {
    let data = data(16 << 10);
    for value_bytes in [1 << 20, Limits::object().value_bytes] {
        let mut worst = (0, "");
        for text in ADVERSARIAL {
            let limits = Limits { value_bytes, costly_calls: 0, ..Limits::object() };
            let (_, peak, _) = render_within(text, &data, &limits);
            let bound = 2 * value_bytes + limits.output_bytes + (256 << 10);
            if peak * 100 / value_bytes > worst.0 {
                worst = (peak * 100 / value_bytes, text);
            }
            check(peak <= bound, &format!("{text}: {peak} bytes"));
        }
        println!("heap: within {value_bytes} bytes, the worst held {} %: {}", worst.0, worst.1);
    }
}
