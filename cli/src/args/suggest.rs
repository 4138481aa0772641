//! The flag that was probably meant.

use sealed_secrets_core::nearest::distance;

use super::table::FLAGS;

/// The known flag nearest to a misspelt one, if it is near at all.
pub(crate) fn nearest(name: &str) -> Option<&'static str> {
    let name = name.replace('_', "-").to_lowercase();
    FLAGS
        .iter()
        .filter(|flag| flag.deprecated.is_none())
        .map(|flag| (distance(&name, &flag.name.replace('_', "-")), flag.name))
        .filter(|(distance, flag)| *distance <= 2.min(flag.len() / 3))
        .min()
        .map(|(_, flag)| flag)
        .or_else(|| only_one_that_starts_with(&name))
}

/// `--contr` names nothing, but `--allow` can only mean one flag.
fn only_one_that_starts_with(name: &str) -> Option<&'static str> {
    let mut matches = FLAGS.iter().map(|flag| flag.name).filter(|flag| flag.starts_with(name));
    let first = matches.next()?;
    (name.len() >= 2 && matches.next().is_none()).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_misspelt_flag_gets_the_right_one_named() {
        assert_eq!(nearest("controler-name"), Some("controller-name"));
        assert_eq!(nearest("log-file"), Some("log_file"));
        assert_eq!(nearest("allow"), Some("allow-empty-data"));
        assert_eq!(nearest("bogus"), None);
        assert_eq!(nearest("x"), None);
    }
}
