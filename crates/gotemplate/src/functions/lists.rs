//! Sprig's functions of lists.

use super::Param::{Any, Int, Str};
use super::{Function, any, fixed, int, reflection, strval, text, variadic};
use crate::call::Context;
use crate::types::ListType;
use crate::value::{Key, Value};
use std::collections::BTreeMap;

pub(super) const FUNCTIONS: &[Function] = &[
    fixed("append", &[Any, Any], append),
    fixed("chunk", &[Int, Any], chunk),
    fixed("compact", &[Any], compact),
    variadic("concat", &[Any], |context, args| {
        let mut out = Vec::new();
        for list in args {
            if list.is_nil() {
                return Err(NIL_POINTER.into());
            }
            let items = elements(list)
                .ok_or_else(|| format!("Cannot concat type {} as list", list.kind_name()))?;
            context.charge(list.weight())?;
            out.extend(items);
        }
        Ok(Value::list(out))
    }),
    fixed("first", &[Any], first),
    fixed("has", &[Any, Any], has),
    fixed("initial", &[Any], initial),
    fixed("join", &[Str, Any], |context, args| {
        let words = words(context, any(args, 1))?;
        let between = text(args, 0);
        let length: usize = words.iter().map(String::len).sum();
        let more = (words.len() as u64).saturating_mul(between.len() as u64);
        context.reserve(more.saturating_add(length as u64))?;
        Ok(words.join(between).into())
    }),
    fixed("last", &[Any], last),
    variadic("list", &[Any], |_, args| Ok(Value::list(args.to_vec()))),
    fixed("mustAppend", &[Any, Any], append),
    fixed("mustChunk", &[Int, Any], chunk),
    fixed("mustCompact", &[Any], compact),
    fixed("mustFirst", &[Any], first),
    fixed("mustHas", &[Any, Any], has),
    fixed("mustInitial", &[Any], initial),
    fixed("mustLast", &[Any], last),
    fixed("mustPrepend", &[Any, Any], prepend),
    fixed("mustPush", &[Any, Any], append),
    fixed("mustRest", &[Any], rest),
    fixed("mustReverse", &[Any], reverse),
    variadic("mustSlice", &[Any, Any], slice),
    fixed("mustUniq", &[Any], uniq),
    variadic("mustWithout", &[Any, Any], without),
    fixed("prepend", &[Any, Any], prepend),
    fixed("push", &[Any, Any], append),
    fixed("rest", &[Any], rest),
    fixed("reverse", &[Any], reverse),
    variadic("slice", &[Any, Any], slice),
    fixed("sortAlpha", &[Any], |context, args| {
        let mut words = words(context, any(args, 0))?;
        words.sort();
        Ok(Value::strings(words))
    }),
    fixed("split", &[Str, Str], |_, args| {
        Ok(numbered(split(text(args, 1), text(args, 0), usize::MAX)))
    }),
    fixed("splitList", &[Str, Str], |context, args| {
        context.reserve(text(args, 1).len() as u64 * 16)?;
        Ok(Value::strings(split(
            text(args, 1),
            text(args, 0),
            usize::MAX,
        )))
    }),
    fixed("splitn", &[Str, Int, Str], |_, args| {
        let most = match int(args, 1) {
            0 => return Ok(Value::string_map([])),
            most => usize::try_from(most).unwrap_or(usize::MAX),
        };
        Ok(numbered(split(text(args, 2), text(args, 0), most)))
    }),
    fixed("toStrings", &[Any], |context, args| {
        Ok(Value::strings(words(context, any(args, 0))?))
    }),
    variadic("tuple", &[Any], |_, args| Ok(Value::list(args.to_vec()))),
    fixed("uniq", &[Any], uniq),
    variadic("without", &[Any, Any], without),
];

/// The elements of a list of any type.
pub(super) fn elements(value: &Value) -> Option<Vec<Value>> {
    match value {
        Value::List(list) => Some(list.items().to_vec()),
        _ => None,
    }
}

/// What Go says where it looks at the type of nothing.
pub(super) const NIL_POINTER: &str =
    "runtime error: invalid memory address or nil pointer dereference";

fn list_for(value: &Value, action: &str) -> Result<Vec<Value>, String> {
    match value {
        Value::Nil => Err(NIL_POINTER.into()),
        value => {
            elements(value).ok_or_else(|| format!("Cannot {action} on type {}", value.kind_name()))
        }
    }
}

/// The elements as texts; a single value is one, and nils are none.
pub(super) fn words(context: &mut Context<'_>, value: &Value) -> Result<Vec<String>, String> {
    let items = match value {
        Value::Nil => Vec::new(),
        value => elements(value).unwrap_or_else(|| vec![value.clone()]),
    };
    let mut out = Vec::with_capacity(items.len());
    for item in items.iter().filter(|item| !item.is_nil()) {
        let text = strval(context, item)?;
        context.charge(text.len() as u64 + 24)?;
        out.push(text);
    }
    Ok(out)
}

/// strings.SplitN: an empty separator splits into characters.
fn split(text: &str, separator: &str, most: usize) -> Vec<String> {
    if !separator.is_empty() {
        return text.splitn(most, separator).map(str::to_owned).collect();
    }
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if out.len() + 1 >= most {
            out.push(rest.to_owned());
            return out;
        }
        out.push(c.to_string());
        rest = rest.get(c.len_utf8()..).unwrap_or("");
    }
    out
}

