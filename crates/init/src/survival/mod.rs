//! How PID 1 survives a crash of its own.
//!
//! What it knows stands twice: in its own memory, and in a region of memory that an
//! execve(2) leaves as it is, as a snapshot of the whole and a journal of what has happened
//! since ([`journal`]). The engine decides the same from the same events, so the journal
//! holds events, not consequences. When PID 1 panics or gets a fatal signal, it becomes its
//! program once more (kernel::crash); the new one finds the region by its descriptor,
//! replays it, compares with what the kernel says of its children (`supervisor/resume.rs`)
//! and goes on. No process of the container is touched. After [`CRASHES`] crashes within
//! [`WINDOW`] nothing of that is trusted any more ([`last_resort`]).

pub(crate) mod event;
#[cfg(debug_assertions)]
pub(crate) mod fault;
pub(crate) mod journal;
mod last_resort;

use std::time::Duration;

use engine::Action;
use kernel::crash::{self, Successor};
use kernel::{clock, errno, signal};

use crate::launch::Launch;

pub(crate) use event::write as write_event;
use journal::Unusable;
pub(crate) use journal::{Journal, Purpose};
pub(crate) use last_resort::serve as last_resort;

/// The variable by which a program finds what the one before it has left: the number of a
/// descriptor, or `none`. It is taken out of the environment before anything reads it.
pub const VARIABLE: &[u8] = b"MAINSTAY_RESUME";

/// As many crashes within [`WINDOW`] mean that going on does not help.
pub(crate) const CRASHES: usize = 3;

/// See [`CRASHES`].
pub(crate) const WINDOW: Duration = Duration::from_secs(60);

/// Whether an action that a crash has interrupted is not to be begun again.
pub(crate) fn at_most_once(action: &Action) -> bool {
    matches!(action, Action::Execute(..) | Action::RunStopHooks)
}

/// A boot that a crash has interrupted ahead of the first snapshot begins anew, without
/// the process that had begun it.
pub(crate) fn abandon_unbegun(journal: &Journal, goes_on: bool) {
    if !goes_on && let Some((_, Some(pid))) = journal.child_in_hand() {
        crate::child::abandon(pid);
    }
}

/// How this run of PID 1 begins.
pub(crate) enum Beginning {
    /// As the container's first.
    Fresh,
    /// After a crash: what was known is in the journal.
    Again(Cause),
    /// After too many crashes, or one whose state was lost; which of these. The journal tells
    /// the command's pid, if there is one.
    LastResort(String),
}

/// Why the program before this one ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cause {
    /// A signal, or 0 for a panic.
    signal: i32,
    /// How many crashes there were within [`WINDOW`], this one included.
    recent: usize,
}

impl Cause {
    /// Whether no other crash was near: what was being acted on may be met again.
    pub(crate) fn is_first(self) -> bool {
        self.recent == 1
    }

    /// How many crashes more this run of PID 1 would survive.
    pub(crate) fn left(self) -> usize {
        CRASHES.saturating_sub(self.recent)
    }

    pub(crate) fn text(self) -> String {
        match self.signal {
            0 => "an internal error (above)".to_string(),
            number => format!("SIG{}", signal::name(number)),
        }
    }
}

/// Looks for what an earlier program of this process has left.
pub(crate) fn begin(launch: &Launch) -> (Journal, Beginning) {
    let Some(left) = &launch.resume else {
        return (Journal::new(), Beginning::Fresh);
    };
    let number = std::str::from_utf8(left)
        .ok()
        .and_then(|text| text.parse().ok());
    let journal = match number.map_or(Err(Unusable::Lost), Journal::inherited) {
        Ok(journal) => journal,
        Err(unusable) => {
            return (Journal::none(), Beginning::LastResort(unusable.to_string()));
        }
    };
    let now = clock::monotonic();
    let recent = journal
        .crashes()
        .into_iter()
        .filter(|moment| now.saturating_sub(*moment) < WINDOW)
        .count();
    let cause = Cause {
        signal: journal.last_cause(),
        recent,
    };
    if recent >= CRASHES {
        let why = format!("{recent} times within {} s", WINDOW.as_secs());
        return (journal, Beginning::LastResort(why));
    }
    (journal, Beginning::Again(cause))
}

/// From here a crash starts this program again. What that would lack is the answer.
pub(crate) fn prepare(launch: &Launch, journal: &Journal) -> Option<String> {
    let left = match journal.descriptor() {
        Some(fd) => fd.to_string().into_bytes(),
        None => b"none".to_vec(),
    };
    let variable = [VARIABLE, b"=", &left].concat();
    let mut env = launch.environment.clone();
    env.push(variable);
    let prepared =
        Successor::new(&launch.argv, &env, journal.crash_words()).and_then(crash::prepare);
    match prepared {
        Err(error) => Some(format!(
            "PID 1 could not begin again after a crash of its own: {}",
            errno::text(&error)
        )),
        Ok(()) => None,
    }
}
