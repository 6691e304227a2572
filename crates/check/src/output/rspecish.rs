//! A dot a result, then what failed, then a count.

use std::io::{self, Write};
use std::time::Duration;

use super::{Look, Report};
use crate::result::Outcome;
use crate::run::Group;

struct Rspecish {
    counts: [usize; 3],
}

pub(super) fn report(_look: &Look) -> Box<dyn Report> {
    Box::new(Rspecish { counts: [0; 3] })
}

impl Report for Rspecish {
    fn take(&mut self, group: &Group, out: &mut dyn Write) -> io::Result<()> {
        for result in group {
            let (at, sign) = match result.outcome {
                Outcome::Pass => (0, "."),
                Outcome::Fail => (1, "F"),
                Outcome::Skip => (2, "S"),
            };
            self.counts[at] += 1;
            out.write_all(sign.as_bytes())?;
        }
        Ok(())
    }

    fn finish(&mut self, total: Duration, out: &mut dyn Write) -> io::Result<u8> {
        let [passed, failed, skipped] = self.counts;
        writeln!(out, "\n\nTotal Duration: {:.3}s", total.as_secs_f64())?;
        let count = passed + failed + skipped;
        writeln!(out, "Count: {count}, Failed: {failed}, Skipped: {skipped}")?;
        Ok(u8::from(failed > 0))
    }
}
