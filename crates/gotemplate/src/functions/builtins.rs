//! The functions of text/template itself. Its `slice` is not here: Sprig's has its place.

use super::Param::{Any, Str};
use super::{Function, Kind, any, count, fixed, text, variadic};
use crate::call::Context;
use crate::types::{MapType, UintType};
use crate::value::{Key, Value};
use crate::{compare, print};
use std::cmp::Ordering;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "and",
        params: &[Any, Any],
        variadic: true,
        kind: Kind::And,
    },
    variadic("call", &[Any, Any], call),
    variadic("eq", &[Any, Any], |_, args| {
        let (first, others) = args.split_first().ok_or("no arguments")?;
        compare::equal_any(first, others).map(Value::Bool)
    }),
    fixed("ge", &[Any, Any], |_, args| {
        let less = is(args, Ordering::Less)?;
        Ok(Value::Bool(!less))
    }),
    fixed("gt", &[Any, Any], |_, args| {
        let not = is(args, Ordering::Less)? || compare::equal(any(args, 0), any(args, 1))?;
        Ok(Value::Bool(!not))
    }),
    variadic("html", &[Any], |context, args| {
        let text = plain(args, context.room())?;
        context.reserve(text.len() as u64 * 5)?;
        Ok(escape_html(&text).into())
    }),
    variadic("index", &[Any, Any], |_, args| {
        let (first, indices) = args.split_first().ok_or("no arguments")?;
        index(first, indices)
    }),
    variadic("js", &[Any], |context, args| {
        let text = plain(args, context.room())?;
        context.reserve(text.len() as u64 * 6)?;
        Ok(escape_js(&text).into())
    }),
    fixed("le", &[Any, Any], |_, args| {
        let is = is(args, Ordering::Less)? || compare::equal(any(args, 0), any(args, 1))?;
        Ok(Value::Bool(is))
    }),
    fixed("len", &[Any], |_, args| length(any(args, 0))),
    fixed("lt", &[Any, Any], |_, args| {
        is(args, Ordering::Less).map(Value::Bool)
    }),
    fixed("ne", &[Any, Any], |_, args| {
        compare::equal(any(args, 0), any(args, 1)).map(|equal| Value::Bool(!equal))
    }),
    fixed("not", &[Any], |_, args| {
        Ok(Value::Bool(!any(args, 0).truth()))
    }),
    Function {
        name: "or",
        params: &[Any, Any],
        variadic: true,
        kind: Kind::Or,
    },
    variadic("print", &[Any], |context, args| {
        printed(print::print(args, context.room()))
    }),
    variadic("printf", &[Str, Any], |context, args| {
        let values = args.get(1..).unwrap_or(&[]);
        printed(print::printf(text(args, 0), values, context.room()))
    }),
    variadic("println", &[Any], |context, args| {
        printed(print::println(args, context.room()))
    }),
    variadic("urlquery", &[Any], |context, args| {
        let text = plain(args, context.room())?;
        context.reserve(text.len() as u64 * 3)?;
        Ok(escape_query(&text).into())
    }),
];

fn printed(text: Result<String, print::PrintError>) -> Result<Value, String> {
    text.map(Value::from).map_err(|error| error.to_string())
}

/// The arguments as one text, nils as the template itself prints them.
fn plain(args: &[Value], room: usize) -> Result<String, String> {
    let shown = |value: &Value| match value {
        Value::Nil => "<no value>".into(),
        value => value.clone(),
    };
    let args: Vec<Value> = args.iter().map(shown).collect();
    print::print(&args, room).map_err(|error| error.to_string())
}

fn is(args: &[Value], wanted: Ordering) -> Result<bool, String> {
    compare::order(any(args, 0), any(args, 1)).map(|order| order == wanted)
}

