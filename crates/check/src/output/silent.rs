//! `silent`: the exit code says it all.

use std::io::{self, Write};
use std::time::Duration;

use super::counts::Counts;
use super::{Look, Report};
use crate::result::TestResult;

struct Silent(Counts);

pub(super) fn report(_look: &Look) -> Box<dyn Report> {
    Box::new(Silent(Counts::default()))
}

impl Report for Silent {
    fn take(&mut self, group: &[TestResult], _out: &mut dyn Write) -> io::Result<()> {
        self.0.add(group);
        Ok(())
    }

    fn finish(&mut self, _total: Duration, _out: &mut dyn Write) -> io::Result<u8> {
        Ok(self.0.code())
    }
}
