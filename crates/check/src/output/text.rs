//! What is said of one result: over several lines for people, on one line for programs.

use bstr::ByteSlice;

use super::{Look, colour, diff, record};
use crate::result::{Conversion, Outcome, Shown, TestResult};
use crate::value::Value;
use crate::value::json::{self, Style};

/// How a text is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// A line for each part, what is said indented below it; with a diff of texts.
    Full,
    /// All parts on one line.
    Compact,
}

/// A result over several lines, without a line end.
pub(super) fn full(result: &TestResult, look: &Look) -> Vec<u8> {
    text(result, look, Layout::Full)
}

/// A result on one line, except where its id has line ends.
pub(super) fn compact(result: &TestResult, look: &Look) -> Vec<u8> {
    text(result, look, Layout::Compact)
}

fn text(result: &TestResult, look: &Look, layout: Layout) -> Vec<u8> {
    let subject = &result.subject;
    let head = format!(
        "{}: {}: {}:",
        subject.kind.shown, subject.id, result.property
    );
    let mut text = Text {
        out: head.into_bytes(),
        layout,
    };
    match result.outcome {
        Outcome::Pass => {
            text.word(b" matches expectation: ");
            text.word(&shown(result.finding.expected.as_ref(), look));
        }
        Outcome::Skip => text.word(b" skipped"),
        Outcome::Fail => failure(&mut text, result, look),
    }
    if look.places && result.outcome != Outcome::Pass {
        remarks(&mut text, result);
    }
    let mut out = text.out;
    colour::paint(look.colour, result.outcome, &mut out);
    out
}

fn failure(text: &mut Text, result: &TestResult, look: &Look) {
    let finding = &result.finding;
    match &result.error {
        Some(error) => text.part("Error", &text.error(error)),
        None => {
            text.part("Expected", &shown(finding.actual.as_ref(), look));
            text.part(&finding.message, &shown(finding.expected.as_ref(), look));
            if let Some(diff) = text.diff(finding.expected.as_ref(), finding.actual.as_ref()) {
                text.part("diff", &diff);
            }
        }
    }
    if let Some(missing) = &finding.missing {
        text.part("the missing elements were", &shown(Some(missing), look));
    }
    if let Some(extra) = &finding.extra {
        text.part("the extra elements were", &shown(Some(extra), look));
    }
    if !finding.chain.is_empty() {
        text.part("the transform chain was", &chain(&finding.chain));
        if !look.exclude_raw {
            let raw = shown(finding.untransformed.as_ref(), look);
            text.part("the raw value was", &raw);
        }
    }
}

/// Where a failure's expectation stands, and what else is known of it.
fn remarks(text: &mut Text, result: &TestResult) {
    if let (Outcome::Fail, Some(place)) = (result.outcome, &result.place) {
        text.remark(&format!("at {place}"));
    }
    if let Some(hint) = &result.hint {
        text.remark(&format!("hint: {hint}"));
    }
}

/// A text that grows by parts.
struct Text {
    out: Vec<u8>,
    layout: Layout,
}

impl Text {
    fn word(&mut self, word: &[u8]) {
        self.out.extend_from_slice(word);
    }

    /// A label and what it labels.
    fn part(&mut self, label: &str, what: &[u8]) {
        match self.layout {
            Layout::Compact => {
                self.word(b" ");
                self.word(label.as_bytes());
                self.word(b" ");
                self.word(what);
            }
            Layout::Full => {
                self.word(b"\n");
                self.word(label.as_bytes());
                for line in what.split(|byte| *byte == b'\n') {
                    self.word(b"\n    ");
                    self.word(line);
                }
            }
        }
    }

    fn remark(&mut self, remark: &str) {
        match self.layout {
            Layout::Compact => self.word(b" "),
            Layout::Full => self.word(b"\n"),
        }
        let remark = match self.layout {
            Layout::Compact => without_breaks(remark),
            Layout::Full => remark.replace('\n', "\n    "),
        };
        self.word(remark.as_bytes());
    }

    fn error(&self, error: &str) -> Vec<u8> {
        match self.layout {
            Layout::Compact => without_breaks(error).into_bytes(),
            Layout::Full => error.as_bytes().to_vec(),
        }
    }

    /// Of two texts that differ.
    fn diff(&self, expected: Option<&Shown>, actual: Option<&Shown>) -> Option<Vec<u8>> {
        match (self.layout, &expected?.value, &actual?.value) {
            (Layout::Full, Value::Text(expected), Value::Text(actual)) if expected != actual => {
                Some(diff::unified(expected, actual))
            }
            _ => None,
        }
    }
}

/// Each run of white space as one blank (RE2's `\s`).
fn without_breaks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_space = false;
    for c in text.chars() {
        let is_space = matches!(c, ' ' | '\t' | '\n' | '\x0c' | '\r');
        match (is_space, in_space) {
            (false, _) => out.push(c),
            (true, false) => out.push(' '),
            (true, true) => {}
        }
        in_space = is_space;
    }
    out
}

/// A value as compact JSON. Where there is none: for goss why, else with texts for what has none.
fn shown(shown: Option<&Shown>, look: &Look) -> Vec<u8> {
    let Some(shown) = shown else {
        return b"null".to_vec();
    };
    let write = |value: &Value| match shown.tree {
        true => tree(value),
        false => json::encode(value, Style::default()),
    };
    match write(&shown.value) {
        Err(_) if look.places => write(&record::holdable(&shown.value)),
        written => written,
    }
    .unwrap_or_else(String::into_bytes)
}

/// Matchers write themselves with `<`, `>` and `&` escaped; that of versions does not, unless it
/// is inside another.
fn tree(value: &Value) -> Result<Vec<u8>, String> {
    let one = |value: &Value| {
        let html = !is_semver(value);
        json::encode(
            value,
            Style {
                html,
                ..Style::default()
            },
        )
    };
    let Value::List(items) = value else {
        return one(value);
    };
    let mut out = vec![b'['];
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        out.extend(one(item)?);
    }
    out.push(b']');
    Ok(out)
}

fn is_semver(value: &Value) -> bool {
    matches!(value, Value::Map(entries) if entries.len() == 1
        && entries.contains_key(b"semver-constraint".as_bstr()))
}

fn chain(chain: &[Conversion]) -> Vec<u8> {
    let style = Style {
        html: true,
        ..Style::default()
    };
    json::encode(&chain_value(chain), style).unwrap_or_else(String::into_bytes)
}

/// The conversions as a value.
pub(super) fn chain_value(chain: &[Conversion]) -> Value {
    let one = |conversion: &Conversion| {
        let (name, argument) = match conversion {
            Conversion::ToString => ("to-string", None),
            Conversion::ToNumeric => ("to-numeric", None),
            Conversion::ToArray => ("to-array", None),
            Conversion::Gjson { path } => ("gjson", Some(path)),
        };
        let argument = argument.map(|path| ("Path".into(), path.as_str().into()));
        let argument = Value::Map(argument.into_iter().collect());
        Value::Map([(name.into(), argument)].into())
    };
    Value::List(chain.iter().map(one).collect())
}
