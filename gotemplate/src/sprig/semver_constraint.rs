//! Constraints on versions: `>=1.2, <3 || ~4.1`, with the reference's own rules.
//!
//! A constraint without a prerelease never allows one. Missing numbers and `x` are wildcards.

use super::semver::{Version, compare_pre};
use crate::error::Failure;

/// Alternatives of which each is a list of constraints that must all hold.
pub(super) struct Constraints(Vec<Vec<Constraint>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
    Tilde,
    Caret,
}

/// Which numbers the text leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Nothing,
    Patch,
    Minor,
    All,
}

struct Constraint {
    operator: Operator,
    version: Version,
    open: Open,
}

const IMPROPER: Failure = Failure::new("not a version constraint; write it like >=1.2.3, ~1.2 or ^1 || ^2");

impl Constraints {
    /// Reads constraints; alternatives stand between `||`.
    pub(super) fn parse(text: &[u8]) -> Result<Self, Failure> {
        let text = std::str::from_utf8(text).map_err(|_| IMPROPER)?;
        text.split("||").map(all_of).collect::<Result<_, _>>().map(Self)
    }

    /// Whether any alternative allows the version.
    pub(super) fn allow(&self, version: &Version) -> bool {
        self.0.iter().any(|all| all.iter().all(|constraint| constraint.allows(version)))
    }
}

/// Constraints one after the other, with blanks or a comma between them, or a range with a dash.
fn all_of(text: &str) -> Result<Vec<Constraint>, Failure> {
    let mut rest = text.trim_start_matches(is_blank);
    let mut found = Vec::new();
    // Compat: the reference rewrites ranges as text and swallows the blanks around them.
    let mut after_blank = false;
    loop {
        let (operator, after) = operator(rest);
        let (constraint, after) = constraint(operator, after.trim_start_matches(is_blank))?;
        let blanks = after.trim_start_matches(is_blank);
        // `1.2 - 3.4` is a range, when blanks stand on both sides of the dash.
        if let Some(upper) = upper_bound(after, blanks)
            && operator == Operator::Equal
            && !after_blank
            && rest.starts_with(|first: char| first == 'v' || is_number_char(first))
        {
            let (upper, after) = self::constraint(Operator::LessOrEqual, upper)?;
            found.push(Constraint { operator: Operator::GreaterOrEqual, ..constraint });
            found.push(upper);
            let next = after.trim_start_matches(is_blank);
            if !next.is_empty() && !next.starts_with(',') {
                return Err(IMPROPER);
            }
            rest = after;
        } else {
            found.push(constraint);
            rest = after;
        }
        let next = rest.trim_start_matches(is_blank);
        if next.is_empty() {
            return Ok(found);
        }
        (rest, after_blank) = match next.strip_prefix(',') {
            Some(next) => (next.trim_start_matches(is_blank), false),
            None if next.len() < rest.len() => (next, true),
            None => return Err(IMPROPER),
        };
    }
}

fn upper_bound<'t>(after: &str, blanks: &'t str) -> Option<&'t str> {
    let upper = blanks.strip_prefix('-').filter(|_| blanks.len() < after.len())?;
    let trimmed = upper.trim_start_matches(is_blank);
    (trimmed.len() < upper.len()).then_some(trimmed)
}

fn is_blank(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\n' | '\r' | '\u{C}')
}

fn operator(text: &str) -> (Operator, &str) {
    const OPERATORS: [(&str, Operator); 11] = [
        ("!=", Operator::NotEqual),
        (">=", Operator::GreaterOrEqual),
        ("=>", Operator::GreaterOrEqual),
        ("<=", Operator::LessOrEqual),
        ("=<", Operator::LessOrEqual),
        ("~>", Operator::Tilde),
        ("=", Operator::Equal),
        (">", Operator::Greater),
        ("<", Operator::Less),
        ("~", Operator::Tilde),
        ("^", Operator::Caret),
    ];
    OPERATORS
        .iter()
        .find_map(|(sign, operator)| text.strip_prefix(sign).map(|rest| (*operator, rest)))
        .unwrap_or((Operator::Equal, text))
}

/// What a number may be made of; compat: the bar is one of them, by an oversight in the reference.
fn is_number_char(letter: char) -> bool {
    letter.is_ascii_digit() || matches!(letter, 'x' | 'X' | '*' | '|')
}

