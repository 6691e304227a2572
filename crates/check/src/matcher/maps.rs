//! `have-key`.

use crate::value::{Value, object};

use super::Test;

/// The first key that fits ends it, and so does the first that cannot be compared.
pub(super) fn matches(key: &Test, actual: &Value) -> Result<bool, String> {
    let is_it = |found: &Value| {
        key.matches(found)
            .map_err(|why| format!("HaveKey's key matcher failed with:\n    {why}"))
    };
    match actual {
        Value::Map(entries) => first(entries.keys().cloned().map(Value::Text), |found| {
            is_it(&found)
        }),
        Value::OddMap(entries) => first(entries.iter().map(|(found, _)| found), is_it),
        _ => Err(format!(
            "HaveKey matcher expects a map/iter.Seq2.  Got:{}",
            object::shown(actual)
        )),
    }
}

fn first<T>(
    keys: impl Iterator<Item = T>,
    is_it: impl Fn(T) -> Result<bool, String>,
) -> Result<bool, String> {
    for key in keys {
        if is_it(key)? {
            return Ok(true);
        }
    }
    Ok(false)
}
