//! Functions that take long by design.

/// Whether a call of this function is paid for from [`crate::Limits::costly_calls`].
pub(crate) fn is_costly(function: &str) -> bool {
    // Every name in a template is asked for, and nearly none begins like these.
    let begins = function.as_bytes().first_chunk::<3>();
    begins.is_some_and(|begins| matches!(begins, b"bcr" | b"der" | b"gen" | b"htp"))
        && NAMES.binary_search(&function).is_ok()
}

/// Sorted.
const NAMES: &[&str] = &[
    "bcrypt",
    "derivePassword",
    "genCA",
    "genCAWithKey",
    "genPrivateKey",
    "genSelfSignedCert",
    "genSelfSignedCertWithKey",
    "genSignedCert",
    "genSignedCertWithKey",
    "htpasswd",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{NAMES, is_costly};
    use crate::{Env, ErrorKind, Limit, Limits, Template};

    /// The kind of error of a call when no unit is left.
    fn without_units(call: &str) -> Option<ErrorKind> {
        let limits = Limits { costly_calls: 0, ..Limits::default() };
        let env = Env { now: jiff::Timestamp::UNIX_EPOCH, random: &|_| {}, limits };
        let template = Template::parse("t", &format!("{{{{ {call} }}}}")).expect("a template");
        template.render(&BTreeMap::new(), &env).err().map(|error| error.kind)
    }

    #[test]
    fn every_name_is_a_function_and_they_are_sorted() {
        let known = crate::function_names().collect::<Vec<_>>();
        assert!(NAMES.iter().all(|name| known.iter().any(|function| function == name)));
        assert!(NAMES.is_sorted());
    }

    #[test]
    fn exactly_the_functions_that_are_named_cost_units() {
        let arguments = [
            "",
            "\"a\"",
            "\"rsa\"",
            "\"ecdsa\"",
            "\"a\" \"b\"",
            "\"a\" (list) (list) 1",
            "\"a\" (list) (list) 1 (dict)",
            "\"a\" 1",
            "1 \"long\" \"a\" \"b\" \"c\"",
        ];
        for function in crate::function_names() {
            let pays = arguments
                .iter()
                .filter_map(|arguments| without_units(&format!("{function} {arguments}")))
                .any(|kind| kind == ErrorKind::Limit(Limit::CostlyCalls));
            assert!(!pays || is_costly(function), "{function} costs units and is not named");
        }
        for call in ["bcrypt \"a\"", "htpasswd \"a\" \"b\"", "genPrivateKey \"ed25519\"", "genCA \"a\" 1"] {
            assert_eq!(without_units(call), Some(ErrorKind::Limit(Limit::CostlyCalls)), "{call}");
        }
    }

    #[test]
    fn a_template_knows_whether_it_is_costly() {
        let costly = |text| Template::parse("t", text).expect("a template").is_costly();
        assert!(!costly("{{ .a | b64enc }}{{/* bcrypt */}} bcrypt {{ \"bcrypt\" }}"));
        assert!(costly("{{ if .a }}{{ else }}{{ .a | htpasswd \"me\" }}{{ end }}"));
    }
}
