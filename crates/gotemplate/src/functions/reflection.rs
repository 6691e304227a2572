//! Sprig's functions of types and equality.

use super::Param::{Any, Str};
use super::{Function, any, fixed, text};
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    fixed("deepEqual", &[Any, Any], |_, args| {
        deep_equal(any(args, 0), any(args, 1), 0).map(Value::Bool)
    }),
    fixed("kindIs", &[Str, Any], |_, args| {
        Ok(Value::Bool(text(args, 0) == any(args, 1).kind_name()))
    }),
    fixed("kindOf", &[Any], |_, args| {
        Ok(any(args, 0).kind_name().into())
    }),
    fixed("typeIs", &[Str, Any], |_, args| {
        Ok(Value::Bool(text(args, 0) == any(args, 1).type_name()))
    }),
    fixed("typeIsLike", &[Str, Any], |_, args| {
        let (wanted, kind) = (text(args, 0), any(args, 1).type_name());
        let like = wanted == kind || kind.strip_prefix('*') == Some(wanted);
        Ok(Value::Bool(like))
    }),
    fixed("typeOf", &[Any], |_, args| {
        Ok(any(args, 0).type_name().into())
    }),
];

/// How deep compared values may nest: a dict can hold itself.
const DEEPEST: usize = 100;

/// Equal in type and value, and so are the elements.
pub(super) fn deep_equal(left: &Value, right: &Value, depth: usize) -> Result<bool, String> {
    if depth > DEEPEST {
        return Err(format!(
            "a value nests deeper than {DEEPEST} or holds itself"
        ));
    }
    if left.type_name() != right.type_name() {
        return Ok(false);
    }
    Ok(match (left, right) {
        (Value::Nil, Value::Nil) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a, _), Value::Int(b, _)) => a == b,
        (Value::Uint(a, _), Value::Uint(b, _)) => a == b,
        (Value::Float(a), Value::Float(b)) => a == b,
        (Value::Complex(a, b), Value::Complex(c, d)) => a == c && b == d,
        (Value::String(a), Value::String(b)) => a == b,
        (Value::Time(a), Value::Time(b)) => a == b,
        (Value::Version(a), Value::Version(b)) => a == b,
        (Value::List(a), Value::List(b)) => {
            if a.items().len() != b.items().len() {
                return Ok(false);
            }
            for (a, b) in a.items().iter().zip(b.items()) {
                if !deep_equal(a, b, depth + 1)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Map(a), Value::Map(b)) => {
            if std::rc::Rc::ptr_eq(a, b) {
                return Ok(true);
            }
            if a.len() != b.len() {
                return Ok(false);
            }
            for (key, value) in a.entries().iter() {
                match b.get(key) {
                    Some(other) if deep_equal(value, &other, depth + 1)? => {}
                    _ => return Ok(false),
                }
            }
            true
        }
        _ => false,
    })
}
