//! A long input in pieces of whole documents, so that its size does not matter.

use std::io::{self, Read};

use zeroize::Zeroizing;

/// Pieces of about the wanted size, each ending where a document ends; longer only where a document is. A short input is
/// one piece.
pub(super) struct Chunks<R> {
    reader: R,
    rest: Zeroizing<Vec<u8>>,
    scan: Scan,
    size: usize,
    done: bool,
}

impl<R: Read> Chunks<R> {
    pub(super) fn new(reader: R, size: usize) -> Self {
        Self { reader, rest: Zeroizing::default(), scan: Scan::default(), size, done: false }
    }

    /// The next piece, and whether it is the last one.
    pub(super) fn next(&mut self) -> io::Result<Option<(Zeroizing<Vec<u8>>, bool)>> {
        let mut wanted = self.size;
        while !self.done {
            self.fill(wanted)?;
            self.scan.read(&self.rest);
            match self.scan.cut {
                Some(cut) if !self.done => {
                    let after = Zeroizing::new(self.rest[cut..].to_vec());
                    let mut piece = std::mem::replace(&mut self.rest, after);
                    piece.truncate(cut);
                    self.scan.forget(cut);
                    return Ok(Some((piece, false)));
                }
                _ => wanted = self.rest.len() * 2 + self.size,
            }
        }
        let piece = std::mem::take(&mut self.rest);
        Ok((!piece.is_empty()).then_some((piece, true)))
    }

