//! A function that is not there, and what was probably meant.

use crate::builtins;

/// What to say behind the name of a function that is not there.
pub(super) fn hint(name: &str) -> String {
    match name {
        "required" | "include" | "tpl" | "lookup" | "toYaml" | "fromYaml" | "toToml" => {
            return ": it belongs to Helm, not to templates in general".to_owned();
        }
        "env" | "expandenv" | "getHostByName" => {
            return ": templates see no environment and no network".to_owned();
        }
        _ => {}
    }
    if name.len() > LONGEST {
        return format!(": {THERE_ARE}");
    }
    match nearest(name) {
        Some(nearest) => format!(": did you mean {nearest}?"),
        None => format!(": {THERE_ARE}; an item is written with a dot: .{name}"),
    }
}

const THERE_ARE: &str = "templates have the functions of Go's text/template and of Sprig";

/// What is longer is no name of a function, and comparing it costs the more.
const LONGEST: usize = 32;

/// The function of nearly this name; the first in order of the alphabet, so that an error repeats itself exactly.
fn nearest(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    let near = builtins::function_names().filter(|known| {
        known.eq_ignore_ascii_case(name) || (known.len() > 3 && is_one_off(&lower, &known.to_lowercase()))
    });
    near.min()
}

/// Whether one letter more, less or other makes one text of the other.
fn is_one_off(a: &str, b: &str) -> bool {
    let (a, b) = if a.len() <= b.len() { (a.as_bytes(), b.as_bytes()) } else { (b.as_bytes(), a.as_bytes()) };
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    match b.len() - a.len() {
        0 => a.get(same + 1..) == b.get(same + 1..),
        1 => a[same..] == b[same + 1..],
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::hint;

    #[test]
    fn what_was_probably_meant_is_named() {
        for (name, wanted) in
            [("Upper", "upper"), ("uper", "upper"), ("toJSON", "toJson"), ("b64encc", "b64enc")]
        {
            assert_eq!(hint(name), format!(": did you mean {wanted}?"));
        }
        assert!(hint("password").ends_with("an item is written with a dot: .password"));
        assert!(!hint(&"x".repeat(33)).contains("xxx"));
    }
}
