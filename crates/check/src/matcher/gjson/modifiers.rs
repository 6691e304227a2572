//! `@NAME:ARGUMENT`: what makes something else of a part.

use std::borrow::Cow;

use super::scan::{self, Kind};
use super::{Budget, TooMuch, valid, walk};
use crate::value::json::{Style, text};

/// What a modifier makes; empty for nothing.
type Made<'a> = Result<Cow<'a, [u8]>, TooMuch>;

/// A modifier.
pub(super) type Modifier = for<'a> fn(&'a [u8], &[u8], &mut Budget) -> Made<'a>;

/// All of them.
const MODIFIERS: &[(&str, Modifier)] = &[
    ("dig", dig),
    ("flatten", flatten),
    ("fromstr", from_text),
    ("group", group),
    ("join", join),
    ("keys", keys),
    // Only blanks differ, and no value has them.
    ("pretty", |json, _, _| Ok(Cow::Borrowed(json))),
    ("reverse", reverse),
    ("this", |json, _, _| Ok(Cow::Borrowed(json))),
    ("tostr", to_text),
    ("ugly", |json, _, _| Ok(Cow::Owned(ugly(json)))),
    ("valid", |json, _, _| match valid::is_valid(json) {
        true => Ok(Cow::Borrowed(json)),
        false => Ok(Cow::Borrowed(b"")),
    }),
    ("values", values),
];

/// The modifier of a name.
pub(super) fn find(name: &[u8]) -> Option<Modifier> {
    let found = MODIFIERS.iter().find(|(known, _)| known.as_bytes() == name);
    found.map(|(_, modifier)| *modifier)
}

/// Runs the modifier at the beginning of a path, and says what follows it. None where there is
/// no such modifier.
#[allow(clippy::type_complexity)]
pub(super) fn run<'a, 'p>(
    json: &'a [u8],
    path: &'p [u8],
    budget: &mut Budget,
) -> Result<Option<(Cow<'a, [u8]>, &'p [u8])>, TooMuch> {
    let name = path.get(1..).unwrap_or_default();
    let ends = |byte: &u8| matches!(byte, b':' | b'|' | b'.');
    let end = name.iter().position(ends).unwrap_or(name.len());
    let (name, rest) = name.split_at(end);
    let Some(modifier) = find(name) else {
        return Ok(None);
    };
    let (argument, rest) = match rest {
        [b':', rest @ ..] => argument(rest),
        _ => (&b""[..], rest),
    };
    let made = modifier(json, argument, budget)?;
    if let Cow::Owned(made) = &made {
        budget.make(made.len())?;
    }
    Ok(Some((made, rest)))
}

/// The argument at the beginning of a text: JSON, or anything up to a `|`.
fn argument(text: &[u8]) -> (&[u8], &[u8]) {
    let end = match text.first() {
        Some(b'{' | b'[' | b'"') => scan::part(text).map_or(text.len(), |(part, _)| part.len()),
        _ => {
            let mut at = 0;
            while let Some(byte) = text.get(at) {
                match byte {
                    b'|' => break,
                    b'{' | b'[' | b'"' | b'(' => {
                        let rest = text.get(at..).unwrap_or_default();
                        at += scan::part(rest).map_or(rest.len(), |(part, _)| part.len());
                    }
                    _ => at += 1,
                }
            }
            at.min(text.len())
        }
    };
    text.split_at_checked(end).unwrap_or((text, b""))
}

/// `!VALUE`: the value itself, and what follows it.
pub(super) fn literal(path: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let rest = path.get(1..)?;
    match rest.first()? {
        b'{' | b'[' => {
            let (part, rest) = scan::part(rest)?;
            Some((part.to_vec(), rest))
        }
        // Up to where brackets close that were never open, mostly all of it.
        b'"' | b'+' | b'-' | b'0'..=b'9' => {
            let end = unbalanced(rest);
            let (part, rest) = rest.split_at_checked(end)?;
            Some((part.to_vec(), rest))
        }
        _ => {
            let end = rest.iter().position(|byte| matches!(byte, b'|' | b'.'));
            let (word, rest) = rest.split_at_checked(end.unwrap_or(rest.len()))?;
            let known = ["true", "false", "null", "nan", "inf"];
            let is_known = known
                .iter()
                .any(|known| word.eq_ignore_ascii_case(known.as_bytes()));
            is_known.then(|| (word.to_vec(), rest))
        }
    }
}

