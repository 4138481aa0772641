//! Flags and environment, judged by what was recorded of the reference.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use jiff::SignedDuration;
use sealed_secrets_controller::config::{
    Command, Config, ConfigError, FLAGS, FlagError, KeyOrder, Namespaces, Origin, help,
};
use serde_json::Value;

fn recorded() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/controller/flags.json");
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn read_with(args: &[&str], env: &[(&str, &str)]) -> Result<Command, ConfigError> {
    let args: Vec<String> = args.iter().map(ToString::to_string).collect();
    let env: BTreeMap<String, String> = env.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
    Config::read(&args, &|name| env.get(name).cloned(), "own")
}

#[track_caller]
fn read(args: &[&str]) -> Config {
    match read_with(args, &[]).unwrap() {
        Command::Run(config, _) => *config,
        Command::Version => panic!("not a run"),
    }
}

#[track_caller]
fn refusal(args: &[&str]) -> String {
    read_with(args, &[]).unwrap_err().to_string()
}

#[test]
fn every_recorded_flag_exists_with_its_type_and_default() {
    let usage = help("controller", FLAGS, usize::MAX);
    let mut passed = 0;
    for flag in recorded()["flags"].as_array().unwrap() {
        let name = flag["flag"].as_str().unwrap();
        if flag["listed_in_help"] == false {
            continue;
        }
        let mut lines =
            usage.lines().skip_while(|line| line.split_whitespace().next() != Some(&format!("--{name}")));
        let line = &[lines.next().unwrap(), lines.next().unwrap()].concat();
        let (kind, default) = (flag["type"].as_str().unwrap(), flag["default"].as_str().unwrap());
        if kind != "bool" {
            assert!(line.contains(&format!("--{name} {kind}")), "{line}");
        }
        match (kind, default) {
            (_, "" | "false") => assert!(!line.contains("(default"), "{line}"),
            ("string", text) => assert!(line.contains(&format!("(default {text:?})")), "{line}"),
            (_, text) => assert!(line.contains(&format!("(default {text})")), "{line}"),
        }
        passed += 1;
    }
    told(&format!("flags: {passed} passed, 0 failed"));
    assert!(passed >= 30);
}

#[test]
fn bad_flags_are_refused_with_the_recorded_reason() {
    for case in recorded()["bad_flags"]["cases"].as_array().unwrap() {
        let args: Vec<&str> = case["args"].as_array().unwrap().iter().map(|a| a.as_str().unwrap()).collect();
        let reason = refusal(&args);
        if let Some(expected) = case["last_line"].as_str() {
            assert_eq!(reason, expected);
        }
    }
}

#[test]
fn environment_counts_below_the_command_line_and_a_bad_value_is_told() {
    let env = [("SEALED_SECRETS_KEY_SIZE", "2048"), ("SEALED_SECRETS_UPDATE_STATUS", "maybe")];
    let Command::Run(config, notices) = read_with(&["--key-ttl", "1h"], &env).unwrap() else {
        panic!("a run")
    };
    assert_eq!(config.keys.bits, 2048);
    assert!(config.update_status, "the default stays");
    assert_eq!(notices.len(), 1);
    assert!(notices[0].starts_with("SEALED_SECRETS_UPDATE_STATUS: "), "{notices:?}");
    let Command::Run(config, _) = read_with(&["--key-size=8192"], &env).unwrap() else { panic!("a run") };
    assert_eq!(config.keys.bits, 8192);
}

/// Nobody relies on a bad value of a flag that the reference lacks: who asked for a lease must not run without one.
#[test]
fn a_bad_value_of_a_variable_that_the_reference_lacks_ends_the_start() {
    for flag in FLAGS {
        let variable = flag.variable();
        let read = read_with(&[], &[(&variable, "maybe")]);
        match (read, flag.origin) {
            (Err(error), Origin::Ours) => {
                let FlagError::Variable { variable: named, value, .. } = flag_error(error) else {
                    panic!("{variable}")
                };
                assert_eq!((named, value.as_str()), (variable, "maybe"));
            }
            (read, Origin::Ours) => panic!("{variable}: {read:?}"),
            (Err(error), _) => assert!(matches!(error, ConfigError::Value(_)), "{variable}: {error}"),
            (Ok(_), _) => {}
        }
    }
}

#[track_caller]
fn flag_error(error: ConfigError) -> FlagError {
    match error {
        ConfigError::Flag(error) => error,
        ConfigError::Value(error) => panic!("{error}"),
    }
}

