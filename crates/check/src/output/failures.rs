//! What rspecish and documentation have in common: what heads a group, and the part at the end
//! with all that failed or was skipped.

use std::io::{self, Write};
use std::time::Duration;

use super::tally::{Tally, seconds};
use super::{Look, order, text};
use crate::result::Outcome;
use crate::run::Group;
use crate::value::{Value, go};

/// All that failed or was skipped, in the order of types and names.
#[derive(Default)]
pub(super) struct Failures {
    pub(super) tally: Tally,
    groups: Vec<(String, Vec<u8>)>,
}

impl Failures {
    pub(super) fn add(&mut self, group: &Group, look: &Look) {
        let mut out = Vec::new();
        for result in group {
            self.tally.add(result);
            if result.outcome == Outcome::Pass {
                continue;
            }
            if out.is_empty() {
                out = header(group);
            }
            out.append(&mut text::long(result, look));
            out.push(b'\n');
        }
        if !out.is_empty() {
            out.push(b'\n');
            self.groups.push((order::key(group), out));
        }
    }

    /// Writes them and the counts, and says the exit code.
    pub(super) fn finish(
        &mut self,
        total: Duration,
        look: &Look,
        out: &mut dyn Write,
    ) -> io::Result<u8> {
        let mut groups = std::mem::take(&mut self.groups);
        groups.sort_by(|(a, _), (b, _)| a.cmp(b));
        if !groups.is_empty() {
            out.write_all(b"Failures/Skipped:\n\n")?;
        }
        for (_, group) in groups {
            out.write_all(&group)?;
        }
        writeln!(out, "Total Duration: {}", seconds(total))?;
        let outcome = match self.tally.failed {
            0 => Outcome::Pass,
            _ => Outcome::Fail,
        };
        let line = format!("{}\n", self.tally.line()).into_bytes();
        out.write_all(&text::coloured(line, outcome, look))?;
        Ok(self.tally.code())
    }
}

/// A group's title and what its author wants to see.
pub(super) fn header(group: &Group) -> Vec<u8> {
    let mut out = Vec::new();
    let Some(subject) = group.first().map(|first| &first.subject) else {
        return out;
    };
    if !subject.title.is_empty() {
        out.extend_from_slice(format!("Title: {}\n", subject.title).as_bytes());
    }
    if let Some(Value::Map(meta)) = &subject.meta {
        out.extend_from_slice(b"Meta:\n");
        for (key, value) in meta {
            out.extend_from_slice(b"    ");
            out.extend_from_slice(key);
            out.extend_from_slice(b": ");
            out.extend_from_slice(&go::format(value));
            out.push(b'\n');
        }
    }
    out
}
