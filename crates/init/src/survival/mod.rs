//! How PID 1 survives a crash of its own.
//!
//! What it knows stands twice: in its own memory, and in a region of memory that an
//! execve(2) leaves as it is, as a snapshot of the whole and a journal of what has happened
//! since ([`journal`]). The engine decides the same from the same events, so the journal
//! holds events, not consequences. When PID 1 panics or gets a fatal signal, it becomes its
//! program once more (kernel::crash); the new one finds the region by its descriptor,
//! replays ([`saved`]), compares with what the kernel says of its children ([`resume`]) and
//! goes on. No process of the container is touched. After [`CRASHES`] crashes within
//! [`WINDOW`] nothing of that is trusted any more ([`last_resort`]).

mod event;
#[cfg(debug_assertions)]
pub(crate) mod fault;
pub(crate) mod journal;
mod last_resort;
pub(crate) mod saved;

use std::time::Duration;

use engine::Action;
use kernel::crash::{self, Successor};
use kernel::{clock, errno, signal};

use crate::launch::Launch;

pub(crate) use event::write as write_event;
pub(crate) use journal::{Journal, Kind, Purpose};
pub(crate) use last_resort::serve as last_resort;
use saved::Fault;
pub(crate) use saved::survives;
pub(crate) use saved::{Files, Saved};

/// The variable by which a program finds what the one before it has left: the number of a
/// descriptor, or `none`. It is taken out of the environment before anything reads it.
pub const VARIABLE: &[u8] = b"MAINSTAY_RESUME";

/// As many crashes within [`WINDOW`] mean that going on does not help.
pub(crate) const CRASHES: usize = 3;

/// See [`CRASHES`].
pub(crate) const WINDOW: Duration = Duration::from_secs(60);

/// Whether an action that a crash has interrupted is not to be begun again.
pub(crate) fn at_most_once(action: &Action) -> bool {
    matches!(
        action,
        Action::Start(_) | Action::RunFinish { .. } | Action::RunStopHooks
    )
}

/// A boot that a crash has interrupted ahead of the first snapshot begins anew, without
/// the process that had begun it.
pub(crate) fn abandon_unbegun(journal: &Journal, goes_on: bool) {
    if !goes_on && let Some((_, Some(pid))) = journal.child_in_hand() {
        crate::boot::abandon(pid);
    }
}

/// How this run of PID 1 begins.
pub(crate) enum Beginning {
    /// As the container's first.
    Fresh(Journal),
    /// After a crash, with what was known. Whether the event in hand is to be met again.
    Again(Journal, Box<Saved>, Cause),
    /// After too many crashes, or one whose state was lost. The region tells the command's
    /// pid, if there is one.
    LastResort(Journal, String),
}

/// Why the program before this one ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cause {
    /// A signal, or 0 for a panic.
    signal: i32,
    /// How many crashes there were within [`WINDOW`], this one included.
    pub(crate) recent: usize,
}

impl Cause {
    pub(crate) fn text(self) -> String {
        match self.signal {
            0 => "an internal error (above)".to_string(),
            number => format!("SIG{}", signal::name(number)),
        }
    }
}

/// Looks for what an earlier program of this process has left.
pub(crate) fn begin(launch: &Launch) -> Beginning {
    let Some(left) = &launch.resume else {
        return Beginning::Fresh(Journal::new());
    };
    let number = std::str::from_utf8(left)
        .ok()
        .and_then(|text| text.parse().ok());
    let Some(mut journal) = number.and_then(Journal::inherited) else {
        let lost = "its state was lost with it".to_string();
        return Beginning::LastResort(Journal::none(), lost);
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
        return Beginning::LastResort(journal, why);
    }
    match Saved::read(&journal, recent == 1) {
        Ok(saved) => {
            journal.void_in_hand();
            Beginning::Again(journal, Box::new(saved), cause)
        }
        // A crash ahead of the first snapshot: nothing was begun that could not be begun again.
        Err(Fault::Nothing) => Beginning::Fresh(journal),
        Err(fault) => {
            Beginning::LastResort(journal, format!("its saved state is of no use: {fault}"))
        }
    }
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
