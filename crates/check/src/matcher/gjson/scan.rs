//! Reads JSON by its bytes. What is valid is read right; what is not, since a path made it, ends
//! somewhere.

use std::borrow::Cow;

/// What a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Null,
    False,
    Number,
    Text,
    True,
    List,
    Map,
}

impl Kind {
    pub(super) fn of(part: &[u8]) -> Kind {
        match part {
            [b'{', ..] => Kind::Map,
            [b'[', ..] => Kind::List,
            [b'"', ..] => Kind::Text,
            [b't', ..] => Kind::True,
            [b'f', ..] => Kind::False,
            [b'n'] | [b'n', b'u', ..] => Kind::Null,
            _ => Kind::Number,
        }
    }

    /// Whether it holds others.
    pub(super) fn is_nested(self) -> bool {
        matches!(self, Kind::List | Kind::Map)
    }
}

/// The part that a text begins with, blanks ahead of it left out; all the rest of the text for
/// a list or a map.
pub(super) fn parse(text: &[u8]) -> Option<&[u8]> {
    let at = text.iter().position(|byte| *byte > b' ')?;
    let text = text.get(at..)?;
    match text {
        [b'{' | b'[', ..] => Some(text),
        [first, ..] if begins(*first) => part(text).map(|(part, _)| part),
        _ => None,
    }
}

/// Whether a part can begin with a byte.
fn begins(byte: u8) -> bool {
    matches!(
        byte,
        b'{' | b'[' | b'"' | b't' | b'f' | b'n' | b'+' | b'-' | b'0'..=b'9' | b'i' | b'I' | b'N'
    )
}

/// The part at the beginning of a text, and what follows it. None for a text without an end.
pub(super) fn part(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = match text.first()? {
        b'{' | b'[' | b'(' => nested(text),
        b'"' => quoted(text)?,
        b't' | b'f' => word(text),
        b'n' if Kind::of(text) == Kind::Null => word(text),
        _ => {
            let ends = |byte: &u8| *byte <= b' ' || matches!(byte, b',' | b']' | b'}');
            let rest = text.iter().skip(1);
            rest.clone().position(ends).map_or(text.len(), |at| at + 1)
        }
    };
    text.split_at_checked(end)
}

fn word(text: &[u8]) -> usize {
    let rest = text.iter().skip(1);
    1 + rest.take_while(|byte| byte.is_ascii_lowercase()).count()
}

/// The length of a text in quotes.
fn quoted(text: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        let rest = text.get(at..)?;
        let next = memchr::memchr2(b'"', b'\\', rest)?;
        match rest.get(next) {
            Some(b'"') => return Some(at + next + 1),
            _ => at += next + 2,
        }
    }
}

/// The length of what is in brackets, whatever it holds; all where they do not end.
pub(super) fn nested(text: &[u8]) -> usize {
    let mut depth: usize = 0;
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => match text.get(at..).and_then(quoted) {
                Some(length) => {
                    at += length;
                    continue;
                }
                None => return text.len(),
            },
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => {
                depth = depth.saturating_sub(1);
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

/// The elements of a list.
pub(super) fn elements(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = list.get(1..).unwrap_or_default();
    std::iter::from_fn(move || {
        let at = rest
            .iter()
            .position(|byte| begins(*byte) || *byte == b']')?;
        let (part, after) = part(rest.get(at..)?).filter(|(part, _)| *part != b"]")?;
        rest = after;
        (!part.starts_with(b"]")).then_some(part)
    })
}

/// The keys, in their quotes, and the values of a map.
pub(super) fn members(map: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = map.get(1..).unwrap_or_default();
    std::iter::from_fn(move || {
        let at = memchr::memchr2(b'"', b'}', rest)?;
        let (key, after) = part(rest.get(at..)?).filter(|(key, _)| key.starts_with(b"\""))?;
        let at = after.iter().position(|byte| begins(*byte))?;
        let (value, after) = part(after.get(at..)?)?;
        rest = after;
        Some((key, value))
    })
}

/// A text without its quotes and escapes.
pub(super) fn text(quoted: &[u8]) -> Cow<'_, [u8]> {
    let inner = quoted
        .strip_prefix(b"\"")
        .and_then(|text| text.strip_suffix(b"\""));
    unescaped(inner.unwrap_or(quoted))
}

/// Undoes escapes; ends at one that is none.
pub(super) fn unescaped(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'\\') {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        rest = after;
        if *first < b' ' {
            break;
        }
        if *first != b'\\' {
            out.push(*first);
            continue;
        }
        let [kind, after @ ..] = rest else { break };
        rest = after;
        match kind {
            b'\\' | b'/' | b'"' => out.push(*kind),
            b'b' => out.push(8),
            b'f' => out.push(0xc),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'u' => {
                let Some((c, after)) = unicode(rest) else {
                    break;
                };
                rest = after;
                let mut bytes = [0; 4];
                out.extend_from_slice(c.encode_utf8(&mut bytes).as_bytes());
            }
            _ => break,
        }
    }
    Cow::Owned(out)
}

/// What follows `\u`: four digits, and for half of a pair the other half.
fn unicode(rest: &[u8]) -> Option<(char, &[u8])> {
    let unit = |rest: &[u8]| {
        let digits = std::str::from_utf8(rest.get(..4)?).ok()?;
        u16::from_str_radix(digits, 16).ok()
    };
    let first = unit(rest)?;
    let rest = rest.get(4..)?;
    let replaced = '\u{fffd}';
    if !(0xd800..0xe000).contains(&first) {
        return Some((char::from_u32(first.into()).unwrap_or(replaced), rest));
    }
    let second = rest.strip_prefix(b"\\u").and_then(unit);
    match second {
        Some(second) => {
            let pair = char::decode_utf16([first, second]).next();
            let c = pair.and_then(Result::ok).filter(|c| *c > '\u{ffff}');
            Some((c.unwrap_or(replaced), rest.get(6..)?))
        }
        None => Some((replaced, rest)),
    }
}
