//! Waiting for series of events that match expressions, for the s6-ftrig programs.

use std::io;
use std::time::Duration;

use chain::{Call, Failure, Forked, Outcome, Result, Unable, Word, escape};
use kernel::regex::{Regex, Syntax};
use kernel::{clock, errno, poll};

use super::listener::Listener;
use super::supervisor;

/// When time runs out (s6 2.12 and later; 2.11 says 1).
const TIMED_OUT: u8 = 99;

/// A directory that is listened to, and what its events shall look like.
pub(super) struct Trigger {
    listener: Listener,
    expression: Regex,
    /// All that was told since the beginning.
    heard: Vec<u8>,
    matched: bool,
}

impl Trigger {
    /// Begins to listen.
    ///
    /// # Errors
    /// An expression that is none, or a directory that cannot be listened to.
    pub(super) fn begin(directory: &[u8], expression: &[u8]) -> Result<Trigger> {
        let syntax = Syntax {
            extended: true,
            ignore_case: false,
        };
        let expression = Regex::new(expression, syntax).map_err(|why| Failure::System {
            what: format!("subscribe with {}: {why}", escape(expression)),
            error: errno::from(errno::EINVAL),
        })?;
        let listener = Listener::subscribe(supervisor::path(directory))
            .unable("subscribe to events of", directory)?;
        Ok(Trigger {
            listener,
            expression,
            heard: Vec::new(),
            matched: false,
        })
    }

    /// Takes what was told, letter by letter; gives the letter with which it matches.
    fn take_news(&mut self) -> io::Result<Option<u8>> {
        for letter in self.listener.news()? {
            self.heard.push(letter);
            if self.expression.matches(&self.heard) {
                self.matched = true;
                return Ok(Some(letter));
            }
        }
        Ok(None)
    }
}

/// Starts `argv` as a child, once everything is listened to. None in the child, with
/// what it is to become.
///
/// # Errors
/// That it could not be started: exit code 111.
pub(super) fn start(call: &Call, argv: Vec<Word>) -> Result<Option<Outcome>> {
    let word = argv.first().cloned().unwrap_or_default();
    match chain::fork().unable("fork", b"")? {
        Forked::Child(report) => Ok(Some(Outcome::exec(call, argv).reporting(report))),
        Forked::Parent(block) => {
            block.begun().unable("spawn", &word)?;
            Ok(None)
        }
    }
}

/// Waits until all of them match, or one of them. Gives the last letter.
///
/// # Errors
/// Exit code 99 when time runs out.
pub(super) fn wait(triggers: &mut [Trigger], any: bool, limit: Option<Duration>) -> Result<u8> {
    let deadline = limit.map(|limit| clock::monotonic() + limit);
    loop {
        let left = deadline.map(|deadline| deadline.saturating_sub(clock::monotonic()));
        if left.is_some_and(|left| left.is_zero()) {
            return Err(Failure::Other {
                code: TIMED_OUT,
                text: "timed out".to_string(),
            });
        }
        let waiting: Vec<i32> = triggers
            .iter()
            .filter(|trigger| !trigger.matched)
            .map(|trigger| trigger.listener.descriptor())
            .collect();
        let ready = poll::poll_readable(&waiting, left).unable("wait for events", b"")?;
        for at in 0..triggers.len() {
            let trigger = &mut triggers[at];
            if trigger.matched || !ready.contains(&trigger.listener.descriptor()) {
                continue;
            }
            let Some(letter) = trigger.take_news().unable("read events", b"")? else {
                continue;
            };
            if any || triggers.iter().all(|trigger| trigger.matched) {
                return Ok(letter);
            }
        }
    }
}
