//! Functions whose result may be another one at each render, with the same data.

/// Whether a render that calls this function may come out differently next time: it reads the clock or
/// random bytes. The date functions are among them because they take "now" for what is no date.
pub(crate) fn is_volatile(function: &str) -> bool {
    NAMES.binary_search(&function).is_ok()
}

/// Sorted.
const NAMES: &[&str] = &[
    "ago",
    "bcrypt",
    "date",
    "dateInZone",
    "date_in_zone",
    "encryptAES",
    "genCA",
    "genCAWithKey",
    "genPrivateKey",
    "genSelfSignedCert",
    "genSelfSignedCertWithKey",
    "genSignedCert",
    "genSignedCertWithKey",
    "htmlDate",
    "htmlDateInZone",
    "htpasswd",
    "now",
    "randAlpha",
    "randAlphaNum",
    "randAscii",
    "randBytes",
    "randInt",
    "randNumeric",
    "shuffle",
    "uuidv4",
];

#[cfg(test)]
mod tests {
    use super::{NAMES, is_volatile};
    use crate::Template;

    #[test]
    fn every_name_is_a_function_and_they_are_sorted() {
        let known = crate::function_names().collect::<Vec<_>>();
        assert!(NAMES.iter().all(|name| known.iter().any(|function| function == name)));
        assert!(NAMES.is_sorted());
        assert!(!is_volatile("upper"));
    }

    #[test]
    fn a_template_knows_whether_it_renders_the_same_each_time() {
        let volatile = |text| Template::parse("t", text).expect("a template").is_volatile();
        assert!(!volatile("{{ .a | b64enc | upper }}{{/* uuidv4 */}} now"));
        assert!(volatile("{{ uuidv4 }}"));
        assert!(volatile(
            r#"{{ define "x" }}{{ if .a }}{{ .a | printf "%s %d" (randInt 0 9) }}{{ end }}{{ end }}"#
        ));
    }
}
