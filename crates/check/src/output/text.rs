//! The text of a result: over several lines, or in one.

use super::Look;
use super::{diff, encode};
use crate::result::{Outcome, TestResult};
use crate::value::Value;

/// A part of a text: a title and what stands indented below it.
struct Part {
    title: String,
    body: Vec<u8>,
    /// Whether it is only in the long form.
    long_only: bool,
}

fn part(title: &str, body: Vec<u8>) -> Part {
    Part {
        title: title.to_string(),
        body,
        long_only: false,
    }
}

/// What reports say of a result, over several lines where it failed.
pub(super) fn long(result: &TestResult, look: &Look) -> Vec<u8> {
    let mut out = head(result);
    match result.outcome {
        Outcome::Pass | Outcome::Skip => brief(result, look, &mut out),
        Outcome::Fail => {
            for part in parts(result, look) {
                out.push(b'\n');
                out.extend_from_slice(part.title.as_bytes());
                indent(&part.body, &mut out);
            }
        }
    }
    coloured(out, result.outcome, look)
}

/// What reports say of a result in one line.
pub(super) fn compact(result: &TestResult, look: &Look) -> Vec<u8> {
    let mut out = head(result);
    match result.outcome {
        Outcome::Pass | Outcome::Skip => brief(result, look, &mut out),
        Outcome::Fail => {
            for part in parts(result, look).iter().filter(|part| !part.long_only) {
                out.push(b' ');
                out.extend_from_slice(part.title.as_bytes());
                if !part.body.is_empty() {
                    out.push(b' ');
                }
                match part.title.as_str() {
                    "Error" => collapse(&part.body, &mut out),
                    _ => out.extend_from_slice(&part.body),
                }
            }
        }
    }
    coloured(out, result.outcome, look)
}

/// A text between the codes that colour it.
pub(super) fn coloured(text: Vec<u8>, outcome: Outcome, look: &Look) -> Vec<u8> {
    if !look.colour {
        return text;
    }
    let code: &[u8] = match outcome {
        Outcome::Pass => b"\x1b[32m",
        Outcome::Fail => b"\x1b[31m",
        Outcome::Skip => b"\x1b[33m",
    };
    [code, &text, b"\x1b[0m"].concat()
}

fn head(result: &TestResult) -> Vec<u8> {
    let subject = &result.subject;
    let kind = subject.kind.shown;
    format!("{kind}: {}: {}:", subject.id, result.property).into_bytes()
}

fn brief(result: &TestResult, look: &Look, out: &mut Vec<u8>) {
    match result.outcome {
        Outcome::Skip => out.extend_from_slice(b" skipped"),
        Outcome::Pass | Outcome::Fail => {
            out.extend_from_slice(b" matches expectation: ");
            out.extend_from_slice(&encode::shown(result.finding.expected.as_ref()));
        }
    }
    if let Some(hint) = result.hint.as_ref().filter(|_| look.places) {
        out.extend_from_slice(format!(" ({hint})").as_bytes());
    }
}

fn parts(result: &TestResult, look: &Look) -> Vec<Part> {
    let finding = &result.finding;
    let mut parts = Vec::new();
    match &result.error {
        Some(why) => parts.push(part("Error", why.clone().into_bytes())),
        None => {
            parts.push(part("Expected", encode::shown(finding.actual.as_ref())));
            let expected = encode::shown(finding.expected.as_ref());
            parts.push(part(&finding.message, expected));
            if let (Some(actual), Some(expected)) = (&finding.actual, &finding.expected)
                && let (Value::Text(actual), Value::Text(expected)) =
                    (&actual.value, &expected.value)
                && actual != expected
            {
                parts.push(Part {
                    long_only: true,
                    ..part("diff", diff::unified(expected, actual))
                });
            }
        }
    }
    if let Some(missing) = &finding.missing {
        let missing = encode::shown(Some(missing));
        parts.push(part("the missing elements were", missing));
    }
    if let Some(extra) = &finding.extra {
        let extra = encode::shown(Some(extra));
        parts.push(part("the extra elements were", extra));
    }
    if let Some(chain) = encode::chain(&finding.chain) {
        let chain = encode::shown(Some(&chain));
        parts.push(part("the transform chain was", chain));
        if !look.exclude_raw {
            let raw = encode::shown(finding.untransformed.as_ref());
            parts.push(part("the raw value was", raw));
        }
    }
    if look.places {
        if let Some(hint) = &result.hint {
            parts.push(part("hint", hint.clone().into_bytes()));
        }
        if let Some(place) = &result.place {
            parts.push(part("expected at", place.to_string().into_bytes()));
        }
    }
    parts
}

/// Each line below the title, indented by four blanks.
fn indent(body: &[u8], out: &mut Vec<u8>) {
    for line in body.split(|byte| *byte == b'\n') {
        out.extend_from_slice(b"\n    ");
        out.extend_from_slice(line);
    }
}

/// Runs of white space become one blank.
fn collapse(body: &[u8], out: &mut Vec<u8>) {
    let is_white = |byte: u8| matches!(byte, b'\t' | b'\n' | b'\x0c' | b'\r' | b' ');
    let mut white = false;
    for &byte in body {
        if !is_white(byte) {
            out.push(byte);
        } else if !white {
            out.push(b' ');
        }
        white = is_white(byte);
    }
}
