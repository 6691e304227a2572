//! Regular expressions of Go's syntax (RE2) on the crate `regex`, which knows nearly the same
//! one. A source is read as Go reads it, with Go's words for what is wrong, and written anew in
//! a form that leaves nothing to the other's rules: literals as their codes, classes as ranges,
//! flags only around what they change. Both match in linear time.
//!
//! [`compile`] makes what searches bytes and says only whether something is there;
//! [`Pattern`] makes what searches a text and says where, with its groups.
//!
//! The syntax: <https://pkg.go.dev/regexp/syntax>.
#![forbid(unsafe_code)]

mod class;
mod pattern;
mod source;
mod translate;

use std::borrow::Cow;

use regex::bytes::{Regex, RegexBuilder};

pub use pattern::Pattern;

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
/// How deep a translation may nest: several levels a group of the source.
const DEEPEST: u32 = 1000;

/// Makes a matcher of a source. It has no groups: nobody asks where they are.
///
/// # Errors
/// In Go's words, without the "error parsing regexp: " ahead of them.
pub fn compile(source: &[u8], lines: Lines) -> Result<Regex, String> {
    let text = std::str::from_utf8(source).map_err(|_| {
        let rest = String::from_utf8_lossy(source);
        format!("invalid UTF-8: `{rest}`")
    })?;
    let translated = translate::translate(text, lines, None)?;
    RegexBuilder::new(&translated)
        .size_limit(LARGEST)
        .nest_limit(DEEPEST)
        .build()
        .map_err(|why| refused(&why, text))
}

/// Why a translation was not taken.
fn refused(why: &regex::Error, source: &str) -> String {
    match why {
        regex::Error::CompiledTooBig(_) => format!("expression too large: `{source}`"),
        other => format!("not supported: `{source}`: {other}"),
    }
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
mod properties;
#[cfg(test)]
mod tests;
