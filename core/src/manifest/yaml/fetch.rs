//! Which token begins at a character.

use super::{
    MAX_DEPTH, TAB,
    scanner::{Scanner, SimpleKey},
    token::{Kind, Token},
};
use crate::manifest::error::{Fault, Problem};

impl<'a> Scanner<'a> {
    /// The next token, and those that its place closes, into the queue.
    pub(super) fn fetch(&mut self) -> Result<(), Fault> {
        self.skip_to_token();
        self.unroll_indent(self.column());
        if self.cursor.at_end() {
            return self.fetch_stream_end();
        }
        let block = self.flow_level() == 0;
        let space_follows = self.cursor.is_space(1);
        match self.cursor.peek(0) {
            b'%' if self.cursor.mark.column == 0 => self.fetch_directive(),
            b'-' if self.cursor.at_document_marker("---") => self.fetch_marker(Kind::DocumentStart),
            b'.' if self.cursor.at_document_marker("...") => self.fetch_marker(Kind::DocumentEnd),
            b'[' => self.fetch_flow_start(Kind::FlowSequenceStart),
            b'{' => self.fetch_flow_start(Kind::FlowMappingStart),
            b']' => self.fetch_flow_end(Kind::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(Kind::FlowMappingEnd),
            b',' => self.fetch_flow_entry(),
            b'-' if space_follows => self.fetch_block_entry(),
            b'?' if !block || space_follows => self.fetch_key(),
            b':' if !block || space_follows => self.fetch_value(),
            b'*' | b'&' => self.fetch_node(Self::scan_anchor),
            b'!' => self.fetch_node(Self::scan_tag),
            b'|' if block => self.fetch_block_scalar(true),
            b'>' if block => self.fetch_block_scalar(false),
            quote @ (b'\'' | b'"') => self.fetch_node(|scanner| scanner.scan_quoted(quote)),
            b'-' if !self.cursor.is_blank(1) => self.fetch_node(Self::scan_plain),
            b'?' | b':' if block && !space_follows => self.fetch_node(Self::scan_plain),
            b'\t' => Err(self.cursor.fault(TAB)),
            b'-' | b'?' | b':' | b'#' | b'|' | b'>' | b'%' | b'@' | b'`' => {
                Err(self.cursor.fault("a character that cannot begin a value"))
            }
            _ => self.fetch_node(Self::scan_plain),
        }
    }

    /// Passes blanks, comments and line breaks. Tabs count as blanks only where no indentation is expected.
    fn skip_to_token(&mut self) {
        loop {
            let tab_is_blank = self.flow_level() > 0 || !self.simple_key_allowed;
            while self.cursor.peek(0) == b' ' || (tab_is_blank && self.cursor.peek(0) == b'\t') {
                self.cursor.skip();
            }
            if self.cursor.peek(0) == b'#' {
                while !self.cursor.is_break_or_end(0) {
                    self.cursor.skip();
                }
            }
            if !self.cursor.is_break(0) {
                return;
            }
            self.cursor.skip_line();
            if self.flow_level() == 0 {
                self.simple_key_allowed = true;
            }
        }
    }

    fn fetch_stream_end(&mut self) -> Result<(), Fault> {
        if self.cursor.mark.column != 0 {
            self.cursor.mark.column = 0;
            self.cursor.mark.line += 1;
        }
        if self.ended {
            // Only reached if the parser reads on after the end: hand out the end again.
            self.push(self.cursor.mark, Kind::StreamEnd);
            return Ok(());
        }
        self.unroll_indent(-1);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        self.ended = true;
        self.push(self.cursor.mark, Kind::StreamEnd);
        Ok(())
    }

    fn fetch_directive(&mut self) -> Result<(), Fault> {
        self.unroll_indent(-1);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        let mark = self.cursor.mark;
        let kind = self.scan_directive()?;
        self.push(mark, kind);
        Ok(())
    }

    fn fetch_marker(&mut self, kind: Kind<'a>) -> Result<(), Fault> {
        self.unroll_indent(-1);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        self.push(self.cursor.mark, kind);
        self.cursor.skip_n(3);
        Ok(())
    }

    fn fetch_flow_start(&mut self, kind: Kind<'a>) -> Result<(), Fault> {
        self.save_simple_key()?;
        if self.flow_level() >= MAX_DEPTH {
            return Err(Fault::new(self.cursor.mark.at, Problem::Depth));
        }
        self.simple_key_allowed = true;
        self.push(self.cursor.mark, kind);
        let token = self.taken + self.tokens.len();
        self.simple_keys.push(SimpleKey { token, ..SimpleKey::default() });
        self.cursor.skip();
        Ok(())
    }

    fn fetch_flow_end(&mut self, kind: Kind<'a>) -> Result<(), Fault> {
        self.remove_simple_key()?;
        if self.flow_level() > 0 {
            self.simple_keys.pop();
        }
        self.simple_key_allowed = false;
        self.push(self.cursor.mark, kind);
        self.cursor.skip();
        Ok(())
    }

    fn fetch_flow_entry(&mut self) -> Result<(), Fault> {
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.push(self.cursor.mark, Kind::FlowEntry);
        self.cursor.skip();
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Result<(), Fault> {
        if self.flow_level() == 0 {
            if !self.simple_key_allowed {
                return Err(self.cursor.fault("a list entry is not allowed here"));
            }
            self.roll_indent(self.cursor.mark, None, Kind::BlockSequenceStart)?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.push(self.cursor.mark, Kind::BlockEntry);
        self.cursor.skip();
        Ok(())
    }

    fn fetch_key(&mut self) -> Result<(), Fault> {
        let block = self.flow_level() == 0;
        if block {
            if !self.simple_key_allowed {
                return Err(self.cursor.fault("a `?` key is not allowed here"));
            }
            self.roll_indent(self.cursor.mark, None, Kind::BlockMappingStart)?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = block;
        self.push(self.cursor.mark, Kind::Key);
        self.cursor.skip();
        Ok(())
    }

    fn fetch_value(&mut self) -> Result<(), Fault> {
        let level = self.flow_level();
        if self.is_valid(level)? {
            let key = self.simple_keys[level];
            let place = key.token - self.taken;
            self.tokens.insert(place, Token { at: key.mark.at, end: key.mark.at, kind: Kind::Key });
            self.roll_indent(key.mark, Some(place), Kind::BlockMappingStart)?;
            self.simple_keys[level].possible = false;
            self.simple_key_allowed = false;
        } else {
            if level == 0 {
                if !self.simple_key_allowed {
                    return Err(self.cursor.fault("a second `: ` on one line; quote the value"));
                }
                self.roll_indent(self.cursor.mark, None, Kind::BlockMappingStart)?;
            }
            self.simple_key_allowed = level == 0;
        }
        self.push(self.cursor.mark, Kind::Value);
        self.cursor.skip();
        Ok(())
    }

    fn fetch_block_scalar(&mut self, literal: bool) -> Result<(), Fault> {
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        let mark = self.cursor.mark;
        let kind = self.scan_block_scalar(literal)?;
        self.push(mark, kind);
        Ok(())
    }

    /// What may be a key, if a `:` follows.
    fn fetch_node(&mut self, scan: impl FnOnce(&mut Self) -> Result<Kind<'a>, Fault>) -> Result<(), Fault> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let mark = self.cursor.mark;
        let kind = scan(self)?;
        self.push(mark, kind);
        Ok(())
    }
}
