//! `have-len` and `be-empty`: how much there is.

use crate::value::{Value, object};

/// Bytes of a text, elements of a list, entries of a map.
fn length(value: &Value) -> Option<usize> {
    match value {
        Value::Text(text) => Some(text.len()),
        Value::List(items) => Some(items.len()),
        Value::Texts(items) => Some(items.len()),
        Value::Map(entries) => Some(entries.len()),
        Value::OddMap(entries) => Some(entries.len()),
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Uint(_)
        | Value::Float(_)
        | Value::Time(_) => None,
    }
}

pub(super) fn matches(wanted: i64, actual: &Value) -> Result<bool, String> {
    match length(actual) {
        Some(length) => Ok(i64::try_from(length) == Ok(wanted)),
        None => Err(format!(
            "HaveLen matcher expects a string/array/map/channel/slice/iterator.  Got:\n{}",
            object::shown(actual)
        )),
    }
}

/// Ours: whether there is nothing. What has no size is an error, except for nothing itself.
pub(super) fn is_empty(actual: &Value) -> Result<bool, String> {
    match (actual, length(actual)) {
        (Value::Null, _) => Ok(true),
        (_, Some(length)) => Ok(length == 0),
        (_, None) => Err(format!(
            "be-empty expects a text, a list or a map.  Got:\n{}",
            object::shown(actual)
        )),
    }
}
