//! Go's quoted strings: writing them (`%q`) and reading them (strconv.Unquote).

/// The text as a quoted string.
pub(crate) fn quote(text: &str) -> String {
    quoted(text, '"', false)
}

/// The text in quotes of the kind, with nothing but ASCII where `ascii` asks for it.
pub(crate) fn quoted(text: &str, mark: char, ascii: bool) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(mark);
    for c in text.chars() {
        escape(&mut out, c, mark, ascii);
    }
    out.push(mark);
    out
}

fn escape(out: &mut String, c: char, mark: char, ascii: bool) {
    match c {
        c if c == mark || c == '\\' => {
            out.push('\\');
            out.push(c);
        }
        '\u{7}' => out.push_str("\\a"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{b}' => out.push_str("\\v"),
        c if c < ' ' || c == '\u{7f}' => out.push_str(&format!("\\x{:02x}", c as u32)),
        c if c.is_ascii() || (!ascii && is_print(c)) => out.push(c),
        c if (c as u32) < 0x10000 => out.push_str(&format!("\\u{:04x}", c as u32)),
        c => out.push_str(&format!("\\U{:08x}", c as u32)),
    }
}

/// Whether Go prints the character as it is: letters, marks, numbers, punctuation, symbols
/// and the ASCII blank. Rust has no table of categories, so the blanks, controls, formats and
/// private ranges are named instead.
pub(crate) fn is_print(c: char) -> bool {
    let other = matches!(c as u32,
        0xad | 0x600..=0x605 | 0x61c | 0x6dd | 0x70f | 0x180e | 0x200b..=0x200f | 0x202a..=0x202e
        | 0x2060..=0x206f | 0xfeff | 0xe000..=0xf8ff | 0xfff9..=0xfffb | 0xfffe | 0xffff
        | 0xe0000..=0x10ffff);
    c == ' ' || !(c.is_control() || c.is_whitespace() || other)
}

/// A character as `%#U` writes it: U+0041 'A'.
pub(crate) fn unicode(c: char) -> String {
    let number = c as u32;
    if is_print(c) {
        format!("U+{number:04X} '{c}'")
    } else {
        format!("U+{number:04X}")
    }
}

/// The text of a quoted or raw string, or None if it is not one.
pub(crate) fn unquote(source: &str) -> Option<String> {
    let mark = source.chars().next()?;
    let inner = source.strip_prefix(mark)?.strip_suffix(mark)?;
    match mark {
        // Raw strings lose carriage returns.
        '`' => (!inner.contains('`')).then(|| inner.replace('\r', "")),
        '"' => unescape(inner, '"'),
        _ => None,
    }
}

/// The character of a character constant.
pub(crate) fn unquote_char(source: &str) -> Option<char> {
    let inner = source.strip_prefix('\'')?.strip_suffix('\'')?;
    let text = unescape(inner, '\'')?;
    let mut characters = text.chars();
    let first = characters.next()?;
    characters.next().is_none().then_some(first)
}

fn unescape(inner: &str, mark: char) -> Option<String> {
    // Escapes can write single bytes, so the text is bytes until its end.
    let mut out: Vec<u8> = Vec::with_capacity(inner.len());
    let mut rest = inner.chars();
    let mut buffer = [0u8; 4];
    while let Some(c) = rest.next() {
        if c == mark || c == '\n' {
            return None;
        }
        if c != '\\' {
            out.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
            continue;
        }
        let escaped = rest.next()?;
        let byte = match escaped {
            'a' => 7,
            'b' => 8,
            'f' => 12,
            'n' => b'\n',
            'r' => b'\r',
            't' => b'\t',
            'v' => 11,
            '\\' => b'\\',
            c if c == mark => c as u8,
            'x' => {
                let number = digits(&mut rest, 2, 16)?;
                if mark == '\'' {
                    let c = char::from_u32(number)?;
                    out.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
                    continue;
                }
                u8::try_from(number).ok()?
            }
            c @ '0'..='7' => {
                let first = c.to_digit(8)?;
                u8::try_from(first * 64 + digits(&mut rest, 2, 8)?).ok()?
            }
            c @ ('u' | 'U') => {
                let number = digits(&mut rest, if c == 'u' { 4 } else { 8 }, 16)?;
                let c = char::from_u32(number)?;
                out.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
                continue;
            }
            _ => return None,
        };
        out.push(byte);
    }
    Some(String::from_utf8_lossy(&out).into_owned())
}

fn digits(rest: &mut std::str::Chars<'_>, count: usize, radix: u32) -> Option<u32> {
    let mut number = 0u32;
    for _ in 0..count {
        let digit = rest.next()?.to_digit(radix)?;
        number = number.checked_mul(radix)?.checked_add(digit)?;
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_and_reading_go_both_ways() {
        for text in ["", "a", "a\"b\\c\n\t\u{1}", "é€😀", "\u{200b}\u{7f}"] {
            assert_eq!(unquote(&quote(text)).as_deref(), Some(text));
        }
        assert_eq!(quote("\u{1}é\u{200b}"), "\"\\x01é\\u200b\"");
        assert_eq!(quoted("é😀", '"', true), "\"\\u00e9\\U0001f600\"");
    }

    #[test]
    fn what_is_no_string_is_none() {
        for source in [
            "",
            "\"",
            "\"\\q\"",
            "\"\\x1\"",
            "\"\\ud800\"",
            "\"\\400\"",
            "`a``",
        ] {
            assert_eq!(unquote(source), None, "{source}");
        }
        assert_eq!(unquote("`a\\n\r`").as_deref(), Some("a\\n"));
        assert_eq!(unquote("\"\\x41\\101\\u0041\"").as_deref(), Some("AAA"));
        assert_eq!(unquote_char("'a'"), Some('a'));
        assert_eq!(unquote_char("'\\''"), Some('\''));
        assert_eq!(unquote_char("'ab'"), None);
        assert_eq!(unquote_char("''"), None);
    }
}
