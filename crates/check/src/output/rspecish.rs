//! `rspecish`: a sign for each result, then what failed, then a count.

use std::io::{self, Write};
use std::time::Duration;

use super::counts::Counts;
use super::failures::Failures;
use super::group::Kept;
use super::{Look, Report, colour};
use crate::result::{Outcome, TestResult};

struct Rspecish {
    look: Look,
    counts: Counts,
    failures: Failures,
    /// The signs that wait for those ahead of them.
    sorted: Kept<Vec<u8>>,
}

pub(super) fn report(look: &Look) -> Box<dyn Report> {
    Box::new(Rspecish {
        look: look.clone(),
        counts: Counts::default(),
        failures: Failures::new(),
        sorted: Kept::new(look.sort),
    })
}

impl Report for Rspecish {
    fn take(&mut self, group: &[TestResult], out: &mut dyn Write) -> io::Result<()> {
        self.counts.add(group);
        self.failures.take(group, &self.look);
        let signs = group.iter().flat_map(|result| self.sign(result.outcome));
        let signs: Vec<u8> = signs.collect();
        if self.look.sort {
            self.sorted.push(group, signs);
            return Ok(());
        }
        out.write_all(&signs)
    }

    fn finish(&mut self, total: Duration, out: &mut dyn Write) -> io::Result<u8> {
        for signs in self.sorted.take() {
            out.write_all(&signs)?;
        }
        out.write_all(b"\n\n")?;
        self.failures.write(out)?;
        out.write_all(&self.counts.summary(total, self.look.colour))?;
        Ok(self.counts.code())
    }
}

impl Rspecish {
    fn sign(&self, outcome: Outcome) -> Vec<u8> {
        let mut sign = match outcome {
            Outcome::Pass => b".".to_vec(),
            Outcome::Fail => b"F".to_vec(),
            Outcome::Skip => b"S".to_vec(),
        };
        colour::paint(self.look.colour, outcome, &mut sign);
        sign
    }
}
