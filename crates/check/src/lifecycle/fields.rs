//! Reading what people wrote: every key is known, or it is a problem with a suggestion; all
//! problems are told at once.

use std::time::Duration;

use crate::duration::GoDuration;
use crate::near;
use crate::node::{Body, Node};
use crate::problem::Problem;

/// A reader that goes on after a mistake.
#[derive(Debug, Default)]
pub(super) struct Reader {
    pub(super) problems: Vec<Problem>,
}

impl Reader {
    /// Notes a problem of a place.
    pub(super) fn wrong(&mut self, node: &Node, what: impl Into<String>) {
        self.problems.push(Problem::at(&node.place, what));
    }

    /// The entries of a map whose keys are of `known`.
    pub(super) fn fields<'a>(
        &mut self,
        node: &'a Node,
        what: &str,
        known: &[&'static str],
    ) -> Vec<(&'static str, &'a Node)> {
        let Some(entries) = node.entries() else {
            if !node.is_null() {
                self.wrong(
                    node,
                    format!("{what}: must be a map with the keys {}", known.join(", ")),
                );
            }
            return Vec::new();
        };
        let mut fields = Vec::new();
        for (key, value) in entries {
            let word = key.to_text().unwrap_or_default();
            match known.iter().find(|known| **known == word) {
                Some(known) => fields.push((*known, value)),
                None => self.unknown(key, what, &word, known),
            }
        }
        fields
    }

    /// Notes a word that is none of `known`.
    pub(super) fn unknown(&mut self, node: &Node, what: &str, word: &str, known: &[&str]) {
        let end = match near::nearest(word, known) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("known are {}", known.join(", ")),
        };
        self.wrong(node, format!("{what}: there is no {word}; {end}"));
    }

    /// A text that is not empty.
    pub(super) fn text(&mut self, node: &Node, what: &str) -> Option<String> {
        match node.to_text() {
            Ok(text) if !text.is_empty() => Some(text),
            _ => {
                self.wrong(node, format!("{what}: must be a text"));
                None
            }
        }
    }

    /// A text, or a list of texts.
    pub(super) fn texts(&mut self, node: &Node, what: &str) -> Vec<String> {
        match &node.body {
            Body::List(items) => {
                let all = items.iter().filter_map(|item| self.text(item, what));
                all.collect()
            }
            Body::Scalar(_) | Body::Map(_) => self.text(node, what).into_iter().collect(),
        }
    }

    /// A span of time with its unit.
    pub(super) fn span(&mut self, node: &Node, what: &str) -> Option<Duration> {
        let text = node.to_text().unwrap_or_default();
        match GoDuration::parse(&text) {
            Some(span) if span.0 > 0 => Some(span.to_std()),
            _ => {
                let is_bare = text.parse::<f64>().is_ok();
                self.wrong(
                    node,
                    match is_bare {
                        true => format!("{what}: {text} of what? Write {text}s or {text}ms"),
                        false => format!("{what}: must be a time such as 500ms, 10s or 1m30s"),
                    },
                );
                None
            }
        }
    }

    /// A signal's number, by its name.
    pub(super) fn signal(&mut self, node: &Node, what: &str) -> Option<i32> {
        let text = node.to_text().unwrap_or_default();
        let number = kernel::signal::parse(text.as_bytes());
        if number.is_none() {
            self.wrong(
                node,
                format!("{what}: there is no signal {text:?}; TERM, KILL, HUP…"),
            );
        }
        number
    }

    /// True or false.
    pub(super) fn truth(&mut self, node: &Node, what: &str) -> bool {
        node.to_bool().unwrap_or_else(|_| {
            self.wrong(node, format!("{what}: must be true or false"));
            false
        })
    }
}

/// A span as it is shown: `10s`.
pub(super) fn shown(span: Duration) -> String {
    let nanos = i64::try_from(span.as_nanos()).unwrap_or(i64::MAX);
    GoDuration(nanos).to_string()
}

/// A measured span: `1.2s`.
pub(super) fn measured(span: Duration) -> String {
    let rounded = span.as_millis().min(u128::from(u32::MAX)) as u64;
    shown(Duration::from_millis(rounded))
}
