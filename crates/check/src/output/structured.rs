//! JSON with keys in the order of goss's own types.

use std::io::{self, Write};
use std::time::Duration;

use super::json::{Fields, code, finding, optional, place, value};
use super::tally::{Tally, seconds};
use super::{Look, Report, order, text};
use crate::clock;
use crate::result::{Outcome, TestResult};
use crate::run::Group;
use crate::value::json::{Style, indented};

const STYLE: Style = Style {
    html: true,
    floats: false,
};
/// How far `pretty` indents.
const BLANKS: usize = 2;

struct Structured {
    look: Look,
    tally: Tally,
    results: Vec<u8>,
    /// Whether a value was there that JSON cannot hold.
    broken: bool,
}

pub(super) fn report(look: &Look) -> Box<dyn Report> {
    order::ordered(
        look,
        Structured {
            look: look.clone(),
            tally: Tally::default(),
            results: Vec::new(),
            broken: false,
        },
    )
}

const FINDING: &[&str] = &[
    "actual",
    "message",
    "expected",
    "missing-elements",
    "found-elements",
    "extra-elements",
    "transform-chain",
    "untransformed-value",
];

/// A result. Where JSON cannot hold what was found, that is left out with `look.places` and an
/// error without.
fn encoded(result: &TestResult, look: &Look) -> Result<Vec<u8>, String> {
    let subject = &result.subject;
    let mut fields = Fields::default();
    // Goss never sets it.
    let success = look.places && result.outcome != Outcome::Fail;
    fields.shown("successful", success);
    fields.shown("skipped", result.outcome == Outcome::Skip);
    fields.text("resource-id", subject.id.as_bytes());
    fields.text("resource-type", subject.kind.shown.as_bytes());
    fields.text("property", result.property.as_bytes());
    fields.text("title", subject.title.as_bytes());
    let null = |encoded: Result<Vec<u8>, String>| match encoded {
        Err(_) if look.places => Ok(b"null".to_vec()),
        other => other,
    };
    fields.raw("meta", &null(value(subject.meta.as_ref(), STYLE))?);
    fields.shown("result", code(result.outcome));
    let error = result.error.as_ref().map(String::as_bytes);
    fields.raw("err", &optional(error));
    fields.raw("matcher-result", &null(finding(result, FINDING, STYLE))?);
    let (start, end) = (result.started, result.started + result.took);
    fields.text("start-time", clock::utc_nanos(start).as_bytes());
    fields.text("end-time", clock::utc_nanos(end).as_bytes());
    fields.shown("duration", result.took.as_nanos());
    fields.text("summary-line", &text::long(result, look));
    fields.text("summary-line-compact", &text::compact(result, look));
    place(
        result,
        look,
        &mut fields,
        &["file", "line", "column", "hint"],
    );
    Ok(fields.end())
}

impl Report for Structured {
    fn take(&mut self, group: &Group, _out: &mut dyn Write) -> io::Result<()> {
        for result in group {
            if self.tally.count > 0 {
                self.results.push(b',');
            }
            self.tally.add(result);
            match encoded(result, &self.look) {
                Ok(mut encoded) => self.results.append(&mut encoded),
                Err(_) => self.broken = true,
            }
        }
        Ok(())
    }

    fn finish(&mut self, total: Duration, out: &mut dyn Write) -> io::Result<u8> {
        let Tally { count, failed, .. } = self.tally;
        let mut summary = Fields::default();
        summary.shown("test-count", count);
        summary.shown("failed-count", failed);
        summary.shown("total-duration", total.as_nanos());
        let mut report = Fields::default();
        report.raw("results", &[b"[", &self.results[..], b"]"].concat());
        report.raw("summary", &summary.end());
        let line = format!(
            "Count: {count}, Failed: {failed}, Duration: {}",
            seconds(total)
        );
        report.text("summary-line", line.as_bytes());
        let report = report.end();
        match (self.broken, self.look.pretty) {
            // Goss prints nothing then.
            (true, _) => {}
            (false, true) => out.write_all(&indented(&report, BLANKS))?,
            (false, false) => out.write_all(&report)?,
        }
        out.write_all(b"\n")?;
        // Goss says that all is well, whatever came out.
        match self.look.places {
            true => Ok(self.tally.code()),
            false => Ok(0),
        }
    }
}
