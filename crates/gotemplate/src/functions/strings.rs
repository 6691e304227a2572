//! Sprig's functions of text: cutting, trimming, padding, asking. Words and cases have
//! files of their own. Lengths and places are bytes, as in Go.

use super::Param::{Any, Int, Str};
use super::{Function, any, fixed, int, strval, text, variadic};
use crate::call::Context;
use crate::quote::quote;
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    fixed("abbrev", &[Int, Str], |_, args| {
        Ok(abbreviate(text(args, 1), int(args, 0)).into())
    }),
    fixed("abbrevboth", &[Int, Int, Str], |_, args| {
        Ok(abbreviate_both(text(args, 2), int(args, 0), int(args, 1)).into())
    }),
    variadic("cat", &[Any], cat),
    fixed("contains", &[Str, Str], |_, args| {
        Ok(Value::Bool(text(args, 1).contains(text(args, 0))))
    }),
    fixed("hasPrefix", &[Str, Str], |_, args| {
        Ok(Value::Bool(text(args, 1).starts_with(text(args, 0))))
    }),
    fixed("hasSuffix", &[Str, Str], |_, args| {
        Ok(Value::Bool(text(args, 1).ends_with(text(args, 0))))
    }),
    fixed("hello", &[], |_, _| Ok("Hello!".into())),
    fixed("indent", &[Int, Str], |context, args| {
        indent(context, int(args, 0), text(args, 1), "")
    }),
    fixed("lower", &[Str], |_, args| Ok(lower(text(args, 0)).into())),
    fixed("nindent", &[Int, Str], |context, args| {
        indent(context, int(args, 0), text(args, 1), "\n")
    }),
    fixed("plural", &[Str, Str, Int], |_, args| {
        let index = usize::from(int(args, 2) != 1);
        Ok(text(args, index).into())
    }),
    variadic("quote", &[Any], |context, args| {
        quoted(context, args, quote)
    }),
    fixed("repeat", &[Int, Str], |context, args| {
        let times = times(int(args, 0))?;
        let text = text(args, 1);
        context.reserve((times as u64).saturating_mul(text.len() as u64))?;
        Ok(text.repeat(times).into())
    }),
    fixed("replace", &[Str, Str, Str], |context, args| {
        replace(context, text(args, 2), text(args, 0), text(args, 1)).map(Value::from)
    }),
    variadic("squote", &[Any], |context, args| {
        quoted(context, args, |text| format!("'{text}'"))
    }),
    fixed("substr", &[Int, Int, Str], |_, args| {
        substr(text(args, 2), int(args, 0), int(args, 1)).map(Value::from)
    }),
    fixed("toString", &[Any], |context, args| {
        strval(context, any(args, 0)).map(Value::from)
    }),
    fixed("trim", &[Str], |_, args| Ok(text(args, 0).trim().into())),
    fixed("trimAll", &[Str, Str], trim_all),
    fixed("trimPrefix", &[Str, Str], |_, args| {
        let whole = text(args, 1);
        Ok(whole.strip_prefix(text(args, 0)).unwrap_or(whole).into())
    }),
    fixed("trimSuffix", &[Str, Str], |_, args| {
        let whole = text(args, 1);
        Ok(whole.strip_suffix(text(args, 0)).unwrap_or(whole).into())
    }),
    fixed("trimall", &[Str, Str], trim_all),
    fixed("trunc", &[Int, Str], |_, args| {
        let (length, text) = (int(args, 0), text(args, 1));
        let size = super::count(text.len());
        Ok(match length {
            cut if cut < 0 && size.saturating_add(cut) > 0 => {
                slice(text, size.saturating_add(cut), size)
            }
            cut if cut >= 0 && size > cut => slice(text, 0, cut),
            _ => text.to_owned(),
        }
        .into())
    }),
    fixed("upper", &[Str], |_, args| Ok(upper(text(args, 0)).into())),
    fixed("wrap", &[Int, Str], |context, args| {
        wrap(context, text(args, 1), int(args, 0), "\n", false)
    }),
    fixed("wrapWith", &[Int, Str, Str], |context, args| {
        let between = match text(args, 1) {
            "" => "\n",
            between => between,
        };
        wrap(context, text(args, 2), int(args, 0), between, true)
    }),
];

/// The text in capitals: as in Go each character has one, or stays.
pub(super) fn upper(text: &str) -> String {
    let one = |c: char| {
        let mut upper = c.to_uppercase();
        if upper.len() == 1 { upper.next() } else { None }
    };
    text.chars().map(|c| one(c).unwrap_or(c)).collect()
}

/// The text in small letters, each of one character.
pub(super) fn lower(text: &str) -> String {
    text.chars()
        .map(|c| c.to_lowercase().next().unwrap_or(c))
        .collect()
}

fn trim_all(_: &mut Context<'_>, args: &[Value]) -> Result<Value, String> {
    let cut: std::collections::BTreeSet<char> = text(args, 0).chars().collect();
    Ok(text(args, 1).trim_matches(|c| cut.contains(&c)).into())
}

/// The bytes of a range as text; a character that is cut becomes a replacement character.
fn slice(text: &str, start: i64, end: i64) -> String {
    let range = usize::try_from(start).unwrap_or(0)..usize::try_from(end).unwrap_or(0);
    String::from_utf8_lossy(text.as_bytes().get(range).unwrap_or(&[])).into_owned()
}

