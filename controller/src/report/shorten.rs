//! Texts that are too long for where they are told.

/// Cuts a text that is too long for a field, at a character.
pub fn shortened(mut text: String, longest: usize) -> String {
    if text.len() > longest {
        let end = (0..=longest - 3).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push_str("...");
    }
    text
}

/// The beginning of a line that is too long for its place, cut between words; all of it where it fits.
///
/// Nothing shows that it is cut: kubectl puts dots behind the first line of a cell by itself.
pub fn headline(line: &str, longest: usize) -> &str {
    if line.len() <= longest {
        return line;
    }
    let begun = &line[..line.floor_char_boundary(longest)];
    // A word that fills nearly all of the line is cut, or nothing would be left.
    let is_whole = line[begun.len()..].starts_with(' ');
    let end = begun.rfind(' ').filter(|end| !is_whole && *end > longest / 2).unwrap_or(begun.len());
    begun[..end].trim_end_matches([' ', ',', ';', ':', '('])
}

#[cfg(test)]
mod tests {
    use super::headline;

    #[test]
    fn a_headline_is_cut_between_words() {
        assert_eq!(headline("it failed", 9), "it failed");
        assert_eq!(headline("the ciphertext is damaged: copy it", 30), "the ciphertext is damaged");
        assert_eq!(headline("the ciphertext is damaged: copy it", 23), "the ciphertext is");
        assert_eq!(headline("the ciphertext is damaged", 17), "the ciphertext is");
        assert_eq!(headline(&"ä".repeat(40), 20), "ä".repeat(10));
        assert!((10..80).all(|longest| headline(&"a bc def ".repeat(20), longest).len() <= longest));
    }
}
