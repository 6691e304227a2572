//! How paths are taken apart.

use super::modifiers;

/// The first step of a path in a map.
#[derive(Debug, Default)]
pub(super) struct Key<'a> {
    pub(super) part: Vec<u8>,
    /// Whether the part is a pattern.
    pub(super) wild: bool,
    pub(super) rest: Rest<'a>,
}

/// What follows a step.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Rest<'a> {
    /// Nothing.
    #[default]
    End,
    /// Steps further in.
    Path(&'a [u8]),
    /// A path of its own in what was found.
    Pipe(&'a [u8]),
}

/// What follows a `.`: a modifier or several paths are a path of their own.
fn after_dot(rest: &[u8]) -> Rest<'_> {
    match rest.first() {
        Some(b'@') => {
            let name = rest.get(1..).unwrap_or_default();
            let ends = |byte: &u8| matches!(byte, b'.' | b'|' | b':');
            let end = name.iter().position(ends).unwrap_or(name.len());
            match modifiers::find(name.get(..end).unwrap_or_default()) {
                Some(_) => Rest::Pipe(rest),
                None => Rest::Path(rest),
            }
        }
        Some(b'[' | b'{') => Rest::Pipe(rest),
        _ => Rest::Path(rest),
    }
}

pub(super) fn key(path: &[u8]) -> Key<'_> {
    let mut key = Key::default();
    let mut bytes = path.iter().copied().enumerate();
    // Behind the first escape, a wildcard is still one.
    while let Some((at, byte)) = bytes.next() {
        let rest = path.get(at + 1..).unwrap_or_default();
        match byte {
            b'|' => {
                key.rest = Rest::Pipe(rest);
                return key;
            }
            b'.' => {
                key.rest = after_dot(rest);
                return key;
            }
            b'\\' => {
                if let Some((_, escaped)) = bytes.next() {
                    key.part.push(escaped);
                }
            }
            _ => {
                key.wild |= matches!(byte, b'*' | b'?');
                key.part.push(byte);
            }
        }
    }
    key
}

/// The first step of a path in a list.
#[derive(Debug, Default)]
pub(super) struct Index<'a> {
    pub(super) part: &'a [u8],
    /// Whether there is a `#` in the part: it is no number then.
    pub(super) hash: bool,
    /// What is taken of each element, for `#.PATH`.
    pub(super) each: Option<&'a [u8]>,
    pub(super) query: Option<Query<'a>>,
    pub(super) rest: Rest<'a>,
}

/// `#(PATH OPERATOR VALUE)`.
#[derive(Debug, Default)]
pub(super) struct Query<'a> {
    /// Whether all are taken that fit, not only the first.
    pub(super) all: bool,
    pub(super) path: &'a [u8],
    pub(super) operator: &'a [u8],
    pub(super) value: Vec<u8>,
}

pub(super) fn index(path: &[u8]) -> Index<'_> {
    let mut index = Index {
        part: path,
        ..Index::default()
    };
    let mut at = 0;
    while let Some(byte) = path.get(at) {
        let rest = path.get(at + 1..).unwrap_or_default();
        match byte {
            b'|' => {
                index.part = path.get(..at).unwrap_or_default();
                index.rest = Rest::Pipe(rest);
                return index;
            }
            b'.' => {
                index.part = path.get(..at).unwrap_or_default();
                index.rest = match index.hash {
                    true => Rest::Path(rest),
                    false => after_dot(rest),
                };
                return index;
            }
            b'#' => {
                index.hash = true;
                match (at, path.get(1)) {
                    (0, Some(b'.')) => index.each = Some(path.get(2..).unwrap_or_default()),
                    (0, Some(b'[' | b'(')) => match query(path) {
                        Some((mut query, end)) => {
                            query.all = path.get(end) == Some(&b'#');
                            index.query = Some(query);
                            at = end;
                            continue;
                        }
                        None => {
                            // A query without an end asks for nothing.
                            index.query = Some(Query::default());
                            return index;
                        }
                    },
                    _ => {}
                }
            }
            _ => {}
        }
        at += 1;
    }
    index
}

fn trimmed(text: &[u8]) -> &[u8] {
    let begin = text
        .iter()
        .position(|byte| *byte > b' ')
        .unwrap_or(text.len());
    let end = text
        .iter()
        .rposition(|byte| *byte > b' ')
        .map_or(begin, |at| at + 1);
    text.get(begin..end).unwrap_or_default()
}

/// Skips a text in quotes, from the quote that opens it; and says whether it has escapes.
fn skip_text(path: &[u8], mut at: usize) -> (usize, bool) {
    let mut escaped = false;
    at += 1;
    while let Some(byte) = path.get(at) {
        match byte {
            b'\\' => {
                escaped = true;
                at += 1;
            }
            b'"' => break,
            _ => {}
        }
        at += 1;
    }
    (at, escaped)
}

