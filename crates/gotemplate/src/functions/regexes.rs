//! Sprig's functions of regular expressions. A pattern that is none fails in all of them.

use super::Param::{Int, Str};
use super::{Function, fixed, int, text};
use goregex::Pattern;

use crate::call::Context;
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    fixed("mustRegexFind", &[Str, Str], |_, args| {
        find(args, must(args)?)
    }),
    fixed("mustRegexFindAll", &[Str, Str, Int], |context, args| {
        find_all(context, args, must(args)?)
    }),
    fixed("mustRegexMatch", &[Str, Str], |_, args| {
        Ok(Value::Bool(must(args)?.is_match(text(args, 1))))
    }),
    fixed("mustRegexReplaceAll", &[Str, Str, Str], |context, args| {
        replace(context, args, must(args)?, false)
    }),
    fixed(
        "mustRegexReplaceAllLiteral",
        &[Str, Str, Str],
        |context, args| replace(context, args, must(args)?, true),
    ),
    fixed("mustRegexSplit", &[Str, Str, Int], |context, args| {
        split(context, args, must(args)?)
    }),
    fixed("regexFind", &[Str, Str], |_, args| {
        find(args, compile(args)?)
    }),
    fixed("regexFindAll", &[Str, Str, Int], |context, args| {
        find_all(context, args, compile(args)?)
    }),
    fixed("regexQuoteMeta", &[Str], |_, args| {
        let mut out = String::new();
        for c in text(args, 0).chars() {
            if "\\.+*?()|[]{}^$".contains(c) {
                out.push('\\');
            }
            out.push(c);
        }
        Ok(out.into())
    }),
    fixed("regexReplaceAll", &[Str, Str, Str], |context, args| {
        replace(context, args, compile(args)?, false)
    }),
    fixed(
        "regexReplaceAllLiteral",
        &[Str, Str, Str],
        |context, args| replace(context, args, compile(args)?, true),
    ),
    fixed("regexSplit", &[Str, Str, Int], |context, args| {
        split(context, args, compile(args)?)
    }),
];

/// How many bytes a compiled pattern may take.
const LARGEST: usize = 8 << 20;

pub(super) fn must(args: &[Value]) -> Result<Pattern, String> {
    Pattern::new(text(args, 0), LARGEST)
}

/// The pattern, with the words of Go's panic when it is none.
pub(super) fn compile(args: &[Value]) -> Result<Pattern, String> {
    let source = text(args, 0);
    must(args).map_err(|error| {
        let shown = if source.contains('`') {
            crate::quote::quote(source)
        } else {
            format!("`{source}`")
        };
        format!("regexp: Compile({shown}): {error}")
    })
}

fn find(args: &[Value], pattern: Pattern) -> Result<Value, String> {
    let found = pattern.find(text(args, 1));
    Ok(found.map_or("", |found| found.as_str()).into())
}

fn find_all(context: &mut Context<'_>, args: &[Value], pattern: Pattern) -> Result<Value, String> {
    let most = usize::try_from(int(args, 2)).unwrap_or(usize::MAX);
    let mut out = Vec::new();
    for found in pattern.find_all(text(args, 1)).take(most) {
        context.charge(found.len() as u64 + 40)?;
        out.push(found.as_str());
    }
    Ok(Value::strings(out))
}

fn replace(
    context: &mut Context<'_>,
    args: &[Value],
    pattern: Pattern,
    literal: bool,
) -> Result<Value, String> {
    let (subject, by) = (text(args, 1), text(args, 2));
    let room = context.room();
    let mut out = String::new();
    let mut end = 0;
    for groups in pattern.all_groups(subject) {
        let Some(found) = groups.get(0) else { continue };
        out.push_str(subject.get(end..found.start()).unwrap_or(""));
        // Each group may stand once for two bytes of the replacement.
        let grows = by.len().saturating_mul(found.len().saturating_add(1));
        if out.len().saturating_add(grows) > room {
            context.reserve(u64::MAX)?;
        }
        if literal {
            out.push_str(by);
        } else {
            pattern.expand(&groups, by, &mut out);
        }
        end = found.end();
    }
    out.push_str(subject.get(end..).unwrap_or(""));
    Ok(out.into())
}

/// The texts between the matches, at most so many; the rest is the last.
fn split(context: &mut Context<'_>, args: &[Value], pattern: Pattern) -> Result<Value, String> {
    let (subject, most) = (text(args, 1), int(args, 2));
    if most == 0 {
        return Ok(Value::strings(Vec::<String>::new()));
    }
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    if !text(args, 0).is_empty() && subject.is_empty() {
        return Ok(Value::strings([""]));
    }
    let mut out: Vec<&str> = Vec::new();
    let (mut start, mut end) = (0, 0);
    for found in pattern.find_all(subject) {
        if out.len() + 1 >= most {
            break;
        }
        context.charge(40)?;
        end = found.start();
        if found.end() != 0 {
            out.push(subject.get(start..end).unwrap_or(""));
        }
        start = found.end();
    }
    if end != subject.len() {
        out.push(subject.get(start..).unwrap_or(""));
    }
    Ok(Value::strings(out))
}
