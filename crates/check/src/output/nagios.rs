//! `nagios`: one line for a monitoring system, with more on request. Exit codes are those of its
//! plugins: 0 is OK, 2 CRITICAL (Monitoring Plugins Development Guidelines).

use std::io::{self, Write};
use std::time::Duration;

use bstr::ByteSlice;

use super::counts::{Counts, seconds};
use super::{Look, Report, text};
use crate::result::{Outcome, TestResult};

const OK: u8 = 0;
const CRITICAL: u8 = 2;

struct Nagios {
    look: Look,
    counts: Counts,
    failures: Vec<Vec<u8>>,
}

pub(super) fn report(look: &Look) -> Box<dyn Report> {
    Box::new(Nagios {
        look: look.clone(),
        counts: Counts::default(),
        failures: Vec::new(),
    })
}

impl Report for Nagios {
    fn take(&mut self, group: &[TestResult], _out: &mut dyn Write) -> io::Result<()> {
        self.counts.add(group);
        if self.look.verbose {
            let failed = group.iter().filter(|one| one.outcome == Outcome::Fail);
            self.failures.extend(failed.map(|result| {
                let text = text::compact(result, &self.look);
                match self.look.places {
                    // What stands behind a | is read as numbers.
                    true => super::one_line(&text).replace(b"|", "\u{a6}"),
                    false => text,
                }
            }));
        }
        Ok(())
    }

    fn finish(&mut self, total: Duration, out: &mut dyn Write) -> io::Result<u8> {
        let (word, code) = match self.counts.failed {
            0 => ("OK", OK),
            _ => ("CRITICAL", CRITICAL),
        };
        let duration = seconds(total);
        write!(
            out,
            "GOSS {word} - {}, Duration: {duration}",
            self.counts.sentence()
        )?;
        if self.look.perfdata {
            write!(
                out,
                "|total={} failed={} skipped={} duration={duration}",
                self.counts.all(),
                self.counts.failed,
                self.counts.skipped
            )?;
        }
        out.write_all(b"\n")?;
        for (at, text) in std::mem::take(&mut self.failures).iter().enumerate() {
            write!(out, "Fail {} - ", at + 1)?;
            out.write_all(text)?;
            out.write_all(b"\n")?;
        }
        Ok(code)
    }
}
