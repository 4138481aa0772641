//! Go's PEM: the first well-formed block of a text, whatever stands around it.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{base, bytes::find};

/// What a block says it holds, and what it holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) label: String,
    pub(crate) der: Vec<u8>,
}

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";

/// The first block; broken ones before it are skipped.
pub(crate) fn first(text: &[u8]) -> Option<Block> {
    let mut rest = text;
    loop {
        rest = after_begin(rest, rest.as_ptr() == text.as_ptr())?;
        let (line, after) = line(rest)?;
        rest = after;
        let Some(label) = line.strip_suffix(DASHES) else { continue };
        if let Some(block) = body(label, rest) {
            return Some(block);
        }
    }
}

/// What follows a line's opening words.
fn after_begin(text: &[u8], at_start: bool) -> Option<&[u8]> {
    if at_start && let Some(rest) = text.strip_prefix(BEGIN) {
        return Some(rest);
    }
    let opening = [b"\n", BEGIN].concat();
    find(text, &opening).map(|at| &text[at + opening.len()..])
}

/// The first line without blanks at its end, and the text after it.
fn line(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|byte| *byte == b'\n').unwrap_or(text.len());
    let line = text[..end].trim_ascii_end();
    Some((line, text.get(end + 1..).unwrap_or_default()))
}

fn body(label: &[u8], mut text: &[u8]) -> Option<Block> {
    // Headers, which nobody here needs, end at the first line without a colon.
    let mut headers = false;
    while let Some((_, after)) = line(text).filter(|(line, _)| line.contains(&b':')) {
        headers = true;
        if after.is_empty() {
            return None;
        }
        text = after;
    }
    let end = if !headers && text.starts_with(END) { 0 } else { find(text, &[b"\n", END].concat())? + 1 };
    let (closing, _) = line(&text[end + END.len()..])?;
    if closing.strip_suffix(DASHES)? != label {
        return None;
    }
    let digits: Vec<u8> = text[..end].iter().copied().filter(|byte| !matches!(byte, b' ' | b'\t')).collect();
    let der = base::decode64(&digits).ok()?;
    Some(Block { label: String::from_utf8(label.to_vec()).ok()?, der })
}

/// Writes a block in lines of 64 characters.
pub(crate) fn encode(label: &str, der: &[u8]) -> String {
    let digits = STANDARD.encode(der);
    let mut out = format!("-----BEGIN {label}-----\n");
    let mut rest = digits.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        out.push_str(line);
        out.push('\n');
        rest = after;
    }
    out + &format!("-----END {label}-----\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_good_block_is_found() {
        let text = b"junk\n-----BEGIN A-----\n!!\n-----END A-----\n-----BEGIN B-----\nK: v\n\nYWJj\n-----END B-----\n";
        assert_eq!(first(text), Some(Block { label: "B".to_owned(), der: b"abc".to_vec() }));
        assert_eq!(first(b" -----BEGIN A-----\nYQ==\n-----END A-----\n"), None);
        assert_eq!(first(b"-----BEGIN A-----\nYQ==\n-----END B-----\n"), None);
        assert_eq!(first(b""), None);
    }

    #[test]
    fn blocks_survive_a_round_trip() {
        let der = vec![7; 100];
        assert_eq!(first(encode("X Y", &der).as_bytes()).map(|block| block.der), Some(der));
    }
}
