//! Texts to flag values, with the reference's idea of what each type accepts.

use std::str::FromStr;

use sealed_secrets_core::Scope;

use super::{
    Hidden,
    csv::{self, ListError},
};
use crate::style::When;

/// What a flag does with its text.
pub(crate) type Checked = Result<(), ValueError>;

/// Why the text of a flag is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ValueError {
    #[error("must be true or false")]
    Switch,
    #[error("must be one of: {}", .0.join(", "))]
    Words(&'static [&'static str]),
    #[error("must be a whole number")]
    Number,
    #[error("must look like file.go:234")]
    TraceLocation,
    #[error("must look like pattern=2,pattern=3")]
    Modules,
    #[error(transparent)]
    List(#[from] ListError),
}

/// A truth value as Go spells them.
pub(crate) fn boolean(slot: &mut bool, text: &str) -> Checked {
    *slot = match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => true,
        "0" | "f" | "F" | "false" | "FALSE" | "False" => false,
        _ => return Err(ValueError::Switch),
    };
    Ok(())
}

/// Any text; the last one wins.
#[expect(clippy::unnecessary_wraps, reason = "all setters share one shape")]
pub(crate) fn text(slot: &mut String, text: &str) -> Checked {
    text.clone_into(slot);
    Ok(())
}

/// An input file; the empty text takes away those before it.
#[expect(clippy::unnecessary_wraps, reason = "all setters share one shape")]
pub(crate) fn input(slot: &mut Vec<String>, text: &str) -> Checked {
    if text.is_empty() {
        slot.clear();
    } else {
        slot.push(text.to_owned());
    }
    Ok(())
}

/// A credential; the last one wins.
pub(crate) fn hidden(slot: &mut Hidden, text: &str) -> Checked {
    self::text(&mut slot.0, text)
}

/// A comma list with CSV quoting; repetition appends.
pub(crate) fn list(slot: &mut Vec<String>, text: &str) -> Checked {
    slot.extend(csv::fields(text)?);
    Ok(())
}

/// One item per flag, commas included; repetition appends.
#[expect(clippy::unnecessary_wraps, reason = "all setters share one shape")]
pub(crate) fn item(slot: &mut Vec<String>, text: &str) -> Checked {
    slot.push(text.to_owned());
    Ok(())
}

/// When there is colour.
pub(crate) fn color(slot: &mut When, text: &str) -> Checked {
    *slot = match text {
        "" | "auto" => When::Auto,
        "always" => When::Always,
        "never" => When::Never,
        _ => return Err(ValueError::Words(&["auto", "always", "never"])),
    };
    Ok(())
}

/// A scope; the empty text means strict.
pub(crate) fn scope(slot: &mut Scope, text: &str) -> Checked {
    *slot = match text {
        "" => Scope::Strict,
        name => Scope::from_str(name)
            .map_err(|_| ValueError::Words(&["strict", "namespace-wide", "cluster-wide"]))?,
    };
    Ok(())
}

/// A 32-bit log level.
pub(crate) fn level(text: &str) -> Checked {
    text.parse::<i32>().map(drop).map_err(|_| ValueError::Number)
}

/// A log severity by name or number.
pub(crate) fn severity(text: &str) -> Checked {
    let named = ["INFO", "WARNING", "ERROR", "FATAL"].iter().any(|name| name.eq_ignore_ascii_case(text));
    if named { Ok(()) } else { level(text) }
}

/// A number of megabytes.
pub(crate) fn unsigned(text: &str) -> Checked {
    let (digits, radix) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&text[2..], 16),
        [b'0', b'b' | b'B', ..] => (&text[2..], 2),
        [b'0', b'o' | b'O', ..] => (&text[2..], 8),
        [b'0', _, ..] => (&text[1..], 8),
        _ => (text, 10),
    };
    let plain = !digits.starts_with('+');
    match u64::from_str_radix(digits, radix) {
        Ok(_) if plain => Ok(()),
        _ => Err(ValueError::Number),
    }
}

/// `file.go:234`, or nothing.
pub(crate) fn trace_location(text: &str) -> Checked {
    let fine = text.is_empty()
        || text
            .split_once(':')
            .is_some_and(|(file, line)| file.contains('.') && line.parse::<u32>().is_ok_and(|line| line > 0));
    if fine { Ok(()) } else { Err(ValueError::TraceLocation) }
}

/// `pattern=N,pattern=N`, or nothing.
pub(crate) fn modules(text: &str) -> Checked {
    let fine = text.split(',').filter(|part| !part.is_empty()).all(|part| {
        part.split_once('=')
            .is_some_and(|(pattern, level)| !pattern.is_empty() && level.parse::<i32>().is_ok())
    });
    if fine { Ok(()) } else { Err(ValueError::Modules) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truth_values_are_those_of_go() {
        for (text, want) in [("1", true), ("T", true), ("True", true), ("0", false), ("FALSE", false)] {
            let mut slot = !want;
            assert_eq!(boolean(&mut slot, text), Ok(()));
            assert_eq!(slot, want, "{text}");
        }
        for text in ["", "yes", "on", "tRUE", "2"] {
            assert!(boolean(&mut false, text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn log_values_are_checked() {
        assert!(level("10").is_ok() && level("-1").is_ok() && level("x").is_err());
        assert!(severity("warning").is_ok() && severity("2").is_ok() && severity("loud").is_err());
        assert!(unsigned("0x10").is_ok() && unsigned("1800").is_ok() && unsigned("-1").is_err());
        assert!(unsigned("0").is_ok() && unsigned("+1").is_err() && unsigned("").is_err());
        assert!(
            trace_location("f.go:1").is_ok() && trace_location("").is_ok() && trace_location("x").is_err()
        );
        assert!(modules("a=1,b*=2").is_ok() && modules("").is_ok() && modules("a").is_err());
    }
}
