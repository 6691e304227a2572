//! eq, ne, lt, le, gt, ge: by basic kinds, and different ones do not compare.

use crate::value::Value;
use std::cmp::Ordering;

/// What compares with what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bool,
    Complex,
    Int,
    Uint,
    Float,
    String,
}

const INCOMPATIBLE: &str = "incompatible types for comparison";
const BAD: &str = "invalid type for comparison";

fn kind(value: &Value) -> Option<Kind> {
    Some(match value {
        Value::Bool(_) => Kind::Bool,
        Value::Complex(..) => Kind::Complex,
        Value::Int(..) => Kind::Int,
        Value::Uint(..) => Kind::Uint,
        Value::Float(_) => Kind::Float,
        Value::String(_) => Kind::String,
        _ => return None,
    })
}

/// Whether the first is equal to any of the others.
pub(crate) fn equal_any(first: &Value, others: &[Value]) -> Result<bool, String> {
    if others.is_empty() {
        return Err("missing argument for comparison".into());
    }
    for other in others {
        if equal(first, other)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn shown(value: &Value) -> String {
    crate::print::printf("%s", std::slice::from_ref(value), 1000).unwrap_or_default()
}

/// Whether two values are equal.
pub(crate) fn equal(left: &Value, right: &Value) -> Result<bool, String> {
    match (left, right) {
        (Value::Int(a, _), Value::Int(b, _)) => return Ok(a == b),
        (Value::Uint(a, _), Value::Uint(b, _)) => return Ok(a == b),
        (Value::Int(a, _), Value::Uint(b, _)) | (Value::Uint(b, _), Value::Int(a, _)) => {
            return Ok(u64::try_from(*a).is_ok_and(|a| a == *b));
        }
        (Value::Bool(a), Value::Bool(b)) => return Ok(a == b),
        (Value::Float(a), Value::Float(b)) => return Ok(a == b),
        (Value::Complex(a, b), Value::Complex(c, d)) => return Ok(a == c && b == d),
        (Value::String(a), Value::String(b)) => return Ok(a == b),
        _ => {}
    }
    let incompatible = || {
        let (left, right) = (left.type_name(), right.type_name());
        Err(format!("{INCOMPATIBLE}: {left} and {right}"))
    };
    let basic = kind(left).is_some() || kind(right).is_some();
    if basic && !left.is_nil() && !right.is_nil() {
        return incompatible();
    }
    if let Value::Map(_) | Value::List(_) = left {
        return Err(format!(
            "non-comparable type {}: {}",
            shown(left),
            left.type_name()
        ));
    }
    match (left, right) {
        (Value::Nil, Value::Nil) => Ok(true),
        (Value::Nil, _) | (_, Value::Nil) => Ok(false),
        (_, Value::Map(_) | Value::List(_)) => Err(format!(
            "non-comparable type {}: {}",
            shown(right),
            right.type_name()
        )),
        (Value::Time(a), Value::Time(b)) => Ok(a == b),
        _ if left.type_name() != right.type_name() => incompatible(),
        _ => Ok(false),
    }
}

/// Which of two values is less.
pub(crate) fn order(left: &Value, right: &Value) -> Result<Ordering, String> {
    let (Some(left_kind), Some(right_kind)) = (kind(left), kind(right)) else {
        return Err(BAD.into());
    };
    match (left, right) {
        (Value::Int(a, _), Value::Int(b, _)) => Ok(a.cmp(b)),
        (Value::Uint(a, _), Value::Uint(b, _)) => Ok(a.cmp(b)),
        (Value::Int(a, _), Value::Uint(b, _)) => {
            Ok(u64::try_from(*a).map_or(Ordering::Less, |a| a.cmp(b)))
        }
        (Value::Uint(a, _), Value::Int(b, _)) => {
            Ok(u64::try_from(*b).map_or(Ordering::Greater, |b| a.cmp(&b)))
        }
        // A NaN is neither less nor equal, which the callers see as greater.
        (Value::Float(a), Value::Float(b)) => Ok(a.partial_cmp(b).unwrap_or(Ordering::Greater)),
        (Value::String(a), Value::String(b)) => Ok(a.cmp(b)),
        _ if left_kind == right_kind => Err(BAD.into()),
        _ => {
            let (left, right) = (left.type_name(), right.type_name());
            Err(format!("{INCOMPATIBLE}: {left} and {right}"))
        }
    }
}
