//! Sprig's functions of dates and durations.

use super::Param::{Any, Str, Time as Moment};
use super::{Function, any, fixed, text};
use crate::call::Context;
use crate::time::{self, Time, Zone};
use crate::types::IntType;
use crate::value::Value;
use std::rc::Rc;

pub(super) const FUNCTIONS: &[Function] = &[
    fixed("ago", &[Any], |context, args| {
        let now = (context.world.now)();
        let since = now.since(&moment(context, any(args, 0)));
        // To the second, half of one away from zero.
        let half = if since < 0 { -SECOND / 2 } else { SECOND / 2 };
        let rounded = since.saturating_add(half) / SECOND * SECOND;
        Ok(time::duration_text(rounded).into())
    }),
    fixed("date", &[Str, Any], |context, args| {
        format_in(context, text(args, 0), any(args, 1), "Local")
    }),
    fixed("dateInZone", &[Str, Any, Str], date_in_zone),
    fixed("dateModify", &[Str, Moment], modify),
    fixed("date_in_zone", &[Str, Any, Str], date_in_zone),
    fixed("date_modify", &[Str, Moment], modify),
    fixed("duration", &[Any], |_, args| {
        let seconds = match any(args, 0) {
            Value::String(text) => crate::number::parse_int(text, 10).unwrap_or(0),
            Value::Int(number, IntType::Int64) => *number,
            _ => 0,
        };
        Ok(time::duration_text(seconds.wrapping_mul(SECOND)).into())
    }),
    fixed("durationRound", &[Any], |context, args| {
        let duration = match any(args, 0) {
            Value::String(text) => time::parse_duration(text).unwrap_or(0),
            Value::Int(number, IntType::Int64) => *number,
            Value::Time(then) => (context.world.now)().since(then),
            _ => 0,
        };
        Ok(rounded(duration).into())
    }),
    fixed("htmlDate", &[Any], |context, args| {
        format_in(context, "2006-01-02", any(args, 0), "Local")
    }),
    fixed("htmlDateInZone", &[Any, Str], |context, args| {
        format_in(context, "2006-01-02", any(args, 0), text(args, 1))
    }),
    fixed("mustDateModify", &[Str, Moment], must_modify),
    fixed("mustToDate", &[Str, Str], |context, args| {
        let read = time::parse(text(args, 0), text(args, 1), &local(context))?;
        Ok(Value::Time(Rc::new(read)))
    }),
    fixed("must_date_modify", &[Str, Moment], must_modify),
    fixed("now", &[], |context, _| {
        Ok(Value::Time(Rc::new((context.world.now)())))
    }),
    fixed("toDate", &[Str, Str], |context, args| {
        let read = time::parse(text(args, 0), text(args, 1), &local(context));
        let read = read.unwrap_or_else(|_| Time::unix(ZERO, 0));
        Ok(Value::Time(Rc::new(read)))
    }),
    fixed("unixEpoch", &[Moment], |_, args| match any(args, 0) {
        Value::Time(time) => Ok(time.seconds().to_string().into()),
        _ => Ok("0".into()),
    }),
];

const SECOND: i64 = 1_000_000_000;

/// January 1 of year 1, Go's zero time.
const ZERO: i64 = -62_135_596_800;

fn local(context: &Context<'_>) -> Zone {
    context.zone("Local").unwrap_or(Zone::Utc)
}

/// A time, or seconds since 1970; anything else is now.
fn moment(context: &Context<'_>, value: &Value) -> Time {
    match value {
        Value::Time(time) => (**time).clone(),
        Value::Int(seconds, IntType::Int | IntType::Int64 | IntType::Int32) => {
            Time::unix(*seconds, 0)
        }
        _ => (context.world.now)(),
    }
}

fn format_in(
    context: &mut Context<'_>,
    layout: &str,
    value: &Value,
    zone: &str,
) -> Result<Value, String> {
    // A layout's longest growth is a digit that becomes a long fraction or name.
    context.reserve(layout.len() as u64 * 16)?;
    let zone = context.zone(zone).unwrap_or(Zone::Utc);
    Ok(moment(context, value).in_zone(&zone).format(layout).into())
}

fn date_in_zone(context: &mut Context<'_>, args: &[Value]) -> Result<Value, String> {
    format_in(context, text(args, 0), any(args, 1), text(args, 2))
}

fn modify(context: &mut Context<'_>, args: &[Value]) -> Result<Value, String> {
    must_modify(context, args).or(Ok(any(args, 1).clone()))
}

fn must_modify(_: &mut Context<'_>, args: &[Value]) -> Result<Value, String> {
    let duration = time::parse_duration(text(args, 0))?;
    match any(args, 1) {
        Value::Time(time) => Ok(Value::Time(Rc::new(time.plus(duration)))),
        _ => Err("no time".into()),
    }
}

/// The largest unit that a duration exceeds.
fn rounded(duration: i64) -> String {
    let size = duration.unsigned_abs();
    let second = SECOND.unsigned_abs();
    for (seconds, name) in [
        (31_536_000, "y"),
        (2_592_000, "mo"),
        (86_400, "d"),
        (3_600, "h"),
        (60, "m"),
        (1, "s"),
    ] {
        if size > seconds * second {
            return format!("{}{name}", size / (seconds * second));
        }
    }
    "0s".into()
}
