//! Durations, months and weekdays: numbers that have a type and a text of their own.

use std::{any::Any, rc::Rc};

use golang::duration;

use super::packages::layout::{MONTHS, WEEKDAYS};
use crate::{
    context::Context,
    error::Failure,
    function::{Args, Function, Outcome, Type},
    value::{Kind, Object, Value},
};

/// The type name of durations, for signatures.
pub(super) const DURATION: Type = Type::Object("time.Duration");

/// A number that has a type and a name of its own in Go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    Duration(i64),
    Month(i64),
    Weekday(i64),
}

impl Object for Named {
    fn go_type(&self) -> &'static str {
        match self {
            Self::Duration(_) => "time.Duration",
            Self::Month(_) => "time.Month",
            Self::Weekday(_) => "time.Weekday",
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Duration(_) => Kind::Int64,
            Self::Month(_) | Self::Weekday(_) => Kind::Int,
        }
    }

    fn method(&self, name: &str) -> Option<&'static Function> {
        let methods = match self {
            Self::Duration(_) => DURATION_METHODS,
            Self::Month(_) | Self::Weekday(_) => NAMED_METHODS,
        };
        methods.iter().find(|method| method.name == name)
    }

    fn text(&self) -> Option<Vec<u8>> {
        let name = |names: &[&str], index: i64, go_type: &str, number: i64| {
            let known = usize::try_from(index).ok().and_then(|index| names.get(index));
            known.map_or_else(|| format!("%!{go_type}({number})"), |name| (*name).to_owned())
        };
        let text = match self {
            Self::Duration(nanoseconds) => duration::format(*nanoseconds),
            Self::Month(month) => name(&MONTHS, month - 1, "Month", *month),
            Self::Weekday(day) => name(&WEEKDAYS, *day, "Weekday", *day),
        };
        Some(text.into_bytes())
    }

    fn integer(&self) -> Option<i64> {
        let (Self::Duration(number) | Self::Month(number) | Self::Weekday(number)) = self;
        Some(*number)
    }

    fn with_integer(&self, integer: i64) -> Value {
        Value::Object(Rc::new(match self {
            Self::Duration(_) => Self::Duration(integer),
            Self::Month(_) => Self::Month(integer),
            Self::Weekday(_) => Self::Weekday(integer),
        }))
    }

    fn same(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<Self>().is_some_and(|other| self == other)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The number as a value.
pub(super) fn named(named: Named) -> Value {
    Value::Object(Rc::new(named))
}

/// The number of nanoseconds that an argument is.
pub(super) fn nanoseconds(args: Args<'_>, index: usize) -> Result<i64, Failure> {
    match args.any(index) {
        // A literal number.
        Value::Int64(nanoseconds) => Ok(*nanoseconds),
        _ => Ok(args.object::<Named>(index)?.integer().unwrap_or(0)),
    }
}

/// The method `String`.
pub(super) fn to_text(_: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let text = if let Value::Object(object) = args.any(0) { object.text() } else { None };
    Ok(text.unwrap_or_default().into())
}

/// The methods of types that have only a text.
pub(super) static NAMED_METHODS: &[Function] = &[Function::fixed("String", &[], to_text)];

/// A duration counted in a unit, as a float.
#[expect(clippy::cast_precision_loss, reason = "whole and part are apart, as in the reference")]
fn units(args: Args<'_>, unit: i64) -> Outcome {
    let nanoseconds = nanoseconds(args, 0)?;
    Ok(Value::Float((nanoseconds / unit) as f64 + (nanoseconds % unit) as f64 / unit as f64))
}

static DURATION_METHODS: &[Function] = &[
    Function::fixed("Abs", &[], |_, args| {
        Ok(named(Named::Duration(nanoseconds(args, 0)?.checked_abs().unwrap_or(i64::MAX))))
    }),
    Function::fixed("Hours", &[], |_, args| units(args, 3_600_000_000_000)),
    Function::fixed("Microseconds", &[], |_, args| Ok(Value::Int64(nanoseconds(args, 0)? / 1_000))),
    Function::fixed("Milliseconds", &[], |_, args| Ok(Value::Int64(nanoseconds(args, 0)? / 1_000_000))),
    Function::fixed("Minutes", &[], |_, args| units(args, 60_000_000_000)),
    Function::fixed("Nanoseconds", &[], |_, args| Ok(Value::Int64(nanoseconds(args, 0)?))),
    Function::fixed("Round", &[DURATION], |_, args| {
        let rounded = duration::round(nanoseconds(args, 0)?, nanoseconds(args, 1)?);
        Ok(named(Named::Duration(rounded)))
    }),
    Function::fixed("Seconds", &[], |_, args| units(args, 1_000_000_000)),
    Function::fixed("String", &[], to_text),
    Function::fixed("Truncate", &[DURATION], |_, args| {
        let (length, step) = (nanoseconds(args, 0)?, nanoseconds(args, 1)?);
        Ok(named(Named::Duration(if step <= 0 { length } else { length - length % step })))
    }),
];
