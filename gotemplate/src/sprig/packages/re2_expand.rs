//! Go's rules for `$1` and `${name}` in replacements.

use crate::unicode;

/// A piece of a replacement.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(Vec<u8>),
    /// The first of these groups that took part in the match.
    Groups(Vec<usize>),
}

/// Cuts a replacement into text and groups; `names` are those of the groups from 1.
pub(crate) fn pieces(mut template: &[u8], names: &[String]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut text = Vec::new();
    while let Some(dollar) = template.iter().position(|byte| *byte == b'$') {
        text.extend_from_slice(&template[..dollar]);
        template = &template[dollar + 1..];
        if let [b'$', rest @ ..] = template {
            text.push(b'$');
            template = rest;
        } else if let Some((name, rest)) = reference(template) {
            template = rest;
            let groups = groups(name, names);
            if !groups.is_empty() {
                if !text.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut text)));
                }
                pieces.push(Piece::Groups(groups));
            }
        } else {
            // A dollar that begins no name is a dollar.
            text.push(b'$');
        }
    }
    text.extend_from_slice(template);
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    pieces
}

/// The name after a dollar: the longest run of letters, digits and `_`, or what braces hold.
fn reference(text: &[u8]) -> Option<(&str, &[u8])> {
    let (braced, text) = match text {
        [b'{', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let valid = text.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    let is_word = |letter: char| letter == '_' || unicode::is_letter(letter) || unicode::is_digit(letter);
    let end = valid.find(|letter| !is_word(letter)).unwrap_or(valid.len());
    if end == 0 {
        return None;
    }
    let rest = &text[end..];
    let rest = if braced { rest.strip_prefix(b"}")? } else { rest };
    Some((&valid[..end], rest))
}

/// The groups of that number or name; a name that is not there is empty text.
fn groups(name: &str, names: &[String]) -> Vec<usize> {
    let number = name.bytes().all(|byte| byte.is_ascii_digit()) && !(name.len() > 1 && name.starts_with('0'));
    if number && let Ok(number) = name.parse::<usize>() {
        return if number <= names.len() { vec![number] } else { Vec::new() };
    }
    (1..).zip(names).filter(|(_, known)| *known == name).map(|(index, _)| index).collect()
}
