//! One line of comma-separated values: how list flags split their text.

/// A line with a quote in the wrong place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ListError {
    #[error("has a quote in the middle of an item; put the whole item in quotes")]
    Bare,
    #[error("has a quote without its end")]
    Open,
    #[error("has text after a closing quote")]
    Behind,
}

/// The fields of one line; a field may be quoted, and `""` inside quotes is a quote.
pub(crate) fn fields(text: &str) -> Result<Vec<String>, ListError> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let mut fields = Vec::new();
    let mut rest = Some(text);
    while let Some(text) = rest {
        let (field, next) = match text.strip_prefix('"') {
            Some(quoted) => quoted_field(quoted)?,
            None => plain_field(text)?,
        };
        fields.push(field);
        rest = next;
    }
    Ok(fields)
}

/// Up to the next comma; a quote inside is a mistake.
fn plain_field(text: &str) -> Result<(String, Option<&str>), ListError> {
    let (field, rest) = match text.split_once(',') {
        Some((field, rest)) => (field, Some(rest)),
        None => (text, None),
    };
    if field.contains('"') {
        return Err(ListError::Bare);
    }
    Ok((field.to_owned(), rest))
}

/// Up to the closing quote, which a comma or the end must follow.
fn quoted_field(text: &str) -> Result<(String, Option<&str>), ListError> {
    let mut field = String::new();
    let mut rest = text;
    loop {
        let (before, after) = rest.split_once('"').ok_or(ListError::Open)?;
        field.push_str(before);
        match after.as_bytes().first() {
            None => return Ok((field, None)),
            Some(b',') => return Ok((field, Some(&after[1..]))),
            Some(b'"') => {
                field.push('"');
                rest = &after[1..];
            }
            Some(_) => return Err(ListError::Behind),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fields;

    #[track_caller]
    fn check(text: &str, want: &[&str]) {
        assert_eq!(
            fields(text).as_deref(),
            Ok(want.iter().map(|&s| s.to_owned()).collect::<Vec<_>>().as_slice())
        );
    }

    #[test]
    fn commas_split_and_quotes_protect_them() {
        check("", &[]);
        check("a", &["a"]);
        check("a,b,,c", &["a", "b", "", "c"]);
        check("\"a,b\",c", &["a,b", "c"]);
        check("\"say \"\"hi\"\"\"", &["say \"hi\""]);
        check("a,", &["a", ""]);
    }

    #[test]
    fn stray_quotes_are_refused() {
        for text in ["a\"b", "\"a", "\"a\"b"] {
            assert!(fields(text).is_err(), "{text}");
        }
    }
}
