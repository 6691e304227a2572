//! Shell patterns (glob(7)): `*`, `?`, bracket expressions, backslash quoting. On
//! bytes, as in the C locale.

/// How a pattern is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// A backslash is an ordinary character (FNM_NOESCAPE).
    pub no_escape: bool,
    /// A slash is matched by a slash alone (FNM_PATHNAME).
    pub path: bool,
    /// A leading dot is matched by a dot alone (FNM_PERIOD).
    pub leading_dot: bool,
}

/// Whether all of `text` matches `pattern`.
pub fn matches(pattern: &[u8], text: &[u8], style: Style) -> bool {
    // Where to go on when a match fails: after the last `*` seen, one byte further.
    let mut retry: Option<(usize, usize)> = None;
    let (mut p, mut t) = (0, 0);
    loop {
        let hidden = style.leading_dot
            && text.get(t) == Some(&b'.')
            && (t == 0 || (style.path && text[t - 1] == b'/'));
        if pattern.get(p) == Some(&b'*') && !hidden {
            retry = Some((p, t));
            p += 1;
            continue;
        }
        if p == pattern.len() && t == text.len() {
            return true;
        }
        if let Some(byte) = text.get(t)
            && let Some(length) = element(&pattern[p..], *byte, hidden, style)
        {
            p += length;
            t += 1;
            continue;
        }
        match retry {
            Some((star, from)) if from < text.len() && !(style.path && text[from] == b'/') => {
                retry = Some((star, from + 1));
                p = star + 1;
                t = from + 1;
            }
            _ => return false,
        }
    }
}

/// Whether the first element of `pattern` matches `byte`; gives its length.
fn element(pattern: &[u8], byte: u8, hidden: bool, style: Style) -> Option<usize> {
    let slash = style.path && byte == b'/';
    match *pattern.first()? {
        b'?' => (!slash && !hidden).then_some(1),
        b'[' => match bracket(pattern, byte, style) {
            Some((length, inside)) => (inside && !slash && !hidden).then_some(length),
            // Never closed: an ordinary character.
            None => (byte == b'[').then_some(1),
        },
        b'\\' if !style.no_escape => (*pattern.get(1)? == byte).then_some(2),
        literal => (literal == byte && literal != b'*').then_some(1),
    }
}

/// The length of the bracket expression that `pattern` begins with, and whether it
/// holds `byte`; `None` when it is not closed.
fn bracket(pattern: &[u8], byte: u8, style: Style) -> Option<(usize, bool)> {
    let mut at = 1;
    let negated = matches!(pattern.get(at), Some(b'!' | b'^'));
    at += usize::from(negated);
    let first = at;
    let mut inside = false;
    loop {
        let start = *pattern.get(at)?;
        if start == b']' && at > first {
            return Some((at + 1, inside != negated));
        }
        if style.path && start == b'/' {
            return None;
        }
        if start == b'['
            && pattern.get(at + 1) == Some(&b':')
            && let Some(end) = pattern[at + 2..].windows(2).position(|pair| pair == b":]")
        {
            inside |= in_class(&pattern[at + 2..at + 2 + end], byte);
            at += end + 4;
            continue;
        }
        let (low, used) = member(&pattern[at..], style)?;
        at += used;
        if pattern.get(at) == Some(&b'-') && pattern.get(at + 1).is_some_and(|b| *b != b']') {
            let (high, used) = member(&pattern[at + 1..], style)?;
            at += 1 + used;
            inside |= (low..=high).contains(&byte);
        } else {
            inside |= low == byte;
        }
    }
}

/// One member of a bracket expression, and its length.
fn member(pattern: &[u8], style: Style) -> Option<(u8, usize)> {
    match *pattern.first()? {
        b'\\' if !style.no_escape => Some((*pattern.get(1)?, 2)),
        byte => Some((byte, 1)),
    }
}

fn in_class(name: &[u8], byte: u8) -> bool {
    match name {
        b"alnum" => byte.is_ascii_alphanumeric(),
        b"alpha" => byte.is_ascii_alphabetic(),
        b"blank" => byte == b' ' || byte == b'\t',
        b"cntrl" => byte.is_ascii_control(),
        b"digit" => byte.is_ascii_digit(),
        b"graph" => byte.is_ascii_graphic(),
        b"lower" => byte.is_ascii_lowercase(),
        b"print" => byte.is_ascii_graphic() || byte == b' ',
        b"punct" => byte.is_ascii_punctuation(),
        b"space" => byte.is_ascii_whitespace() || byte == 0x0b,
        b"upper" => byte.is_ascii_uppercase(),
        b"xdigit" => byte.is_ascii_hexdigit(),
        _ => false,
    }
}

/// Whether `pattern` holds anything but literal text.
pub fn has_magic(pattern: &[u8], no_escape: bool) -> bool {
    let mut at = 0;
    while at < pattern.len() {
        match pattern[at] {
            b'*' | b'?' | b'[' => return true,
            b'\\' if !no_escape => at += 2,
            _ => at += 1,
        }
    }
    false
}

/// `pattern` without its quoting backslashes.
pub fn unescape(pattern: &[u8], no_escape: bool) -> Vec<u8> {
    let mut text = Vec::with_capacity(pattern.len());
    let mut bytes = pattern.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' if !no_escape => text.extend(bytes.next()),
            byte => text.push(*byte),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yes(pattern: &str, text: &str) -> bool {
        matches(pattern.as_bytes(), text.as_bytes(), Style::default())
    }

    #[test]
    fn stars_and_question_marks() {
        assert!(yes("a*c*e", "abcde") && yes("*", "") && yes("a?c", "abc"));
        assert!(yes("*a", "banana") && yes("**x", "x"));
        assert!(!yes("a?c", "ac") && !yes("*b", "abc") && !yes("", "a"));
        assert!(yes("*/x", "a/b/x"));
    }

    #[test]
    fn brackets() {
        assert!(yes("[a-c]x", "bx") && yes("[!a-c]", "d") && yes("[^a]", "b"));
        assert!(yes("[]a]", "]") && yes("[a-]", "-") && yes("[[:digit:]x]", "7"));
        assert!(yes("[a", "[a") && yes("[\\]]", "]") && !yes("[!]]", "]"));
    }

    #[test]
    fn backslashes_quote_unless_told() {
        assert!(yes("\\*", "*") && !yes("\\*", "x"));
        let plain = Style {
            no_escape: true,
            ..Style::default()
        };
        assert!(matches(b"\\*", b"\\abc", plain));
        assert_eq!(unescape(b"a\\*b\\\\", false), b"a*b\\");
        assert!(has_magic(b"a*", false) && !has_magic(b"a\\*", false) && has_magic(b"a\\*", true));
    }

    #[test]
    fn paths_and_leading_dots() {
        let path = Style {
            path: true,
            leading_dot: true,
            no_escape: false,
        };
        assert!(!matches(b"*", b"a/b", path) && matches(b"*/*", b"a/b", path));
        assert!(!matches(b"*", b".a", path) && !matches(b"a/*", b"a/.b", path));
        assert!(!matches(b"?a", b".a", path) && !matches(b"[.]a", b".a", path));
        assert!(matches(b".*", b".a", path) && matches(b"*.b", b"a.b", path));
    }
}
