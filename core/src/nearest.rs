//! The word that was probably meant by a misspelt one: flags, files, fields.

/// The nearest of some words to a misspelt one, if any is near at all: a third of its letters, and two at most, may
/// differ. What is long is no misspelt word.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > LONGEST {
        return None;
    }
    let word = word.to_lowercase();
    let far = known.into_iter().map(|known| (distance(&word, &known.to_lowercase()), known));
    let near = far.filter(|(distance, known)| *distance <= 2.min(known.chars().count() / 3));
    near.min().map(|(_, known)| known)
}

/// How many letters are to be put in, taken out, replaced or swapped with the next one.
pub fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut edits = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i - 1] == *y && b[j - 1] == *x {
                edits = edits.min(before[j - 1] + 1);
            }
            row.push(edits);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

/// File names have at most so many bytes.
const LONGEST: usize = 255;

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_is_near_and_another_word_is_not() {
        let known = ["type", "immutable", "stringData", "data", "metadata"];
        for (word, wanted) in [
            ("tpye", Some("type")),
            ("immutabel", Some("immutable")),
            ("stringDatas", Some("stringData")),
            ("StringData", Some("stringData")),
            ("dta", Some("data")),
            ("spec", None),
            ("password", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), wanted, "{word}");
        }
        assert_eq!(nearest(&"é".repeat(200), known), None);
    }

    #[test]
    fn a_misspelt_flag_or_file_gets_the_right_one_named() {
        assert_eq!(nearest("verson", ["help", "version"]), Some("version"));
        assert_eq!(nearest("values.txt", ["secret.yaml", "other.txt"]), None);
        assert_eq!(nearest("secrets.yaml", ["secret.yaml", "other.txt"]), Some("secret.yaml"));
        assert_eq!(nearest("foo", ["help"]), None);
    }
}
