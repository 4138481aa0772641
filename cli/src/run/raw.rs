//! One value in, one ciphertext out.

use std::io::{self, IsTerminal as _};

use sealed_secrets_core::Scope;

use super::{prompt, sealing_key};
use crate::{
    args::Mode,
    cluster,
    input::{self, Input},
    job::{Cert, Raw, Sink, Source, Value},
    output,
    problem::Problem,
    report::say,
};

/// Seals one value; the output has no line end, so that it can be pasted, but on a terminal.
pub(super) fn seal(
    value: &Value,
    cert: &Cert,
    output: &Sink,
    options: &Raw,
    unread: &Source,
) -> Result<(), Problem> {
    // -f has no meaning here, but a wrong name is a mistake that the reference finds.
    let unread = Input::open(unread)?;
    output.check()?;
    output::keep_ciphertexts(&unread, output)?;
    // The last ciphertext of this mode is no object, and is written over.
    output::keep_all_ciphertexts(output, false)?;
    let key = sealing_key(cert, Mode::Raw)?;
    let label = match options.scope {
        Scope::ClusterWide => Scope::ClusterWide.label("", ""),
        scope => {
            let namespace = cluster::namespace(&options.connection).map_err(Problem::NoNamespace)?;
            if namespace.is_empty() {
                return Err(Problem::RawWithoutNamespace(scope));
            }
            if options.name.is_empty() && scope == Scope::Strict {
                return Err(Problem::RawWithoutName(scope));
            }
            scope.label(&namespace, &options.name)
        }
    };
    let bytes = match value {
        Value::Stdin if io::stdin().is_terminal() => prompt::value()?,
        Value::Stdin => input::stdin("the value")?,
        Value::File(path) => input::file(path)?,
    };
    let mut text = key.seal_to_text(&label, trimmed(&bytes, options.trim));
    if *output == Sink::Stdout && io::stdout().is_terminal() {
        text.push('\n');
    }
    output.write(text.as_bytes())
}

/// The value, without its last line end if that is asked for; a person who types one by accident is told.
fn trimmed(bytes: &[u8], trim: bool) -> &[u8] {
    let without = bytes.strip_suffix(b"\n").map(|rest| rest.strip_suffix(b"\r").unwrap_or(rest));
    match without {
        Some(rest) if trim => {
            if rest.is_empty() {
                say(EMPTY);
            }
            return rest;
        }
        Some(_) => {
            say("warning: the value ends in a line end, which is sealed with it; --trim leaves it out");
        }
        None if bytes.is_empty() => say(EMPTY),
        None => {}
    }
    bytes
}

const EMPTY: &str = "warning: the value is empty, and is sealed as it is";

#[cfg(test)]
mod tests {
    use super::trimmed;

    #[test]
    fn trim_takes_one_line_end_and_no_more() {
        for (bytes, want) in
            [("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), ("a", "a"), ("\n", ""), ("", "")]
        {
            assert_eq!(trimmed(bytes.as_bytes(), true), want.as_bytes(), "{bytes:?}");
            assert_eq!(trimmed(bytes.as_bytes(), false), bytes.as_bytes());
        }
    }
}
