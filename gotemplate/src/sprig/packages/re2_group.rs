//! What a group of a pattern holds so far: whether there is something to repeat, and how large it gets.

use std::fmt;

use super::re2::PatternError;

/// Go's bound for counted repetition, nested ones multiplied.
const MAX_REPEAT: u64 = 1000;
/// Bytes of a group beside what is in it.
const GROUP: u64 = 100;

/// How often an item is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Count {
    /// `*`, `+` and `?`, which do not multiply anything.
    Open,
    /// `{least,most}`, without an end when there is no `most`.
    Times { least: u64, most: Option<u64> },
}

impl Count {
    /// Reads a counted repetition at the start of `text`, and its length. Other braces are text.
    pub(super) fn read(text: &str) -> Result<Option<(Self, usize)>, PatternError> {
        let Some((least, most, length)) = bounds(text) else { return Ok(None) };
        if least > MAX_REPEAT || most.is_some_and(|most| most > MAX_REPEAT || most < least) {
            return Err(PatternError::RepeatSize);
        }
        Ok(Some((Self::Times { least, most }, length)))
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => Ok(()),
            Self::Times { least, most: Some(most) } => write!(f, "{{{least},{most}}}"),
            Self::Times { least, most: None } => write!(f, "{{{least},}}"),
        }
    }
}

fn bounds(text: &str) -> Option<(u64, Option<u64>, usize)> {
    let (inside, _) = text.strip_prefix('{')?.split_once('}')?;
    let number = |digits: &str| {
        // Compat: leading zeros make it text, and so does anything but digits.
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let zeros = digits.len() > 1 && digits.starts_with('0');
        (plain && !zeros).then(|| digits.parse().unwrap_or(u64::MAX))
    };
    let (least, most) = match inside.split_once(',') {
        None => (number(inside)?, Some(number(inside)?)),
        Some((least, "")) => (number(least)?, None),
        Some((least, most)) => (number(least)?, Some(number(most)?)),
    };
    Some((least, most, inside.len() + 2))
}

/// An open group.
#[derive(Default)]
pub(super) struct Group {
    last: Last,
    /// Bytes of the last item, and of everything.
    last_weight: u64,
    weight: u64,
    /// The largest product of nested repetitions in the last item, and in everything.
    last_repeat: u64,
    repeat: u64,
}

/// What stands before the place that is read.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Last {
    #[default]
    Nothing,
    Item,
    Repeat,
}

impl Group {
    /// About how many bytes it takes.
    pub(super) fn weight(&self) -> u64 {
        self.weight
    }

    /// An item was read.
    pub(super) fn item(&mut self, weight: u64) {
        self.add(weight, 1);
    }

    /// A group inside this one was closed.
    pub(super) fn close(&mut self, inner: &Self) {
        self.add(inner.weight.saturating_add(GROUP), inner.repeat.max(inner.last_repeat).max(1));
    }

    fn add(&mut self, weight: u64, repeat: u64) {
        self.repeat = self.repeat.max(self.last_repeat);
        self.last = Last::Item;
        self.last_weight = weight;
        self.last_repeat = repeat;
        self.weight = self.weight.saturating_add(weight);
    }

    /// A bar was read: nothing stands before what follows.
    pub(super) fn alternative(&mut self) {
        self.last = Last::Nothing;
    }

    /// The last item is repeated.
    pub(super) fn repeat(&mut self, count: Count) -> Result<(), PatternError> {
        match self.last {
            Last::Nothing => return Err(PatternError::NothingToRepeat),
            Last::Repeat => return Err(PatternError::NestedRepeat),
            Last::Item => self.last = Last::Repeat,
        }
        let Count::Times { least, most } = count else { return Ok(()) };
        let times = most.unwrap_or(least);
        // Compat: zero times hides what is inside from the bound, as in the reference.
        self.last_repeat = self.last_repeat.saturating_mul(times);
        if self.last_repeat > MAX_REPEAT {
            return Err(PatternError::RepeatSize);
        }
        let unfolded = self.last_weight.saturating_mul(times);
        self.weight = self.weight.saturating_add(unfolded);
        self.last_weight = unfolded.max(self.last_weight);
        Ok(())
    }
}
