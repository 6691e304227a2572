//! The order of groups: as they come, or by type and name.

use std::io::{self, Write};
use std::time::Duration;

use super::{Look, Report};
use crate::run::Group;

/// What groups are ordered by: the bytes of `TYPE:NAME`.
pub(super) fn key(group: &Group) -> String {
    group.first().map_or_else(String::new, |first| {
        format!("{}:{}", first.subject.kind.shown, first.subject.id)
    })
}

/// A report that gets its groups in the order that was asked for.
pub(super) fn ordered(look: &Look, report: impl Report + 'static) -> Box<dyn Report> {
    match look.sort {
        true => Box::new(Sorted {
            report,
            groups: Vec::new(),
        }),
        false => Box::new(report),
    }
}

struct Sorted<R> {
    report: R,
    groups: Vec<Group>,
}

impl<R: Report> Report for Sorted<R> {
    fn take(&mut self, group: &Group, _out: &mut dyn Write) -> io::Result<()> {
        self.groups.push(group.clone());
        Ok(())
    }

    fn finish(&mut self, total: Duration, out: &mut dyn Write) -> io::Result<u8> {
        let mut groups = std::mem::take(&mut self.groups);
        groups.sort_by_cached_key(key);
        for group in groups {
            self.report.take(&group, out)?;
        }
        self.report.finish(total, out)
    }
}
