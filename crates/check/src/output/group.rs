//! The results of one resource: their heading, and the order among those of others.

use crate::result::TestResult;
use crate::value::{Value, go};

/// By what groups are sorted: the bytes of type and id.
fn key(group: &[TestResult]) -> String {
    group.first().map_or(String::new(), |result| {
        format!("{}:{}", result.subject.kind.shown, result.subject.id)
    })
}

/// Title and meta of a resource, as its author has them.
pub(super) fn heading(group: &[TestResult]) -> Vec<u8> {
    let mut out = Vec::new();
    let Some(subject) = group.first().map(|result| &result.subject) else {
        return out;
    };
    if !subject.title.is_empty() {
        out.extend_from_slice(format!("Title: {}\n", subject.title).as_bytes());
    }
    let Some(meta) = &subject.meta else {
        return out;
    };
    out.extend_from_slice(b"Meta:\n");
    let mut line = |key: &[u8], value: &Value| {
        out.extend_from_slice(b"    ");
        out.extend_from_slice(key);
        out.extend_from_slice(b": ");
        out.extend_from_slice(&go::format(value));
        out.push(b'\n');
    };
    match meta {
        Value::Map(entries) => entries.iter().for_each(|(key, value)| line(key, value)),
        Value::OddMap(entries) => entries
            .iter()
            .for_each(|(key, value)| line(&go::format(key), value)),
        _ => {}
    }
    out
}

/// What is kept of each group until the report ends.
pub(super) struct Kept<T> {
    sorted: bool,
    groups: Vec<(String, T)>,
}

impl<T> Kept<T> {
    /// In the order in which they came, or sorted by type and id.
    pub(super) fn new(sorted: bool) -> Kept<T> {
        Kept {
            sorted,
            groups: Vec::new(),
        }
    }

    /// Keeps something of a group.
    pub(super) fn push(&mut self, group: &[TestResult], of_it: T) {
        let key = if self.sorted {
            key(group)
        } else {
            String::new()
        };
        self.groups.push((key, of_it));
    }

    /// All that was kept, in order.
    pub(super) fn take(&mut self) -> impl Iterator<Item = T> + use<T> {
        let mut groups = std::mem::take(&mut self.groups);
        if self.sorted {
            groups.sort_by(|(a, _), (b, _)| a.cmp(b));
        }
        groups.into_iter().map(|(_, of_it)| of_it)
    }
}
