//! JSON with sorted keys, as Go's encoder writes a map.

use std::io::{self, Write};
use std::time::Duration;

use super::tally::Tally;
use super::{Look, Report, encode, order, text};
use crate::clock;
use crate::result::{Outcome, TestResult};
use crate::run::Group;
use crate::value::Value;
use crate::value::json::{Style, indented, text as quote, write};

/// All that is escaped is, and numbers have gone through a float.
const STYLE: Style = Style {
    html: true,
    floats: true,
};
/// How far `pretty` indents.
const BLANKS: usize = 4;

struct Json {
    look: Look,
    tally: Tally,
    /// The report so far; with `pretty` all of it waits here.
    held: Vec<u8>,
}

pub(super) fn report(look: &Look) -> Box<dyn Report> {
    let plain = Look {
        colour: false,
        ..look.clone()
    };
    order::ordered(
        look,
        Json {
            look: plain,
            tally: Tally::default(),
            held: Vec::new(),
        },
    )
}

/// Keys and values in the order in which they are written.
#[derive(Default)]
pub(super) struct Fields(Vec<u8>);

impl Fields {
    pub(super) fn raw(&mut self, key: &str, value: &[u8]) {
        self.0.push(if self.0.is_empty() { b'{' } else { b',' });
        quote(key.as_bytes(), STYLE, &mut self.0);
        self.0.push(b':');
        self.0.extend_from_slice(value);
    }

    pub(super) fn text(&mut self, key: &str, value: &[u8]) {
        let mut quoted = Vec::new();
        quote(value, STYLE, &mut quoted);
        self.raw(key, &quoted);
    }

    pub(super) fn shown(&mut self, key: &str, value: impl std::fmt::Display) {
        self.raw(key, value.to_string().as_bytes());
    }

    pub(super) fn end(mut self) -> Vec<u8> {
        self.0.push(b'}');
        self.0
    }
}

/// Nothing where there is no text.
pub(super) fn optional(text: Option<&[u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    match text {
        Some(text) => quote(text, STYLE, &mut out),
        None => out.extend_from_slice(b"null"),
    }
    out
}

/// A value or nothing.
pub(super) fn value(value: Option<&Value>, style: Style) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    write(value.unwrap_or(&Value::Null), style, &mut out)?;
    Ok(out)
}

/// Goss's number of an outcome.
pub(super) fn code(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Pass => 0,
        Outcome::Fail => 1,
        Outcome::Skip => 2,
    }
}

/// Where the expectation stands and what else is worth saying, each key by itself.
pub(super) fn place(result: &TestResult, look: &Look, fields: &mut Fields, keys: &[&str]) {
    if !look.places {
        return;
    }
    for &key in keys {
        match (key, &result.place, &result.hint) {
            ("hint", _, Some(hint)) => fields.text(key, hint.as_bytes()),
            ("file", Some(place), _) => fields.text(key, place.file.as_bytes()),
            ("line", Some(place), _) => fields.shown(key, place.line),
            ("column", Some(place), _) => fields.shown(key, place.column),
            _ => {}
        }
    }
}

/// A finding by its keys, in an order of the caller.
pub(super) fn finding(result: &TestResult, keys: &[&str], style: Style) -> Result<Vec<u8>, String> {
    let finding = &result.finding;
    let chain = encode::chain(&finding.chain);
    let mut fields = Fields::default();
    for &key in keys {
        let shown = match key {
            "actual" => finding.actual.as_ref(),
            "expected" => finding.expected.as_ref(),
            "extra-elements" => finding.extra.as_ref(),
            "found-elements" => finding.found.as_ref(),
            "missing-elements" => finding.missing.as_ref(),
            "transform-chain" => chain.as_ref(),
            "untransformed-value" => finding.untransformed.as_ref(),
            _ => {
                fields.text(key, finding.message.as_bytes());
                continue;
            }
        };
        fields.raw(key, &encode::encode(shown, style)?);
    }
    Ok(fields.end())
}

/// The keys of a finding, sorted.
const FINDING: &[&str] = &[
    "actual",
    "expected",
    "extra-elements",
    "found-elements",
    "message",
    "missing-elements",
    "transform-chain",
    "untransformed-value",
];

fn encoded(result: &TestResult, look: &Look) -> Vec<u8> {
    let took = result.took.as_nanos();
    let success = result.outcome != Outcome::Fail;
    let (long, compact) = (text::long(result, look), text::compact(result, look));
    let subject = &result.subject;
    let values = finding(result, FINDING, STYLE)
        .and_then(|finding| Ok((finding, value(subject.meta.as_ref(), STYLE)?)));
    let mut fields = Fields::default();
    let Ok((finding, meta)) = values else {
        // What JSON cannot hold takes all else with it; so it does in goss.
        fields.shown("duration", took);
        place(result, look, &mut fields, &["file", "hint", "line"]);
        fields.shown("successful", success);
        fields.text("summary-line", &long);
        fields.text("summary-line-compact", &compact);
        return fields.end();
    };
    place(result, look, &mut fields, &["column"]);
    fields.shown("duration", took);
    let end = clock::utc_nanos(result.started + result.took);
    fields.text("end-time", end.as_bytes());
    let error = result.error.as_ref().map(String::as_bytes);
    fields.raw("err", &optional(error));
    place(result, look, &mut fields, &["file", "hint", "line"]);
    fields.raw("matcher-result", &finding);
    fields.raw("meta", &meta);
    fields.text("property", result.property.as_bytes());
    fields.text("resource-id", subject.id.as_bytes());
    fields.text("resource-type", subject.kind.shown.as_bytes());
    fields.shown("result", code(result.outcome));
    fields.shown("skipped", result.outcome == Outcome::Skip);
    let start = clock::utc_nanos(result.started);
    fields.text("start-time", start.as_bytes());
    fields.shown("successful", success);
    fields.text("summary-line", &long);
    fields.text("summary-line-compact", &compact);
    fields.text("title", subject.title.as_bytes());
    fields.end()
}

impl Report for Json {
    fn take(&mut self, group: &Group, out: &mut dyn Write) -> io::Result<()> {
        for result in group {
            self.held.extend_from_slice(match self.tally.count {
                0 => b"{\"results\":[",
                _ => b",",
            });
            self.tally.add(result);
            self.held.append(&mut encoded(result, &self.look));
        }
        if !self.look.pretty {
            out.write_all(&self.held)?;
            self.held.clear();
        }
        Ok(())
    }

    fn finish(&mut self, total: Duration, out: &mut dyn Write) -> io::Result<u8> {
        self.held.extend_from_slice(match self.tally.count {
            0 => b"{\"results\":null",
            _ => b"]",
        });
        let mut summary = Fields::default();
        summary.shown("failed-count", self.tally.failed);
        summary.shown("skipped-count", self.tally.skipped);
        let line = self.tally.line_with(total);
        summary.text("summary-line", line.as_bytes());
        summary.shown("test-count", self.tally.count);
        summary.shown("total-duration", total.as_nanos());
        self.held.extend_from_slice(b",\"summary\":");
        self.held.append(&mut summary.end());
        self.held.push(b'}');
        match self.look.pretty {
            true => out.write_all(&indented(&self.held, BLANKS))?,
            false => out.write_all(&self.held)?,
        }
        out.write_all(b"\n")?;
        Ok(self.tally.code())
    }
}
