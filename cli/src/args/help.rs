//! Help, completion scripts, the man page and the README's flag list, all from the table.

use std::{fmt::Write as _, str::FromStr as _};

use clap::{Arg, ArgAction, Command, ValueHint, builder::PossibleValuesParser};
use clap_complete::Shell;
use sealed_secrets_core::wrap::{command_line, wrapped};

use super::{
    environment,
    table::{FLAGS, Flag, Group, Type},
};
use crate::style::{Role, paint};

/// The text of `--help` in lines of at most `width` columns, words in one piece.
pub(crate) fn help(width: usize, colour: bool) -> String {
    let heading = |text: &str| paint(Role::Heading, text, colour);
    let mut text = wrapped(ABOUT, 0, width);
    let _ = write!(text, "\n{}\n  kubeseal [FLAGS] < secret.yaml > sealed.json\n", heading("Usage:"));
    for (command, what) in COMMANDS {
        let _ = write!(text, "  kubeseal {command}\n{}", wrapped(what, 6, width));
    }
    for group in GROUPS {
        let _ = write!(text, "\n{}\n", heading(&format!("{}:", group.heading())));
        if *group == Group::Log {
            text.push_str(&wrapped("Accepted, since scripts give them, and without effect.", 2, width));
        }
        for flag in FLAGS.iter().filter(|flag| flag.group == *group && flag.deprecated.is_none()) {
            let value = if flag.value.is_empty() { String::new() } else { format!(" {}", flag.value) };
            let _ = writeln!(text, "  {}{value}", paint(Role::Flag, &flag.listed(), colour));
            text.push_str(&wrapped(&meaning(flag), 6, width));
        }
    }
    let _ = write!(text, "\n{}\n", heading("Examples:"));
    for (what, commands) in EXAMPLES {
        text.push_str(&wrapped(what, 2, width));
        for command in *commands {
            text.push_str(&command_line(command, 4, width));
        }
    }
    text
}

/// What a flag is for, the words it takes, its default and its variable.
fn meaning(flag: &Flag) -> String {
    let mut text = flag.help.to_owned();
    if let Type::Words(words) = flag.kind {
        let _ = write!(text, " [{}]", words.join(", "));
    }
    if !flag.default.is_empty() {
        let _ = write!(text, " [default: {}]", flag.default);
    }
    if flag.group != Group::Log {
        let _ = write!(text, " [${}]", environment::name_of(flag.name));
    }
    text
}

/// The shells that a completion script can be made for.
pub(crate) fn shell(name: &str) -> Option<Shell> {
    Shell::from_str(name).ok().filter(|shell| *shell != Shell::Elvish)
}

/// A completion script.
pub(crate) fn completion(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command(), "kubeseal", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    // clap knows fixed words only; each shell evaluates these where its words stand.
    let ask = |what: &str| match shell {
        Shell::Fish => format!("(kubeseal completion {what} 2>/dev/null)"),
        _ => format!("$(kubeseal completion {what} 2>/dev/null)"),
    };
    let script = script
        .replace(&format!("{CONTEXTS}\\t''"), &ask("contexts"))
        .replace(&format!("{NAMESPACES}\\t''"), &ask("namespaces"))
        .replace(CONTEXTS, &ask("contexts"))
        .replace(NAMESPACES, &ask("namespaces"));
    script.into_bytes()
}

/// Stand for the names of the kubeconfig until the script is printed.
const CONTEXTS: &str = "__contexts__";
const NAMESPACES: &str = "__namespaces__";

/// The man page in roff.
pub(crate) fn man_page() -> std::io::Result<Vec<u8>> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command()).render(&mut page)?;
    Ok(page)
}

