//! `tap`: the Test Anything Protocol, version 12 (<https://testanything.org>).

use std::io::{self, Write};
use std::time::Duration;

use bstr::ByteSlice;

use super::counts::Counts;
use super::group::Kept;
use super::{Look, Report, text};
use crate::result::{Outcome, TestResult};

struct Tap {
    look: Look,
    counts: Counts,
    /// The number of all stands ahead of the first.
    kept: Kept<Vec<(Outcome, Vec<u8>)>>,
}

pub(super) fn report(look: &Look) -> Box<dyn Report> {
    Box::new(Tap {
        look: look.clone(),
        counts: Counts::default(),
        kept: Kept::new(look.sort),
    })
}

impl Report for Tap {
    fn take(&mut self, group: &[TestResult], _out: &mut dyn Write) -> io::Result<()> {
        self.counts.add(group);
        let text = |result: &TestResult| {
            let text = text::compact(result, &self.look);
            let text = if self.look.places {
                escaped(&text)
            } else {
                text
            };
            (result.outcome, text)
        };
        self.kept.push(group, group.iter().map(text).collect());
        Ok(())
    }

    fn finish(&mut self, _total: Duration, out: &mut dyn Write) -> io::Result<u8> {
        writeln!(out, "1..{}", self.counts.all())?;
        for (at, (outcome, text)) in self.kept.take().flatten().enumerate() {
            let (word, directive) = match outcome {
                Outcome::Pass => ("ok", ""),
                Outcome::Fail => ("not ok", ""),
                Outcome::Skip => ("ok", "# SKIP "),
            };
            write!(out, "{word} {} - {directive}", at + 1)?;
            out.write_all(&text)?;
            out.write_all(b"\n")?;
        }
        Ok(self.counts.code())
    }
}

/// On one line, and without what would be read as a directive: a failure whose command has
/// `# TODO` in it would count as expected.
fn escaped(text: &[u8]) -> Vec<u8> {
    let line = super::one_line(text);
    match line.contains(&b'#') {
        true => line.replace(b"\\", b"\\\\").replace(b"#", b"\\#"),
        false => line,
    }
}
