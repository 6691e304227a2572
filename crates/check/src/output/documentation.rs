//! `documentation`: each result in words, then what failed once more, then a count.

use std::io::{self, Write};
use std::time::Duration;

use super::counts::Counts;
use super::failures::Failures;
use super::group::{self, Kept};
use super::{Look, Report, text};
use crate::result::TestResult;

struct Documentation {
    look: Look,
    counts: Counts,
    failures: Failures,
    /// The texts that wait for those ahead of them.
    sorted: Kept<Vec<u8>>,
}

pub(super) fn report(look: &Look) -> Box<dyn Report> {
    Box::new(Documentation {
        look: look.clone(),
        counts: Counts::default(),
        failures: Failures::new(),
        sorted: Kept::new(look.sort),
    })
}

impl Report for Documentation {
    fn take(&mut self, group: &[TestResult], out: &mut dyn Write) -> io::Result<()> {
        self.counts.add(group);
        self.failures.take(group, &self.look);
        let mut texts = group::heading(group);
        for result in group {
            texts.extend(text::full(result, &self.look));
            texts.push(b'\n');
        }
        if self.look.sort {
            self.sorted.push(group, texts);
            return Ok(());
        }
        out.write_all(&texts)
    }

    fn finish(&mut self, total: Duration, out: &mut dyn Write) -> io::Result<u8> {
        for texts in self.sorted.take() {
            out.write_all(&texts)?;
        }
        out.write_all(b"\n\n")?;
        self.failures.write(out)?;
        out.write_all(&self.counts.summary(total, self.look.colour))?;
        Ok(self.counts.code())
    }
}
