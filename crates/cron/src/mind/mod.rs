//! Decides: (state, event, now) → (state, actions). No clock, no process.
//!
//! Two clocks are given in: the wall clock, which says when a job is due and may jump, and the
//! monotonic one, which says how long something may take and does not.

mod due;
mod note;
mod reload;
mod runs;
#[cfg(test)]
mod simulator;
#[cfg(test)]
mod tests;

use std::rc::Rc;

use crate::job::Policy;
use crate::schedule::Seconds;

pub(crate) use note::{End, Note, Why};
pub(crate) use runs::{Answer, Refusal};

/// What both clocks say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Now {
    /// Seconds since 1970.
    pub(crate) wall: Seconds,
    /// Milliseconds since some start.
    pub(crate) mono: u64,
}

/// What the mind must know of a job.
pub(crate) trait Task {
    /// Its name, unique in a set of jobs.
    fn name(&self) -> &str;
    /// Whether `new` is this entry of this file, perhaps written differently.
    fn is_kept_by(&self, new: &Self) -> bool;
    /// How it runs.
    fn policy(&self) -> Policy;
    /// The first time after `now`.
    fn after(&self, now: Seconds) -> Option<Seconds>;
    /// `@reboot`: it runs when the scheduler begins, and then no more.
    fn at_start(&self) -> bool;
}

/// A run, by number: never the same twice.
pub(crate) type RunId = u64;

/// Who asked for a run, by a number of the caller's.
pub(crate) type Asker = u64;

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Action<T> {
    /// To start a run. What could not be started is told by [`Mind::not_started`].
    Start { run: RunId, job: Rc<T> },
    /// TERM to its process group.
    Term(RunId),
    /// KILL to its process group.
    Kill(RunId),
    /// To say something.
    Say(Note<T>),
    /// To tell somebody who asked for a run that it has ended; none: it was dropped ahead of
    /// its start.
    Tell(Asker, Option<End>),
    /// The stop is done: nothing runs.
    Over,
}

/// When to look again at the latest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Deadline {
    /// By the wall clock.
    pub(crate) wall: Option<Seconds>,
    /// By the monotonic one.
    pub(crate) mono: Option<u64>,
}

/// A job and what is known of it.
pub(crate) struct Entry<T> {
    /// As the file has it by now.
    pub(crate) job: Rc<T>,
    /// When it is due next.
    pub(crate) next: Option<Seconds>,
    /// The last time that was run, left out or missed: it never comes again.
    floor: Seconds,
    /// When a start that is due begins, later by its jitter.
    delayed: Option<u64>,
    /// A start waits for the end of what runs.
    waiting: Option<Waiting>,
    /// What runs.
    pub(crate) runs: Vec<Run<T>>,
    /// It is in no file any more: it goes when nothing of it runs.
    pub(crate) gone: bool,
    /// What has been.
    pub(crate) tally: Tally,
}

/// A start that waits.
#[derive(Debug, Default)]
struct Waiting {
    askers: Vec<Asker>,
}

/// What has been of a job.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    /// Runs that began.
    pub(crate) runs: u64,
    /// Of them, those that ended by a signal, by a time-out or with another code than 0, or
    /// could not begin.
    pub(crate) failures: u64,
    /// Times at which nothing began, since it still ran.
    pub(crate) skipped: u64,
    /// Times that went by unheeded.
    pub(crate) missed: u64,
    /// When the last one began.
    pub(crate) last_start: Option<Seconds>,
    /// How the last one ended, and how long it took (milliseconds).
    pub(crate) last_end: Option<(End, u64)>,
}

/// A run that has not ended.
pub(crate) struct Run<T> {
    pub(crate) id: RunId,
    /// As it was when it began.
    pub(crate) job: Rc<T>,
    /// When it began.
    pub(crate) began: Now,
    /// When its time is over.
    until: Option<u64>,
    /// It is being ended.
    ending: Option<Ending>,
    /// How its first process ended, where others of its group are still waited for.
    first: Option<End>,
    /// Who asked for it.
    pub(crate) askers: Vec<Asker>,
}

