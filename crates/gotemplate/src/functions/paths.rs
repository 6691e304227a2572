//! Sprig's functions of paths; on Linux those for URLs and for files are the same.

use super::Param::Str;
use super::{Function, fixed, text};
use crate::call::Context;
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    fixed("base", &[Str], base),
    fixed("clean", &[Str], |_, args| Ok(clean(text(args, 0)).into())),
    fixed("dir", &[Str], dir),
    fixed("ext", &[Str], ext),
    fixed("isAbs", &[Str], is_absolute),
    fixed("osBase", &[Str], base),
    fixed("osClean", &[Str], |_, args| Ok(clean(text(args, 0)).into())),
    fixed("osDir", &[Str], dir),
    fixed("osExt", &[Str], ext),
    fixed("osIsAbs", &[Str], is_absolute),
];

fn base(_: &mut Context<'_>, args: &[Value]) -> Result<Value, String> {
    let path = text(args, 0);
    if path.is_empty() {
        return Ok(".".into());
    }
    let path = path.trim_end_matches('/');
    let name = path.rsplit('/').next().unwrap_or("");
    Ok(if name.is_empty() { "/" } else { name }.into())
}

fn dir(_: &mut Context<'_>, args: &[Value]) -> Result<Value, String> {
    let path = text(args, 0);
    let end = path.rfind('/').map_or(0, |at| at + 1);
    Ok(clean(path.get(..end).unwrap_or("")).into())
}

fn ext(_: &mut Context<'_>, args: &[Value]) -> Result<Value, String> {
    let path = text(args, 0);
    let name = path.rsplit('/').next().unwrap_or("");
    let start = name.rfind('.').unwrap_or(name.len());
    Ok(name.get(start..).unwrap_or("").into())
}

fn is_absolute(_: &mut Context<'_>, args: &[Value]) -> Result<Value, String> {
    Ok(Value::Bool(text(args, 0).starts_with('/')))
}

/// The shortest path that is the same by its text.
fn clean(path: &str) -> String {
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&"..") | None if !absolute => parts.push(".."),
                _ => {
                    parts.pop();
                }
            },
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (absolute, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".into(),
        (false, false) => joined,
    }
}
