//! Follows a path.

use std::borrow::Cow;

use super::path::{self, Index, Query, Rest};
use super::scan::{self, Kind};
use super::{Budget, Part, TooMuch, glob, modifiers, query};

/// What is found on the way: a pipe that was met is followed when the walk is over, whatever
/// that found.
#[derive(Default)]
struct Pipe<'p>(Option<&'p [u8]>);

/// What stands at a path of a document.
pub(super) fn get<'a>(
    json: &'a [u8],
    path: &[u8],
    budget: &mut Budget,
) -> Result<Part<'a>, TooMuch> {
    budget.deeper(|budget| {
        let path = match special(json, path, budget)? {
            Special::Found(found) => return Ok(found),
            Special::Not(path) => path,
        };
        let mut pipe = Pipe::default();
        let found = match path.strip_prefix(b"..") {
            // The lines of a document of lines: one, here.
            Some(path) => list(Lines::Whole(json), path, &mut pipe, budget)?,
            None => match json.iter().position(|byte| matches!(byte, b'{' | b'[')) {
                Some(at) => inside(json.get(at..).unwrap_or_default(), path, &mut pipe, budget)?,
                None => None,
            },
        };
        match pipe.0 {
            None => Ok(found),
            Some(pipe) => {
                let found = found.as_deref().unwrap_or_default();
                owned(get(found, pipe, budget)?, budget)
            }
        }
    })
}

/// A part that outlives what it was found in.
fn owned<'a>(part: Part<'_>, budget: &mut Budget) -> Result<Part<'a>, TooMuch> {
    let Some(part) = part else { return Ok(None) };
    budget.make(part.len())?;
    Ok(Some(Cow::Owned(part.into_owned())))
}

/// What came of a path that may begin in a special way.
enum Special<'a, 'p> {
    Found(Part<'a>),
    /// It does not; this is left to follow.
    Not(&'p [u8]),
}

/// A path that begins with a modifier, a literal or several paths.
fn special<'a, 'p>(
    json: &'a [u8],
    path: &'p [u8],
    budget: &mut Budget,
) -> Result<Special<'a, 'p>, TooMuch> {
    let made = match path {
        [_] => None,
        [b'@', ..] => modifiers::run(json, path, budget)?,
        [b'!', ..] => modifiers::literal(path).map(|(made, rest)| (made.into(), rest)),
        [b'[' | b'{', ..] => return several(json, path, budget),
        _ => None,
    };
    let Some((made, rest)) = made else {
        return Ok(Special::Not(path));
    };
    if let [b'|' | b'.', rest @ ..] = rest {
        return Ok(Special::Found(owned(get(&made, rest, budget)?, budget)?));
    }
    Ok(Special::Found(match made {
        Cow::Borrowed(made) => scan::parse(made).map(Cow::Borrowed),
        Cow::Owned(made) => scan::parse(&made).map(|part| Cow::Owned(part.to_vec())),
    }))
}

/// A list or a map of what stands at several paths; what is not there is left out.
fn several<'a, 'p>(
    json: &'a [u8],
    path: &'p [u8],
    budget: &mut Budget,
) -> Result<Special<'a, 'p>, TooMuch> {
    let is_map = path.starts_with(b"{");
    // What does not end, or ends in something else, is passed over.
    let Some((selectors, rest)) = path::selectors(path) else {
        return Ok(Special::Not(b""));
    };
    let rest = match rest {
        [] => None,
        [b'|' | b'.', rest @ ..] => Some(rest),
        _ => return Ok(Special::Not(rest)),
    };
    let mut out = vec![if is_map { b'{' } else { b'[' }];
    for selector in selectors {
        let Some(found) = get(json, selector.path, budget)? else {
            continue;
        };
        if out.len() > 1 {
            out.push(b',');
        }
        if is_map {
            let name = selector.name;
            match name {
                [] => modifiers::quote(path::last_name(selector.path), &mut out),
                [b'"', ..] if super::valid::is_valid(name) => out.extend_from_slice(name),
                _ => modifiers::quote(name, &mut out),
            }
            out.push(b':');
        }
        budget.make(found.len())?;
        out.extend_from_slice(&found);
    }
    out.push(if is_map { b'}' } else { b']' });
    Ok(Special::Found(match rest {
        Some(rest) => owned(get(&out, rest, budget)?, budget)?,
        None => Some(Cow::Owned(out)),
    }))
}

/// Follows a path in a list or a map.
fn inside<'a, 'p>(
    part: &'a [u8],
    path: &'p [u8],
    pipe: &mut Pipe<'p>,
    budget: &mut Budget,
) -> Result<Part<'a>, TooMuch> {
    budget.deeper(|budget| match Kind::of(part) {
        Kind::Map => map(part, path, pipe, budget),
        Kind::List => list(Lines::List(part), path, pipe, budget),
        _ => Ok(None),
    })
}

fn map<'a, 'p>(
    part: &'a [u8],
    path: &'p [u8],
    pipe: &mut Pipe<'p>,
    budget: &mut Budget,
) -> Result<Part<'a>, TooMuch> {
    let key = path::key(path);
    let further = match key.rest {
        Rest::End => None,
        Rest::Path(path) => Some(path),
        Rest::Pipe(path) => {
            pipe.0 = Some(path);
            None
        }
    };
    for (name, value) in scan::members(part) {
        let name = scan::text(name);
        let is_it = match key.wild {
            true => glob::matches(&name, &key.part),
            false => *name == *key.part,
        };
        if !is_it {
            continue;
        }
        match further {
            None => return Ok(Some(Cow::Borrowed(value))),
            // Where nothing is further in, another key may fit as well.
            Some(path) => {
                if let Some(found) = inside(value, path, pipe, budget)? {
                    return Ok(Some(found));
                }
            }
        }
    }
    Ok(None)
}

