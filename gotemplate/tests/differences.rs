//! Where the engine differs from Go on purpose: one test for each line of docs/differences.md.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod corpus;

use std::{collections::BTreeMap, fs};

use gotemplate::{ErrorKind, Limit};

fn render(template: &str) -> Result<String, (ErrorKind, String)> {
    let data = BTreeMap::from([("password".to_owned(), b"hunter2".to_vec())]);
    match corpus::render(template, &data) {
        Ok(out) => Ok(String::from_utf8(out).unwrap()),
        Err(error) => Err((error.kind, error.to_string())),
    }
}

#[track_caller]
fn prints(template: &str, wanted: &str) {
    assert_eq!(render(template).as_deref(), Ok(wanted), "{template}");
}

#[track_caller]
fn fails(template: &str, kind: ErrorKind, message: &str) {
    assert_eq!(render(template), Err((kind, message.to_owned())), "{template}");
}

#[test]
fn recursion_ends_at_the_depth_limit() {
    fails(
        "{{define \"r\"}}{{template \"r\"}}{{end}}{{template \"r\"}}",
        ErrorKind::Limit(Limit::Depth),
        "template: key:1:26: it is nested too deeply (at most 500 levels)",
    );
}

#[test]
fn endless_work_ends_at_a_limit() {
    fails(
        "{{range 9000000000}}{{end}}",
        ErrorKind::Limit(Limit::Steps),
        "template: key:1:9: rendering takes too many steps (at most 1000000 steps)",
    );
    fails(
        "{{range 9000000000}}{{printf \"%9999d\" 1}}{{end}}",
        ErrorKind::Limit(Limit::OutputBytes),
        "template: key:1:23: the output is too long (at most 4194304 bytes)",
    );
    fails(
        "{{$s := repeat 9999999 \"x\"}}{{range 9}}{{$s = print $s $s}}{{end}}",
        ErrorKind::Limit(Limit::ValueBytes),
        "template: key:1:47: calling print: the values made while rendering take too much memory (at most 33554432 bytes)",
    );
}

#[test]
fn a_map_that_contains_itself_is_an_error() {
    let template = "{{$d := dict}}{{$_ := set $d \"self\" $d}}{{$d}}";
    fails(
        template,
        ErrorKind::Limit(Limit::Depth),
        "template: key:1:43: it is nested too deeply (at most 500 levels)",
    );
}

#[test]
fn no_address_is_printed() {
    prints("{{printf \"%p\" (list 1)}}", "%!p([]interface {}=[1])");
    prints("{{printf \"%d\" (toDate \"2006\" \"2020\")}}", "{}");
}

#[test]
fn keys_and_values_are_in_order() {
    prints(
        "{{keys (dict \"c\" 1 \"a\" 2 \"b\" 3)}}{{values (dict \"c\" 1 \"a\" 2 \"b\" 3)}}",
        "[a b c][2 3 1]",
    );
}

#[test]
fn errors_never_quote_a_value() {
    fails("{{fail \"no user\"}}", ErrorKind::Exec, "template: key:1:3: calling fail: no user");
    for template in [
        "{{fail (print \"bad \" .password)}}",
        "{{.password | fail}}",
        "{{mustToDate \"2006\" .password}}",
        "{{mustFromJson .password}}",
        "{{semver .password}}",
        "{{index (list 1) .password}}",
        "{{index .password 99}}",
        "{{mustRegexFind (print \"(\" .password) \"x\"}}",
        "{{decryptAES .password .password}}",
        "{{genSignedCert \"x\" nil nil 1 (buildCustomCert .password .password)}}",
        "{{urlParse (print \"%zz\" .password)}}",
        "{{trunc .password \"x\"}}",
        "{{range .password}}{{end}}",
        "{{template .password}}",
        "{{.password.x}}",
    ] {
        let (_, message) = render(template).unwrap_err();
        assert!(!message.contains("hunter"), "{template}: {message}");
    }
}

