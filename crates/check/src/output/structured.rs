//! `structured`: all that is known of each result, in an order of its own.

use std::io::{self, Write};
use std::time::Duration;

use super::counts::{Counts, seconds};
use super::group::Kept;
use super::record::{self, Form, number, object, string};
use super::{Look, Report};
use crate::result::TestResult;
use crate::value::json;

/// Blanks a level with `pretty`.
const INDENT: usize = 2;

struct Structured {
    look: Look,
    counts: Counts,
    kept: Kept<Vec<Vec<u8>>>,
    /// Whether a result could not be written: then goss writes none.
    broken: bool,
}

pub(super) fn report(look: &Look) -> Box<dyn Report> {
    Box::new(Structured {
        look: look.clone(),
        counts: Counts::default(),
        kept: Kept::new(look.sort),
        broken: false,
    })
}

impl Report for Structured {
    fn take(&mut self, group: &[TestResult], _out: &mut dyn Write) -> io::Result<()> {
        self.counts.add(group);
        let form = Form {
            sorted: false,
            read_back: false,
            // In goss nothing is ever successful here.
            judged: self.look.places,
        };
        let mut records = Vec::new();
        for result in group {
            match record::record(result, &self.look, form) {
                Ok(record) => records.push(record),
                Err(_) => self.broken = true,
            }
        }
        self.kept.push(group, records);
        Ok(())
    }

    fn finish(&mut self, total: Duration, out: &mut dyn Write) -> io::Result<u8> {
        let records: Vec<Vec<u8>> = self.kept.take().flatten().collect();
        if !self.broken {
            self.write(&records, total, out)?;
        }
        out.write_all(b"\n")?;
        // In goss whoever runs it has to read the counts.
        Ok(if self.look.places {
            self.counts.code()
        } else {
            0
        })
    }
}

impl Structured {
    fn write(&self, records: &[Vec<u8>], total: Duration, out: &mut dyn Write) -> io::Result<()> {
        let counts = self.counts;
        let sentence = format!(
            "Count: {}, Failed: {}, Duration: {}",
            counts.all(),
            counts.failed,
            seconds(total)
        );
        let summary = vec![
            ("test-count", number(counts.all())),
            ("failed-count", number(counts.failed)),
            ("total-duration", number(total.as_nanos())),
        ];
        let results = [b"[", &records.join(&b',')[..], b"]"].concat();
        let document = object(
            vec![
                ("results", results),
                ("summary", object(summary, false)),
                ("summary-line", string(sentence.as_bytes())),
            ],
            false,
        );
        match self.look.pretty {
            true => out.write_all(&json::indented(&document, INDENT)),
            false => out.write_all(&document),
        }
    }
}
