//! Quoted strings of s6-quote and s6-unquote: printable ASCII between delimiters, with the
//! escapes of the execline language (execlineb(1)).

use chain::{Failure, Result};

/// Delimiters of a string.
pub(super) struct Delimiters(Vec<u8>);

/// What stands for a control character behind a backslash.
const NAMED: &[(u8, u8)] = &[
    (b'a', 7),
    (b'b', 8),
    (b't', b'\t'),
    (b'n', b'\n'),
    (b'v', 11),
    (b'f', 12),
    (b'r', b'\r'),
];

impl Delimiters {
    /// The double quote.
    pub(super) fn usual() -> Delimiters {
        Delimiters(vec![b'"'])
    }

    /// Those of an option; none means: strings without any.
    pub(super) fn of(word: &[u8]) -> Delimiters {
        Delimiters(word.to_vec())
    }

    /// Refuses those that mean something else behind a backslash.
    ///
    /// # Errors
    /// Exit code 111.
    pub(super) fn can_quote(&self) -> Result<()> {
        let means_more = |byte: &u8| byte.is_ascii_digit() || b"abcdefnrtvx\t\n".contains(byte);
        match self.0.iter().find(|byte| means_more(byte)) {
            None => Ok(()),
            Some(byte) => Err(Failure::Other {
                code: 111,
                text: format!(
                    "unable to quote with {}: behind a backslash it has another meaning",
                    chain::escape(&[*byte])
                ),
            }),
        }
    }

    /// The character that begins and ends what is quoted.
    ///
    /// # Errors
    /// There is none: exit code 100.
    pub(super) fn first(&self) -> Result<u8> {
        let first = self.0.first().copied();
        first.ok_or_else(|| Failure::Invalid("there is no character to quote with".to_string()))
    }

    /// Whether strings stand between delimiters.
    pub(super) fn any(&self) -> bool {
        !self.0.is_empty()
    }

    /// `text` with everything escaped that is not plain.
    pub(super) fn quote(&self, text: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for byte in text {
            if let Some((letter, _)) = NAMED.iter().find(|(_, control)| control == byte) {
                out.extend([b'\\', *letter]);
            } else if *byte == b'\\' || self.0.contains(byte) {
                out.extend([b'\\', *byte]);
            } else if (b' '..0x7f).contains(byte) {
                out.push(*byte);
            } else {
                out.extend(format!("\\0x{byte:02x}").bytes());
            }
        }
        out
    }

    /// The string at the beginning of `text`.
    ///
    /// # Errors
    /// Where and why it is none.
    pub(super) fn unquote(&self, text: &[u8]) -> std::result::Result<Unquoted, Broken> {
        let begin = usize::from(self.any());
        if self.any() {
            match text.first() {
                None => return Err(Broken::Empty),
                Some(first) if !self.0.contains(first) => return Err(Broken::NoBeginning),
                Some(_) => {}
            }
        }
        let mut unquoted = Unquoted {
            text: Vec::new(),
            used: text.len(),
        };
        let mut at = begin;
        while let Some(byte) = text.get(at) {
            if self.0.contains(byte) {
                unquoted.used = at + 1;
                return Ok(unquoted);
            }
            at += 1;
            if *byte != b'\\' {
                unquoted.text.push(*byte);
                continue;
            }
            let (value, length) = escaped(&text[at..]).ok_or(Broken::At(at + 1))?;
            unquoted.text.push(value);
            at += length;
        }
        match self.any() {
            true => Err(Broken::NoEnd),
            false => Ok(unquoted),
        }
    }
}

/// What was behind a backslash, and how many bytes of it stand for that.
fn escaped(rest: &[u8]) -> Option<(u8, usize)> {
    let first = *rest.first()?;
    if let Some((_, control)) = NAMED.iter().find(|(letter, _)| *letter == first) {
        return Some((*control, 1));
    }
    match (first, rest.get(1)) {
        (b's', _) => Some((b' ', 1)),
        (b'0', Some(b'x')) => {
            let digits = std::str::from_utf8(rest.get(2..4)?).ok()?;
            let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            Some((u8::from_str_radix(digits, 16).ok().filter(|_| plain)?, 4))
        }
        (b'0', _) => Some((0, 1)),
        _ => Some((first, 1)),
    }
}

/// A string without its quotes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unquoted {
    pub(super) text: Vec<u8>,
    /// How many bytes it took, its delimiters included.
    pub(super) used: usize,
}

/// Why something is no quoted string.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Broken {
    Empty,
    NoBeginning,
    NoEnd,
    /// A backslash with something that cannot be, up to this byte (from 1).
    At(usize),
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Broken::Empty => f.write_str("the empty string is no quoted string"),
            Broken::NoBeginning => f.write_str("it does not begin with a quote character"),
            Broken::NoEnd => f.write_str("there is no ending quote character"),
            Broken::At(at) => write!(f, "the escape at character {at} is none"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_plain_and_comes_back() {
        let all: Vec<u8> = (0..=255).collect();
        for delimiters in ["\"", "\"'", "/", ""] {
            let delimiters = Delimiters::of(delimiters.as_bytes());
            let quoted = delimiters.quote(&all);
            assert!(quoted.iter().all(|byte| (b' '..0x7f).contains(byte)));
            let quote: Vec<u8> = delimiters.0.first().copied().into_iter().collect();
            let whole = [&quote[..], &quoted, &quote].concat();
            let back = delimiters.unquote(&whole).expect("a quoted string");
            assert_eq!(back.text, all);
            assert_eq!(back.used, whole.len());
        }
    }

    #[test]
    fn what_is_no_quoted_string_is_said() {
        let usual = Delimiters::usual();
        for (text, broken) in [
            ("", Broken::Empty),
            ("a", Broken::NoBeginning),
            ("\"a", Broken::NoEnd),
            ("\"a\\", Broken::At(4)),
            ("\"\\0x4\"", Broken::At(3)),
            ("\"\\0x+4\"", Broken::At(3)),
        ] {
            assert_eq!(usual.unquote(text.as_bytes()), Err(broken), "{text}");
        }
    }
}
