//! The functions that goss adds.

use super::Param::{Any, Str};
use super::{Function, fixed, text, variadic};
use crate::call::Context;
use crate::value::{Key, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    fixed("findStringSubmatch", &[Str, Str], find_string_submatch),
    variadic("getEnv", &[Str, Str], |context, args| {
        let found = context.world.environment.get(text(args, 0));
        Ok(match found.filter(|value| !value.is_empty()) {
            Some(value) => value.as_str().into(),
            None => text(args, 1).into(),
        })
    }),
    variadic("mkSlice", &[Any], |_, args| Ok(Value::list(args.to_vec()))),
    fixed("readFile", &[Str], |context, args| {
        let path = text(args, 0);
        match (context.world.read_file)(path) {
            Ok(bytes) => {
                context.charge(bytes.len() as u64)?;
                Ok(String::from_utf8_lossy(&bytes).trim().into())
            }
            Err(error) => {
                let call = match error.kind() {
                    std::io::ErrorKind::IsADirectory => "read",
                    _ => "open",
                };
                Err(format!("{call} {path}: {}", reason(&error)))
            }
        }
    }),
    fixed("regexMatch", &[Str, Str], |_, args| {
        let pattern = super::regexes::must(args)?;
        Ok(Value::Bool(pattern.is_match(text(args, 1))))
    }),
    fixed("toLower", &[Str], |_, args| {
        Ok(super::strings::lower(text(args, 0)).into())
    }),
    fixed("toUpper", &[Str], |_, args| {
        Ok(super::strings::upper(text(args, 0)).into())
    }),
];

/// The kernel's words without Rust's addition.
fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = match text.split_once(" (os error") {
        Some((words, _)) => words,
        None => &text,
    };
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => String::new(),
    }
}

/// The groups by name, if any has one, else by number; no match is an empty map.
fn find_string_submatch(_: &mut Context<'_>, args: &[Value]) -> Result<Value, String> {
    let pattern = super::regexes::compile(args)?;
    let subject = text(args, 1);
    let Some(found) = pattern.groups(subject) else {
        return Ok(Value::map::<Key, _>([]));
    };
    let named = pattern.names().flatten().next().is_some();
    let mut groups = std::collections::BTreeMap::new();
    for (index, name) in pattern.names().enumerate() {
        let value = found.get(index).map_or("", |group| group.as_str());
        match name {
            Some(name) => groups.insert(Key::from(name), value.into()),
            None if !named => groups.insert(Key::from(index.to_string().as_str()), value.into()),
            None => None,
        };
    }
    Ok(Value::typed_map(crate::MapType::StringAny, groups))
}
