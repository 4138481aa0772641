//! Words of both command lines: help in lines of a width, broken between words only, and the word that was probably
//! meant by a misspelt one.

/// Words in lines of at most `width` columns, each behind `indent` blanks. A word that is longer than a line stands
/// alone on one.
pub fn wrapped(text: &str, indent: usize, width: usize) -> String {
    lines(text, indent, indent, width, "")
}

/// A command that can be copied: each line but the last ends with a backslash, and those behind the first are
/// indented further.
pub fn command_line(text: &str, indent: usize, width: usize) -> String {
    lines(text, indent, indent + 2, width, " \\")
}

fn lines(text: &str, first: usize, others: usize, width: usize, end: &str) -> String {
    let mut out = String::new();
    let mut line = String::new();
    let mut indent = first;
    for word in text.split(' ') {
        let length = indent + line.chars().count() + 1 + word.chars().count() + end.chars().count();
        if !line.is_empty() && length > width {
            out.extend([" ".repeat(indent).as_str(), &line, end, "\n"]);
            indent = others;
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    out.extend([" ".repeat(indent).as_str(), &line, "\n"]);
    out
}

/// The nearest of some words to a misspelt one, if any is near at all.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    known
        .into_iter()
        .map(|known| (distance(&word, &known.to_lowercase()), known))
        .filter(|(distance, known)| *distance <= 2.min(known.chars().count() / 3))
        .min()
        .map(|(_, known)| known)
}

/// Levenshtein's distance.
pub fn distance(a: &str, b: &str) -> usize {
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
    use super::*;

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrapped("one two three", 2, 9), "  one two\n  three\n");
        assert_eq!(wrapped("averylongword is", 0, 5), "averylongword\nis\n");
        assert_eq!(command_line("a bb | c d", 1, 8), " a bb \\\n   | c \\\n   d\n");
    }

    #[test]
    fn a_misspelt_word_gets_the_right_one_named() {
        assert_eq!(nearest("verson", ["help", "version"]), Some("version"));
        assert_eq!(nearest("values.txt", ["secret.yaml", "other.txt"]), None);
        assert_eq!(nearest("secrets.yaml", ["secret.yaml", "other.txt"]), Some("secret.yaml"));
        assert_eq!(nearest("foo", ["help"]), None);
    }
}
