//! No source file of the command line decides by the text of an error.

#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::{fs, path::Path};

/// Texts of errors are for people: what is decided by one breaks with the next wording.
#[test]
fn no_code_looks_into_the_text_of_an_error() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.to_string_lossy().ends_with("_tests.rs") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]\nmod ").next().unwrap();
            assert_eq!(looks(code), Vec::<String>::new(), "{}", path.display());
        }
    }
}

#[test]
fn a_look_into_the_text_of_an_error_is_found() {
    for code in [
        "if error.to_string().contains(\"x\") {}",
        "if error\n    .to_string()\n    .starts_with(\"x\") {}",
        "x.map_err(|cause| cause.to_string().to_lowercase().find('x'))",
        "match x { Err(e) if e.to_string() == \"x\" => 1 }",
        "match x { Err(why) => match why.to_string().as_str() { \"x\" => 1 } }",
        "fn f(trouble: &io::Error) { format!(\"{trouble}\").ends_with(\"x\") }",
        "fn f(trouble: &io::Error) { let text = trouble.to_string(); text.split_once(':') }",
        "problem.contains(\"x\")",
        "let text = format!(\"{}\", problem); if text == \"x\" {}",
    ] {
        assert!(!looks(code).is_empty(), "{code}");
    }
    for code in [
        "text.contains(\"x\")",
        "Err(e) => say(&e.to_string())",
        "matches!(error.kind(), io::ErrorKind::NotFound)",
        "let text = path.to_string(); text.contains('x')",
    ] {
        assert_eq!(looks(code), Vec::<String>::new(), "{code}");
    }
}

/// Expressions that look into the text of an error: of what is called or typed as one, or bound where errors are, and
/// of texts that are made of one.
fn looks(code: &str) -> Vec<String> {
    const LOOKS: &[&str] = &[
        ".contains(",
        ".starts_with(",
        ".ends_with(",
        ".split",
        ".rsplit",
        ".strip_",
        ".find(",
        ".rfind(",
        ".matches(",
        ".eq(",
        ".eq_ignore_ascii_case(",
        ".lines()",
        ".chars()",
        ".bytes()",
        ".parse",
        ".is_empty()",
        ".len()",
        "==",
        "!=",
        ".as_str(){",
        ".as_ref(){",
    ];
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let word_at = |text: &str| text.chars().take_while(|c| is_word(*c)).collect::<String>();
    let word_before = |text: &str| {
        let start =
            text.char_indices().rev().find(|(_, c)| !is_word(*c)).map_or(0, |(at, c)| at + c.len_utf8());
        text[start..].to_owned()
    };
    let mut errors: Vec<String> = ["error", "problem", "cause", "last"].map(str::to_owned).to_vec();
    for opening in ["Err(", "map_err(|", "unwrap_or_else(|", "or_else(|", "is_err_and(|"] {
        errors.extend(code.match_indices(opening).map(|(at, _)| word_at(&code[at + opening.len()..])));
    }
    for typed in ["Error", "Problem", "Cause"] {
        for (at, _) in code.match_indices(typed) {
            let before = code[..at].trim_end_matches(|c: char| is_word(c) || ":&<' ".contains(c) && c != ' ');
            let before = before.trim_end().trim_end_matches(['&', ':']).trim_end();
            errors.push(word_before(before));
        }
    }
    errors.retain(|name| {
        name.chars().next().is_some_and(char::is_lowercase) && !NO_ERRORS.contains(&name.as_str())
    });
    // Without blanks outside of words, so that a chain over several lines is one text.
    let mut dense = String::new();
    for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
        dense.push_str(
            &line
                .replace(": ", ":")
                .replace(" = ", "=")
                .replace(" == ", "==")
                .replace(" != ", "!=")
                .replace(" {", "{"),
        );
        dense = dense.trim_end().to_owned();
        let next = if line.trim_end().ends_with([';', '{', '}', ',']) { "\n" } else { "\u{1}" };
        dense.push_str(next);
    }
    let dense: String = dense.split('\u{1}').map(str::trim_start).collect::<Vec<_>>().concat();
    let mut texts: Vec<String> = Vec::new();
    for name in &errors {
        texts.push(format!("{name}.to_string()"));
        texts.push(format!("format!(\"{{{name}}}\")"));
        texts.push(format!("format!(\"{{}}\",{name})"));
        texts.push(format!("format!(\"{{}}\", {name})"));
    }
    let mut held: Vec<String> = Vec::new();
    for text in &texts {
        let binding = format!("={text};");
        held.extend(dense.match_indices(&binding).map(|(at, _)| word_before(&dense[..at])));
    }
    let plain = errors.iter().filter(|name| ["error", "problem", "last"].contains(&name.as_str())).cloned();
    let subjects: Vec<String> = texts.into_iter().chain(held).chain(plain).collect();
    let mut found = Vec::new();
    for subject in subjects {
        for (at, _) in dense.match_indices(&subject) {
            if dense[..at].ends_with(|c: char| is_word(c) || c == '.') {
                continue;
            }
            let mut rest = &dense[at + subject.len()..];
            for between in
                [".to_string()", ".to_lowercase()", ".to_uppercase()", ".trim()", ".as_str()", ".as_ref()"]
            {
                let next = rest.strip_prefix(between);
                rest =
                    next.filter(|next| !next.is_empty() && !rest.starts_with(".as_str(){")).unwrap_or(rest);
            }
            if LOOKS.iter().any(|look| rest.starts_with(look)) {
                found.push(format!("{subject}{}", rest.chars().take(40).collect::<String>()));
            }
        }
    }
    found
}

/// Names that stand where errors are bound, and are none.
const NO_ERRORS: &[&str] = &["pub", "use", "enum", "impl", "for", "as", "type", "fn", "if", "match"];