/// A version with wildcards at the start of `text`, and what follows it.
fn constraint(operator: Operator, text: &str) -> Result<(Constraint, &str), Failure> {
    let start = text.strip_prefix('v').unwrap_or(text);
    let (major, mut rest) = run(start, is_number_char).ok_or(IMPROPER)?;
    let mut numbers = [major, "", ""];
    for number in &mut numbers[1..] {
        let Some((part, after)) = rest.strip_prefix('.').and_then(|rest| run(rest, is_number_char)) else {
            break;
        };
        (*number, rest) = (part, after);
    }
    let (pre, rest) = suffix(rest, '-');
    let (metadata, rest) = suffix(rest, '+');
    let is_open = |number: &str| matches!(number, "" | "x" | "X" | "*");
    let (open, core) = match numbers {
        [major, ..] if is_open(major) => (Open::All, "0.0.0".to_owned()),
        [major, minor, _] if is_open(minor) => (Open::Minor, format!("{major}.0.0")),
        [major, minor, patch] if is_open(patch) => (Open::Patch, format!("{major}.{minor}.0")),
        [major, minor, patch] => (Open::Nothing, format!("{major}.{minor}.{patch}")),
    };
    // Metadata is lost where numbers are open, which makes no difference.
    let version = Version::parse(format!("{core}{pre}{metadata}").as_bytes()).map_err(|_| IMPROPER)?;
    Ok((Constraint { operator, version, open }, rest))
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> Option<(&str, &str)> {
    let end = text.find(|letter| !belongs(letter)).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// `-rc.1` or `+build.5` at the start of `text`, with its sign, and what follows it.
fn suffix(text: &str, sign: char) -> (&str, &str) {
    let word = |letter: char| letter == '-' || letter.is_ascii_alphanumeric();
    let Some((_, mut rest)) = text.strip_prefix(sign).and_then(|rest| run(rest, word)) else {
        return ("", text);
    };
    while let Some((_, after)) = rest.strip_prefix('.').and_then(|rest| run(rest, word)) {
        rest = after;
    }
    text.split_at(text.len() - rest.len())
}

impl Constraint {
    fn allows(&self, version: &Version) -> bool {
        let wanted = &self.version;
        let prerelease_unwanted = !version.pre.is_empty() && wanted.pre.is_empty();
        if prerelease_unwanted && !(self.operator == Operator::NotEqual && self.open == Open::Nothing) {
            return false;
        }
        let ordering = version.precedence(wanted);
        match self.operator {
            Operator::Equal if self.open == Open::Nothing => ordering.is_eq(),
            Operator::Equal | Operator::Tilde => ordering.is_ge() && self.within_tilde(version),
            Operator::NotEqual => self.differs(version),
            Operator::Greater => self.is_below(version),
            Operator::Less => ordering.is_lt(),
            Operator::GreaterOrEqual => ordering.is_ge(),
            Operator::LessOrEqual if self.open == Open::Nothing => ordering.is_le(),
            Operator::LessOrEqual => {
                version.major < wanted.major
                    || version.major == wanted.major
                        && (version.minor <= wanted.minor || self.open == Open::Minor)
            }
            Operator::Caret => ordering.is_ge() && self.within_caret(version),
        }
    }

    /// The same major and minor number, as far as they are given.
    fn within_tilde(&self, version: &Version) -> bool {
        let wanted = &self.version;
        let zero = (wanted.major, wanted.minor, wanted.patch) == (0, 0, 0);
        // Compat: ~0.0.0 allows everything.
        if zero && !matches!(self.open, Open::Minor | Open::Patch) {
            return true;
        }
        version.major == wanted.major && (version.minor == wanted.minor || self.open == Open::Minor)
    }

    /// The same first number that is not zero.
    fn within_caret(&self, version: &Version) -> bool {
        let wanted = &self.version;
        if wanted.major > 0 || self.open == Open::Minor {
            return version.major == wanted.major;
        }
        if version.major > 0 {
            return false;
        }
        if wanted.minor > 0 || self.open == Open::Patch {
            return version.minor == wanted.minor;
        }
        version.minor == 0 && version.patch == wanted.patch
    }

    fn differs(&self, version: &Version) -> bool {
        let wanted = &self.version;
        if self.open != Open::Nothing {
            if version.major != wanted.major {
                return true;
            }
            if self.open == Open::Minor {
                return false;
            }
            if version.minor != wanted.minor {
                return true;
            }
            if self.open == Open::Patch {
                return compare_pre(&version.pre, &wanted.pre).is_ne();
            }
            if version.patch != wanted.patch {
                return true;
            }
        }
        version.precedence(wanted).is_ne()
    }

    /// Above everything that an open constraint stands for: 1.2.5 is not above `1.2`.
    fn is_below(&self, version: &Version) -> bool {
        let wanted = &self.version;
        match self.open {
            Open::Minor => version.major > wanted.major,
            Open::Patch => (version.major, version.minor) > (wanted.major, wanted.minor),
            Open::Nothing | Open::All => version.precedence(wanted).is_gt(),
        }
    }
}
