//! Changes to a SealedSecret's text where it stands: comments, order and style stay, byte for byte.
//!
//! An edit is only a proposal: the result is read again and must be the old document with the wanted changes,
//! nothing less and nothing more. If it is not, the document is written anew from its tree, and the caller
//! hears why.

mod anew;
mod editor;
mod wanted;

use zeroize::Zeroizing;

use super::{
    bounds::{Allowance, Bounds},
    stream::line_ended,
    tree::{Dialect, Tree},
    write, yaml,
};
use crate::SealedSecret;
use anew::anew;
use editor::Editor;
use wanted::differences;

pub(crate) use anew::replacement;
pub(crate) use wanted::changed;

/// What one object of a document is to become.
pub(crate) struct Change<'a> {
    /// The item of a list that it is; `None` when it is the document itself.
    pub(crate) item: Option<usize>,
    pub(crate) current: &'a SealedSecret,
    pub(crate) wanted: &'a SealedSecret,
}

/// A document with its changes.
pub(crate) enum Edited {
    /// Everything else stays as it stands.
    InPlace(String),
    /// Written anew, with the comments that could be kept.
    Anew(String, Obstacle),
}

/// Why a text cannot be changed where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// An alias stands where an item belongs.
    #[error("an alias stands where its items belong")]
    Alias,
    /// Keys share their lines with something else, such as `? key`.
    #[error("its keys are laid out in a way that nothing can be added to")]
    Layout,
    /// Anchors, `<<` and keys that are read as another type give the changed text another meaning.
    #[error("the changed text would not be read as the changed object, as with anchors and `<<`")]
    Reading,
    /// More differs than items, labels and annotations.
    #[error("more changes in it than its items")]
    More,
}

/// The text of a YAML document with what differs between current and wanted objects put in; `None` if it
/// cannot be read or is too deep to be written.
pub(crate) fn document(source: &str, changes: &[Change<'_>]) -> Option<Edited> {
    let allowance = Allowance::new(&Bounds::FILE);
    // As streams are read: what is put behind a block scalar ends its last line.
    let mut room = Zeroizing::default();
    let tree = yaml::document(line_ended(source, &mut room), 0, &allowance).ok()?;
    if tree.root().is_deeper(DEEPEST) {
        return None;
    }
    let wanted = changed(write::from_text(tree.root()), changes)?;
    drop(tree);
    let obstacle = match in_place(source, changes) {
        Ok(text) => {
            let mut room = Zeroizing::default();
            let found = yaml::document(line_ended(&text, &mut room), 0, &allowance);
            if found.is_ok_and(|found| write::is_same(&wanted.root, found.root())) {
                return Some(Edited::InPlace(text));
            }
            Obstacle::Reading
        }
        Err(obstacle) => obstacle,
    };
    Some(Edited::Anew(anew(source, &wanted), obstacle))
}

/// Levels of nesting that are compared.
const DEEPEST: usize = 500;

fn in_place(source: &str, changes: &[Change<'_>]) -> Result<String, Obstacle> {
    let newline = if source.contains("\r\n") { "\r\n" } else { "\n" };
    let mut edited = source.to_owned();
    for part in 0..3 {
        // Read anew each time: one part may make the map that the next one needs.
        let tree = composed(&edited).ok_or(Obstacle::Reading)?;
        let mut editor = Editor::new(&tree, newline);
        for change in changes {
            let (path, entries) = &differences(change)[part];
            if !entries.is_empty() {
                editor.set(change.item, path, entries)?;
            }
        }
        if !editor.changes.is_empty() {
            edited = editor.apply();
        }
    }
    Ok(edited)
}

/// A document as it is written, with the places of its nodes.
fn composed(text: &str) -> Option<Tree<'_>> {
    let tree = Tree::new(text, 0, Dialect::Yaml).ok()?.with_ends();
    yaml::compose(tree, &Allowance::new(&Bounds::FILE)).ok()
}