/// The flags as Markdown, for the README: those without effect at the end.
#[cfg_attr(not(test), expect(dead_code, reason = "the README is checked by a test"))]
pub(crate) fn markdown() -> String {
    let mut text = String::from("| flag | default | environment | meaning |\n| --- | --- | --- | --- |\n");
    let listed = |flag: &&Flag| flag.deprecated.is_none();
    for flag in FLAGS.iter().filter(listed).filter(|flag| flag.group != Group::Log) {
        let variable = environment::name_of(flag.name);
        let default = if flag.default.is_empty() { String::new() } else { format!("`{}`", flag.default) };
        let value = if flag.value.is_empty() {
            String::new()
        } else {
            format!(" {}", flag.value.replace('|', "\\|"))
        };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| `{}`{value} | {default} | `{variable}` | {} |", flag.listed(), flag.help);
    }
    let without_effect = FLAGS.iter().filter(listed).filter(|flag| flag.group == Group::Log);
    let names: Vec<_> = without_effect.map(|flag| format!("`{}`", flag.spelling())).collect();
    let _ = writeln!(
        text,
        "\nAccepted and without effect, as for scripts that set a log level: {}.",
        names.join(", ")
    );
    text
}

/// The command as clap knows it, for the man page and for completion: the arguments are read by [`super::parse()`].
fn command() -> Command {
    let examples = EXAMPLES.iter().map(|(what, commands)| format!("{what}\n  {}\n", commands.join("\n  ")));
    Command::new("kubeseal")
        .version(env!("CARGO_PKG_VERSION"))
        .about(ABOUT)
        .after_help(examples.collect::<String>())
        .disable_help_flag(true)
        .disable_version_flag(true)
        .disable_help_subcommand(true)
        .args(FLAGS.iter().filter(|flag| flag.deprecated.is_none()).map(argument))
        .subcommands([
            Command::new("help").about("Print the help").disable_help_flag(true),
            Command::new("version").about("Print the version").disable_help_flag(true),
            Command::new("completion").about("Print a completion script").disable_help_flag(true).arg(
                Arg::new("shell").value_parser(PossibleValuesParser::new([
                    "bash",
                    "zsh",
                    "fish",
                    "powershell",
                ])),
            ),
            Command::new("man").about("Print the man page").disable_help_flag(true),
        ])
}

fn argument(flag: &'static Flag) -> Arg {
    let arg = Arg::new(flag.name)
        .long(flag.name)
        .help(match flag.default {
            "" => flag.help.to_owned(),
            default => format!("{} [default: {default}]", flag.help),
        })
        .help_heading(flag.group.heading())
        .value_name(flag.value);
    let arg = match flag.name {
        "help" => arg.short('h'),
        _ => arg,
    };
    let arg = match flag.short {
        Some(short) => arg.short(short),
        None => arg,
    };
    match flag.kind {
        Type::Bool => arg.action(ArgAction::SetTrue),
        Type::Text | Type::Credential => match flag.name {
            // The scripts ask for the names when they are needed: see `completion`.
            "context" => arg.action(ArgAction::Set).value_parser(PossibleValuesParser::new([CONTEXTS])),
            "namespace" | "controller-namespace" => {
                arg.action(ArgAction::Set).value_parser(PossibleValuesParser::new([NAMESPACES]))
            }
            _ => arg.action(ArgAction::Set).value_hint(ValueHint::Other),
        },
        Type::Items => arg.action(ArgAction::Append).value_hint(ValueHint::Other),
        Type::Path => arg.action(ArgAction::Set).value_hint(ValueHint::FilePath),
        Type::Paths => arg.action(ArgAction::Append).value_hint(ValueHint::FilePath),
        Type::Words(words) => arg
            .action(ArgAction::Set)
            .value_parser(PossibleValuesParser::new(words))
            .hide_possible_values(false),
    }
}

const ABOUT: &str = "Seals Kubernetes Secrets so that they can be kept in Git: only the controller in the cluster can open them.";

const COMMANDS: &[(&str, &str)] = &[
    ("help", "Print this help, as --help does"),
    ("version", "Print the version, as --version does"),
    ("completion bash|zsh|fish|powershell", "Print a completion script"),
    ("man", "Print the man page"),
];

/// The order of the help: what has no effect comes last.
const GROUPS: &[Group] =
    &[Group::Seal, Group::Files, Group::Certificate, Group::Task, Group::Connection, Group::Log];