fn times(count: i64) -> Result<usize, String> {
    usize::try_from(count).map_err(|_| "strings: negative Repeat count".to_owned())
}

fn abbreviate(text: &str, width: i64) -> String {
    if width < 4 || super::count(text.len()) <= width {
        return text.to_owned();
    }
    slice(text, 0, width - 3) + "..."
}

/// Cuts at the right and, from a place on, at the left too.
fn abbreviate_both(text: &str, left: i64, right: i64) -> String {
    let size = super::count(text.len());
    if right < 4 || (left > 0 && right < 7) || size <= right {
        return text.to_owned();
    }
    let mut offset = left.min(size);
    if size - offset < right - 3 {
        offset = size - (right - 3);
    }
    if offset <= 4 {
        return slice(text, 0, right - 3) + "...";
    }
    if offset + right - 3 < size {
        let behind = slice(text, offset, size);
        return "...".to_owned() + &abbreviate(&behind, right - 3);
    }
    "...".to_owned() + &slice(text, size - (right - 3), size)
}

fn cat(context: &mut Context<'_>, args: &[Value]) -> Result<Value, String> {
    let mut out = String::new();
    for (index, value) in args.iter().filter(|value| !value.is_nil()).enumerate() {
        if index > 0 {
            out.push(' ');
        }
        let text = crate::print::display(value, context.room()).map_err(|e| e.to_string())?;
        context.reserve(out.len() as u64 + text.len() as u64)?;
        out.push_str(&text);
    }
    Ok(out.into())
}

fn quoted(
    context: &mut Context<'_>,
    args: &[Value],
    quote: fn(&str) -> String,
) -> Result<Value, String> {
    let mut out = Vec::new();
    for value in args.iter().filter(|value| !value.is_nil()) {
        let text = quote(&strval(context, value)?);
        context.charge(text.len() as u64)?;
        out.push(text);
    }
    Ok(out.join(" ").into())
}

fn indent(
    context: &mut Context<'_>,
    width: i64,
    text: &str,
    before: &str,
) -> Result<Value, String> {
    let width = times(width)?;
    let lines = text.bytes().filter(|byte| *byte == b'\n').count() as u64 + 1;
    context.reserve(
        lines
            .saturating_mul(width as u64)
            .saturating_add(text.len() as u64),
    )?;
    let blanks = " ".repeat(width);
    let body = text.replace('\n', &format!("\n{blanks}"));
    Ok(format!("{before}{blanks}{body}").into())
}

/// Replaces all of `old`; an empty one stands before each character and at the end.
pub(super) fn replace(
    context: &Context<'_>,
    text: &str,
    old: &str,
    new: &str,
) -> Result<String, String> {
    let found = if old.is_empty() {
        text.chars().count() + 1
    } else {
        text.matches(old).count()
    };
    let more = (found as u64).saturating_mul(new.len() as u64);
    context.reserve(more.saturating_add(text.len() as u64))?;
    Ok(text.replace(old, new))
}

fn substr(text: &str, start: i64, end: i64) -> Result<String, String> {
    let size = super::count(text.len());
    let out_of_range =
        |what: String| Err(format!("runtime error: slice bounds out of range {what}"));
    if start < 0 {
        if end < 0 {
            return out_of_range(format!("[:{end}]"));
        }
        if end > size {
            return out_of_range(format!("[:{end}] with length {size}"));
        }
        return Ok(slice(text, 0, end));
    }
    if end < 0 || end > size {
        if start > size {
            return out_of_range(format!("[{start}:{size}]"));
        }
        return Ok(slice(text, start, size));
    }
    if start > end {
        return out_of_range(format!("[{start}:{end}]"));
    }
    Ok(slice(text, start, end))
}

/// Breaks at blanks; a word that is longer than a line is cut where `cut_words` says so.
fn wrap(
    context: &mut Context<'_>,
    text: &str,
    width: i64,
    between: &str,
    cut_words: bool,
) -> Result<Value, String> {
    let width = usize::try_from(width).unwrap_or(1).max(1);
    let most = (text.len() / width + text.matches(' ').count()) as u64 + 1;
    context.reserve(
        most.saturating_mul(between.len() as u64)
            .saturating_add(text.len() as u64),
    )?;
    let bytes = text.as_bytes();
    let mut out: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while rest.len() > width {
        if let Some(behind) = rest.strip_prefix(b" ") {
            rest = behind;
            continue;
        }
        let line = rest.get(..=width).unwrap_or(rest);
        if let Some(blank) = line.iter().rposition(|byte| *byte == b' ') {
            out.extend_from_slice(rest.get(..blank).unwrap_or(&[]));
            out.extend_from_slice(between.as_bytes());
            rest = rest.get(blank + 1..).unwrap_or(&[]);
        } else if cut_words {
            let (line, behind) = rest.split_at(width);
            out.extend_from_slice(line);
            out.extend_from_slice(between.as_bytes());
            rest = behind;
        } else {
            let behind = rest.get(width..).unwrap_or(&[]);
            match behind.iter().position(|byte| *byte == b' ') {
                None => break,
                Some(blank) => {
                    let blank = blank + width;
                    out.extend_from_slice(rest.get(..blank).unwrap_or(&[]));
                    out.extend_from_slice(between.as_bytes());
                    rest = rest.get(blank + 1..).unwrap_or(&[]);
                }
            }
        }
    }
    out.extend_from_slice(rest);
    Ok(String::from_utf8_lossy(&out).as_ref().into())
}
