//! Help, completion scripts, the man page and the README's flag list, all from the table.

use std::{fmt::Write as _, str::FromStr as _};

use clap::{Arg, ArgAction, Command, ValueHint, builder::PossibleValuesParser};
use clap_complete::Shell;

use super::{
    environment,
    table::{FLAGS, Flag, Group, Type},
};

/// The text of `--help`.
pub(crate) fn help() -> String {
    command().render_help().to_string()
}

/// The shells that a completion script can be made for.
pub(crate) fn shell(name: &str) -> Option<Shell> {
    Shell::from_str(name).ok().filter(|shell| *shell != Shell::Elvish)
}

/// A completion script.
pub(crate) fn completion(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command(), "kubeseal", &mut script);
    script
}

/// The man page in roff.
pub(crate) fn man_page() -> std::io::Result<Vec<u8>> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command()).render(&mut page)?;
    Ok(page)
}

/// The flags as a Markdown table, for the README.
#[cfg_attr(not(test), expect(dead_code, reason = "the README is checked by a test"))]
pub(crate) fn markdown() -> String {
    let mut text = String::from("| flag | default | environment | meaning |\n| --- | --- | --- | --- |\n");
    for flag in FLAGS.iter().filter(|flag| flag.deprecated.is_none()) {
        let variable = match flag.group {
            Group::Log => String::new(),
            _ => format!("`{}`", environment::name_of(flag.name)),
        };
        let default = if flag.default.is_empty() { String::new() } else { format!("`{}`", flag.default) };
        let value = if flag.value.is_empty() {
            String::new()
        } else {
            format!(" {}", flag.value.replace('|', "\\|"))
        };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| `{}`{value} | {default} | {variable} | {} |", flag.spelling(), flag.help);
    }
    text
}

/// The command as clap knows it: for texts only, the arguments are read by [`super::parse()`].
fn command() -> Command {
    Command::new("kubeseal")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Seals Kubernetes Secrets so that they can be kept in Git: only the controller in the cluster can open them")
        .override_usage("kubeseal [FLAGS] < secret.yaml > sealed.json\n       kubeseal completion bash|zsh|fish|powershell\n       kubeseal man")
        .after_help(EXAMPLES)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .args(FLAGS.iter().map(argument))
}

fn argument(flag: &'static Flag) -> Arg {
    let arg = Arg::new(flag.name)
        .long(flag.name)
        .help(match flag.default {
            "" => flag.help.to_owned(),
            default => format!("{} [default: {default}]", flag.help),
        })
        .help_heading(flag.group.heading())
        .hide(flag.deprecated.is_some())
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
        Type::Text | Type::Credential => arg.action(ArgAction::Set),
        Type::Items => arg.action(ArgAction::Append),
        Type::Path => arg.action(ArgAction::Set).value_hint(ValueHint::FilePath),
        Type::Paths => arg.action(ArgAction::Append).value_hint(ValueHint::FilePath),
        Type::Words(words) => arg
            .action(ArgAction::Set)
            .value_parser(PossibleValuesParser::new(words))
            .hide_possible_values(false),
    }
}

/// Commands that run as they stand.
const EXAMPLES: &str = "\
Examples:
  Keep the controller's certificate beside your manifests, then seal without a cluster:
    kubeseal --fetch-cert > cert.pem
    kubeseal --cert cert.pem -o yaml < secret.yaml > sealed.yaml

  Seal a Secret made by kubectl, and apply it:
    kubectl create secret generic db --dry-run=client --from-literal=password=hunter2 -o yaml |
      kubeseal -o yaml > db.yaml
    kubectl apply -f db.yaml

  Add or replace items of a sealed file, comments and order kept:
    kubectl create secret generic db --dry-run=client --from-file=tls.key -o yaml |
      kubeseal --cert cert.pem -o yaml --merge-into db.yaml

  Seal one value:
    printf %s hunter2 | kubeseal --cert cert.pem --raw --name db --namespace shop

  Check a file, and seal it anew with the latest key:
    kubeseal --validate < db.yaml
    kubeseal --re-encrypt -f db.yaml

  Open a sealed file with a backup of the keys:
    kubeseal --recovery-unseal --recovery-private-key keys.yaml < db.yaml

Every flag but the logging ones can be given as a variable: SEALED_SECRETS_CERT stands for --cert.";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    #[test]
    fn the_help_names_every_flag_that_is_not_deprecated() {
        let text = help();
        for flag in FLAGS {
            assert_eq!(
                text.contains(&format!("--{}", flag.name)),
                flag.deprecated.is_none(),
                "{}",
                flag.name
            );
        }
    }

    #[test]
    fn completion_and_man_page_name_the_flags() {
        for name in ["bash", "zsh", "fish", "powershell"] {
            let script = String::from_utf8(completion(shell(name).unwrap())).unwrap();
            assert!(script.contains("controller-namespace"), "{name}");
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
