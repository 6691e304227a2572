//! What is expected of a value: parsed from a file once, then compared with what was measured.

pub mod patterns;

use std::io::BufRead;

use crate::node::{Body, Node};
use crate::result::{Finding, Shown};
use crate::value::Value;

/// What is expected.
#[derive(Clone, Debug)]
pub enum Matcher {
    /// Equal to a value.
    Equal(Value),
}

/// How a comparison came out.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Whether it is as expected.
    pub success: bool,
    /// What was compared.
    pub finding: Finding,
    /// Why it could not be compared; then it is no success.
    pub error: Option<String>,
}

impl Matcher {
    /// Reads a matcher.
    ///
    /// # Errors
    /// In goss's words, "Syntax Error: " ahead of them.
    pub fn parse(node: &Node) -> Result<Matcher, String> {
        match &node.body {
            Body::Scalar(_) => Ok(Matcher::Equal(node.any())),
            Body::List(_) | Body::Map(_) => Err("Syntax Error: not read yet".to_string()),
        }
    }

    /// Compares.
    pub fn compare(&self, actual: &Value) -> Verdict {
        match self {
            Matcher::Equal(expected) => Verdict {
                success: expected == actual,
                finding: Finding {
                    actual: Some(Shown::plain(actual.clone())),
                    message: "to equal".to_string(),
                    expected: Some(Shown::plain(expected.clone())),
                    ..Finding::default()
                },
                error: None,
            },
        }
    }
}

/// Compares a text that is read as it comes with a list of patterns, and stops reading once all
/// is decided.
///
/// # Errors
/// In goss's words, where a pattern is none.
pub fn compare_stream(
    patterns: &Node,
    placeholder: &str,
    text: &mut dyn BufRead,
) -> Result<Verdict, String> {
    patterns::compare(patterns, placeholder, text)
}
