//! The methods that values have: of times, durations and versions.

use crate::types::IntType;
use crate::value::Value;

/// Why a method was not called, or failed.
pub(crate) enum Failure {
    /// Its arguments do not fit.
    Arguments(String),
    /// It ran and failed.
    Call(String),
}

/// Whether the value has the method.
pub(crate) fn has(value: &Value, name: &str) -> bool {
    match value {
        Value::Time(_) => TIME.contains(&name),
        Value::Int(_, IntType::Duration) => DURATION.contains(&name),
        Value::Int(_, IntType::Month | IntType::Weekday) => name == "String",
        Value::Version(_) => VERSION.contains(&name),
        _ => false,
    }
}

const TIME: [&str; 16] = [
    "Add", "AddDate", "After", "Before", "Day", "Equal", "Format", "Hour", "IsZero", "Minute",
    "Month", "Second", "String", "Sub", "Unix", "Year",
];
const TIME_MORE: [&str; 7] = [
    "Nanosecond",
    "UTC",
    "UnixMilli",
    "UnixNano",
    "Weekday",
    "YearDay",
    "Local",
];
const DURATION: [&str; 7] = [
    "Hours",
    "Milliseconds",
    "Minutes",
    "Nanoseconds",
    "Seconds",
    "String",
    "Microseconds",
];
const VERSION: [&str; 6] = [
    "Major",
    "Metadata",
    "Minor",
    "Original",
    "Patch",
    "Prerelease",
];

/// Calls the method.
pub(crate) fn call(value: &Value, name: &str, args: &[Value]) -> Result<Value, Failure> {
    let _ = (value, args, TIME_MORE);
    Err(Failure::Call(format!("{name} is not supported")))
}
