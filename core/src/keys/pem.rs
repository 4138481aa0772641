//! PEM blocks, found and refused as Go's `encoding/pem` does.
//!
//! A block ends at a line that begins with `-----END ` and begins at the last `-----BEGIN ` before it
//! that starts a line. What does not fit is passed over, and the search goes on behind it.

use zeroize::Zeroizing;

use crate::crypto::base64;

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"\n-----END ";
const DASHES: &[u8] = b"-----";

/// One block; the bytes may be a private key and are wiped when dropped.
pub(crate) struct Block<'a> {
    pub(crate) label: &'a [u8],
    pub(crate) has_headers: bool,
    pub(crate) bytes: Zeroizing<Vec<u8>>,
}

/// Every block of a text, in order.
pub(crate) fn blocks(text: &[u8]) -> impl Iterator<Item = Block<'_>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let end = from + find(&text[from..], END)?;
            let trailer = end + END.len();
            let found = block_ending_at(text, from, end, trailer);
            from = found.as_ref().map_or(trailer, |(_, next)| *next);
            if let Some((block, _)) = found {
                return Some(block);
            }
        }
    })
}

/// The block before the end line at `end`, and where the text goes on.
fn block_ending_at(text: &[u8], from: usize, end: usize, trailer: usize) -> Option<(Block<'_>, usize)> {
    let begin = from + rfind(&text[from..end], BEGIN)?;
    if begin > from && text[begin - 1] != b'\n' {
        return None;
    }
    let (label_line, mut body) = line(text, begin + BEGIN.len());
    let label = label_line.strip_suffix(DASHES)?;
    let mut has_headers = false;
    while let (header, next) = line(text, body)
        && header.contains(&b':')
    {
        has_headers = true;
        body = next;
    }
    let (end_line, next) = line(text, trailer);
    let closes = end_line.strip_prefix(label).is_some_and(|rest| rest == DASHES);
    if !closes || (has_headers && end < body) {
        return None;
    }
    let encoded = Zeroizing::new(text.get(body..end).unwrap_or_default().to_vec());
    let dense = Zeroizing::new(
        encoded.iter().copied().filter(|byte| !matches!(byte, b' ' | b'\t')).collect::<Vec<_>>(),
    );
    let bytes = Zeroizing::new(base64::decode(&dense).ok()?);
    Some((Block { label, has_headers, bytes }, next))
}

/// The line at `from` without its end and trailing blanks, and where the next one begins.
fn line(text: &[u8], from: usize) -> (&[u8], usize) {
    let rest = &text[from..];
    let (line, next) = match rest.iter().position(|byte| *byte == b'\n') {
        Some(at) => (rest[..at].strip_suffix(b"\r").unwrap_or(&rest[..at]), from + at + 1),
        None => (rest, text.len()),
    };
    let blanks = line.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    (&line[..line.len() - blanks], next)
}

fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    text.windows(needle.len()).position(|window| window == needle)
}

fn rfind(text: &[u8], needle: &[u8]) -> Option<usize> {
    text.windows(needle.len()).rposition(|window| window == needle)
}

/// Writes one block.
pub(crate) fn encode(label: &str, bytes: &[u8]) -> Zeroizing<String> {
    let encoded = Zeroizing::new(base64::encode(bytes));
    let mut out = Zeroizing::new(String::with_capacity(encoded.len() * 2 + 2 * label.len() + 40));
    out.extend(["-----BEGIN ", label, "-----\n"]);
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(64));
        out.extend([line, "\n"]);
        rest = tail;
    }
    out.extend(["-----END ", label, "-----\n"]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(text: &str) -> Vec<String> {
        blocks(text.as_bytes()).map(|block| String::from_utf8_lossy(block.label).into_owned()).collect()
    }

    #[test]
    fn what_is_written_reads_back() {
        for length in [0, 1, 48, 49, 1000] {
            let bytes = vec![9; length];
            let text = encode("THING", &bytes);
            let read: Vec<_> = blocks(text.as_bytes()).map(|block| block.bytes.to_vec()).collect();
            assert_eq!(read, [bytes], "{length} bytes");
        }
    }

    #[test]
    fn a_block_that_does_not_fit_is_passed_over() {
        let good = "-----BEGIN A-----\nZm9v\n-----END A-----\n";
        assert_eq!(labels(&format!("-----BEGIN B-----\n*\n-----END B-----\n{good}")), ["A"]);
        assert_eq!(labels(&format!("-----BEGIN B-----\nZm9v\n-----END C-----\n{good}")), ["A"]);
        assert_eq!(labels(&format!("-----BEGIN B-----\n{good}{good}")), ["A", "A"]);
        assert_eq!(labels(&format!("text {good}")), [""; 0]);
    }

    #[test]
    fn headers_are_seen() {
        let text = "-----BEGIN A-----\nKey: value\n\nZm9v\n-----END A-----\n";
        assert!(blocks(text.as_bytes()).all(|block| block.has_headers && *block.bytes == b"foo"));
        assert_eq!(labels(text), ["A"]);
    }
}
