//! Anchor and tag of a node, and which tags say anything.

use super::{
    parser::{Parser, no_content, syntax},
    token::{Kind, Token},
};
use crate::manifest::{error::Fault, tree::Tag};

/// An anchor, and a tag with whether it is `!`, which says nothing.
pub(super) type Properties<'t> = (Option<&'t str>, Option<(Tag, bool)>);

impl<'a> Parser<'a> {
    /// Anchor and tag in either order.
    pub(super) fn properties(&mut self) -> Result<Properties<'a>, Fault> {
        let (mut anchor, mut tag) = (None, None);
        loop {
            match &self.scanner.peek()?.kind {
                Kind::Anchor(name) if anchor.is_none() => {
                    anchor = Some(*name);
                    self.scanner.next()?;
                }
                Kind::Tag { .. } if tag.is_none() => {
                    let token = self.scanner.next()?;
                    tag = Some(self.full_tag(&token)?);
                }
                _ => return Ok((anchor, tag)),
            }
        }
    }

    fn full_tag(&self, token: &Token<'a>) -> Result<(Tag, bool), Fault> {
        let Kind::Tag { handle, suffix } = &token.kind else { return Err(no_content(token.at)) };
        let prefix = match self.tag_directives.get(handle) {
            Some(prefix) => prefix.as_str(),
            None => match *handle {
                "" => "",
                "!" => "!",
                "!!" => "tag:yaml.org,2002:",
                _ => return Err(syntax(token.at, "a tag whose handle was never declared")),
            },
        };
        // A long prefix is not copied for each of its tags: what is longer than any known tag is unknown.
        if prefix.len() + suffix.len() > LONGEST_TAG {
            return Ok((Tag::Other, false));
        }
        let tag = format!("{prefix}{suffix}");
        Ok((known_tag(&tag), tag == "!"))
    }
}

/// The length of the longest tag that is known.
const LONGEST_TAG: usize = "tag:yaml.org,2002:timestamp".len();

fn known_tag(tag: &str) -> Tag {
    match tag.strip_prefix("tag:yaml.org,2002:") {
        Some("binary") => Tag::Binary,
        Some("timestamp") => Tag::Timestamp,
        Some("null") => Tag::Null,
        Some("bool") => Tag::Bool,
        Some("int") => Tag::Int,
        Some("float") => Tag::Float,
        Some("merge") => Tag::Merge,
        _ => Tag::Other,
    }
}