fn call(_: &mut Context<'_>, args: &[Value]) -> Result<Value, String> {
    // No value of a gossfile is a function.
    match any(args, 0) {
        Value::Nil => Err("call of nil".into()),
        value => {
            let value = std::slice::from_ref(value);
            let text = print::printf("%#v", value, 1000).unwrap_or_default();
            let value = any(args, 0);
            Err(format!("non-function {text} of type {}", value.type_name()))
        }
    }
}

fn length(value: &Value) -> Result<Value, String> {
    match value {
        Value::String(text) => Ok(Value::int(count(text.len()))),
        Value::List(list) => Ok(Value::int(count(list.items().len()))),
        Value::Map(map) if !matches!(map.kind(), MapType::Struct(_)) => {
            Ok(Value::int(count(map.len())))
        }
        Value::Nil => Err("len of nil pointer".into()),
        // Go follows a pointer first.
        other => {
            let name = other.type_name().trim_start_matches('*');
            Err(format!("len of type {name}"))
        }
    }
}

fn index(value: &Value, indices: &[Value]) -> Result<Value, String> {
    let mut value = value.clone();
    if value.is_nil() {
        return Err("index of untyped nil".into());
    }
    for index in indices {
        value = match &value {
            Value::String(text) => {
                let at = position(index, text.len(), false)?;
                let byte = text.as_bytes().get(at).copied().unwrap_or(0);
                Value::Uint(u64::from(byte), UintType::Uint8)
            }
            Value::List(list) => {
                let at = position(index, list.items().len(), false)?;
                list.items().get(at).cloned().unwrap_or(Value::Nil)
            }
            Value::Map(map) if map.kind() == MapType::AnyAny => {
                let key = Key::of(index)
                    .ok_or_else(|| format!("value has type {}", index.type_name()))?;
                map.get(&key).unwrap_or(Value::Nil)
            }
            Value::Map(map) if !matches!(map.kind(), MapType::Struct(_)) => {
                let key = match index {
                    Value::String(text) => Key::String(text.clone()),
                    Value::Nil => return Err("value is nil; should be of type string".into()),
                    other => {
                        return Err(format!(
                            "value has type {}; should be string",
                            other.type_name()
                        ));
                    }
                };
                match (map.get(&key), map.kind()) {
                    (Some(value), _) => value,
                    (None, MapType::StringString) => "".into(),
                    (None, _) => Value::Nil,
                }
            }
            Value::Nil => return Err("index of nil pointer".into()),
            other => return Err(format!("can't index item of type {}", other.type_name())),
        };
    }
    Ok(value)
}

/// An index within a length; a slice's end may be the length itself.
pub(crate) fn position(index: &Value, length: usize, end: bool) -> Result<usize, String> {
    let number = match index {
        Value::Int(number, _) => i128::from(*number),
        Value::Uint(number, _) => i128::from(*number),
        Value::Nil => return Err("cannot index slice/array with nil".into()),
        other => {
            return Err(format!(
                "cannot index slice/array with type {}",
                other.type_name()
            ));
        }
    };
    match usize::try_from(number) {
        Ok(at) if at < length || (end && at == length) => Ok(at),
        _ => Err(format!("index out of range: {number}")),
    }
}

/// Go's HTML escapes: the numbers of quotes, as template.HTMLEscape writes them.
pub(crate) fn escape_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\0' => out.push('\u{fffd}'),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
    out
}

fn escape_js(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\'"),
            '"' => out.push_str("\\\""),
            '<' => out.push_str("\\u003C"),
            '>' => out.push_str("\\u003E"),
            '&' => out.push_str("\\u0026"),
            '=' => out.push_str("\\u003D"),
            c if c < ' ' => out.push_str(&format!("\\u{:04X}", c as u32)),
            c if c.is_ascii() || crate::quote::is_print(c) => out.push(c),
            c => out.push_str(&format!("\\u{:04X}", c as u32)),
        }
    }
    out
}

/// url.QueryEscape: a blank is a plus.
pub(crate) fn escape_query(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