#[test]
fn words_that_are_ignored_are_told_with_what_was_meant() {
    let trap =
        "--update-status is on, as a switch takes its value with an equals sign: --update-status=false";
    for (args, on, told) in [
        (&["--update-status", "false"][..], true, &[("\"false\"", trap)][..]),
        (
            &["--update-status", "false", "foo"],
            true,
            &[("\"false\"", trap), ("\"foo\"", "belongs to no flag")],
        ),
        (&["--update-status=false", "foo"], false, &[("\"foo\"", "belongs to no flag")]),
        (&["--key-ttl", "1h", "false"], true, &[("\"false\"", "belongs to no flag")]),
        (&["version"], true, &[("\"version\"", "controller --version prints it")]),
        (&["help"], true, &[("\"help\"", "controller --help prints it")]),
        (&["--", "--update-status=false"], true, &[("\"--update-status=false\"", "belongs to no flag")]),
        (&["--update-status", "true"], true, &[("\"true\"", "--update-status=true")]),
    ] {
        let Command::Run(config, notices) = read_with(args, &[]).unwrap() else { panic!("a run") };
        assert_eq!(config.update_status, on, "{args:?}");
        assert_eq!(notices.len(), told.len(), "{args:?}: {notices:?}");
        for (notice, (word, meant)) in notices.iter().zip(told) {
            assert!(notice.contains(word) && notice.contains(meant), "{args:?}: {notice}");
        }
    }
}

#[test]
fn an_unknown_level_is_quoted_as_it_was_typed() {
    let Command::Run(_, notices) = read_with(&["--log-level", "foo"], &[]).unwrap() else { panic!("a run") };
    assert_eq!(notices, ["--log-level \"foo\" is none of DEBUG, INFO, WARN, ERROR; INFO is used"]);
}

#[test]
fn recorded_environment_cases_hold() {
    assert!(matches!(read_with(&[], &[("SEALED_SECRETS_VERSION", "true")]), Ok(Command::Version)));
    assert!(matches!(read_with(&[], &[("SEALED_SECRETS__VERSION", "true")]), Ok(Command::Run(..))));
    assert!(matches!(read_with(&["--version"], &[("SEALED_SECRETS_KEY_SIZE", "abc")]), Ok(Command::Version)));
    assert!(matches!(read_with(&["--version", "extra"], &[]), Ok(Command::Version)));
}

#[test]
fn help_is_no_error_of_the_user() {
    for args in [&["-h"][..], &["--help"], &["--key-size=2048", "-h"]] {
        assert!(matches!(read_with(args, &[]), Err(ConfigError::Flag(FlagError::Help))), "{args:?}");
    }
}

#[test]
fn the_charts_way_of_passing_flags_works() {
    let config = read(&[
        "--update-status",
        "--key-prefix",
        "my-key",
        "--privatekey-labels",
        "a=b,c=d,a=e",
        "--additional-namespaces",
        "x, y,x,own",
        "--key-cutoff-time",
        "Tue, 03 Mar 2026 00:00:00 +0000",
        "--key-order-priority",
        "SecretCreationTimestamp",
        "--log-format",
        "json",
    ]);
    assert_eq!(config.keys.prefix, "my-key");
    assert_eq!(config.keys.labels, BTreeMap::from([("a".into(), "e".into()), ("c".into(), "d".into())]));
    assert_eq!(config.namespaces, Namespaces::Listed(vec!["own".into(), "x".into(), "y".into()]));
    assert_eq!(config.keys.cutoff, Some("2026-03-03T00:00:00Z".parse().unwrap()));
    assert_eq!(config.keys.order, KeyOrder::SecretCreation);
    assert!(config.log.json);
}

/// Compat: cut at the second `=`.
#[test]
fn a_label_ends_at_its_second_equals_sign() {
    let labels = read(&["--privatekey-labels", "z=a=b,y="]).keys.labels;
    assert_eq!(labels, BTreeMap::from([("z".into(), "a".into()), ("y".into(), String::new())]));
}

#[test]
fn defaults_are_the_references() {
    let config = read(&[]);
    assert_eq!(config.namespaces, Namespaces::All);
    assert_eq!(config.keys.renew_period, SignedDuration::from_hours(720));
    assert_eq!(config.client_rate, None, "no limit unless one is given");
    assert_eq!(read(&["--kubeclient-qps=-1"]).client_rate, None);
    assert_eq!(read(&["--kubeclient-qps=7"]).client_rate.map(|rate| rate.burst), Some(10));
    assert_eq!(read(&["--all-namespaces=false"]).namespaces, Namespaces::Listed(vec!["own".into()]));
    assert_eq!(read(&["--rotate-period=1h"]).keys.renew_period, SignedDuration::from_hours(1));
}

