//! How many results of which outcome there were.

use std::time::Duration;

use crate::result::{Outcome, TestResult};

#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) count: usize,
    pub(super) failed: usize,
    pub(super) skipped: usize,
}

impl Tally {
    pub(super) fn add(&mut self, result: &TestResult) {
        self.count += 1;
        match result.outcome {
            Outcome::Pass => {}
            Outcome::Fail => self.failed += 1,
            Outcome::Skip => self.skipped += 1,
        }
    }

    /// The exit code of most formats.
    pub(super) fn code(&self) -> u8 {
        u8::from(self.failed > 0)
    }

    pub(super) fn line(&self) -> String {
        let Tally {
            count,
            failed,
            skipped,
        } = self;
        format!("Count: {count}, Failed: {failed}, Skipped: {skipped}")
    }

    pub(super) fn line_with(&self, total: Duration) -> String {
        format!("{}, Duration: {}", self.line(), seconds(total))
    }
}

/// `0.123s`.
pub(super) fn seconds(time: Duration) -> String {
    format!("{:.3}s", time.as_secs_f64())
}
