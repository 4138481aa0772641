//! Dates: Go's layouts and zones. The clock is the render's, the local zone is UTC.

use golang::duration::{self, SECOND};

use super::{
    packages::{layout_parse, time::Time, zone::Zone},
    times::{TIME, formatted, value},
};
use crate::{
    context::Context,
    error::Failure,
    function::{Args, Function, Outcome, Type, object_as},
    strconv,
    value::Value,
};

/// The functions of this family.
pub(super) const TABLE: &[Function] = &[
    Function::fixed("ago", &[Type::Any], ago),
    Function::fixed("date", &[Type::Str, Type::Any], |ctx, args| {
        shown(ctx, args.str(0)?, args.any(1), b"Local")
    }),
    Function::fixed("dateInZone", &[Type::Str, Type::Any, Type::Str], date_in_zone),
    Function::fixed("dateModify", &[Type::Str, TIME], date_modify),
    Function::fixed("date_in_zone", &[Type::Str, Type::Any, Type::Str], date_in_zone),
    Function::fixed("date_modify", &[Type::Str, TIME], date_modify),
    Function::fixed("duration", &[Type::Any], duration_of_seconds),
    Function::fixed("durationRound", &[Type::Any], duration_round),
    Function::fixed("htmlDate", &[Type::Any], |ctx, args| shown(ctx, HTML_DATE, args.any(0), b"Local")),
    Function::fixed("htmlDateInZone", &[Type::Any, Type::Str], |ctx, args| {
        shown(ctx, HTML_DATE, args.any(0), args.str(1)?)
    }),
    Function::fixed("mustDateModify", &[Type::Str, TIME], must_date_modify),
    Function::fixed("mustToDate", &[Type::Str, Type::Str], must_to_date),
    Function::fixed("must_date_modify", &[Type::Str, TIME], must_date_modify),
    Function::fixed("now", &[], |ctx, _| Ok(value(now(ctx)))),
    Function::fixed("toDate", &[Type::Str, Type::Str], to_date),
    Function::fixed("unixEpoch", &[TIME], |_, args| Ok(args.object::<Time>(0)?.unix().to_string().into())),
];

const HTML_DATE: &[u8] = b"2006-01-02";

/// The instant of the render.
pub(super) fn now(ctx: &Context<'_>) -> Time {
    let nanos = ctx.now().as_nanosecond();
    let unix = i64::try_from(nanos.div_euclid(i128::from(SECOND))).unwrap_or(0);
    Time::from_unix(unix, u32::try_from(nanos.rem_euclid(i128::from(SECOND))).unwrap_or(0))
}

/// A time, or seconds since the epoch. Compat: anything else means now.
fn instant(ctx: &Context<'_>, value: &Value) -> Time {
    match value {
        Value::Int(seconds) | Value::Int64(seconds) => Time::from_unix(*seconds, 0),
        Value::Object(object) => object_as::<Time>(object).cloned().unwrap_or_else(|| now(ctx)),
        _ => now(ctx),
    }
}

/// Compat: an unknown zone means UTC.
fn shown(ctx: &mut Context<'_>, layout: &[u8], value: &Value, zone: &[u8]) -> Outcome {
    let time = instant(ctx, value).in_zone(Zone::load(zone).unwrap_or(Zone::Utc));
    formatted(ctx, &time, layout)
}

fn date_in_zone(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    shown(ctx, args.str(0)?, args.any(1), args.str(2)?)
}

fn modified(args: Args<'_>) -> Result<Time, Failure> {
    let by = duration::parse(args.str(0)?).map_err(|error| Failure::with(error.to_string()))?;
    Ok(args.object::<Time>(1)?.add(by))
}

/// Compat: what is no duration changes nothing.
fn date_modify(_: &mut Context<'_>, args: Args<'_>) -> Outcome {
    Ok(modified(args).map_or_else(|_| args.any(1).clone(), value))
}

fn must_date_modify(_: &mut Context<'_>, args: Args<'_>) -> Outcome {
    modified(args).map(value)
}

fn ago(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let passed = now(ctx).since(&instant(ctx, args.any(0)));
    Ok(duration::format(duration::round(passed, SECOND.cast_signed())).into())
}

/// Compat: an `int` is no number of seconds here, an `int64` or a text is.
fn duration_of_seconds(_: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let seconds = match args.any(0) {
        Value::Int64(seconds) => *seconds,
        Value::Str(text) => match strconv::parse_int(text, 10) {
            Ok(seconds) | Err(strconv::NumError::Range(seconds)) => seconds,
            Err(strconv::NumError::Syntax) => 0,
        },
        _ => 0,
    };
    Ok(duration::format(seconds.wrapping_mul(SECOND.cast_signed())).into())
}

/// A duration in its largest unit alone. Compat: without its sign.
fn duration_round(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    const HOUR: u64 = 3600 * SECOND;
    const UNITS: [(u64, &str); 6] = [
        (365 * 24 * HOUR, "y"),
        (30 * 24 * HOUR, "mo"),
        (24 * HOUR, "d"),
        (HOUR, "h"),
        (60 * SECOND, "m"),
        (SECOND, "s"),
    ];
    let length = match args.any(0) {
        Value::Str(text) => duration::parse(text).unwrap_or(0),
        Value::Int64(nanoseconds) => *nanoseconds,
        Value::Object(object) => object_as::<Time>(object).map_or(0, |time| now(ctx).since(time)),
        _ => 0,
    };
    let size = length.unsigned_abs();
    let text =
        UNITS.iter().find(|(unit, _)| size > *unit).map(|(unit, name)| format!("{}{name}", size / unit));
    Ok(text.unwrap_or_else(|| "0s".to_owned()).into())
}

fn parsed(ctx: &mut Context<'_>, args: Args<'_>) -> Result<Result<Time, layout_parse::ParseError>, Failure> {
    ctx.work(args.str(0)?.len())?;
    Ok(layout_parse::parse(args.str(0)?, args.str(1)?))
}

/// Compat: what is no date is the first of January of the year 1.
fn to_date(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    Ok(value(parsed(ctx, args)?.unwrap_or_else(|_| Time::zero())))
}

fn must_to_date(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    parsed(ctx, args)?.map(value).map_err(|error| Failure::with(error.to_string()))
}
