//! Times, durations, months and weekdays as templates hold them, with Go's methods.

use std::{any::Any, rc::Rc};

use super::durations::{DURATION, NAMED_METHODS, Named, named, nanoseconds, to_text};
use super::packages::{layout::MONTHS, layout_format, time::Time, zone::Zone};
use crate::{
    context::Context,
    function::{Args, Function, Outcome, Type},
    value::{Kind, List, Object, Value},
};

/// The type name of times, for signatures.
pub(super) const TIME: Type = Type::Object("time.Time");

/// A time as a value.
pub(super) fn value(time: Time) -> Value {
    Value::Object(Rc::new(time))
}

impl Object for Time {
    fn go_type(&self) -> &'static str {
        "time.Time"
    }

    fn kind(&self) -> Kind {
        Kind::Struct
    }

    fn method(&self, name: &str) -> Option<&'static Function> {
        TIME_METHODS.iter().find(|method| method.name == name)
    }

    fn text(&self) -> Option<Vec<u8>> {
        Some(layout_format::format(self, layout_format::STRING))
    }

    fn same(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<Self>().is_some_and(|other| self == other)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// `*time.Location`: only its name can be seen.
struct Location(Zone);

impl Object for Location {
    fn go_type(&self) -> &'static str {
        "*time.Location"
    }

    fn kind(&self) -> Kind {
        Kind::Ptr
    }

    fn method(&self, name: &str) -> Option<&'static Function> {
        NAMED_METHODS.iter().find(|method| method.name == name)
    }

    fn text(&self) -> Option<Vec<u8>> {
        Some(self.0.name().as_bytes().to_vec())
    }

    fn same(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<Self>().is_some_and(|other| self.0 == other.0)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A method that gives one number of the date or the clock.
macro_rules! part {
    ($name:literal, $field:ident) => {
        Function::fixed($name, &[], |_, args| Ok(Value::Int(args.object::<Time>(0)?.civil().$field)))
    };
}

/// A method that gives an integer made of the instant.
fn instant(args: Args<'_>, per_second: i64) -> Outcome {
    let time = args.object::<Time>(0)?;
    let rest = i64::from(time.nanos()) / (1_000_000_000 / per_second);
    Ok(Value::Int64(time.unix().wrapping_mul(per_second).wrapping_add(rest)))
}

static TIME_METHODS: &[Function] = &[
    Function::fixed("Add", &[DURATION], |_, args| {
        Ok(value(args.object::<Time>(0)?.add(nanoseconds(args, 1)?)))
    }),
    Function::fixed("AddDate", &[Type::Int, Type::Int, Type::Int], add_date),
    Function::fixed("After", &[TIME], |_, args| Ok(ordering(args)?.is_gt().into())),
    Function::fixed("Before", &[TIME], |_, args| Ok(ordering(args)?.is_lt().into())),
    Function::fixed("Compare", &[TIME], |_, args| Ok(Value::Int(ordering(args)? as i64))),
    part!("Day", day),
    Function::fixed("Equal", &[TIME], |_, args| Ok(ordering(args)?.is_eq().into())),
    Function::fixed("Format", &[Type::Str], |ctx, args| {
        formatted(ctx, args.object::<Time>(0)?, args.str(1)?)
    }),
    Function::fixed("GoString", &[], go_string),
    part!("Hour", hour),
    Function::fixed("In", &[Type::Object("*time.Location")], |_, args| {
        let zone = args.object::<Location>(1)?.0.clone();
        Ok(value(args.object::<Time>(0)?.in_zone(zone)))
    }),
    Function::fixed("IsDST", &[], |_, args| {
        let time = args.object::<Time>(0)?;
        Ok(time.zone().is_summer_time(time.unix()).into())
    }),
    Function::fixed("IsZero", &[], |_, args| Ok(args.object::<Time>(0)?.is_zero().into())),
    Function::fixed("Local", &[], |_, args| Ok(value(args.object::<Time>(0)?.in_zone(Zone::Local)))),
    Function::fixed("Location", &[], |_, args| {
        Ok(Value::Object(Rc::new(Location(args.object::<Time>(0)?.zone().clone()))))
    }),
    Function::fixed("MarshalJSON", &[], |ctx, args| {
        let text = formatted(ctx, args.object::<Time>(0)?, super::objects::RFC3339_NANO)?;
        let Value::Str(text) = text else { return Ok(text) };
        Ok(List::bytes(&[b"\"", &*text, b"\""].concat()).into())
    }),
    Function::fixed("MarshalText", &[], |ctx, args| {
        let text = formatted(ctx, args.object::<Time>(0)?, super::objects::RFC3339_NANO)?;
        let Value::Str(text) = text else { return Ok(text) };
        Ok(List::bytes(&text).into())
    }),
    part!("Minute", minute),
    Function::fixed("Month", &[], |_, args| Ok(named(Named::Month(args.object::<Time>(0)?.civil().month)))),
    Function::fixed("Nanosecond", &[], |_, args| Ok(Value::Int(i64::from(args.object::<Time>(0)?.nanos())))),
    Function::fixed("Round", &[DURATION], |_, args| {
        let (time, step) = (args.object::<Time>(0)?, nanoseconds(args, 1)?);
        Ok(value(time.rounded(step, true)))
    }),
    part!("Second", second),
    Function::fixed("String", &[], to_text),
    Function::fixed("Sub", &[TIME], |_, args| {
        Ok(named(Named::Duration(args.object::<Time>(0)?.since(args.object::<Time>(1)?))))
    }),
    Function::fixed("Truncate", &[DURATION], |_, args| {
        let (time, step) = (args.object::<Time>(0)?, nanoseconds(args, 1)?);
        Ok(value(time.rounded(step, false)))
    }),
    Function::fixed("UTC", &[], |_, args| Ok(value(args.object::<Time>(0)?.in_zone(Zone::Utc)))),
    Function::fixed("Unix", &[], |_, args| instant(args, 1)),
    Function::fixed("UnixMicro", &[], |_, args| instant(args, 1_000_000)),
    Function::fixed("UnixMilli", &[], |_, args| instant(args, 1_000)),
    Function::fixed("UnixNano", &[], |_, args| instant(args, 1_000_000_000)),
    Function::fixed("Weekday", &[], |_, args| {
        let day = args.object::<Time>(0)?.civil().weekday;
        Ok(named(Named::Weekday(i64::try_from(day).unwrap_or(0))))
    }),
    part!("Year", year),
    part!("YearDay", year_day),
];

fn ordering(args: Args<'_>) -> Result<std::cmp::Ordering, crate::error::Failure> {
    let (a, b) = (args.object::<Time>(0)?, args.object::<Time>(1)?);
    Ok((a.unix(), a.nanos()).cmp(&(b.unix(), b.nanos())))
}

/// A time by a layout, paid for by the layout's length.
pub(super) fn formatted(ctx: &mut Context<'_>, time: &Time, layout: &[u8]) -> Outcome {
    // An element of one byte can become nine.
    ctx.charge(layout.len().saturating_mul(9))?;
    ctx.work(layout.len())?;
    Ok(layout_format::format(time, layout).into())
}

/// The time as Go source text.
fn go_string(_: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let time = args.object::<Time>(0)?;
    let civil = time.civil();
    let month = usize::try_from(civil.month - 1).ok().and_then(|month| MONTHS.get(month)).copied();
    let zone = match time.zone() {
        Zone::Utc => "time.UTC".to_owned(),
        Zone::Local => "time.Local".to_owned(),
        zone => format!("time.Location({:?})", zone.name()),
    };
    Ok(format!(
        "time.Date({}, time.{}, {}, {}, {}, {}, {}, {zone})",
        civil.year,
        month.unwrap_or_default(),
        civil.day,
        civil.hour,
        civil.minute,
        civil.second,
        time.nanos()
    )
    .into())
}

fn add_date(_: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let time = args.object::<Time>(0)?;
    let civil = time.civil();
    // Far outside of any calendar the numbers only have to stay numbers.
    let held = |number: i64| number.clamp(-1_000_000_000_000, 1_000_000_000_000);
    let year = civil.year + held(args.int(1)?);
    let month = civil.month + held(args.int(2)?);
    let day = civil.day + held(args.int(3)?);
    let clock = (civil.hour, civil.minute, civil.second);
    Ok(value(Time::from_civil((year, month, day), clock, time.nanos(), time.zone().clone())))
}
