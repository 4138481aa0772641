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

/// The beginning of a line that is too long for its place, cut between words, with dots for the rest.
pub fn headline(line: &str, longest: usize) -> String {
    if line.len() <= longest {
        return line.to_owned();
    }
    let line = &line[..line.floor_char_boundary(longest - DOTS.len())];
    // A word that fills nearly all of the line is cut, or nothing would be left.
    let end = line.rfind(' ').filter(|end| *end > longest / 2).unwrap_or(line.len());
    format!("{}{DOTS}", line[..end].trim_end_matches([' ', ',', ';', ':', '(']))
}

const DOTS: &str = "...";

#[cfg(test)]
mod tests {
    use super::headline;

    #[test]
    fn a_headline_is_cut_between_words_and_shows_that_it_is() {
        assert_eq!(headline("it failed", 9), "it failed");
        assert_eq!(headline("the ciphertext is damaged: copy it", 30), "the ciphertext is damaged...");
        assert_eq!(headline("the ciphertext is damaged: copy it", 23), "the ciphertext is...");
        assert_eq!(headline(&"ä".repeat(40), 20), format!("{}...", "ä".repeat(8)));
        assert!((10..80).all(|longest| headline(&"a bc def ".repeat(20), longest).len() <= longest));
    }
}