#[derive(Clone, Copy, Debug)]
struct Ending {
    why: Why,
    kill_at: u64,
    killed: bool,
}

/// How long after KILL the stop goes on without the process: one that waits for a dead disk
/// ends for nobody.
const GIVE_UP: u64 = 2000;

/// The scheduler's state.
pub(crate) struct Mind<T> {
    pub(crate) entries: Vec<Entry<T>>,
    /// Milliseconds from TERM to KILL.
    grace: u64,
    /// For the jitter.
    random: u64,
    /// The latest time that the wall clock has shown.
    high: Seconds,
    /// That it was set back has been said.
    back: bool,
    pub(crate) stopping: bool,
    over: bool,
    last_run: RunId,
    actions: Vec<Action<T>>,
}

impl<T: Task> Mind<T> {
    /// A scheduler that begins now: what is due later this second is run, what was due
    /// earlier is not.
    pub(crate) fn new(jobs: Vec<T>, grace: u64, seed: u64, now: Now) -> Mind<T> {
        let mut mind = Mind {
            entries: Vec::new(),
            grace,
            random: seed,
            high: now.wall,
            back: false,
            stopping: false,
            over: false,
            last_run: 0,
            actions: Vec::new(),
        };
        for job in jobs {
            mind.entries.push(Entry::new(job, now));
        }
        for index in 0..mind.entries.len() {
            if mind.entries[index].job.at_start() {
                mind.launch(index, now);
            }
        }
        mind
    }

    /// What is to be done by now.
    pub(crate) fn actions(&mut self) -> Vec<Action<T>> {
        std::mem::take(&mut self.actions)
    }

    /// Time has passed.
    pub(crate) fn turn(&mut self, now: Now) {
        self.heed_clock(now);
        self.run_due(now);
        self.heed_limits(now);
    }

    /// When to call [`Mind::turn`] at the latest.
    pub(crate) fn deadline(&self) -> Deadline {
        let runs = || self.entries.iter().flat_map(|entry| &entry.runs);
        let delayed = self.entries.iter().filter_map(|entry| entry.delayed);
        let limits = runs().filter_map(|run| match run.ending {
            None => run.until,
            Some(ending) if !ending.killed => Some(ending.kill_at),
            Some(ending) if self.stopping => Some(ending.kill_at + GIVE_UP),
            Some(_) => None,
        });
        let live = self.entries.iter().filter(|entry| !entry.gone);
        Deadline {
            wall: match self.stopping {
                true => None,
                false => live.filter_map(|entry| entry.next).min(),
            },
            mono: delayed.chain(limits).min(),
        }
    }

    /// The end of the container, or of the scheduler: nothing starts any more, and what runs
    /// is ended.
    pub(crate) fn stop(&mut self, now: Now) {
        if self.stopping {
            return;
        }
        self.stopping = true;
        for index in 0..self.entries.len() {
            self.entries[index].delayed = None;
            self.drop_waiting(index);
            self.end_runs(index, Why::Stop, now);
        }
        self.see_whether_over();
    }

    fn see_whether_over(&mut self) {
        let none = self.entries.iter().all(|entry| entry.runs.is_empty());
        if self.stopping && !self.over && none {
            self.over = true;
            self.actions.push(Action::Over);
        }
    }

    /// A number below `most` or equal to it (splitmix64).
    fn random(&mut self, most: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % most.saturating_add(1).max(1)
    }
}

impl<T: Task> Entry<T> {
    fn new(job: T, now: Now) -> Entry<T> {
        Entry {
            next: job.after(now.wall),
            job: Rc::new(job),
            floor: now.wall,
            delayed: None,
            waiting: None,
            runs: Vec::new(),
            gone: false,
            tally: Tally::default(),
        }
    }
}