#[test]
fn values_that_make_no_sense_end_the_start() {
    for (arg, part) in [
        ("--key-cutoff-time=2026-03-03", "--key-cutoff-time"),
        ("--key-prefix=Upper", "'U'"),
        ("--key-prefix=", "must not be empty"),
        ("--privatekey-labels=novalue", "\"novalue\" is not of the form key=value"),
        ("--key-size=1024", "2048, 3072, 4096 or 8192"),
        ("--key-prefix=-a", "--key-prefix \"-a\" begins no name of a Secret: it must begin and end with"),
        ("--key-ttl=0", "--key-ttl must be longer than zero"),
        ("--key-ttl=-5h", "--key-ttl must be longer than zero, not -5h0m0s"),
        ("--label-selector=a in", "--label-selector \"a in\" is no label selector: the end stands where"),
        (
            "--additional-namespaces=a,B",
            "--additional-namespaces: \"B\" is no name of a namespace: it holds 'B'",
        ),
        ("--kubeclient-qps=NaN", "--kubeclient-qps must be a number"),
        ("--rate-limit=0", "--rate-limit must be at least 1"),
        ("--max-unseal-retries=-1", "--max-unseal-retries must be at least 0"),
    ] {
        let reason = refusal(&[arg]);
        assert!(reason.contains(part), "{arg}: {reason}");
    }
}

#[test]
fn selectors_and_names_that_the_api_server_takes_are_taken() {
    for text in ["pick=me", "a in (b,c),!d", "x.io/a!=b"] {
        let selector = read(&[&format!("--label-selector={text}")]).label_selector;
        assert_eq!(selector.as_deref(), Some(text));
    }
    assert_eq!(read(&["--label-selector="]).label_selector, None);
    assert_eq!(read(&["--key-prefix=a-"]).keys.prefix, "a-");
    let refused = Config::read(&[], &|_| None, "Own").unwrap_err().to_string();
    assert!(refused.starts_with("POD_NAMESPACE, else the service account's file, says \"Own\""), "{refused}");
}

#[test]
fn what_the_reference_accepts_with_its_default_is_accepted_and_told() {
    for arg in ["--log-level=bogus", "--log-format=xml", "--key-order-priority=Whatever"] {
        let Command::Run(config, notices) = read_with(&[arg], &[]).unwrap() else { panic!("a run") };
        assert_eq!(notices.len(), 1, "{arg}");
        assert_eq!((config.log.level, config.keys.order), (tracing::Level::INFO, KeyOrder::CertNotBefore));
    }
}

/// Says it past the test harness, which swallows what a passing test prints.
fn told(line: &str) {
    use std::io::Write as _;
    writeln!(std::io::stdout(), "{line}").expect("standard output takes text");
}

#[test]
fn template_limits_are_those_of_an_object_unless_a_flag_says_otherwise() {
    let object = sealed_secrets_core::unseal::Limits::object();
    assert_eq!(read(&[]).templates, object);
    let raised = read(&["--template-max-steps=5", "--template-max-output=7"]).templates;
    assert_eq!((raised.steps, raised.output_bytes, raised.nodes), (5, 7, object.nodes));
    assert_eq!(refusal(&["--template-max-costly=0"]), "--template-max-costly must be at least 1, not 0");
    for limit in sealed_secrets_core::unseal::Limit::ALL {
        let Some(name) = sealed_secrets_controller::config::limits::flag(limit) else { continue };
        assert_eq!(read(&[&format!("--{name}=9")]).templates.most(limit), 9, "--{name} raises {limit:?}");
    }
}

/// `docs/controller-flags.md` has every flag with its variable and default, from the table that `--help` is made of;
/// `UPDATE=1` writes it anew.
#[test]
fn every_flag_is_documented() {
    let mut text = "# Flags of the controller\n\nEach has a variable, which is applied first. What the reference lacks is \
                    marked so: a bad value of its variable ends the start. A bad value of another variable is ignored \
                    with a warning, as the reference ignores it.\n\nA switch takes its value with an equals sign: \
                    `--update-status=false`.\n\n| flag | default | environment | meaning |\n| --- | --- | --- | --- |\n"
        .to_owned();
    for flag in FLAGS {
        let default = flag.default_text();
        let default = if default.is_empty() { String::new() } else { format!("`{default}`") };
        let idle = if flag.origin == Origin::WithoutEffect { "Accepted and without effect. " } else { "" };
        let (variable, meaning) = (flag.variable(), flag.meaning());
        writeln!(text, "| `--{}` | {default} | `{variable}` | {idle}{meaning} |", flag.name).unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/controller-flags.md");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &text).unwrap();
    }
    assert_eq!(fs::read_to_string(path).unwrap(), text, "UPDATE=1 writes it anew");
}
