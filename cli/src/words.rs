//! Arguments that are neither flags nor their values: the reference ignores them without a word.

use std::path::Path;

use crate::{
    args::{Args, Mode, nearest_of},
    cluster::{ClusterError, KubeconfigError, Masked},
    input::nearest_file,
    job::COMMANDS,
    problem::Problem,
};

/// What to say of the words of a command line.
pub(crate) fn notes(args: &Args) -> Vec<String> {
    if Mode::of(args) == Mode::Raw {
        // Whoever gives a word here may have typed the value: it is not shown.
        return if args.positionals.is_empty() { Vec::new() } else { vec![RAW.to_owned()] };
    }
    let ignored = args.positionals.iter().filter(|word| is_ignored(args, word));
    ignored
        .map(|word| {
            format!("note: the argument {:?} is ignored{}", Masked::from(word.as_str()), reason(word))
        })
        .collect()
}

const RAW: &str =
    "note: the words of the command line are ignored: the value of --raw comes from stdin or --from-file";

/// Whether a word has no effect: files are the input, beside -f only where several are taken, and so are patterns where
/// no -f is given.
fn is_ignored(args: &Args, word: &str) -> bool {
    let may_be_input = args.secret_file.is_empty();
    match Mode::of(args) {
        Mode::Validate | Mode::ReEncrypt | Mode::Recover => {
            !(Path::new(word).exists() || may_be_input && word.contains(['*', '?', '[']))
        }
        Mode::Seal | Mode::MergeInto => !may_be_input || !Path::new(word).is_file(),
        Mode::FetchCert | Mode::Raw => true,
    }
}

fn reason(word: &str) -> String {
    if matches!(word, "true" | "false") {
        return ": a switch takes its value behind =, as in --raw=false".to_owned();
    }
    if Path::new(word).exists() {
        return ": a file is named with -f".to_owned();
    }
    nearest(word).map(|nearest| format!(": did you mean {nearest}?")).unwrap_or_default()
}

/// The command or file that was probably meant.
fn nearest(word: &str) -> Option<String> {
    if let Some(mode) = MODES.iter().find(|mode| **mode == word) {
        return Some(format!("--{mode}"));
    }
    let command = nearest_of(word, COMMANDS.iter().copied()).map(|command| format!("`kubeseal {command}`"));
    command.or_else(|| nearest_file(Path::new(word)).map(|path| path.display().to_string()))
}

/// What other tools have as commands.
const MODES: [&str; 6] = ["validate", "re-encrypt", "recovery-unseal", "fetch-cert", "merge-into", "raw"];

/// A run that failed for want of a cluster, where a word shows that something else was meant.
pub(crate) fn explained(problem: Problem, args: &Meant) -> Problem {
    let no_cluster =
        matches!(&problem, Problem::Cluster { error: ClusterError::Config(KubeconfigError::Nothing(_)), .. });
    match &args.word {
        Some(word) if no_cluster => {
            Problem::Word { word: Masked::from(word.as_str()).to_string(), nearest: nearest(word) }
        }
        Some(_) | None => problem,
    }
}

/// The word of a command line that has nothing but words.
pub(crate) struct Meant {
    word: Option<String>,
}

impl Meant {
    pub(crate) fn of(args: &Args) -> Self {
        let word = args.positionals.iter().find(|word| !Path::new(word).exists());
        let may_be_told = args.given.is_empty() && Mode::of(args) != Mode::Raw;
        Self { word: word.filter(|_| may_be_told).cloned() }
    }
}
