//! What failed and what was skipped, once more at the end of a report for people.

use std::io::{self, Write};

use super::group::{self, Kept};
use super::{Look, text};
use crate::result::{Outcome, TestResult};

/// Texts of those groups in which not all passed; always sorted.
pub(super) struct Failures {
    kept: Kept<Vec<u8>>,
}

impl Failures {
    pub(super) fn new() -> Failures {
        Failures {
            kept: Kept::new(true),
        }
    }

    /// Takes what failed or was skipped.
    pub(super) fn take(&mut self, group: &[TestResult], look: &Look) {
        let not_passed = |result: &&TestResult| result.outcome != Outcome::Pass;
        let mut results = group.iter().filter(not_passed).peekable();
        if results.peek().is_none() {
            return;
        }
        let mut out = group::heading(group);
        for result in results {
            out.extend(text::full(result, look));
            out.push(b'\n');
        }
        self.kept.push(group, out);
    }

    /// Writes them, each group with a blank line behind it.
    pub(super) fn write(&mut self, out: &mut dyn Write) -> io::Result<()> {
        for (at, text) in self.kept.take().enumerate() {
            if at == 0 {
                out.write_all(b"Failures/Skipped:\n\n")?;
            }
            out.write_all(&text)?;
            out.write_all(b"\n")?;
        }
        Ok(())
    }
}
