//! Whether a text is a JSON document, of any depth.

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Value,
    /// A value, or the end of an empty list.
    ValueOrEnd,
    Key,
    /// A key, or the end of an empty map.
    KeyOrEnd,
    Colon,
    /// A comma, or the end of what is open.
    Comma,
}

pub(super) fn is_valid(text: &[u8]) -> bool {
    check(text).is_some()
}

fn check(text: &[u8]) -> Option<()> {
    // Whether each level is a map.
    let mut open: Vec<bool> = Vec::new();
    let mut next = Next::Value;
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        if matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
            at += 1;
            continue;
        }
        let is_done = next == Next::Comma && open.is_empty();
        if is_done {
            return None;
        }
        next = match (next, byte) {
            (Next::Value | Next::ValueOrEnd, b'{') => {
                open.push(true);
                at += 1;
                Next::KeyOrEnd
            }
            (Next::Value | Next::ValueOrEnd, b'[') => {
                open.push(false);
                at += 1;
                Next::ValueOrEnd
            }
            (Next::ValueOrEnd, b']') | (Next::KeyOrEnd, b'}') => {
                open.pop();
                at += 1;
                Next::Comma
            }
            (Next::Value | Next::ValueOrEnd, _) => {
                at += scalar(text.get(at..)?)?;
                Next::Comma
            }
            (Next::Key | Next::KeyOrEnd, b'"') => {
                at += quoted(text.get(at..)?)?;
                Next::Colon
            }
            (Next::Colon, b':') => {
                at += 1;
                Next::Value
            }
            (Next::Comma, b',') => {
                at += 1;
                match open.last()? {
                    true => Next::Key,
                    false => Next::Value,
                }
            }
            (Next::Comma, b'}' | b']') => {
                if open.pop()? != (byte == b'}') {
                    return None;
                }
                at += 1;
                Next::Comma
            }
            _ => return None,
        };
    }
    (next == Next::Comma && open.is_empty()).then_some(())
}

/// The length of a text, a number or a word.
fn scalar(text: &[u8]) -> Option<usize> {
    match text.first()? {
        b'"' => quoted(text),
        b't' => text.starts_with(b"true").then_some(4),
        b'f' => text.starts_with(b"false").then_some(5),
        b'n' => text.starts_with(b"null").then_some(4),
        _ => number(text),
    }
}

fn quoted(text: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        match text.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => match text.get(at + 1)? {
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => at += 2,
                b'u' => {
                    let digits = text.get(at + 2..at + 6)?;
                    if !digits.iter().all(u8::is_ascii_hexdigit) {
                        return None;
                    }
                    at += 6;
                }
                _ => return None,
            },
            0..=0x1f => return None,
            _ => at += 1,
        }
    }
}

fn number(text: &[u8]) -> Option<usize> {
    let digits = |from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let some = |from: usize| Some(digits(from)).filter(|count| *count > 0);
    let mut at = usize::from(text.starts_with(b"-"));
    at += match text.get(at)? {
        b'0' => 1,
        _ => some(at)?,
    };
    if text.get(at) == Some(&b'.') {
        at += 1 + some(at + 1)?;
    }
    if let Some(b'e' | b'E') = text.get(at) {
        at += 1;
        at += usize::from(matches!(text.get(at), Some(b'+' | b'-')));
        at += some(at)?;
    }
    Some(at)
}
