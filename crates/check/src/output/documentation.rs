//! A line a result, then what failed, then a count.

use std::io::{self, Write};
use std::time::Duration;

use super::failures::{Failures, header};
use super::{Look, Report, order, text};
use crate::run::Group;

struct Documentation {
    look: Look,
    failures: Failures,
}

pub(super) fn report(look: &Look) -> Box<dyn Report> {
    order::ordered(
        look,
        Documentation {
            look: look.clone(),
            failures: Failures::default(),
        },
    )
}

impl Report for Documentation {
    fn take(&mut self, group: &Group, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(&header(group))?;
        for result in group {
            out.write_all(&text::long(result, &self.look))?;
            out.write_all(b"\n")?;
        }
        self.failures.add(group, &self.look);
        Ok(())
    }

    fn finish(&mut self, total: Duration, out: &mut dyn Write) -> io::Result<u8> {
        out.write_all(b"\n\n")?;
        self.failures.finish(total, &self.look, out)
    }
}
