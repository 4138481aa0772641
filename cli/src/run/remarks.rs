//! What is odd about the input, as notes: names and lines, never values.

use std::path::Path;

use sealed_secrets_core::{
    SealedSecret, Secret,
    manifest::{Document, MOST_REMARKS, Remark},
};

use crate::report::say;

/// Where a text stands.
#[derive(Clone, Copy, Default)]
pub(super) struct Origin<'a> {
    /// Its file, where there are several.
    pub(super) file: Option<&'a Path>,
    /// How many lines stand before it.
    pub(super) before: usize,
}

impl Origin<'_> {
    fn prefix(self) -> String {
        self.file.map(|path| format!("{}: ", path.display())).unwrap_or_default()
    }
}

/// Says what is odd about a Secret, a line for each kind of oddity.
pub(super) fn tell(secret: &Secret, remarks: &[Remark], origin: Origin<'_>) {
    for note in notes(remarks, origin.before) {
        say(&format!("note: {}in Secret {:?} {note}", origin.prefix(), secret.name()));
    }
}

/// Says what of a Secret does not go into the SealedSecret that takes its items.
pub(super) fn tell_unlike(secret: &Secret, name: Option<&str>, target: &SealedSecret) {
    for note in unlike(secret, name, target) {
        say(&format!("note: {note}"));
    }
}

/// `name`: the one that was given instead of the Secret's.
fn unlike(secret: &Secret, name: Option<&str>, target: &SealedSecret) -> Vec<String> {
    let mut notes = Vec::new();
    let differs = |ours: &str, theirs: &str| !ours.is_empty() && !theirs.is_empty() && ours != theirs;
    let name = name.unwrap_or(secret.name());
    if differs(name, target.name()) || differs(secret.namespace(), target.namespace()) {
        notes.push(format!(
            "the input is {}, and its items are sealed for the target, {}",
            title(secret.namespace(), name),
            title(target.namespace(), target.name())
        ));
    }
    let template = &target.spec.template;
    let of_type = |given: &Option<String>| given.clone().unwrap_or_else(|| "Opaque".to_owned());
    let mut kept = Vec::new();
    if secret.r#type.is_some() && of_type(&secret.r#type) != of_type(&template.r#type) {
        kept.push("type");
    }
    if secret.immutable.is_some() && secret.immutable != template.immutable {
        kept.push("immutable");
    }
    if !kept.is_empty() {
        notes.push(format!("left out of the input: {}; the target's own stays as it is", kept.join(", ")));
    }
    notes
}

fn title(namespace: &str, name: &str) -> String {
    let dash = if namespace.is_empty() { "" } else { "/" };
    format!("{:?}", format!("{namespace}{dash}{name}"))
}

/// Says that an object comes to nothing.
pub(super) fn tell_left_out(line: usize, what: &str, origin: Origin<'_>) {
    say(&format!(
        "note: {}the object in line {} is left out: it has no kind, and none of the fields of a {what}",
        origin.prefix(),
        origin.before + line
    ));
}

/// Whether a document is a list without objects, which is said.
pub(super) fn is_empty_list(document: &Document) -> bool {
    let Document::Other(other) = document else { return false };
    if other.is_like_secret {
        return false;
    }
    if other.is_list() {
        let unknown: Vec<_> = other.unknown.iter().map(ToString::to_string).collect();
        let unknown = listed(&unknown, ", and fields that no list has", "").unwrap_or_default();
        say(&format!("note: the {} holds no items and is left out{unknown}", other.kind));
    }
    other.is_list()
}

fn notes(remarks: &[Remark], before: usize) -> Vec<String> {
    let (mut altered, mut cut, mut empty) = (Vec::new(), Vec::new(), Vec::new());
    let (mut repeated, mut unknown, mut scopes) = (Vec::new(), Vec::new(), Vec::new());
    for remark in remarks {
        match remark {
            Remark::Altered { field } => altered.push(field.clone()),
            Remark::Comment { field, line } => cut.push(format!("{field} (line {})", before + line)),
            Remark::Empty { field } => empty.push(field.clone()),
            Remark::Repeated { field, line } => {
                repeated.push(format!("{field} (again in line {})", before + line));
            }
            Remark::Unknown(field) => unknown.push(field.to_string()),
            Remark::Scope(scope) => scopes.push(scope.to_string()),
        }
    }
    let altered = (!altered.is_empty()).then(|| {
        format!(
            "YAML reads another text than stands there: {}; put it in quotes to seal it as it stands",
            altered.join(", ")
        )
    });
    let cut = listed(
        &cut,
        "a # begins a comment, and what follows it is not sealed",
        "; put the value in quotes to seal it",
    );
    let empty =
        listed(&empty, "there is no value, and an empty one is sealed", "; write \"\" where that is meant");
    let repeated = listed(&repeated, "a key stands more than once, and only the last one counts", "");
    let unknown = listed(&unknown, "there are fields that no Secret has, and they are left out", "");
    [altered, cut, empty, repeated, unknown].into_iter().flatten().chain(scopes).collect()
}

/// The names behind what is said of them; there may be more than are listed.
fn listed(names: &[String], what: &str, step: &str) -> Option<String> {
    let more = if names.len() < MOST_REMARKS { "" } else { ", and perhaps more" };
    (!names.is_empty()).then(|| format!("{what}: {}{more}{step}", names.join(", ")))
}
