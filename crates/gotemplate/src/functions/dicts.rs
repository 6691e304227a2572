//! Sprig's functions of dicts.

use super::Param::{Any, Map as Dict, Str};
use super::{Function, any, fixed, strval, text, variadic};
use crate::call::Context;
use crate::types::MapType;
use crate::value::{Key, Map, Value};
use std::collections::BTreeMap;
use std::rc::Rc;

pub(super) const FUNCTIONS: &[Function] = &[
    fixed("deepCopy", &[Any], |context, args| {
        copy(context, any(args, 0), 0)
    }),
    variadic("dict", &[Any], |context, args| {
        let mut entries = BTreeMap::new();
        for pair in args.chunks(2) {
            let key = strval(context, any(pair, 0))?;
            let value = pair.get(1).cloned().unwrap_or_else(|| "".into());
            entries.insert(Key::from(key.as_str()), value);
        }
        Ok(Value::typed_map(MapType::StringAny, entries))
    }),
    variadic("dig", &[Any], dig),
    fixed("get", &[Dict, Str], |_, args| {
        Ok(dict(args, 0)?
            .get_str(text(args, 1))
            .unwrap_or_else(|| "".into()))
    }),
    fixed("hasKey", &[Dict, Str], |_, args| {
        Ok(Value::Bool(dict(args, 0)?.get_str(text(args, 1)).is_some()))
    }),
    variadic("keys", &[Dict], |context, args| {
        let mut out = Vec::new();
        for index in 0..args.len() {
            context.charge(any(args, index).weight())?;
            out.extend(dict(args, index)?.entries().keys().map(Key::value));
        }
        Ok(Value::typed_list(crate::ListType::Strings, out))
    }),
    variadic("merge", &[Dict, Dict], |context, args| {
        merge(context, args, false)
    }),
    variadic("mergeOverwrite", &[Dict, Dict], |context, args| {
        merge(context, args, true)
    }),
    fixed("mustDeepCopy", &[Any], |context, args| {
        copy(context, any(args, 0), 0)
    }),
    variadic("mustMerge", &[Dict, Dict], |context, args| {
        merge(context, args, false)
    }),
    variadic("mustMergeOverwrite", &[Dict, Dict], |context, args| {
        merge(context, args, true)
    }),
    variadic("omit", &[Dict, Str], |_, args| {
        let unwanted: Vec<Key> = args.iter().skip(1).filter_map(Key::of).collect();
        let map = dict(args, 0)?;
        let entries = map.entries();
        let kept = entries.iter().filter(|(key, _)| !unwanted.contains(key));
        let kept = kept.map(|(key, value)| (key.clone(), value.clone()));
        Ok(Value::typed_map(MapType::StringAny, kept.collect()))
    }),
    variadic("pick", &[Dict, Str], |_, args| {
        let map = dict(args, 0)?;
        let wanted = args.iter().skip(1).filter_map(Key::of);
        let kept = wanted.filter_map(|key| map.get(&key).map(|value| (key, value)));
        Ok(Value::typed_map(MapType::StringAny, kept.collect()))
    }),
    variadic("pluck", &[Str, Dict], |_, args| {
        let mut out = Vec::new();
        for index in 1..args.len() {
            out.extend(dict(args, index)?.get_str(text(args, 0)));
        }
        Ok(Value::list(out))
    }),
    fixed("set", &[Dict, Str, Any], |context, args| {
        let key = Key::from(text(args, 1));
        context.charge(text(args, 1).len() as u64 + 100)?;
        if !dict(args, 0)?.set(key, any(args, 2).clone()) {
            return Err("the dict is in use".into());
        }
        Ok(any(args, 0).clone())
    }),
    fixed("unset", &[Dict, Str], |_, args| {
        dict(args, 0)?.unset(&Key::from(text(args, 1)));
        Ok(any(args, 0).clone())
    }),
    fixed("values", &[Dict], |_, args| {
        Ok(Value::list(
            dict(args, 0)?.entries().values().cloned().collect(),
        ))
    }),
];

/// How deep a value may nest that is copied or merged: a dict can hold itself.
const DEEPEST: usize = 100;

fn dict(args: &[Value], index: usize) -> Result<&Rc<Map>, String> {
    match args.get(index) {
        Some(Value::Map(map)) => Ok(map),
        _ => Err(super::lists::NIL_POINTER.into()),
    }
}

fn dig(_: &mut Context<'_>, args: &[Value]) -> Result<Value, String> {
    let [keys @ .., default, last] = args else {
        return Err("dig needs at least three arguments".into());
    };
    if keys.is_empty() {
        return Err("dig needs at least three arguments".into());
    }
    let mut value = last.clone();
    for key in keys {
        let Some(key) = key.as_str() else {
            return Err(conversion(key, "string"));
        };
        let next = match &value {
            Value::Map(map) if map.kind() == MapType::StringAny => map.get_str(key),
            other => return Err(conversion(other, MapType::StringAny.name())),
        };
        match next {
            Some(next) => value = next,
            None => return Ok(default.clone()),
        }
    }
    Ok(value)
}

fn conversion(value: &Value, wanted: &str) -> String {
    let got = match value {
        Value::Nil => "nil",
        value => value.type_name(),
    };
    format!("interface conversion: interface {{}} is {got}, not {wanted}")
}

fn too_deep() -> String {
    format!("a value nests deeper than {DEEPEST} or holds itself")
}

/// A copy of a value and of all that it holds.
fn copy(context: &mut Context<'_>, value: &Value, depth: usize) -> Result<Value, String> {
    if depth > DEEPEST {
        return Err(too_deep());
    }
    context.step()?;
    context.charge(value.weight())?;
    match value {
        Value::List(list) => {
            let items = list.items().iter();
            let items: Result<Vec<Value>, String> =
                items.map(|item| copy(context, item, depth + 1)).collect();
            Ok(Value::typed_list(list.kind(), items?))
        }
        Value::Map(map) => {
            let mut entries = BTreeMap::new();
            for (key, value) in map.entries().iter() {
                entries.insert(key.clone(), copy(context, value, depth + 1)?);
            }
            Ok(Value::typed_map(map.kind(), entries))
        }
        value => Ok(value.clone()),
    }
}

/// Merges the others into the first, which is the result: without `overwrite` only where it
/// has nothing or an empty value, with it where they have something.
fn merge(context: &mut Context<'_>, args: &[Value], overwrite: bool) -> Result<Value, String> {
    for index in 1..args.len() {
        let (into, from) = (dict(args, 0)?, dict(args, index)?);
        merge_into(context, into, from, overwrite, 0)?;
    }
    Ok(any(args, 0).clone())
}

fn merge_into(
    context: &mut Context<'_>,
    into: &Rc<Map>,
    from: &Rc<Map>,
    overwrite: bool,
    depth: usize,
) -> Result<(), String> {
    if depth > DEEPEST {
        return Err(too_deep());
    }
    if Rc::ptr_eq(into, from) {
        return Ok(());
    }
    let entries: Vec<(Key, Value)> = from
        .entries()
        .iter()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    for (key, value) in entries {
        context.step()?;
        context.charge(100)?;
        let old = into.get(&key);
        if let (Some(Value::Map(old)), Value::Map(new)) = (&old, &value)
            && old.kind() == new.kind()
        {
            merge_into(context, old, new, overwrite, depth + 1)?;
            continue;
        }
        let replaces = match &old {
            None => true,
            Some(_) if overwrite => true,
            Some(old) => super::defaults::is_empty(old),
        };
        if replaces && !into.set(key, value) {
            return Err("the dict is in use".into());
        }
    }
    Ok(())
}
