//! The text of `--help`, from the table.

use std::fmt::Write as _;

use sealed_secrets_core::wrap::wrapped;

use super::flag::{Default, Flag, Origin};

/// The help text in lines of at most `width` columns, words in one piece. What has no effect comes last.
pub fn help(program: &str, table: &[Flag], width: usize) -> String {
    let mut text = format!("Usage of {program}:\n");
    text.push_str(&wrapped(INTRODUCTION, 2, width));
    let idle = |flag: &&Flag| flag.origin == Origin::WithoutEffect;
    table.iter().filter(|flag| !idle(flag)).for_each(|flag| push(&mut text, flag, width));
    text.push_str("\nAccepted and without effect:\n");
    table.iter().filter(idle).for_each(|flag| push(&mut text, flag, width));
    text
}

fn push(text: &mut String, flag: &Flag, width: usize) {
    // Writing to a String cannot fail.
    let _infallible = writeln!(text, "      --{}{}", flag.name, flag.default.type_name());
    let default = match (flag.default, flag.default_text()) {
        (_, default) if default.is_empty() => String::new(),
        (Default::Text(text), _) => format!(" (default{TIED}{text:?})"),
        (_, default) => format!(" (default{TIED}{default})"),
    };
    let meaning = format!("{}{default} [${}]", flag.meaning(), flag.variable());
    text.push_str(&wrapped(&meaning, 10, width).replace(TIED, " "));
}

const INTRODUCTION: &str = "Unseals SealedSecrets into Secrets. Each flag has a variable, which is applied first; \
    a switch takes its value with an equals sign, as --update-status=false.";

/// Between words that stay on one line; no meaning of a flag holds it.
const TIED: &str = "\u{a0}";

#[cfg(test)]
mod tests {
    use super::{super::table::FLAGS, *};

    #[test]
    fn the_help_fits_any_width_and_no_word_is_split() {
        let words = |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
        let reference = words(&help("controller", FLAGS, 10_000));
        for width in 60..=120 {
            let text = help("controller", FLAGS, width);
            for line in text.lines() {
                assert!(line.chars().count() <= width, "{width}: {line}");
                assert_eq!(line, line.trim_end(), "{width}");
                assert!(!line.ends_with("(default"), "{width}: {line}");
            }
            assert_eq!(words(&text), reference, "{width}");
        }
    }

    #[test]
    fn every_flag_has_its_variable_and_what_has_no_effect_comes_last() {
        let text = help("controller", FLAGS, 80);
        let place = |needle: &str| text.find(needle).expect("the help has it");
        for flag in FLAGS {
            let variable = place(&format!("[${}]", flag.variable()));
            let is_idle = flag.origin == Origin::WithoutEffect;
            assert_eq!(variable > place("Accepted and without effect:"), is_idle, "{}", flag.name);
        }
    }
}
