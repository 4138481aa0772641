//! Arguments that are neither flags nor their values: the reference ignores them, and so do we, but not silently.

use super::flag::{Default, Value};

/// Such an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// As it was typed.
    pub(super) text: String,
    /// The switch right before it, which does not take it as its value.
    pub(super) switch: Option<&'static str>,
}

/// What to say of each: that it is ignored, and what was probably meant.
pub(super) fn notices(words: &[Word]) -> impl Iterator<Item = String> {
    words.iter().map(|word| {
        let text = &word.text;
        let meant = meant(word).map(|meant| format!("; {meant}")).unwrap_or_default();
        format!("the argument {text:?} is ignored: it belongs to no flag{meant}")
    })
}

fn meant(word: &Word) -> Option<String> {
    let text = &word.text;
    let (switch, value) = (word.switch, Default::Bool(false).parse(text));
    match (switch, value, text.as_str()) {
        (Some(switch), Ok(Value::Bool(false)), _) => Some(format!(
            "--{switch} is on, as a switch takes its value with an equals sign: --{switch}={text}"
        )),
        (Some(switch), Ok(_), _) => {
            Some(format!("a switch takes its value with an equals sign: --{switch}={text}"))
        }
        (_, _, "version" | "help") => Some(format!("controller --{text} prints it")),
        _ => None,
    }
}
