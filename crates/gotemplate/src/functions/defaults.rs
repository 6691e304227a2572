//! Sprig's functions for what is missing.

use super::Param::{Any, Bool};
use super::{Function, any, fixed, variadic};
use crate::types::MapType;
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    variadic("all", &[Any], |_, args| {
        Ok(Value::Bool(!args.iter().any(is_empty)))
    }),
    variadic("any", &[Any], |_, args| {
        Ok(Value::Bool(!args.iter().all(is_empty)))
    }),
    variadic("coalesce", &[Any], |_, args| {
        let found = args.iter().find(|value| !is_empty(value));
        Ok(found.cloned().unwrap_or(Value::Nil))
    }),
    variadic("default", &[Any, Any], |_, args| {
        let given = args.get(1).filter(|value| !is_empty(value));
        Ok(given.unwrap_or(any(args, 0)).clone())
    }),
    fixed("empty", &[Any], |_, args| {
        Ok(Value::Bool(is_empty(any(args, 0))))
    }),
    fixed("ternary", &[Any, Any, Bool], |_, args| {
        let index = usize::from(!any(args, 2).truth());
        Ok(any(args, index).clone())
    }),
];

/// Whether there is nothing: nil, 0, false, and what has no elements. Structs are something.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Map(map) if matches!(map.kind(), MapType::Struct(_)) => false,
        value => !value.truth(),
    }
}
