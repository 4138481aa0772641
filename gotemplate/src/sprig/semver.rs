//! Semantic versions and their methods.

use std::{any::Any, cmp::Ordering, fmt, rc::Rc};

use super::semver_constraint::Constraints;
use crate::{
    context::Context,
    error::Failure,
    function::{Args, Function, Type},
    value::{Kind, List, Object, Value},
};

/// The functions of this family.
pub(super) const TABLE: &[Function] = &[
    Function::fixed("semver", &[Type::Str], |ctx, args| {
        ctx.charge(args.str(0)?.len() * 2 + 64)?;
        Ok(Version::parse(args.str(0)?)?.into())
    }),
    Function::fixed("semverCompare", &[Type::Str, Type::Str], |ctx, args| {
        ctx.charge((args.str(0)?.len() + args.str(1)?.len()) * 4)?;
        ctx.work(args.str(0)?.len())?;
        let constraints = Constraints::parse(args.str(0)?)?;
        Ok(constraints.allow(&Version::parse(args.str(1)?)?).into())
    }),
];

/// A version. Equality is that of all its parts, also of how it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) major: u64,
    pub(super) minor: u64,
    pub(super) patch: u64,
    pub(super) pre: String,
    metadata: String,
    original: String,
    /// Go hands out some versions as pointers and some as values, which lack methods.
    by_value: bool,
}

const INVALID: Failure = Failure::new("not a semantic version; write it like 1.2.3 or 1.2.3-rc.1");

impl Version {
    /// Reads a version; a `v` before it is fine, and so are missing minor and patch numbers.
    pub(super) fn parse(text: &[u8]) -> Result<Self, Failure> {
        let text = std::str::from_utf8(text).map_err(|_| INVALID)?;
        let rest = text.strip_prefix('v').unwrap_or(text);
        let (rest, metadata) =
            rest.split_once('+').map_or((rest, None), |(rest, metadata)| (rest, Some(metadata)));
        let (core, pre) = rest.split_once('-').map_or((rest, None), |(core, pre)| (core, Some(pre)));
        if !pre.is_none_or(is_dotted) || !metadata.is_none_or(is_dotted) {
            return Err(INVALID);
        }
        let mut numbers = [0u64; 3];
        let parts: Vec<&str> = core.split('.').collect();
        if parts.len() > 3 {
            return Err(INVALID);
        }
        for (number, part) in numbers.iter_mut().zip(parts) {
            if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(INVALID);
            }
            *number = part.parse().map_err(|_| Failure::new("a number of the version is too large"))?;
        }
        let version = Self {
            major: numbers[0],
            minor: numbers[1],
            patch: numbers[2],
            pre: String::new(),
            metadata: metadata.unwrap_or_default().to_owned(),
            original: text.to_owned(),
            by_value: false,
        };
        version.with_pre(pre.unwrap_or_default())
    }

    fn with_pre(mut self, pre: &str) -> Result<Self, Failure> {
        let padded =
            |part: &str| part.len() > 1 && part.starts_with('0') && part.bytes().all(|b| b.is_ascii_digit());
        if pre.split('.').any(padded) {
            return Err(Failure::new("a number of the prerelease begins with a zero"));
        }
        pre.clone_into(&mut self.pre);
        Ok(self)
    }

    /// Precedence: numbers, then prerelease; build metadata does not count.
    pub(super) fn precedence(&self, other: &Self) -> Ordering {
        let numbers = |version: &Self| (version.major, version.minor, version.patch);
        numbers(self).cmp(&numbers(other)).then_with(|| compare_pre(&self.pre, &other.pre))
    }

    /// The version after an increment, which keeps a `v` before it.
    fn next(&self, major: u64, minor: u64, patch: u64) -> Self {
        let mut next =
            Self { major, minor, patch, pre: String::new(), metadata: String::new(), ..self.clone() };
        next.restore_original(self);
        next
    }

    fn restore_original(&mut self, before: &Self) {
        let prefix = if before.original.starts_with('v') { "v" } else { "" };
        self.original = format!("{prefix}{self}");
        self.by_value = true;
    }
}

/// Dotted words of letters, digits and dashes.
fn is_dotted(text: &str) -> bool {
    text.split('.')
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte == b'-' || byte.is_ascii_alphanumeric()))
}

