//! Fields that nobody reads: an API server drops them, and so does sealing.

use std::fmt;

use super::{
    error::Shown,
    node::{Map, Node, Value},
};
use crate::nearest::nearest;

/// A field that an object has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownField {
    /// Where it stands, as in `spec.template.stringData`.
    pub path: String,
    /// The field that was probably meant.
    pub meant: Option<&'static str>,
}

impl fmt::Display for UnknownField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.meant {
            Some(meant) => write!(f, "{} (did you mean {meant}?)", self.path),
            None => f.write_str(&self.path),
        }
    }
}

/// The fields of a map that are none of the known ones; in a stream their case does not matter (`fold`).
pub(super) fn unknown<'t>(
    node: Option<Node<'t>>,
    path: &'static str,
    known: &'static [&'static str],
    fold: bool,
) -> impl Iterator<Item = UnknownField> + 't {
    let map = node.and_then(|node| if let Value::Map(map) = node.value() { Some(map) } else { None });
    let is_known = move |name: &str| {
        known.iter().any(|known| *known == name || (fold && known.eq_ignore_ascii_case(name)))
    };
    let names = map.into_iter().flat_map(Map::entries).map(|(name, _)| name);
    names.filter(move |name| !is_known(name)).map(move |name| {
        let dot = if path.is_empty() { "" } else { "." };
        UnknownField {
            path: format!("{path}{dot}{}", Shown(&name)),
            meant: nearest(&name, known.iter().copied()),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::remark::{Remark, tests::of};

    #[test]
    fn misspelt_and_misplaced_fields_are_told() {
        let text = "kind: Secret\nmetadata: {nmae: a, annotation: {}}\nstringDatas: {a: b}\ntpye: Opaque\nimmutabel: true\npassword: x\n\"hunter 2\": x\n";
        let told: Vec<_> = of(text)
            .into_iter()
            .map(|remark| match remark {
                Remark::Unknown(field) => field.to_string(),
                other => format!("{other:?}"),
            })
            .collect();
        assert_eq!(
            told,
            [
                "(unusual name)",
                "immutabel (did you mean immutable?)",
                "password",
                "stringDatas (did you mean stringData?)",
                "tpye (did you mean type?)",
                "metadata.annotation (did you mean annotations?)",
                "metadata.nmae (did you mean name?)"
            ]
        );
    }
}
