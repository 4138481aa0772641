//! A list that never moves what it holds once it is long.

/// Items in pieces of one size: a growing `Vec` would need three times the room of its items while it moves them.
#[derive(Debug)]
pub(super) struct Segments<T> {
    segments: Vec<Vec<T>>,
}

/// A power of two, so that the first piece, which grows from small, ends at just this size.
const SEGMENT: usize = 1 << 12;
/// Most documents have some ten nodes.
const FIRST: usize = 1 << 5;

impl<T> Default for Segments<T> {
    fn default() -> Self {
        Self { segments: Vec::new() }
    }
}

impl<T: Copy> Segments<T> {
    #[inline]
    pub(super) fn len(&self) -> usize {
        match self.segments.as_slice() {
            [] => 0,
            [full @ .., last] => full.len() * SEGMENT + last.len(),
        }
    }

    #[inline]
    pub(super) fn push(&mut self, item: T) {
        match self.segments.last_mut() {
            Some(last) if last.len() < SEGMENT => last.push(item),
            Some(_) => {
                let mut segment = Vec::with_capacity(SEGMENT);
                segment.push(item);
                self.segments.push(segment);
            }
            None => {
                let mut segment = Vec::with_capacity(FIRST);
                segment.push(item);
                self.segments.push(segment);
            }
        }
    }

    #[inline]
    /// The item at an index that `push` has passed.
    pub(super) fn get(&self, index: usize) -> T {
        self.segments[index / SEGMENT][index % SEGMENT]
    }

    pub(super) fn set(&mut self, index: usize, item: T) {
        self.segments[index / SEGMENT][index % SEGMENT] = item;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_keep_their_index_across_pieces() {
        let mut list = Segments::default();
        for number in 0..=3 * SEGMENT {
            assert_eq!(list.len(), number);
            list.push(number);
        }
        assert!((0..list.len()).all(|index| list.get(index) == index));
        list.set(SEGMENT, 7);
        assert_eq!((list.get(SEGMENT - 1), list.get(SEGMENT)), (SEGMENT - 1, 7));
        // No piece is larger than the others.
        assert!(list.segments.iter().all(|segment| segment.capacity() == SEGMENT));
    }
}
