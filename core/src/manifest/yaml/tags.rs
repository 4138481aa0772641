//! Anchors, aliases, tags and directives.

use super::{scanner::Scanner, token::Kind};
use crate::manifest::error::Fault;

impl<'t> Scanner<'t> {
    pub(super) fn scan_anchor(&mut self) -> Result<Kind<'t>, Fault> {
        let is_alias = self.cursor.peek(0) == b'*';
        self.cursor.skip();
        let name = self.scan_word();
        let ends = self.cursor.is_space(0)
            || matches!(self.cursor.peek(0), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if name.is_empty() || !ends {
            return Err(self.cursor.fault("an anchor or alias name may hold letters, digits, - and _ only"));
        }
        Ok(if is_alias { Kind::Alias(name) } else { Kind::Anchor(name) })
    }

    pub(super) fn scan_tag(&mut self) -> Result<Kind<'t>, Fault> {
        let (handle, suffix) = if self.cursor.peek(1) == b'<' {
            self.cursor.skip_n(2);
            let suffix = self.scan_tag_uri("")?;
            if self.cursor.peek(0) != b'>' {
                return Err(self.cursor.fault("expected `>` at the end of a tag"));
            }
            self.cursor.skip();
            ("", suffix)
        } else {
            let handle = self.scan_tag_handle(false)?;
            if handle.len() > 1 && handle.ends_with('!') {
                let suffix = self.scan_tag_uri("")?;
                (handle, suffix)
            } else {
                let suffix = self.scan_tag_uri(handle)?;
                // The tag `!` alone: its text is the whole tag.
                if suffix.is_empty() { ("", "!".to_owned()) } else { ("!", suffix) }
            }
        };
        if !self.cursor.is_space(0) {
            return Err(self.cursor.fault("expected a blank after a tag"));
        }
        Ok(Kind::Tag { handle, suffix })
    }

    fn scan_tag_handle(&mut self, directive: bool) -> Result<&'t str, Fault> {
        if self.cursor.peek(0) != b'!' {
            return Err(self.cursor.fault("expected `!` at the beginning of a tag"));
        }
        let start = self.cursor.mark.at;
        self.cursor.skip();
        self.scan_word();
        if self.cursor.peek(0) == b'!' {
            self.cursor.skip();
        } else if directive && self.cursor.since(start) != "!" {
            return Err(self.cursor.fault("expected `!` at the end of a tag handle"));
        }
        Ok(self.cursor.since(start))
    }

    /// `head` is what a primary tag's handle took already.
    fn scan_tag_uri(&mut self, head: &str) -> Result<String, Fault> {
        let mut bytes = head.get(1..).unwrap_or_default().as_bytes().to_vec();
        let start = self.cursor.mark.at;
        loop {
            match self.cursor.peek(0) {
                b'%' => bytes.push(self.scan_uri_escape()?),
                byte if self.cursor.is_word() || URI.contains(&byte) => {
                    bytes.push(byte);
                    self.cursor.skip();
                }
                _ => break,
            }
        }
        if head.is_empty() && self.cursor.mark.at == start {
            return Err(self.cursor.fault("expected the name of a tag"));
        }
        String::from_utf8(bytes).map_err(|_| self.cursor.fault("a tag that is not UTF-8"))
    }

    fn scan_uri_escape(&mut self) -> Result<u8, Fault> {
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let code = digit(self.cursor.peek(1)).zip(digit(self.cursor.peek(2)));
        let (high, low) =
            code.ok_or_else(|| self.cursor.fault("expected two hexadecimal digits in a tag"))?;
        self.cursor.skip_n(3);
        Ok(high << 4 | low)
    }

    pub(super) fn scan_directive(&mut self) -> Result<Kind<'t>, Fault> {
        self.cursor.skip();
        let name = self.scan_word();
        let kind = match name {
            "YAML" => self.scan_version()?,
            "TAG" => self.scan_tag_directive()?,
            _ => return Err(self.cursor.fault("an unknown directive")),
        };
        self.skip_blanks();
        if self.cursor.peek(0) == b'#' {
            while !self.cursor.is_break_or_end(0) {
                self.cursor.skip();
            }
        }
        if !self.cursor.is_break_or_end(0) {
            return Err(self.cursor.fault("text behind a directive"));
        }
        if self.cursor.is_break(0) {
            self.cursor.skip_line();
        }
        Ok(kind)
    }

    fn scan_version(&mut self) -> Result<Kind<'t>, Fault> {
        self.skip_blanks();
        let major = self.scan_version_number()?;
        if self.cursor.peek(0) != b'.' {
            return Err(self.cursor.fault("expected a version such as 1.1"));
        }
        self.cursor.skip();
        let minor = self.scan_version_number()?;
        Ok(Kind::VersionDirective { supported: (major, minor) == (1, 1) })
    }

    fn scan_version_number(&mut self) -> Result<u32, Fault> {
        const MOST_DIGITS: usize = 2;
        let start = self.cursor.mark.at;
        while self.cursor.peek(0).is_ascii_digit() && self.cursor.mark.at - start <= MOST_DIGITS {
            self.cursor.skip();
        }
        self.cursor.since(start).parse().map_err(|_| self.cursor.fault("expected a version such as 1.1"))
    }

    fn scan_tag_directive(&mut self) -> Result<Kind<'t>, Fault> {
        self.skip_blanks();
        let handle = self.scan_tag_handle(true)?;
        if !self.cursor.is_blank(0) {
            return Err(self.cursor.fault("expected a blank after a tag handle"));
        }
        self.skip_blanks();
        let prefix = self.scan_tag_uri("")?;
        if !self.cursor.is_space(0) {
            return Err(self.cursor.fault("expected a blank after a tag prefix"));
        }
        Ok(Kind::TagDirective { handle, prefix })
    }

    fn scan_word(&mut self) -> &'t str {
        let start = self.cursor.mark.at;
        while self.cursor.is_word() {
            self.cursor.skip();
        }
        self.cursor.since(start)
    }

    fn skip_blanks(&mut self) {
        while self.cursor.is_blank(0) {
            self.cursor.skip();
        }
    }
}

const URI: &[u8] = b";/?:@&=+$,.!~*'()[]";