/// Where the bracket closes that the first byte stands for.
fn unbalanced(text: &[u8]) -> usize {
    let mut depth: usize = 1;
    let mut at = 1;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => {
                let rest = text.get(at..).unwrap_or_default();
                at += scan::part(rest).map_or(rest.len(), |(part, _)| part.len());
                continue;
            }
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    text.len()
}

/// Appends a text as JSON, with all that is escaped in HTML.
pub(super) fn quote(name: &[u8], out: &mut Vec<u8>) {
    let style = Style {
        html: true,
        read_back: false,
    };
    text(name, style, out);
}

/// The options of an argument that is a map.
fn option(argument: &[u8], name: &[u8]) -> bool {
    let map = scan::parse(argument).filter(|part| Kind::of(part) == Kind::Map);
    let mut members = map.map(scan::members).into_iter().flatten();
    let found = members.find(|(key, _)| *scan::text(key) == *name);
    found.is_some_and(|(_, value)| match Kind::of(value) {
        Kind::True => true,
        Kind::Number => super::float(value) != 0.0,
        Kind::Text => {
            let text = scan::text(value).to_ascii_lowercase();
            matches!(text.as_slice(), b"1" | b"t" | b"true")
        }
        _ => false,
    })
}

fn joined<'j>(open: u8, parts: impl Iterator<Item = &'j [u8]>, close: u8) -> Cow<'static, [u8]> {
    let mut out = vec![open];
    for part in parts {
        if out.len() > 1 {
            out.push(b',');
        }
        out.extend_from_slice(part);
    }
    out.push(close);
    Cow::Owned(out)
}

/// A key and its value as they stand in a map.
fn member(key: &[u8], value: &[u8]) -> Vec<u8> {
    [key, b":", value].concat()
}

fn reverse<'a>(json: &'a [u8], _: &[u8], _: &mut Budget) -> Made<'a> {
    let Some(part) = scan::parse(json) else {
        return Ok(Cow::Borrowed(json));
    };
    Ok(match Kind::of(part) {
        Kind::List => {
            let items: Vec<_> = scan::elements(part).collect();
            joined(b'[', items.into_iter().rev(), b']')
        }
        Kind::Map => {
            let members = scan::members(part);
            let members: Vec<_> = members.map(|(key, value)| member(key, value)).collect();
            joined(b'{', members.iter().rev().map(Vec::as_slice), b'}')
        }
        _ => Cow::Borrowed(json),
    })
}

fn keys<'a>(json: &'a [u8], _: &[u8], _: &mut Budget) -> Made<'a> {
    let part = scan::parse(json).unwrap_or_default();
    Ok(match Kind::of(part) {
        _ if part.is_empty() => Cow::Borrowed(b"[]"),
        Kind::Map => joined(b'[', scan::members(part).map(|(key, _)| key), b']'),
        Kind::List => joined(b'[', scan::elements(part).map(|_| &b"null"[..]), b']'),
        _ => Cow::Borrowed(b"[null]"),
    })
}

fn values<'a>(json: &'a [u8], _: &[u8], _: &mut Budget) -> Made<'a> {
    let part = scan::parse(json).unwrap_or_default();
    Ok(match Kind::of(part) {
        _ if part.is_empty() => Cow::Borrowed(b"[]"),
        Kind::Map => joined(b'[', scan::members(part).map(|(_, value)| value), b']'),
        Kind::List => Cow::Borrowed(json),
        _ => joined(b'[', std::iter::once(part), b']'),
    })
}

fn flatten<'a>(json: &'a [u8], argument: &[u8], budget: &mut Budget) -> Made<'a> {
    let Some(part) = scan::parse(json).filter(|part| Kind::of(part) == Kind::List) else {
        return Ok(Cow::Borrowed(json));
    };
    let deep = option(argument, b"deep");
    let mut out = Vec::new();
    flat(part, deep, budget, &mut out)?;
    Ok(joined(b'[', out.into_iter(), b']'))
}

/// The elements of a list, those of lists in it in their place.
fn flat<'a>(
    list: &'a [u8],
    deep: bool,
    budget: &mut Budget,
    out: &mut Vec<&'a [u8]>,
) -> Result<(), TooMuch> {
    budget.deeper(|budget| {
        for item in scan::elements(list) {
            match Kind::of(item) {
                Kind::List if deep => flat(item, deep, budget, out)?,
                Kind::List => out.extend(scan::elements(item)),
                _ => out.push(item),
            }
        }
        Ok(())
    })
}

