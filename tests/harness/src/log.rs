//! What a container wrote, line by line, with the time of each.

use crate::sys;
use std::fmt::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Where a line was written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// One line, without its newline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When its end was read, on the monotonic clock.
    pub at: Duration,
    /// Where it was written to. The order of lines within one stream is exact; between the two
    /// streams it is the order of reading.
    pub stream: Stream,
    /// The line; bytes that are not UTF-8 are replaced.
    pub text: String,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) lines: Vec<Line>,
    open: [Vec<u8>; 2],
    pub(crate) streams_ended: bool,
    pub(crate) messages: Vec<(String, i32)>,
    pub(crate) messages_ended: bool,
    /// Nothing is read for now.
    pub(crate) paused: bool,
}

/// Everything a container has written so far; grows while the container lives.
#[derive(Clone, Debug, Default)]
pub struct Log {
    shared: Arc<(Mutex<State>, Condvar)>,
}

impl Log {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        let lock = self.shared.0.lock();
        lock.unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    pub(crate) fn change(&self, with: impl FnOnce(&mut State)) {
        with(&mut self.lock());
        self.shared.1.notify_all();
    }

    pub(crate) fn add(&self, stream: Stream, bytes: &[u8]) {
        let at = sys::monotonic();
        self.change(|state| {
            for part in bytes.split_inclusive(|byte| *byte == b'\n') {
                state.open[stream as usize].extend_from_slice(part);
                if part.ends_with(b"\n") {
                    state.end_line(stream, at);
                }
            }
        });
    }

    /// A stream's end: what stands without a newline is a line too.
    pub(crate) fn end(&self, stream: Stream) {
        let at = sys::monotonic();
        self.change(|state| {
            if !state.open[stream as usize].is_empty() {
                state.end_line(stream, at);
            }
        });
    }

    /// Waits until `find` finds something in the state; `None` when `limit` has passed first.
    pub(crate) fn wait<T>(
        &self,
        limit: Duration,
        mut find: impl FnMut(&State) -> Option<T>,
    ) -> Option<T> {
        let deadline = Instant::now() + limit;
        let mut state = self.lock();
        loop {
            if let Some(found) = find(&state) {
                return Some(found);
            }
            let left = deadline.checked_duration_since(Instant::now())?;
            let waited = self.shared.1.wait_timeout(state, left);
            state = waited.unwrap_or_else(|poisoned| poisoned.into_inner()).0;
        }
    }

    /// All lines up to now.
    pub fn lines(&self) -> Vec<Line> {
        self.lock().lines.clone()
    }

    /// All lines up to now, as one text.
    pub fn text(&self) -> String {
        let state = self.lock();
        let lines = state.lines.iter().map(|line| line.text.as_str());
        lines.collect::<Vec<_>>().join("\n")
    }

    /// How many lines contain `part`.
    pub fn count(&self, part: &str) -> usize {
        let state = self.lock();
        let found = state.lines.iter().filter(|line| line.text.contains(part));
        found.count()
    }

    /// The first line that contains `part`.
    pub fn find(&self, part: &str) -> Option<Line> {
        let state = self.lock();
        let found = state.lines.iter().find(|line| line.text.contains(part));
        found.cloned()
    }

    /// Where the first line that contains `part` stands, counted from 0: for asserting an order.
    ///
    /// # Panics
    /// When there is none, with the whole log.
    #[track_caller]
    pub fn position(&self, part: &str) -> usize {
        let state = self.lock();
        let found = state.lines.iter().position(|line| line.text.contains(part));
        drop(state);
        found.unwrap_or_else(|| panic!("no line contains {part:?}\n{}", self.report(None)))
    }

    /// The log for a person: seconds since `start` (or the first line), stream, text.
    pub fn report(&self, start: Option<Duration>) -> String {
        let state = self.lock();
        let first = state.lines.first().map(|line| line.at);
        let start = start.or(first).unwrap_or_default();
        let mut text = String::from("--- log ---\n");
        for line in &state.lines {
            let since = line.at.saturating_sub(start).as_secs_f64();
            let mark = match line.stream {
                Stream::Stdout => ' ',
                Stream::Stderr => '!',
            };
            let _ = writeln!(text, "{since:8.4} {mark} {}", line.text);
        }
        for (number, open) in state.open.iter().enumerate() {
            if !open.is_empty() {
                let part = String::from_utf8_lossy(open);
                let _ = writeln!(text, "unfinished on descriptor {}: {part}", number + 1);
            }
        }
        text.push_str("--- end of log ---");
        text
    }
}

impl State {
    fn end_line(&mut self, stream: Stream, at: Duration) {
        let bytes = std::mem::take(&mut self.open[stream as usize]);
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        self.lines.push(Line {
            at,
            stream,
            text: String::from_utf8_lossy(bytes).into_owned(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_made_of_parts_and_the_last_needs_no_newline() {
        let log = Log::default();
        log.add(Stream::Stdout, b"on");
        log.add(Stream::Stderr, b"oops\n");
        log.add(Stream::Stdout, b"e\n\ntw");
        log.add(Stream::Stdout, b"o");
        log.end(Stream::Stdout);
        assert_eq!(log.text(), "oops\none\n\ntwo");
        assert_eq!(log.count("o"), 3);
        assert_eq!(log.position("two"), 3);
    }
}
