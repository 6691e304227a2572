//! Functions of the world around: failing, the environment, names of hosts.

use super::Param::Str;
use super::{Function, fixed, text};

pub(super) const FUNCTIONS: &[Function] = &[
    fixed("env", &[Str], |context, args| {
        let found = context.world.environment.get(text(args, 0));
        Ok(found.map_or("", String::as_str).into())
    }),
    fixed("expandenv", &[Str], |context, args| {
        let source = text(args, 0);
        let mut out = String::new();
        let mut rest = source;
        while let Some(at) = rest.find('$') {
            let (before, behind) = rest.split_at(at);
            out.push_str(before);
            let behind = behind.get(1..).unwrap_or("");
            let (name, length) = variable(behind);
            match name {
                // A dollar that names nothing stays; a brace that does not close goes.
                None if length == 0 => out.push('$'),
                None => {}
                Some(name) => {
                    let value = context
                        .world
                        .environment
                        .get(name)
                        .map_or("", String::as_str);
                    context.charge(value.len() as u64)?;
                    out.push_str(value);
                }
            }
            rest = behind.get(length..).unwrap_or("");
        }
        out.push_str(rest);
        Ok(out.into())
    }),
    fixed("fail", &[Str], |_, args| Err(text(args, 0).to_owned())),
    fixed("getHostByName", &[Str], |context, args| {
        let found = (context.world.resolve)(text(args, 0));
        Ok(found.unwrap_or_default().into())
    }),
];

/// The name behind a dollar, and how many bytes it takes there.
fn variable(behind: &str) -> (Option<&str>, usize) {
    let special =
        |c: char| matches!(c, '*' | '#' | '$' | '@' | '!' | '?' | '-') || c.is_ascii_digit();
    if let Some(inner) = behind.strip_prefix('{') {
        return match inner.find('}') {
            None => (None, 1),
            Some(0) => (None, 2),
            Some(end) => (inner.get(..end), end + 2),
        };
    }
    match behind.chars().next() {
        Some(c) if special(c) => (behind.get(..1), 1),
        _ => {
            let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let length = behind.find(|c| !word(c)).unwrap_or(behind.len());
            (behind.get(..length).filter(|name| !name.is_empty()), length)
        }
    }
}