fn join<'a>(json: &'a [u8], argument: &[u8], _: &mut Budget) -> Made<'a> {
    let Some(part) = scan::parse(json).filter(|part| Kind::of(part) == Kind::List) else {
        return Ok(Cow::Borrowed(json));
    };
    let maps = scan::elements(part).filter(|item| Kind::of(item) == Kind::Map);
    let members = maps.flat_map(scan::members);
    if option(argument, b"preserve") {
        let members: Vec<_> = members.map(|(key, value)| member(key, value)).collect();
        return Ok(joined(b'{', members.iter().map(Vec::as_slice), b'}'));
    }
    // The last value of a key, in the place of its first.
    let mut places = std::collections::HashMap::new();
    let mut kept: Vec<(&[u8], &[u8])> = Vec::new();
    for (key, value) in members {
        let next = kept.len();
        let at = *places.entry(scan::text(key)).or_insert(next);
        match kept.get_mut(at) {
            Some(known) => known.1 = value,
            None => kept.push((key, value)),
        }
    }
    let members: Vec<_> = kept.iter().map(|(key, value)| member(key, value)).collect();
    Ok(joined(b'{', members.iter().map(Vec::as_slice), b'}'))
}

fn from_text<'a>(json: &'a [u8], _: &[u8], _: &mut Budget) -> Made<'a> {
    let part = scan::parse(json).filter(|_| valid::is_valid(json));
    Ok(match part {
        Some(part) if Kind::of(part) == Kind::Text => scan::text(part),
        Some(part) if Kind::of(part) == Kind::Null => Cow::Borrowed(b""),
        Some(part) => Cow::Borrowed(part),
        None => Cow::Borrowed(b""),
    })
}

fn to_text<'a>(json: &'a [u8], _: &[u8], _: &mut Budget) -> Made<'a> {
    let mut out = Vec::new();
    quote(json, &mut out);
    Ok(Cow::Owned(out))
}

/// From a map of lists to a list of maps.
fn group<'a>(json: &'a [u8], _: &[u8], _: &mut Budget) -> Made<'a> {
    let Some(part) = scan::parse(json).filter(|part| Kind::of(part) == Kind::Map) else {
        return Ok(Cow::Borrowed(b""));
    };
    let mut all: Vec<Vec<Vec<u8>>> = Vec::new();
    for (key, list) in scan::members(part) {
        if Kind::of(list) != Kind::List {
            continue;
        }
        for (at, item) in scan::elements(list).enumerate() {
            let pair = member(key, item);
            match all.get_mut(at) {
                Some(map) => map.push(pair),
                None => all.push(vec![pair]),
            }
        }
    }
    let maps = all
        .iter()
        .map(|map| joined(b'{', map.iter().map(Vec::as_slice), b'}'));
    let maps: Vec<_> = maps.collect();
    Ok(joined(b'[', maps.iter().map(|map| &**map), b']'))
}

/// What stands at a path at any depth.
fn dig<'a>(json: &'a [u8], path: &[u8], budget: &mut Budget) -> Made<'a> {
    let mut found = Vec::new();
    if let Some(part) = scan::parse(json) {
        search(part, path, budget, &mut found)?;
    }
    Ok(joined(b'[', found.iter().map(|part| &**part), b']'))
}

fn search<'a>(
    part: &'a [u8],
    path: &[u8],
    budget: &mut Budget,
    out: &mut Vec<Cow<'a, [u8]>>,
) -> Result<(), TooMuch> {
    budget.deeper(|budget| {
        if let Some(found) = walk::get(part, path, budget)? {
            budget.make(found.len())?;
            out.push(found);
        }
        match Kind::of(part) {
            Kind::List => {
                for item in scan::elements(part) {
                    search(item, path, budget, out)?;
                }
            }
            Kind::Map => {
                for (_, value) in scan::members(part) {
                    search(value, path, budget, out)?;
                }
            }
            _ => {}
        }
        Ok(())
    })
}

/// Without blanks outside of texts.
fn ugly(json: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len());
    let mut rest = json;
    while let [first, after @ ..] = rest {
        if *first == b'"'
            && let Some((text, after)) = scan::part(rest)
        {
            out.extend_from_slice(text);
            rest = after;
            continue;
        }
        if *first > b' ' {
            out.push(*first);
        }
        rest = after;
    }
    out
}
