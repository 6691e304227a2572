//! The Test Anything Protocol. The number of tests stands first, so all waits for the last.

use std::io::{self, Write};
use std::time::Duration;

use super::tally::Tally;
use super::{Look, Report, order, text};
use crate::result::Outcome;
use crate::run::Group;

struct Tap {
    look: Look,
    tally: Tally,
    lines: Vec<u8>,
}

pub(super) fn report(look: &Look) -> Box<dyn Report> {
    order::ordered(
        look,
        Tap {
            look: look.clone(),
            tally: Tally::default(),
            lines: Vec::new(),
        },
    )
}

impl Report for Tap {
    fn take(&mut self, group: &Group, _out: &mut dyn Write) -> io::Result<()> {
        for result in group {
            self.tally.add(result);
            let (ok, skip) = match result.outcome {
                Outcome::Pass => ("ok", ""),
                Outcome::Fail => ("not ok", ""),
                Outcome::Skip => ("ok", "# SKIP "),
            };
            write!(self.lines, "{ok} {} - {skip}", self.tally.count)?;
            self.lines.append(&mut text::compact(result, &self.look));
            self.lines.push(b'\n');
        }
        Ok(())
    }

    fn finish(&mut self, _total: Duration, out: &mut dyn Write) -> io::Result<u8> {
        writeln!(out, "1..{}", self.tally.count)?;
        out.write_all(&self.lines)?;
        Ok(self.tally.code())
    }
}
