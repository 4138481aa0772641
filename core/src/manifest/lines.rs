//! Offsets to line numbers, for all that is told of a text in one pass.

/// Puts the line, from 1, in the place of each offset. Lines end at LF, CR or both.
///
/// All at once: counting from the beginning for each would take the square of the text's length.
pub(super) fn number(text: &str, mut places: Vec<&mut usize>) {
    places.sort_unstable_by_key(|place| **place);
    let bytes = text.as_bytes();
    let ends = |at: &usize| match bytes[*at] {
        b'\n' => true,
        b'\r' => bytes.get(at + 1) != Some(&b'\n'),
        _ => false,
    };
    let (mut at, mut line) = (0, 1);
    for place in places {
        let here = (*place).min(bytes.len());
        line += (at..here).filter(ends).count();
        at = here;
        *place = line;
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn offsets_in_any_order_become_lines() {
        let mut places = [7, 0, 3, 100, 3];
        super::number("a\nb\r\nc\rd", places.iter_mut().collect());
        assert_eq!(places, [4, 1, 2, 4, 2]);
    }
}
