//! The table of flags and the jobs that they make.

#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use super::*;
use crate::args::parse;

fn job(argv: &[&str]) -> Result<Job, Problem> {
    Job::try_from(parse(argv.iter().map(|&arg| arg.to_owned()), |_| None).unwrap().args)
}

#[test]
fn of_two_tasks_the_one_of_the_reference_is_done() {
    let all = ["--recovery-unseal", "--validate", "--re-encrypt", "--fetch-cert", "--merge-into=t", "--raw"];
    let wanted: [fn(&Job) -> bool; 6] = [
        |job| matches!(job, Job::Recover { .. }),
        |job| matches!(job, Job::Validate { .. }),
        |job| matches!(job, Job::ReEncrypt { .. }),
        |job| matches!(job, Job::FetchCert { .. }),
        |job| matches!(job, Job::MergeInto { .. }),
        |job| matches!(job, Job::SealRaw { .. }),
    ];
    for (first, wanted) in wanted.iter().enumerate() {
        assert!(wanted(&job(&all[first..]).unwrap()), "{}", all[first]);
    }
    assert_eq!(job(&["--help", "--version"]).unwrap(), Job::Version);
}

#[test]
fn one_letter_before_a_colon_is_a_drive_and_more_are_a_scheme() {
    for (text, url) in
        [("c:x", false), ("cc:x", true), ("a%zz", false), ("C:\\my.crt", false), ("https://x", true)]
    {
        assert_eq!(is_url(text), url, "{text}");
    }
}

#[test]
fn the_extension_of_the_written_file_beats_the_format() {
    let format = |argv: &[&str]| match job(argv).unwrap() {
        Job::Seal { format, .. } => format,
        other => panic!("{other:?}"),
    };
    assert_eq!(format(&["-o", "xml", "-w", "x.yaml"]), Format::Known(manifest::Format::Yaml));
    assert_eq!(format(&["-o", "yaml", "-w", "x.json"]), Format::Known(manifest::Format::Yaml));
    assert_eq!(format(&["-w", "x.YAML"]), Format::Known(manifest::Format::Json));
    assert_eq!(format(&["-o", "Xml"]), Format::Unknown("Xml".to_owned()));
}

#[test]
fn re_encrypt_of_a_file_writes_that_file() {
    let output = |argv: &[&str]| match job(argv).unwrap() {
        Job::ReEncrypt { output, .. } => output,
        other => panic!("{other:?}"),
    };
    assert_eq!(output(&["--re-encrypt", "-f", "s.yaml"]), None, "in place");
    assert_eq!(output(&["--re-encrypt", "-f", "s.yaml", "-w", "o.yaml"]), Some(Sink::File("o.yaml".into())));
    assert_eq!(output(&["--re-encrypt", "-f", "-"]), None);
}

#[test]
fn words_are_commands_only_when_they_stand_alone() {
    assert_eq!(job(&["completion", "bash"]).unwrap(), Job::Completion(Shell::Bash));
    assert!(matches!(job(&["completion", "bash", "--cert", "x"]).unwrap(), Job::Seal { .. }));
    assert!(matches!(job(&["completion", "tcsh"]), Err(Problem::Shell(Some(_)))));
    assert_eq!(job(&["man"]).unwrap(), Job::Man);
    assert_eq!(job(&["help"]).unwrap(), Job::Help);
    assert_eq!(job(&["version"]).unwrap(), Job::Version);
    assert!(matches!(job(&["help", "--cert", "x"]).unwrap(), Job::Seal { .. }));
}

#[test]
fn raw_takes_one_file_and_drops_its_name() {
    let value = |argv: &[&str]| match job(argv) {
        Ok(Job::SealRaw { value, .. }) => Ok(value),
        Ok(other) => panic!("{other:?}"),
        Err(problem) => Err(problem.to_string()),
    };
    assert_eq!(value(&["--raw", "--from-file", "k=w=x"]), Ok(Value::File("w=x".into())));
    assert_eq!(value(&["--raw"]), Ok(Value::Stdin));
    assert!(value(&["--raw", "--from-file", "a,b"]).unwrap_err().contains("only one --from-file"));
    assert!(value(&["--from-file", "a"]).unwrap_err().contains("requires --raw"));
}
