//! The flag that was probably meant.

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

/// The nearest of some words to a misspelt one, if any is near at all.
pub(crate) fn nearest_of<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    known
        .into_iter()
        .map(|known| (distance(&word, &known.to_lowercase()), known))
        .filter(|(distance, known)| *distance <= 2.min(known.chars().count() / 3))
        .min()
        .map(|(_, known)| known)
}

/// `--contr` names nothing, but `--allow` can only mean one flag.
fn only_one_that_starts_with(name: &str) -> Option<&'static str> {
    let mut matches = FLAGS.iter().map(|flag| flag.name).filter(|flag| flag.starts_with(name));
    let first = matches.next()?;
    (name.len() >= 2 && matches.next().is_none()).then_some(first)
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let swap = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = swap.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::{nearest, nearest_of};

    #[test]
    fn a_misspelt_word_gets_the_right_one_named() {
        assert_eq!(nearest_of("verson", ["help", "version"]), Some("version"));
        assert_eq!(nearest_of("values.txt", ["secret.yaml", "other.txt"]), None);
        assert_eq!(nearest_of("secrets.yaml", ["secret.yaml", "other.txt"]), Some("secret.yaml"));
        assert_eq!(nearest_of("foo", ["help"]), None);
    }

    #[test]
    fn a_misspelt_flag_gets_the_right_one_named() {
        assert_eq!(nearest("controler-name"), Some("controller-name"));
        assert_eq!(nearest("log-file"), Some("log_file"));
        assert_eq!(nearest("allow"), Some("allow-empty-data"));
        assert_eq!(nearest("bogus"), None);
        assert_eq!(nearest("x"), None);
    }
}