/// A query and where it ends.
fn query(path: &[u8]) -> Option<(Query<'_>, usize)> {
    let mut depth: usize = 1;
    let mut operator = None;
    let mut escaped = false;
    let mut at = 2;
    loop {
        match path.get(at)? {
            b'!' | b'=' | b'<' | b'>' | b'%' if depth == 1 && operator.is_none() => {
                operator = Some(at);
            }
            b'\\' => at += 1,
            b'[' | b'(' => depth += 1,
            b']' | b')' => {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            b'"' => {
                let (end, has_escapes) = skip_text(path, at);
                escaped |= has_escapes;
                at = end;
            }
            _ => {}
        }
        at += 1;
    }
    let mut query = Query {
        path: trimmed(path.get(2..operator.unwrap_or(at))?),
        ..Query::default()
    };
    if let Some(operator) = operator {
        let text = trimmed(path.get(operator..at)?);
        let (skip, length) = match text {
            [_] => (0, 1),
            [b'!', b'=' | b'%', ..] | [b'<' | b'>', b'=', ..] => (0, 2),
            [b'=', b'=', ..] => (1, 1),
            [b'<' | b'>' | b'=' | b'%', ..] => (0, 1),
            _ => (0, 0),
        };
        query.operator = text.get(skip..skip + length)?;
        let value = trimmed(text.get(skip + length..)?);
        let inner = value
            .strip_prefix(b"\"")
            .and_then(|inner| inner.strip_suffix(b"\""));
        query.value = match inner {
            Some(inner) if escaped => super::scan::unescaped(inner).into_owned(),
            Some(inner) => inner.to_vec(),
            None => value.to_vec(),
        };
    }
    Some((query, at + 1))
}

/// A path up to a `|` outside of queries, and what follows that.
pub(super) fn split_pipe(path: &[u8]) -> Option<(&[u8], &[u8])> {
    if !path.contains(&b'|') {
        return None;
    }
    if path.starts_with(b"{") {
        let end = super::scan::nested(path);
        let rest = path.get(end..)?.strip_prefix(b"|")?;
        return Some((path.get(..end)?, rest));
    }
    let mut at = 0;
    while let Some(byte) = path.get(at) {
        match byte {
            b'\\' => at += 1,
            b'|' => return Some((path.get(..at)?, path.get(at + 1..)?)),
            b'.' if path.get(at + 1) == Some(&b'#') => {
                at += 2;
                let (open, close) = match path.get(at)? {
                    b'[' => (b'[', b']'),
                    b'(' => (b'(', b')'),
                    _ => {
                        at += 1;
                        continue;
                    }
                };
                at = balanced(path, at + 1, open, close);
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Where brackets close that are open.
fn balanced(path: &[u8], mut at: usize, open: u8, close: u8) -> usize {
    let mut depth: usize = 1;
    while let Some(&byte) = path.get(at) {
        if byte == b'\\' {
            at += 1;
        } else if byte == open {
            depth += 1;
        } else if byte == close {
            depth -= 1;
            if depth == 0 {
                break;
            }
        } else if byte == b'"' {
            at = skip_text(path, at).0;
        }
        at += 1;
    }
    at
}

/// One of several paths, with the name it was given.
#[derive(Debug)]
pub(super) struct Selector<'a> {
    pub(super) name: &'a [u8],
    pub(super) path: &'a [u8],
}

/// `[PATH,PATH]` or `{NAME:PATH,PATH}`, and what follows.
pub(super) fn selectors(path: &[u8]) -> Option<(Vec<Selector<'_>>, &[u8])> {
    let mut selectors = Vec::new();
    let mut depth: usize = 1;
    let (mut begin, mut at) = (1, 1);
    let mut colon: Option<usize> = None;
    // In the arguments of a modifier, a colon is none.
    let mut in_modifier = false;
    loop {
        let byte = *path.get(at)?;
        let is_end = matches!(byte, b']' | b')' | b'}') && depth == 1;
        match byte {
            _ if is_end || byte == b',' && depth == 1 => {
                let (name, from) = match colon.take() {
                    Some(colon) => (path.get(begin..colon)?, colon + 1),
                    None => (&b""[..], begin),
                };
                let path = path.get(from..at)?;
                selectors.push(Selector { name, path });
                in_modifier = false;
                begin = at + 1;
            }
            b'\\' => at += 1,
            b'@' => {
                let before = at.checked_sub(1).and_then(|at| path.get(at));
                in_modifier |= matches!(before, Some(b'.' | b'|'));
            }
            b':' if !in_modifier && colon.is_none() && depth == 1 => colon = Some(at),
            b'"' => at = skip_text(path, at).0,
            b'[' | b'(' | b'{' => depth += 1,
            b']' | b')' | b'}' => depth -= 1,
            _ => {}
        }
        at += 1;
        if is_end {
            return Some((selectors, path.get(at..)?));
        }
    }
}

/// The last step of a path, where that can be a name.
pub(super) fn last_name(path: &[u8]) -> &[u8] {
    let splits = path.iter().enumerate().rev().find(|(at, byte)| {
        let escaped = at.checked_sub(1).and_then(|at| path.get(at)) == Some(&b'\\');
        matches!(byte, b'|' | b'.') && !escaped
    });
    let last = path
        .get(splits.map_or(0, |(at, _)| at + 1)..)
        .unwrap_or_default();
    let odd = |byte: &u8| {
        *byte < b' '
            || matches!(
                byte,
                b'[' | b']' | b'{' | b'}' | b'(' | b')' | b'#' | b'|' | b'!'
            )
    };
    match last.iter().any(odd) {
        true => b"_",
        false => last,
    }
}