/// Elements: those of a list, or a whole document as the only one.
#[derive(Clone, Copy)]
enum Lines<'a> {
    List(&'a [u8]),
    Whole(&'a [u8]),
}

impl<'a> Lines<'a> {
    fn elements(self) -> Box<dyn Iterator<Item = &'a [u8]> + 'a> {
        match self {
            Lines::List(list) => Box::new(scan::elements(list)),
            Lines::Whole(json) => {
                let parsed = scan::parse(json);
                let part = parsed.and_then(scan::part).map(|(part, _)| part);
                Box::new(part.into_iter())
            }
        }
    }
}

fn list<'a, 'p>(
    lines: Lines<'a>,
    path: &'p [u8],
    pipe: &mut Pipe<'p>,
    budget: &mut Budget,
) -> Result<Part<'a>, TooMuch> {
    let index = path::index(path);
    if let Rest::Pipe(path) = index.rest {
        pipe.0 = Some(path);
    }
    if let Some(query) = &index.query {
        return matching(lines, query, &index, pipe, budget);
    }
    if let Some(path) = index.each.filter(|_| index.part == b"#") {
        return each(lines, split(path, pipe), budget);
    }
    if index.hash {
        let count = || lines.elements().count().to_string().into_bytes();
        return Ok((index.part == b"#").then(|| Cow::Owned(count())));
    }
    let wanted = std::str::from_utf8(index.part).ok();
    let digits = index.part.iter().all(u8::is_ascii_digit);
    let wanted = wanted.and_then(|text| text.parse().ok()).filter(|_| digits);
    let Some(element) = wanted.and_then(|at: usize| lines.elements().nth(at)) else {
        return Ok(None);
    };
    match index.rest {
        Rest::Path(path) => inside(element, path, pipe, budget),
        Rest::End | Rest::Pipe(_) => Ok(Some(Cow::Borrowed(element))),
    }
}

/// Takes a pipe off a path that is followed in each element.
fn split<'p>(path: &'p [u8], pipe: &mut Pipe<'p>) -> &'p [u8] {
    match path::split_pipe(path) {
        Some((left, right)) => {
            pipe.0 = Some(right);
            left
        }
        None => path,
    }
}

/// A list of what stands at a path in each element.
fn each<'a>(lines: Lines<'_>, path: &[u8], budget: &mut Budget) -> Result<Part<'a>, TooMuch> {
    let mut out = vec![b'['];
    for element in lines.elements() {
        if let Some(found) = get(element, path, budget)? {
            push(&found, &mut out, budget)?;
        }
    }
    out.push(b']');
    Ok(Some(Cow::Owned(out)))
}

fn push(found: &[u8], out: &mut Vec<u8>, budget: &mut Budget) -> Result<(), TooMuch> {
    if out.len() > 1 {
        out.push(b',');
    }
    budget.make(found.len())?;
    out.extend_from_slice(found);
    Ok(())
}

/// The first element that a query fits, or a list of all.
fn matching<'a, 'p>(
    lines: Lines<'a>,
    query: &Query,
    index: &Index<'p>,
    pipe: &mut Pipe<'p>,
    budget: &mut Budget,
) -> Result<Part<'a>, TooMuch> {
    let mut further = match index.rest {
        Rest::Path(path) => Some(path),
        Rest::End | Rest::Pipe(_) => None,
    };
    let mut out = vec![b'['];
    for element in lines.elements() {
        let found = match Kind::of(element).is_nested() {
            true => get(element, query.path, budget)?,
            false if !query.path.is_empty() => continue,
            false => Some(Cow::Borrowed(element)),
        };
        if !query::is_met(query, found.as_deref()) {
            continue;
        }
        let taken = match further {
            Some(path) => {
                let path = split(path, pipe);
                further = Some(path);
                get(element, path, budget)?
            }
            None => Some(Cow::Borrowed(element)),
        };
        if !query.all {
            return Ok(taken);
        }
        if let Some(taken) = taken {
            push(&taken, &mut out, budget)?;
        }
    }
    out.push(b']');
    Ok(query.all.then_some(Cow::Owned(out)))
}