    /// Reads until there are `wanted` bytes, or no more; growing leaves no copies behind.
    fn fill(&mut self, wanted: usize) -> io::Result<()> {
        let mut filled = self.rest.len();
        while filled < wanted {
            if filled == self.rest.len() {
                let mut larger =
                    Zeroizing::new(vec![0; (filled * 4).clamp(FIRST_READ, wanted.max(FIRST_READ))]);
                larger[..filled].copy_from_slice(&self.rest);
                self.rest = larger;
            }
            match self.reader.read(&mut self.rest[filled..]) {
                Ok(0) => {
                    self.done = true;
                    break;
                }
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.rest.truncate(filled);
        Ok(())
    }
}

/// Looks for the ends of documents, each byte once.
#[derive(Default)]
struct Scan {
    /// Bytes that have been looked at.
    at: usize,
    /// The last end of a document that was seen.
    cut: Option<usize>,
    syntax: Syntax,
}

#[derive(Clone, Copy, Default)]
enum Syntax {
    /// Nothing but blanks so far.
    #[default]
    Unknown,
    /// Values one after the other; a value ends where its braces do. `word`: a byte of a number or a name came last.
    Json { depth: usize, text: bool, escape: bool, word: bool, end: Option<usize> },
    /// Lines; a document ends behind a line that begins with `---`.
    Yaml,
    /// UTF-16: not cut.
    Whole,
}

impl Scan {
    fn read(&mut self, bytes: &[u8]) {
        while self.at < bytes.len() {
            match self.syntax {
                Syntax::Unknown => self.begin(bytes),
                Syntax::Json { .. } => self.json(bytes),
                Syntax::Yaml => {
                    if !self.line(bytes) {
                        return;
                    }
                }
                Syntax::Whole => return,
            }
        }
    }

    fn begin(&mut self, bytes: &[u8]) {
        match bytes[self.at] {
            0xff | 0xfe | 0 => self.syntax = Syntax::Whole,
            0xef | 0xbb | 0xbf | b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
            b'{' => {
                self.syntax = Syntax::Json { depth: 0, text: false, escape: false, word: false, end: None }
            }
            _ => {
                // A line is looked at as a whole, from its beginning.
                self.lines(bytes);
            }
        }
    }

    fn json(&mut self, bytes: &[u8]) {
        let Syntax::Json { depth, text, escape, word, end } = &mut self.syntax else { return };
        let byte = bytes[self.at];
        self.at += 1;
        let after_word = std::mem::take(word);
        match (byte, *text) {
            (_, true) if *escape => *escape = false,
            (b'\\', true) => *escape = true,
            (b'"', true) => *text = false,
            (_, true) | (b' ' | b'\t' | b'\r' | b'\n', _) => {}
            (b'"', _) if *depth > 0 && !after_word => *text = true,
            (b'{' | b'[', _) if !after_word => {
                // A value ends for sure only where the next one begins.
                if *depth == 0 && end.is_some() {
                    self.cut = end.take();
                }
                *depth += 1;
            }
            (b'}' | b']', _) if *depth > 0 => {
                *depth -= 1;
                if *depth == 0 {
                    *end = Some(self.at);
                }
            }
            (b',' | b':', _) if *depth > 0 => {}
            // Flow YAML keeps braces in texts that JSON does not have: no end of a value can be told from here on.
            (byte, _) if *depth == 0 || !is_of_a_word(byte) => self.lines(bytes),
            _ => *word = true,
        }
    }

    /// What was begun as JSON is YAML: lines count, beginning with the one that is being read.
    fn lines(&mut self, bytes: &[u8]) {
        self.at = bytes[..self.at].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        self.syntax = Syntax::Yaml;
    }

    /// Looks at one line; false when its end has not been read yet.
    fn line(&mut self, bytes: &[u8]) -> bool {
        let line = &bytes[self.at..];
        let Some(length) = line.iter().position(|byte| *byte == b'\n') else { return false };
        self.at += length + 1;
        if line.starts_with(b"---") {
            self.cut = Some(self.at);
        }
        true
    }

    /// Goes on behind a cut.
    fn forget(&mut self, cut: usize) {
        self.at -= cut;
        self.cut = None;
        if let Syntax::Json { end: Some(end), .. } = &mut self.syntax {
            *end -= cut;
        }
    }
}

/// Whether a byte belongs to a number, `true`, `false` or `null`.
fn is_of_a_word(byte: u8) -> bool {
    byte.is_ascii_digit() || b"+-.eEtrufalsn".contains(&byte)
}

const FIRST_READ: usize = 64 << 10;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    fn cut(text: &str, size: usize) -> Vec<String> {
        let mut chunks = Chunks::new(text.as_bytes(), size);
        let mut pieces = Vec::new();
        while let Some((piece, last)) = chunks.next().unwrap() {
            pieces.push(String::from_utf8(piece.to_vec()).unwrap());
            assert!(!last || chunks.next().unwrap().is_none());
        }
        assert_eq!(pieces.concat(), text, "nothing is lost");
        pieces
    }

    #[test]
    fn yaml_is_cut_behind_separators() {
        let text = "a: 1\n---\nb: 2\n--- # c\nc: 3\n";
        assert_eq!(cut(text, 1 << 20), [text]);
        let long = format!("a: {}\n---\nb: {}\n---\nc: 3\n", "x".repeat(70_000), "y".repeat(70_000));
        let pieces = cut(&long, 10);
        assert!(pieces.len() > 1 && pieces[0].ends_with("---\n"), "{}", pieces.len());
    }

    #[test]
    fn json_is_cut_between_values_and_not_inside_text() {
        let value = format!("{{\"a\": \"}} {{ \\\" {}\", \"b\": [{{}}]}}", "x".repeat(70_000));
        let pieces = cut(&format!("{value}\n{value}{value}"), 10);
        assert!(pieces.len() > 1 && pieces.iter().all(|piece| piece.trim().starts_with('{')));
    }

    #[test]
    fn flow_yaml_and_utf_16_stay_whole() {
        let flow = format!("{{a: '}}', b: {}}}\n", "x".repeat(200_000));
        assert_eq!(cut(&flow, 10).len(), 1);
        for flow in ["{a: 'x}', b: 1}\n{", "{a: x\"}, {b: \"}\n{", "{a: 1} # }\n{", "{\"a\": tr\"ue}{\"}\n"] {
            let flow = format!("{flow}{}\n", "x".repeat(200_000));
            assert_eq!(cut(&flow, 10).len(), 1, "{flow:.20}");
        }
        let flow = format!("{{a: '}}', b: {}}}\n---\n# {}\n", "x".repeat(200_000), "y".repeat(900_000));
        assert_eq!(cut(&flow, 10).len(), 2, "separators end documents there too");
        let mut chunks = Chunks::new(&[0xff, 0xfe, b'a', 0][..], 1);
        assert_eq!(chunks.next().unwrap().unwrap().0.as_slice(), [0xff, 0xfe, b'a', 0]);
    }
}
