//! The methods that values have: of times, durations and versions.

use crate::functions::{Param, Version};
use crate::time::{Time, Zone};
use crate::types::{IntType, UintType};
use crate::value::Value;
use std::cmp::Ordering;
use std::rc::Rc;

/// A method: its name and its parameters.
pub(crate) struct Method {
    pub(crate) name: &'static str,
    pub(crate) params: &'static [Param],
}

const fn method(name: &'static str, params: &'static [Param]) -> Method {
    Method { name, params }
}

const TIME: &[Method] = &[
    method("AddDate", &[Param::Int, Param::Int, Param::Int]),
    method("After", &[Param::Time]),
    method("Before", &[Param::Time]),
    method("Day", &[]),
    method("Equal", &[Param::Time]),
    method("Format", &[Param::Str]),
    method("Hour", &[]),
    method("IsZero", &[]),
    method("Minute", &[]),
    method("Month", &[]),
    method("Nanosecond", &[]),
    method("Second", &[]),
    method("String", &[]),
    method("Sub", &[Param::Time]),
    method("UTC", &[]),
    method("Unix", &[]),
    method("UnixMicro", &[]),
    method("UnixMilli", &[]),
    method("UnixNano", &[]),
    method("Weekday", &[]),
    method("Year", &[]),
    method("YearDay", &[]),
];

const DURATION: &[Method] = &[
    method("Hours", &[]),
    method("Microseconds", &[]),
    method("Milliseconds", &[]),
    method("Minutes", &[]),
    method("Nanoseconds", &[]),
    method("Seconds", &[]),
    method("String", &[]),
];

const NAMED: &[Method] = &[method("String", &[])];

const VERSION: &[Method] = &[
    method("Compare", &[Param::Any]),
    method("Equal", &[Param::Any]),
    method("GreaterThan", &[Param::Any]),
    method("LessThan", &[Param::Any]),
    method("Major", &[]),
    method("Metadata", &[]),
    method("Minor", &[]),
    method("Original", &[]),
    method("Patch", &[]),
    method("Prerelease", &[]),
    method("String", &[]),
];

/// The value's method of the name.
pub(crate) fn find(value: &Value, name: &str) -> Option<&'static Method> {
    let methods = match value {
        Value::Time(_) => TIME,
        Value::Int(_, IntType::Duration) => DURATION,
        Value::Int(_, IntType::Month | IntType::Weekday) => NAMED,
        Value::Version(_) => VERSION,
        _ => return None,
    };
    methods.iter().find(|method| method.name == name)
}

/// Calls the method with arguments of its types.
pub(crate) fn call(value: &Value, name: &str, args: &[Value]) -> Result<Value, String> {
    match value {
        Value::Time(time) => Ok(of_time(time, name, args)),
        Value::Version(version) => of_version(version, name, args.first()),
        Value::Int(number, IntType::Duration) => Ok(of_duration(*number, name)),
        other => crate::print::display(other, 100)
            .map(Value::from)
            .map_err(|error| error.to_string()),
    }
}

fn of_time(time: &Rc<Time>, name: &str, args: &[Value]) -> Value {
    let civil = time.civil();
    let whole = |time: Time| Value::Time(Rc::new(time));
    let other = match args.first() {
        Some(Value::Time(other)) => other,
        _ => time,
    };
    let order = (time.seconds(), time.nanoseconds()).cmp(&(other.seconds(), other.nanoseconds()));
    let int = |index: usize| match args.get(index) {
        Some(Value::Int(number, _)) => *number,
        _ => 0,
    };
    let scaled = |per_second: i64, divisor: u32| {
        let part = i64::from(time.nanoseconds() / divisor);
        Value::int64(time.seconds().wrapping_mul(per_second).wrapping_add(part))
    };
    match name {
        "AddDate" => whole(time.plus_date(int(0), int(1), int(2))),
        "After" => Value::Bool(order == Ordering::Greater),
        "Before" => Value::Bool(order == Ordering::Less),
        "Day" => Value::int(civil.day),
        "Equal" => Value::Bool(order == Ordering::Equal),
        "Format" => time
            .format(args.first().and_then(Value::as_str).unwrap_or(""))
            .into(),
        "Hour" => Value::int(civil.hour),
        "IsZero" => Value::Bool(time.seconds() == -62_135_596_800 && time.nanoseconds() == 0),
        "Minute" => Value::int(civil.minute),
        "Month" => Value::Int(civil.month, IntType::Month),
        "Nanosecond" => Value::int(i64::from(time.nanoseconds())),
        "Second" => Value::int(civil.second),
        "Sub" => Value::Int(time.since(other), IntType::Duration),
        "UTC" => whole(time.in_zone(&Zone::Utc)),
        "Unix" => Value::int64(time.seconds()),
        "UnixMicro" => scaled(1_000_000, 1_000),
        "UnixMilli" => scaled(1_000, 1_000_000),
        "UnixNano" => scaled(1_000_000_000, 1),
        "Weekday" => Value::Int(civil.weekday, IntType::Weekday),
        "Year" => Value::int(civil.year),
        "YearDay" => Value::int(civil.year_day),
        _ => time.to_string().into(),
    }
}

fn of_duration(nanoseconds: i64, name: &str) -> Value {
    let seconds = nanoseconds as f64 / 1e9;
    match name {
        "Hours" => Value::Float(seconds / 3600.0),
        "Microseconds" => Value::int64(nanoseconds / 1_000),
        "Milliseconds" => Value::int64(nanoseconds / 1_000_000),
        "Minutes" => Value::Float(seconds / 60.0),
        "Nanoseconds" => Value::int64(nanoseconds),
        "Seconds" => Value::Float(seconds),
        _ => crate::time::duration_text(nanoseconds).into(),
    }
}

fn of_version(version: &Version, name: &str, other: Option<&Value>) -> Result<Value, String> {
    let number = |number| Value::Uint(number, UintType::Uint64);
    Ok(match name {
        "Major" => number(version.major),
        "Minor" => number(version.minor),
        "Patch" => number(version.patch),
        "Metadata" => version.metadata.as_str().into(),
        "Original" => version.original.as_str().into(),
        "Prerelease" => version.prerelease.as_str().into(),
        "String" => version.to_string().into(),
        _ => {
            let Some(Value::Version(other)) = other else {
                return Err("the argument is no version".into());
            };
            let order = version.order(other);
            match name {
                "Compare" => Value::int(order as i64),
                "GreaterThan" => Value::Bool(order == Ordering::Greater),
                "LessThan" => Value::Bool(order == Ordering::Less),
                _ => Value::Bool(order == Ordering::Equal),
            }
        }
    })
}
