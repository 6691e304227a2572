//! Regular expressions of Go's syntax (RE2) on the crate `regex`, which knows nearly the same
//! one. A source is read as Go reads it, with Go's words for what is wrong, and written anew in
//! a form that leaves nothing to the other's rules: literals as their codes, classes as ranges,
//! flags only around what they change. Both match in linear time.

mod class;
mod source;
mod translate;

use std::borrow::Cow;

use bstr::ByteSlice;
use regex::bytes::{Regex, RegexBuilder};

/// What a text is to an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lines {
    /// One text: it begins and ends once.
    One,
    /// Many lines, each a text of its own, without their ends: nothing matches a line's end.
    Many,
}

/// A program may grow to this many bytes: what Go allows is of this order.
const LARGEST: usize = 128 << 20;

/// Makes a matcher of a source.
///
/// # Errors
/// In Go's words, without the "error parsing regexp: " ahead of them.
pub fn compile(source: &[u8], lines: Lines) -> Result<Regex, String> {
    let text = source.to_str().map_err(|_| {
        let rest = source.to_str_lossy();
        format!("invalid UTF-8: `{rest}`")
    })?;
    let translated = translate::translate(text, lines)?;
    RegexBuilder::new(&translated)
        .size_limit(LARGEST)
        .nest_limit(1000)
        .build()
        .map_err(|why| match why {
            regex::Error::CompiledTooBig(_) => format!("expression too large: `{text}`"),
            other => format!("not supported: `{text}`: {other}"),
        })
}

/// A text as Go's matcher sees it: each byte that is no UTF-8 is U+FFFD.
pub fn as_go_sees(text: &[u8]) -> Cow<'_, [u8]> {
    if std::str::from_utf8(text).is_ok() {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        out.extend_from_slice(chunk.valid().as_bytes());
        for _ in chunk.invalid() {
            out.extend_from_slice("\u{fffd}".as_bytes());
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests;
