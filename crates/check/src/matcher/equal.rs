//! `equal`: the same value of the same type, all through.

use crate::value::Value;

const BOTH_NOTHING: &str = "Refusing to compare <nil> to <nil>.\nBe explicit and use BeNil() \
                            instead.  This is to avoid mistakes where both sides of an assertion \
                            are erroneously uninitialized.";

/// Two nothings are an error, since both may be there by mistake.
pub(super) fn matches(expected: &Value, actual: &Value) -> Result<bool, String> {
    match (expected, actual) {
        (Value::Null, Value::Null) => Err(BOTH_NOTHING.to_string()),
        _ => Ok(is_same(expected, actual)),
    }
}

/// Whole numbers and floats differ, as do lists of a file and measured ones.
fn is_same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b))
        }
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, a)| b.get(key).is_some_and(|b| is_same(a, b)))
        }
        // The order of a map's entries is no part of it.
        (Value::OddMap(a), Value::OddMap(b)) => {
            let has =
                |(key, a): &(Value, Value)| b.iter().any(|(k, b)| is_same(key, k) && is_same(a, b));
            a.len() == b.len() && a.iter().all(has)
        }
        _ => a == b,
    }
}