/// Commands that run as they stand.
const EXAMPLES: &[(&str, &[&str])] = &[
    (
        "Keep the controller's certificate beside your manifests, then seal without a cluster:",
        &["kubeseal --fetch-cert > cert.pem", "kubeseal --cert cert.pem -o yaml < secret.yaml > sealed.yaml"],
    ),
    (
        "Seal a Secret made by kubectl, and apply it:",
        &[
            "kubectl create secret generic db --dry-run=client --from-literal=password=hunter2 -o yaml | kubeseal -o yaml > db.yaml",
            "kubectl apply -f db.yaml",
        ],
    ),
    (
        "Add or replace items of a sealed file, all else kept:",
        &[
            "kubectl create secret generic db --dry-run=client --from-file=tls.key -o yaml | kubeseal --cert cert.pem --merge-into db.yaml",
        ],
    ),
    ("Seal one value:", &["printf %s hunter2 | kubeseal --cert cert.pem --raw --name db --namespace shop"]),
    (
        "Check files, and seal them anew with the latest key:",
        &["kubeseal --validate -f manifests/", "kubeseal --re-encrypt -f db.yaml"],
    ),
    (
        "Open a sealed file with a backup of the keys:",
        &["kubeseal --recovery-unseal --recovery-private-key keys.yaml < db.yaml"],
    ),
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    #[test]
    fn the_help_names_every_flag_that_is_not_deprecated_and_its_variable() {
        let text = help(80, false);
        for flag in FLAGS {
            let listed = flag.deprecated.is_none();
            assert_eq!(text.contains(&format!("--{}", flag.name)), listed, "{}", flag.name);
            let variable = format!("[${}]", environment::name_of(flag.name));
            assert_eq!(text.contains(&variable), listed && flag.group != Group::Log, "{}", flag.name);
        }
    }

    #[test]
    fn the_help_fits_any_width_and_no_word_is_split() {
        let words = |text: &str| -> Vec<String> {
            text.split_whitespace().filter(|word| *word != "\\").map(str::to_owned).collect()
        };
        let reference = words(&help(120, false));
        for width in 60..=120 {
            let text = help(width, false);
            for line in text.lines() {
                assert!(line.chars().count() <= width, "{width}: {line}");
                assert_eq!(line, line.trim_end(), "{width}");
            }
            assert_eq!(words(&text), reference, "{width}");
        }
    }

    #[test]
    fn the_help_names_its_short_flag() {
        assert!(help(80, false).contains("\n  -h, --help\n") && markdown().contains("`-h, --help`"));
    }

    #[test]
    fn what_has_no_effect_comes_last() {
        let text = help(80, false);
        let place = |needle: &str| text.find(needle).unwrap();
        assert!(place("--vmodule") > place("--request-timeout"));
        assert!(
            !help(80, false).contains('\x1b') && help(80, true).contains("\x1b[36m-n, --namespace\x1b[0m")
        );
    }

    #[test]
    fn completion_and_man_page_name_the_flags() {
        for name in ["bash", "zsh", "fish", "powershell"] {
            let script = String::from_utf8(completion(shell(name).unwrap())).unwrap();
            assert!(script.contains("controller-namespace") && script.contains("completion"), "{name}");
            assert!(
                !script.contains("--rotate") && !script.contains("__contexts__"),
                "{name}: nothing deprecated"
            );
            assert!(name == "powershell" || script.contains("kubeseal completion contexts"), "{name}");
        }
        assert!(shell("tcsh").is_none());
        assert!(String::from_utf8(man_page().unwrap()).unwrap().contains("controller\\-namespace"));
    }

    #[test]
    fn the_readme_lists_the_flags_of_the_table() {
        const BEGIN: &str = "<!-- flags:begin -->\n";
        const END: &str = "<!-- flags:end -->";
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
        let readme = std::fs::read_to_string(path).unwrap();
        let (before, rest) = readme.split_once(BEGIN).unwrap();
        let (listed, after) = rest.split_once(END).unwrap();
        if std::env::var_os("UPDATE").is_some() {
            let renewed = format!("{before}{BEGIN}{}{END}{after}", markdown());
            std::fs::write(path, renewed).unwrap();
            return;
        }
        assert_eq!(listed, markdown(), "run the test with UPDATE=1");
    }
}
