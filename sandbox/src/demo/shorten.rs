//! Long texts made short enough to read on a terminal.

/// YAML or JSON with every long word cut, and the middle left out when there are too many lines.
pub(super) fn shortened(text: &str, lines: usize) -> String {
    let all: Vec<String> = text.lines().map(short_line).collect();
    if all.len() <= lines {
        return all.join("\n");
    }
    let (head, tail) = (lines * 2 / 3, lines / 3);
    let left_out = format!("… {} more lines …", all.len() - head - tail);
    let kept = all[..head].iter().chain([&left_out]).chain(&all[all.len() - tail..]);
    kept.map(String::as_str).collect::<Vec<_>>().join("\n")
}

fn short_line(line: &str) -> String {
    if line.chars().count() <= LINE {
        return line.to_owned();
    }
    let head: String = line.chars().take(LINE - 20).collect();
    format!("{head}… ({} characters)", line.chars().count())
}

const LINE: usize = 90;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_and_long_texts_lose_their_middle() {
        let long = "x".repeat(1000);
        let short = shortened(&format!("a: {long}\nb"), 5);
        assert!(short.contains("(1003 characters)") && short.ends_with("\nb"), "{short}");
        assert_eq!(shortened("1\n2\n3\n4\n5\n6\n7", 3), "1\n2\n… 4 more lines …\n7");
    }
}
