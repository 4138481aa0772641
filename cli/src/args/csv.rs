//! One line of comma-separated values: how list flags split their text.

/// The fields of one line; a field may be quoted, and `""` inside quotes is a quote.
pub(crate) fn fields(text: &str) -> Result<Vec<String>, String> {
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
fn plain_field(text: &str) -> Result<(String, Option<&str>), String> {
    let (field, rest) = match text.split_once(',') {
        Some((field, rest)) => (field, Some(rest)),
        None => (text, None),
    };
    if field.contains('"') {
        return Err("has a quote in the middle of an item; put the whole item in quotes".to_owned());
    }
    Ok((field.to_owned(), rest))
}

/// Up to the closing quote, which a comma or the end must follow.
fn quoted_field(text: &str) -> Result<(String, Option<&str>), String> {
    let mut field = String::new();
    let mut rest = text;
    loop {
        let (before, after) = rest.split_once('"').ok_or("has a quote without its end")?;
        field.push_str(before);
        match after.as_bytes().first() {
            None => return Ok((field, None)),
            Some(b',') => return Ok((field, Some(&after[1..]))),
            Some(b'"') => {
                field.push('"');
                rest = &after[1..];
            }
            Some(_) => return Err("has text after a closing quote".to_owned()),
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