#[test]
fn columns_count_from_one() {
    fails("a\n  {{ upper 1 }}", ErrorKind::Exec, "template: key:2:12: a number does not serve as string");
}

#[test]
fn dsa_keys_are_refused() {
    let (kind, message) = render("{{genPrivateKey \"dsa\"}}").unwrap_err();
    assert_eq!(kind, ErrorKind::Exec);
    assert!(message.contains("DSA"), "{message}");
}

#[test]
fn a_copy_of_a_version_is_that_version() {
    prints("{{deepCopy (semver \"1.2.3-beta\")}}", "1.2.3-beta");
}

#[test]
fn equal_times_are_equal() {
    let time = "(toDate \"2006-01-02 15:04 (MST)\" \"2013-02-03 19:54 (PST)\")";
    prints(&format!("{{{{eq {time} {time}}}}}"), "true");
}

#[test]
fn the_local_zone_is_utc() {
    prints("{{dateInZone \"15:04 MST\" (toDate \"15:04\" \"12:30\") \"Local\"}}", "12:30 UTC");
}

#[test]
fn zones_are_compiled_in() {
    prints("{{ dateInZone \"15:04 MST\" 0 \"Asia/Kathmandu\" }}", "05:30 +0530");
}

#[test]
fn patterns_are_bounded() {
    let groups = |count: usize| format!("{}a{}", "(".repeat(count), ")".repeat(count));
    prints(&format!("{{{{ mustRegexMatch \"{}\" \"a\" }}}}", groups(250)), "true");
    fails(
        &format!("{{{{ mustRegexMatch \"{}\" \"a\" }}}}", groups(251)),
        ErrorKind::Exec,
        "template: key:1:4: calling mustRegexMatch: the regular expression is nested too deeply",
    );
    prints("{{ regexMatch \"^[^,]{0,1000},[^,]{0,1000}$\" \"a,b\" }}", "true");
    fails(
        "{{ regexMatch \"\\\\pL{500}\" \"a\" }}",
        ErrorKind::Limit(Limit::RegexBytes),
        "template: key:1:4: calling regexMatch: a regular expression is too large (at most 4194304 bytes)",
    );
}

#[test]
fn costly_calls_are_counted() {
    fails(
        "{{ range until 41 }}{{ $_ := genPrivateKey \"ecdsa\" }}{{ end }}",
        ErrorKind::Limit(Limit::CostlyCalls),
        "template: key:1:30: calling genPrivateKey: it calls costly functions (keys, bcrypt, scrypt) too often (at most 40 units)",
    );
}

#[test]
fn a_range_that_never_ends_is_an_error() {
    fails(
        "{{ untilStep 9223372036854775806 9223372036854775807 9223372036854775807 }}",
        ErrorKind::Limit(Limit::Steps),
        "template: key:1:4: calling untilStep: rendering takes too many steps (at most 1000000 steps)",
    );
}

#[test]
fn weak_keys_make_no_certificates() {
    for (label, body) in [("RSA", WEAK_RSA.concat()), ("EC", WEAK_EC.concat())] {
        let key = format!("-----BEGIN {label} PRIVATE KEY-----\\n{body}-----END {label} PRIVATE KEY-----\\n");
        fails(
            &format!("{{{{ genCAWithKey \"x\" 1 \"{key}\" }}}}"),
            ErrorKind::Exec,
            "template: key:1:4: calling genCAWithKey: the private key cannot be read; RSA (2048 to 8192 bits), EC \
             and Ed25519 keys can",
        );
    }
}

