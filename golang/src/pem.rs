//! PEM blocks, found and refused as Go's `encoding/pem` does.
//!
//! A block ends at a line that begins with `-----END ` and begins at the last `-----BEGIN ` before it
//! that starts a line. What does not fit is passed over, and the search goes on behind it.

use memchr::memmem;
use zeroize::Zeroizing;

use crate::base64;

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"\n-----END ";
const DASHES: &[u8] = b"-----";

/// One block.
pub struct Block<'a> {
    /// What it says that it holds, from its first line. Go takes any bytes.
    pub label: &'a [u8],
    /// Whether lines with a colon stand before the content. What they say is not read.
    pub has_headers: bool,
    /// What it holds. This may be a private key, and is wiped when dropped.
    pub bytes: Zeroizing<Vec<u8>>,
}

/// Every block of a text, in order, as Go's `pem.Decode` finds them one after the other; in linear time.
pub fn blocks(text: &[u8]) -> impl Iterator<Item = Block<'_>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let end = from + memmem::find(&text[from..], END)?;
            match block_ending_at(text, from, end) {
                Ok((block, next)) => {
                    from = next;
                    return Some(block);
                }
                Err(next) => from = next,
            }
        }
    })
}

/// The block before the end line at `end`, or none, and where the search goes on.
fn block_ending_at(text: &[u8], from: usize, end: usize) -> Result<(Block<'_>, usize), usize> {
    let trailer = end + END.len();
    let begin = from + memmem::rfind(&text[from..end], BEGIN).ok_or(trailer)?;
    if begin > from && text[begin - 1] != b'\n' {
        return Err(trailer);
    }
    let (label_line, mut body) = line(text, begin + BEGIN.len());
    let label = label_line.strip_suffix(DASHES).ok_or(trailer)?;
    let mut has_headers = false;
    while let (header, next) = line(text, body)
        && header.contains(&b':')
    {
        has_headers = true;
        body = next;
        if body > trailer || body == text.len() {
            // Go gives up where the headers swallow the end line.
            return Err(text.len());
        }
    }
    let (end_line, next) = line(text, trailer);
    let closes = end_line.strip_prefix(label).is_some_and(|rest| rest == DASHES);
    if !closes || (has_headers && end < body) {
        return Err(trailer);
    }
    let encoded = text.get(body..end).unwrap_or_default();
    let mut dense = Zeroizing::new(Vec::with_capacity(encoded.len()));
    dense.extend(encoded.iter().copied().filter(|byte| !matches!(byte, b' ' | b'\t')));
    let bytes = Zeroizing::new(base64::decode(&dense).map_err(|_| trailer)?);
    Ok((Block { label, has_headers, bytes }, next))
}

/// The line at `from` without its end and trailing blanks, and where the next one begins.
fn line(text: &[u8], from: usize) -> (&[u8], usize) {
    let rest = &text[from..];
    let (line, next) = match memchr::memchr(b'\n', rest) {
        Some(at) => (rest[..at].strip_suffix(b"\r").unwrap_or(&rest[..at]), from + at + 1),
        None => (rest, text.len()),
    };
    let blanks = line.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    (&line[..line.len() - blanks], next)
}

/// Writes one block without headers, as Go's `pem.Encode` does: in lines of 64 characters. It may hold a private key, and
/// is wiped when dropped.
pub fn encode(label: &str, bytes: &[u8]) -> Zeroizing<String> {
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
        assert_eq!(labels(&format!("text\n{good}")), ["A"]);
        for none in
            ["", "-----BEGIN A-----\nYQ==\n-----END B-----\n", &format!("text {good}"), &format!(" {good}")]
        {
            assert_eq!(labels(none), [""; 0], "{none}");
        }
    }

    #[test]
    fn headers_are_seen() {
        let text = "-----BEGIN A-----\nKey: value\n\nZm9v\n-----END A-----\n";
        assert!(blocks(text.as_bytes()).all(|block| block.has_headers && *block.bytes == b"foo"));
        assert_eq!(labels(text), ["A"]);
        let behind_a_broken_one = format!("junk\n-----BEGIN B-----\n!!\n-----END B-----\n{text}");
        assert_eq!(labels(&behind_a_broken_one), ["A"]);
    }

    #[test]
    fn headers_that_swallow_the_end_line_end_the_search() {
        let good = "-----BEGIN A-----\nZm9v\n-----END A-----\n";
        let swallowed = "-----BEGIN B:-----\nKey: value\n-----END B:-----\n";
        assert_eq!(labels(&format!("{swallowed}{good}")), [""; 0]);
        assert_eq!(labels(&format!("{good}{swallowed}")), ["A"]);
    }

    #[test]
    fn blanks_and_line_ends_of_others_pass() {
        assert_eq!(labels("-----BEGIN A----- \r\nZm 9v\t\r\n-----END A-----\t"), ["A"]);
        assert_eq!(labels("-----BEGIN A-----\n-----END A-----"), ["A"]);
    }
}