/// Compares prereleases; none at all comes after any.
pub(super) fn compare_pre(a: &str, b: &str) -> Ordering {
    match (a.is_empty(), b.is_empty()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let ordering = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) if a == b => Ordering::Equal,
            (Some(a), Some(b)) => match (a.parse::<u64>(), b.parse::<u64>()) {
                (Ok(a), Ok(b)) => a.cmp(&b),
                // Numbers come before words.
                (Ok(_), Err(_)) => Ordering::Less,
                (Err(_), Ok(_)) => Ordering::Greater,
                (Err(_), Err(_)) => a.cmp(b),
            },
        };
        if ordering.is_ne() {
            return ordering;
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if !self.pre.is_empty() {
            write!(f, "-{}", self.pre)?;
        }
        if !self.metadata.is_empty() {
            write!(f, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

impl From<Version> for Value {
    fn from(version: Version) -> Self {
        Self::Object(Rc::new(version))
    }
}

impl Object for Version {
    fn go_type(&self) -> &'static str {
        if self.by_value { "semver.Version" } else { "*semver.Version" }
    }

    fn kind(&self) -> Kind {
        if self.by_value { Kind::Struct } else { Kind::Ptr }
    }

    fn method(&self, name: &str) -> Option<&'static Function> {
        METHODS.iter().find(|method| method.name == name && !(self.by_value && OF_POINTERS.contains(&name)))
    }

    /// Not exported, so that only `printf` sees them.
    fn fields(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("major", Value::Uint64(self.major)),
            ("minor", Value::Uint64(self.minor)),
            ("patch", Value::Uint64(self.patch)),
            ("pre", self.pre.clone().into()),
            ("metadata", self.metadata.clone().into()),
            ("original", self.original.clone().into()),
        ]
    }

    fn text(&self) -> Option<Vec<u8>> {
        Some(self.to_string().into_bytes())
    }

    fn same(&self, other: &dyn Object) -> bool {
        other
            .as_any()
            .downcast_ref::<Self>()
            .is_some_and(|other| if self.by_value { self == other } else { std::ptr::eq(self, other) })
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Methods that Go defines on the pointer alone.
const OF_POINTERS: [&str; 7] =
    ["Compare", "Equal", "GreaterThan", "GreaterThanEqual", "LessThan", "LessThanEqual", "Original"];

const VERSION: Type = Type::Object("*semver.Version");

fn own(args: Args<'_>) -> Result<&Version, Failure> {
    args.object(0)
}

/// A method that compares with another version.
macro_rules! comparison {
    ($name:literal, $test:ident) => {
        Function::fixed($name, &[VERSION], |_, args| {
            Ok(own(args)?.precedence(args.object(1)?).$test().into())
        })
    };
}

static METHODS: &[Function] = &[
    Function::fixed("Compare", &[VERSION], |_, args| {
        Ok(Value::Int(own(args)?.precedence(args.object(1)?) as i64))
    }),
    comparison!("Equal", is_eq),
    comparison!("GreaterThan", is_gt),
    comparison!("GreaterThanEqual", is_ge),
    Function::fixed("IncMajor", &[], |_, args| {
        let own = own(args)?;
        Ok(own.next(own.major.wrapping_add(1), 0, 0).into())
    }),
    Function::fixed("IncMinor", &[], |_, args| {
        let own = own(args)?;
        Ok(own.next(own.major, own.minor.wrapping_add(1), 0).into())
    }),
    Function::fixed("IncPatch", &[], |_, args| {
        let own = own(args)?;
        // A prerelease is only finished, which is no further patch.
        let step = u64::from(own.pre.is_empty());
        Ok(own.next(own.major, own.minor, own.patch.wrapping_add(step)).into())
    }),
    comparison!("LessThan", is_lt),
    comparison!("LessThanEqual", is_le),
    Function::fixed("Major", &[], |_, args| Ok(Value::Uint64(own(args)?.major))),
    Function::fixed("MarshalJSON", &[], |_, args| {
        Ok(List::bytes(format!("\"{}\"", own(args)?).as_bytes()).into())
    }),
    Function::fixed("MarshalText", &[], |_, args| Ok(List::bytes(own(args)?.to_string().as_bytes()).into())),
    Function::fixed("Metadata", &[], |_, args| Ok(own(args)?.metadata.clone().into())),
    Function::fixed("Minor", &[], |_, args| Ok(Value::Uint64(own(args)?.minor))),
    Function::fixed("Original", &[], |_, args| Ok(own(args)?.original.clone().into())),
    Function::fixed("Patch", &[], |_, args| Ok(Value::Uint64(own(args)?.patch))),
    Function::fixed("Prerelease", &[], |_, args| Ok(own(args)?.pre.clone().into())),
    Function::fixed("SetMetadata", &[Type::Str], |ctx, args| {
        let text = checked(ctx, args)?;
        let mut next = own(args)?.clone();
        next.metadata = text;
        next.restore_original(own(args)?);
        Ok(next.into())
    }),
    Function::fixed("SetPrerelease", &[Type::Str], |ctx, args| {
        let text = checked(ctx, args)?;
        let mut next = own(args)?.clone().with_pre(&text)?;
        next.restore_original(own(args)?);
        Ok(next.into())
    }),
    Function::fixed("String", &[], |_, args| Ok(own(args)?.to_string().into())),
];

/// The text of a prerelease or of metadata, which may be empty.
fn checked(ctx: &mut Context<'_>, args: Args<'_>) -> Result<String, Failure> {
    let text = args.str(1)?;
    ctx.charge(text.len() * 2)?;
    let text = std::str::from_utf8(text).map_err(|_| INVALID)?;
    if text.is_empty() || is_dotted(text) { Ok(text.to_owned()) } else { Err(INVALID) }
}