/// An RSA key of 1024 bits, made for this test; it guards nothing.
const WEAK_RSA: &[&str] = &[
    "MIICXgIBAAKBgQCxBv3YJc5VMwvqpLJsKni7WkMoksta/1cBmA5nxtOxIumXB6Ah\\n",
    "gZG8nhi8XbJdhAqxRGT1ShPDfSGIZzXMLElxkkwoRJMfXXiF50sPDfRvm4h2DVBX\\n",
    "ZV694myjwrXTR6ba83gfEoXMdkVBYhrk4N6iM5FoRiexXMwW2BJs8S9zEQIDAQAB\\n",
    "AoGBAIs6zHsrgNRRiZXKYunfnYT8wMUwbu/q0ytVxD6qieRPaRh3zuGLXmvSi/Ha\\n",
    "X2Zda2twN1cUI+ckizMUuaMTUc7JiL6BcUhhPapKMlEkIG4yicXByAf0nq1dGita\\n",
    "42PxQ8pMw6Dw3PRRNy0rLkfC9ftlfmaSxXEBWKOUKjNRHuBhAkEA4xuZe2gL6hnm\\n",
    "1Ihp5uVlSMMsXh/O4ipW7+OS0FKc6sAeFTxPO2EsiGre17mv5L5jM/3Y0i8vl7Q8\\n",
    "cabQldPl7wJBAMeMYXCGX5s7R/qowyij6JNB7c3LhfJOGX0qlCjyftpCqY4aNYjh\\n",
    "Id2BZBQTytoL1NqnzdP8TXKPOflTDu4zNv8CQQCPM5v3wIeiuWpfoRSFzyeqVcbo\\n",
    "Is5ktaXT5X9xdGYVb8aIRVsAaimWayzQgflzFsmewvWwsqgj1DY4w6LKlq5pAkEA\\n",
    "hu8qRIjYxYNEnP7ZWPXdIxaF0484OC0Pl0/feADiPnytYuXeJXz3BW2lWt43YVJ2\\n",
    "0JR/3kTRqhGnxiyf//qpyQJAM2ey/SvqEmWVIimieN2LjVgKHvOlPOMqv5+5aL4s\\n",
    "1XKpnovrzZRF2Akd6COqzTD6ln4idueMGqaLWwbjV5v/dg==\\n",
];

/// A key on P-224, made for this test.
const WEAK_EC: &[&str] = &[
    "MGgCAQEEHHUtfHAuioGiZ3jcHd9WjdDPxnWS20GiEQ7R0xygBwYFK4EEACGhPAM6\\n",
    "AAQVDwQZqmn906M11F9rDlZcysD4AZViPF1iPpxlWwSEgzRwBZ0XeEvMWBKfc0E3\\n",
    "zs/9eWEVAy6WwA==\\n",
];

#[test]
fn a_copied_version_is_the_version() {
    prints("{{ deepCopy (semver \"1.2.3\") }}", "1.2.3");
}

#[test]
fn the_documentation_lists_every_function() {
    let docs = format!("{}/docs/functions.md", env!("CARGO_MANIFEST_DIR"));
    let docs = fs::read_to_string(docs).unwrap();
    for name in gotemplate::function_names() {
        assert!(docs.contains(&format!("| `{name}` |")), "{name} is missing in docs/functions.md");
    }
}

#[test]
fn searches_that_look_far_behind_their_match_are_paid_for() {
    fails(
        "{{ regexFindAll \"a.*b|a\" (repeat 1000000 \"a\") -1 | len }}",
        ErrorKind::Limit(Limit::Steps),
        "template: key:1:4: calling regexFindAll: rendering takes too many steps (at most 1000000 steps)",
    );
    fails(
        "{{ regexMatch \"[^x]{1000}y\" (repeat 1000000 \"a\") }}",
        ErrorKind::Limit(Limit::Steps),
        "template: key:1:4: calling regexMatch: rendering takes too many steps (at most 1000000 steps)",
    );
    prints("{{ regexFindAll \"a\" (repeat 100000 \"a\") -1 | len }}", "100000");
    prints("{{ regexFindAll \"[a-z]+\" (repeat 3000 \"word \") -1 | len }}", "3000");
}
