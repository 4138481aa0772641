//! Backups of Secrets: what `kubectl get secret -o yaml` prints, one Secret, several, or a `v1` List.

use super::{
    bounds::Bounds,
    error::{DecodeError, Fault},
    node::{Items, Node, Value},
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
    let read = |reader: &Reader, piece: &Piece<'_>| document(reader, piece.tree.root());
    let documents: Vec<Document> = Stream::new(&text, &Bounds::FILE, read).collect::<Result<_, _>>()?;
    let is_single = documents.len() == 1;
    let secrets = documents.into_iter().flat_map(|document| {
        if document.is_list && !is_single { vec![Secret::default()] } else { document.secrets }
    });
    Ok(secrets.collect())
}

fn document(reader: &Reader, root: Node<'_>) -> Result<Option<Document>, Fault> {
    let Some(items) = list_items(root) else {
        let secret = reader.secret(root)?;
        return Ok(secret.map(|secret| Document { secrets: vec![secret], is_list: false }));
    };
    let mut secrets = Vec::new();
    for (at, item) in items.enumerate() {
        let secret = reader.secret(item).map_err(|fault| fault.inside(&format!("items[{at}]")))?;
        secrets.extend(secret);
    }
    Ok(Some(Document { secrets, is_list: true }))
}

/// The items of a `v1` List; one without a kind passes.
fn list_items(root: Node<'_>) -> Option<Items<'_>> {
    let is_list = root.get("kind").is_none_or(|kind| kind.text() == Some("List"));
    let Value::Map(map) = root.value() else { return None };
    map.entries().find_map(|(name, node)| match (&*name, node.value()) {
        ("items", Value::List(items)) if is_list => Some(items),
        _ => None,
    })
}
