//! How many results there were of each outcome, and what is said of it.

use std::time::Duration;

use super::colour;
use crate::result::{Outcome, TestResult};

/// Numbers of results.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) passed: usize,
    pub(super) failed: usize,
    pub(super) skipped: usize,
}

impl Counts {
    /// Counts the results of a resource.
    pub(super) fn add(&mut self, group: &[TestResult]) {
        for result in group {
            match result.outcome {
                Outcome::Pass => self.passed += 1,
                Outcome::Fail => self.failed += 1,
                Outcome::Skip => self.skipped += 1,
            }
        }
    }

    /// Of all outcomes.
    pub(super) fn all(self) -> usize {
        self.passed + self.failed + self.skipped
    }

    /// The exit code: 1 where anything failed.
    pub(super) fn code(self) -> u8 {
        u8::from(self.failed > 0)
    }

    /// In one sentence.
    pub(super) fn sentence(self) -> String {
        format!(
            "Count: {}, Failed: {}, Skipped: {}",
            self.all(),
            self.failed,
            self.skipped
        )
    }

    /// The end of a report for people. With colours its line end is inside them.
    pub(super) fn summary(self, total: Duration, in_colour: bool) -> Vec<u8> {
        let outcome = match self.failed {
            0 => Outcome::Pass,
            _ => Outcome::Fail,
        };
        let mut counts = format!("{}\n", self.sentence()).into_bytes();
        colour::paint(in_colour, outcome, &mut counts);
        let mut out = format!("Total Duration: {}\n", seconds(total)).into_bytes();
        out.extend(counts);
        out
    }
}

/// Seconds with three digits behind the point, as in `0.123s`.
pub(super) fn seconds(time: Duration) -> String {
    format!("{:.3}s", time.as_secs_f64())
}