fn numbered(words: Vec<String>) -> Value {
    let entries = words.into_iter().enumerate();
    let entries =
        entries.map(|(index, word)| (Key::from(format!("_{index}").as_str()), word.into()));
    Value::typed_map(
        crate::MapType::StringString,
        entries.collect::<BTreeMap<_, _>>(),
    )
}

fn append(_: &mut Context<'_>, args: &[Value]) -> Result<Value, String> {
    let mut items = list_for(any(args, 0), "push")?;
    items.push(any(args, 1).clone());
    Ok(Value::list(items))
}

fn prepend(_: &mut Context<'_>, args: &[Value]) -> Result<Value, String> {
    let mut items = list_for(any(args, 0), "prepend")?;
    items.insert(0, any(args, 1).clone());
    Ok(Value::list(items))
}

fn chunk(_: &mut Context<'_>, args: &[Value]) -> Result<Value, String> {
    let items = match any(args, 1) {
        Value::Nil => return Err(NIL_POINTER.into()),
        list => elements(list).ok_or_else(|| format!("Cannot chunk type {}", list.kind_name()))?,
    };
    let size = match usize::try_from(int(args, 0)) {
        Ok(size) if size > 0 => size,
        _ => return Err("runtime error: makeslice: len out of range".into()),
    };
    let chunks = items.chunks(size).map(|chunk| Value::list(chunk.to_vec()));
    Ok(Value::typed_list(ListType::Lists, chunks.collect()))
}

fn compact(_: &mut Context<'_>, args: &[Value]) -> Result<Value, String> {
    let items = list_for(any(args, 0), "compact")?;
    let kept = items
        .into_iter()
        .filter(|item| !super::defaults::is_empty(item));
    Ok(Value::list(kept.collect()))
}

fn first(_: &mut Context<'_>, args: &[Value]) -> Result<Value, String> {
    let items = list_for(any(args, 0), "find first")?;
    Ok(items.first().cloned().unwrap_or(Value::Nil))
}

fn last(_: &mut Context<'_>, args: &[Value]) -> Result<Value, String> {
    let items = list_for(any(args, 0), "find last")?;
    Ok(items.last().cloned().unwrap_or(Value::Nil))
}

fn rest(_: &mut Context<'_>, args: &[Value]) -> Result<Value, String> {
    let items = list_for(any(args, 0), "find rest")?;
    Ok(Value::list(items.get(1..).unwrap_or(&[]).to_vec()))
}

fn initial(_: &mut Context<'_>, args: &[Value]) -> Result<Value, String> {
    let mut items = list_for(any(args, 0), "find initial")?;
    items.pop();
    Ok(Value::list(items))
}

fn reverse(_: &mut Context<'_>, args: &[Value]) -> Result<Value, String> {
    let mut items = list_for(any(args, 0), "find reverse")?;
    items.reverse();
    Ok(Value::list(items))
}

/// Whether one of the values equals; each comparison is a step.
fn holds(context: &mut Context<'_>, items: &[Value], wanted: &Value) -> Result<bool, String> {
    for item in items {
        context.step()?;
        if reflection::deep_equal(item, wanted, 0)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn has(context: &mut Context<'_>, args: &[Value]) -> Result<Value, String> {
    if any(args, 1).is_nil() {
        return Ok(Value::Bool(false));
    }
    let items = list_for(any(args, 1), "find has")?;
    holds(context, &items, any(args, 0)).map(Value::Bool)
}

fn uniq(context: &mut Context<'_>, args: &[Value]) -> Result<Value, String> {
    let mut out: Vec<Value> = Vec::new();
    for item in list_for(any(args, 0), "find uniq")? {
        if !holds(context, &out, &item)? {
            out.push(item);
        }
    }
    Ok(Value::list(out))
}

fn without(context: &mut Context<'_>, args: &[Value]) -> Result<Value, String> {
    let unwanted = args.get(1..).unwrap_or(&[]);
    let mut out = Vec::new();
    for item in list_for(any(args, 0), "find without")? {
        if !holds(context, unwanted, &item)? {
            out.push(item);
        }
    }
    Ok(Value::list(out))
}

fn slice(_: &mut Context<'_>, args: &[Value]) -> Result<Value, String> {
    let list = match any(args, 0) {
        Value::Nil => return Err(NIL_POINTER.into()),
        Value::List(list) => list,
        other => {
            let kind = other.kind_name();
            return Err(format!("list should be type of slice or array but {kind}"));
        }
    };
    let length = list.items().len();
    if length == 0 {
        return Ok(Value::Nil);
    }
    let bound = |index: usize| args.get(index).map(super::numbers::to_int);
    let start = bound(1).unwrap_or(0);
    let end = bound(2).unwrap_or(super::count(length));
    let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    match range.and_then(|(start, end)| list.items().get(start..end)) {
        Some(items) => Ok(Value::typed_list(list.kind(), items.to_vec())),
        None => Err("reflect.Value.Slice: slice index out of bounds".into()),
    }
}
