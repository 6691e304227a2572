//! A sign a result, then what failed, then a count.

use std::io::{self, Write};
use std::time::Duration;

use super::failures::Failures;
use super::{Look, Report, order, text};
use crate::result::Outcome;
use crate::run::Group;

struct Rspecish {
    look: Look,
    failures: Failures,
}

pub(super) fn report(look: &Look) -> Box<dyn Report> {
    order::ordered(
        look,
        Rspecish {
            look: look.clone(),
            failures: Failures::default(),
        },
    )
}

impl Report for Rspecish {
    fn take(&mut self, group: &Group, out: &mut dyn Write) -> io::Result<()> {
        for result in group {
            let sign = match result.outcome {
                Outcome::Pass => ".",
                Outcome::Fail => "F",
                Outcome::Skip => "S",
            };
            out.write_all(&text::coloured(sign.into(), result.outcome, &self.look))?;
        }
        self.failures.add(group, &self.look);
        Ok(())
    }

    fn finish(&mut self, total: Duration, out: &mut dyn Write) -> io::Result<u8> {
        out.write_all(b"\n\n")?;
        self.failures.finish(total, &self.look, out)
    }
}
