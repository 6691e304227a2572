//! A value as a file, a measurement or a JSON document gives it. Types are kept apart as Go's
//! `any` keeps them, since the matcher `equal` and all printed forms depend on them.

mod cut;
pub mod go;
pub mod json;
pub mod number;
pub(crate) mod object;
pub mod quoted;
mod time;

use std::collections::BTreeMap;

use bstr::BString;

/// What Go's `any` would hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A truth.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number above `i64::MAX`.
    Uint(u64),
    /// Any other number, and every number of a JSON document.
    Float(f64),
    /// Bytes that are text for the most part.
    Text(BString),
    /// A YAML timestamp.
    Time(Timestamp),
    /// A list that a file or a document gave: Go's `[]any`.
    List(Vec<Value>),
    /// A list that was measured: Go's `[]string`. It never equals a [`Value::List`]. An empty
    /// one is Go's nil, printed as null.
    Texts(Vec<BString>),
    /// A map with text keys.
    Map(BTreeMap<BString, Value>),
    /// A map in which not all keys are text, in the file's order.
    OddMap(Vec<(Value, Value)>),
}

/// A point in time of YAML's kind: the seconds since 1970 in UTC, the rest, and the zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timestamp {
    /// Seconds since 1970-01-01 00:00:00 UTC.
    pub seconds: i64,
    /// Nanoseconds beside them, 0 to 999,999,999.
    pub nanoseconds: u32,
    /// The zone's distance from UTC in seconds.
    pub offset: i32,
}

impl Value {
    /// A text.
    pub fn text(text: impl Into<BString>) -> Value {
        Value::Text(text.into())
    }

    /// The name of its type in Go, as error texts have it.
    pub fn go_type(&self) -> &'static str {
        match self {
            Value::Null => "<nil>",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Uint(_) => "uint64",
            Value::Float(_) => "float64",
            Value::Text(_) => "string",
            Value::Time(_) => "time.Time",
            Value::List(_) => "[]interface {}",
            Value::Texts(_) => "[]string",
            Value::Map(_) => "map[string]interface {}",
            Value::OddMap(_) => "map[interface {}]interface {}",
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Value {
        Value::Int(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Value {
        Value::text(value)
    }
}

impl From<BString> for Value {
    fn from(value: BString) -> Value {
        Value::Text(value)
    }
}

impl From<String> for Value {
    fn from(value: String) -> Value {
        Value::text(value)
    }
}
