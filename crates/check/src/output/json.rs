//! `json`: all that is known of each result, fields by name.

use std::io::{self, Write};
use std::time::Duration;

use super::counts::{Counts, seconds};
use super::group::Kept;
use super::record::{self, Form, number, object, string};
use super::{Look, Report};
use crate::result::TestResult;
use crate::value::json;

const FORM: Form = Form {
    sorted: true,
    read_back: true,
    judged: true,
};

/// Blanks a level with `pretty`.
const INDENT: usize = 4;

struct Json {
    look: Look,
    counts: Counts,
    /// What waits for those ahead of it, or for its line breaks.
    kept: Kept<Vec<Vec<u8>>>,
    written: usize,
}

pub(super) fn report(look: &Look) -> Box<dyn Report> {
    let mut look = look.clone();
    look.colour = false;
    Box::new(Json {
        counts: Counts::default(),
        kept: Kept::new(look.sort),
        written: 0,
        look,
    })
}

impl Report for Json {
    fn take(&mut self, group: &[TestResult], out: &mut dyn Write) -> io::Result<()> {
        self.counts.add(group);
        let record = |result| record::record(result, &self.look, FORM).unwrap_or_else(|rest| rest);
        let records = group.iter().map(record).collect();
        if self.look.sort || self.look.pretty {
            self.kept.push(group, records);
            return Ok(());
        }
        self.write(records, out)
    }

    fn finish(&mut self, total: Duration, out: &mut dyn Write) -> io::Result<u8> {
        let kept: Vec<Vec<u8>> = self.kept.take().flatten().collect();
        if self.look.pretty {
            let mut document = Vec::new();
            self.write(kept, &mut document)?;
            self.end(total, &mut document)?;
            out.write_all(&json::indented(&document, INDENT))?;
        } else {
            self.write(kept, out)?;
            self.end(total, out)?;
        }
        out.write_all(b"\n")?;
        Ok(self.counts.code())
    }
}

impl Json {
    fn write(&mut self, records: Vec<Vec<u8>>, out: &mut dyn Write) -> io::Result<()> {
        for record in records {
            out.write_all(match self.written {
                0 => b"{\"results\":[",
                _ => b",",
            })?;
            self.written += 1;
            out.write_all(&record)?;
        }
        Ok(())
    }

    fn end(&self, total: Duration, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(match (self.written, self.look.places) {
            (0, false) => b"{\"results\":null",
            (0, true) => b"{\"results\":[]",
            _ => b"]",
        })?;
        let counts = self.counts;
        let sentence = format!("{}, Duration: {}", counts.sentence(), seconds(total));
        let summary = vec![
            ("failed-count", number(counts.failed)),
            ("skipped-count", number(counts.skipped)),
            ("summary-line", string(sentence.as_bytes())),
            ("test-count", number(counts.all())),
            ("total-duration", number(total.as_nanos())),
        ];
        out.write_all(b",\"summary\":")?;
        out.write_all(&object(summary, true))?;
        out.write_all(b"}")
    }
}
