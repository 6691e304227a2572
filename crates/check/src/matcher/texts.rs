//! Tests of a text as a whole: a beginning, an end, a part, a regular expression.

use bstr::{BString, ByteSlice};
use goregex::Lines;

use crate::value::Value;

/// Which part of a text is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Its beginning.
    Prefix,
    /// Its end.
    Suffix,
    /// Any.
    Substring,
}

/// A text with a part.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(super) kind: Part,
    pub(super) part: BString,
}

impl Text {
    pub(super) fn name(&self) -> &'static str {
        match self.kind {
            Part::Prefix => "have-prefix",
            Part::Suffix => "have-suffix",
            Part::Substring => "contain-substring",
        }
    }

    pub(super) fn message(&self) -> &'static str {
        match self.kind {
            Part::Prefix => "to have prefix",
            Part::Suffix => "to have suffix",
            Part::Substring => "to contain substring",
        }
    }

    /// Values are converted to texts ahead of it.
    pub(super) fn matches(&self, actual: &Value) -> bool {
        let Value::Text(actual) = actual else {
            return false;
        };
        match self.kind {
            Part::Prefix => actual.starts_with(&self.part),
            Part::Suffix => actual.ends_with(&self.part),
            Part::Substring => actual.contains_str(&self.part),
        }
    }
}

/// A regular expression over a whole text.
#[derive(Clone, Debug)]
pub(crate) struct Regexp {
    pub(super) source: BString,
    compiled: Result<regex::bytes::Regex, String>,
}

impl Regexp {
    pub(super) fn new(source: BString) -> Regexp {
        let compiled = goregex::compile(&source, Lines::One);
        Regexp { source, compiled }
    }

    /// That it is none is said only here, as goss does.
    pub(super) fn matches(&self, actual: &Value) -> Result<bool, String> {
        let regex = self.compiled.as_ref().map_err(|why| {
            format!("RegExp match failed to compile with error:\n\terror parsing regexp: {why}")
        })?;
        let Value::Text(actual) = actual else {
            return Ok(false);
        };
        Ok(regex.is_match(&goregex::as_go_sees(actual)))
    }
}
