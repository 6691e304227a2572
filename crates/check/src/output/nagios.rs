//! One line for a monitoring system, and with `verbose` one more a failure.

use std::io::{self, Write};
use std::time::Duration;

use super::tally::{Tally, seconds};
use super::{Look, Report, text};
use crate::result::Outcome;
use crate::run::Group;

/// The exit code of Nagios's plugins for what is critical.
const CRITICAL: u8 = 2;

struct Nagios {
    look: Look,
    tally: Tally,
    lines: Vec<u8>,
}

pub(super) fn report(look: &Look) -> Box<dyn Report> {
    Box::new(Nagios {
        look: look.clone(),
        tally: Tally::default(),
        lines: Vec::new(),
    })
}

impl Report for Nagios {
    fn take(&mut self, group: &Group, _out: &mut dyn Write) -> io::Result<()> {
        for result in group {
            self.tally.add(result);
            if self.look.verbose && result.outcome == Outcome::Fail {
                write!(self.lines, "Fail {} - ", self.tally.failed)?;
                self.lines.append(&mut text::compact(result, &self.look));
                self.lines.push(b'\n');
            }
        }
        Ok(())
    }

    fn finish(&mut self, total: Duration, out: &mut dyn Write) -> io::Result<u8> {
        let (state, code) = match self.tally.failed {
            0 => ("OK", 0),
            _ => ("CRITICAL", CRITICAL),
        };
        write!(out, "GOSS {state} - {}", self.tally.line_with(total))?;
        if self.look.perfdata {
            let Tally {
                count,
                failed,
                skipped,
            } = self.tally;
            let duration = seconds(total);
            write!(
                out,
                "|total={count} failed={failed} skipped={skipped} duration={duration}"
            )?;
        }
        out.write_all(b"\n")?;
        out.write_all(&self.lines)?;
        Ok(code)
    }
}
