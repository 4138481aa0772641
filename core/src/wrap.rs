//! Help of both command lines, in lines of a width, broken between words only.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrapped("one two three", 2, 9), "  one two\n  three\n");
        assert_eq!(wrapped("averylongword is", 0, 5), "averylongword\nis\n");
        assert_eq!(command_line("a bb | c d", 1, 8), " a bb \\\n   | c \\\n   d\n");
    }
}
