//! The name that was probably meant.

/// The nearest of some names to a misspelt one, if any is near at all. What is long is no misspelt name.
pub(super) fn nearest(word: &str, known: &[&'static str]) -> Option<&'static str> {
    if word.len() > LONGEST {
        return None;
    }
    let word: Vec<char> = word.to_ascii_lowercase().chars().collect();
    let far = known.iter().map(|name| (distance(&word, &name.to_ascii_lowercase()), *name));
    let near = far.filter(|(distance, name)| *distance <= 2.min(name.len() / 3).max(1));
    near.min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

/// Letters to put in, take out, replace or swap.
fn distance(a: &[char], b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
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

const LONGEST: usize = 80;

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
            assert_eq!(nearest(word, &known), wanted, "{word}");
        }
        assert_eq!(nearest(&"é".repeat(41), &known), None);
    }
}
