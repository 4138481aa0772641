//! Backups of Secrets: what `kubectl get secret -o yaml` prints, one Secret, several, or a `v1` List.

use super::{
    error::{DecodeError, Fault},
    node::{Node, Value},
    read::Reader,
    stream::{Piece, Stream},
    text,
};
use crate::Secret;

/// One document of a backup.
struct Document {
    secrets: Vec<Secret>,
    is_list: bool,
}

/// The Secrets of a backup: the documents of a stream or, where the text is a single List, its items. A
/// List among other documents counts as a Secret without values, as in the reference.
pub fn backed_up_secrets(text: &[u8]) -> Result<Vec<Secret>, DecodeError> {
    let text = text::decode(text)?;
    let read = |reader: &Reader, piece: &mut Piece<'_>| document(reader, &mut piece.tree.root);
    let documents: Vec<Document> = Stream::new(&text, read).collect::<Result<_, _>>()?;
    let is_single = documents.len() == 1;
    let secrets = documents.into_iter().flat_map(|document| {
        if document.is_list && !is_single { vec![Secret::default()] } else { document.secrets }
    });
    Ok(secrets.collect())
}

fn document(reader: &Reader, root: &mut Node) -> Result<Option<Document>, Fault> {
    let Some(items) = list_items(root) else {
        let secret = reader.secret(root)?;
        return Ok(secret.map(|secret| Document { secrets: vec![secret], is_list: false }));
    };
    let mut secrets = Vec::new();
    for (at, item) in items.iter_mut().enumerate() {
        let secret = reader.secret(item).map_err(|fault| fault.inside(&format!("items[{at}]")))?;
        secrets.extend(secret);
    }
    Ok(Some(Document { secrets, is_list: true }))
}

/// The items of a `v1` List; one without a kind passes.
fn list_items(root: &mut Node) -> Option<&mut Vec<Node>> {
    let is_list = root.get("kind").is_none_or(|kind| kind.text() == Some("List"));
    let Value::Map(entries) = &mut root.value else { return None };
    entries.iter_mut().find_map(|(name, node)| match (name.as_str(), &mut node.value) {
        ("items", Value::List(items)) if is_list => Some(items),
        _ => None,
    })
}
