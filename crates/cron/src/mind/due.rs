//! What is due: times that have come, times that went by, a clock that was set.

use super::note::Note;
use super::{Action, Mind, Now, Task};
use crate::job::Missed;
use crate::schedule::Seconds;

/// A time that is heeded within this is run; one that is later has been missed (seconds). A
/// busy machine is late by less.
const LATE: Seconds = 60;

/// From as many missed times on, nobody counts.
pub(super) const MANY: u64 = 100;

/// A clock that is set back by no more: what has run does not run again, and jobs wait until
/// the clock is where it was. By more: it was wrong before, and times are reckoned anew
/// (cron(8) of Debian has the same border).
pub(super) const CORRECTION: Seconds = 3 * 60 * 60;

/// Said of a clock that is set back by as much.
const WORTH_SAYING: Seconds = 60;

/// More jobs that missed times in the same turn are one line.
const LINES: usize = 5;

impl<T: Task> Mind<T> {
    /// Heeds a wall clock that was set back.
    pub(super) fn heed_clock(&mut self, now: Now) {
        let by = self.high - now.wall;
        if by > CORRECTION {
            self.high = now.wall;
            self.back = false;
            for entry in &mut self.entries {
                entry.floor = now.wall;
                entry.next = entry.job.after(now.wall);
            }
            self.actions
                .push(Action::Say(Note::ClockBack { by, anew: true }));
        } else if by <= 0 {
            self.high = now.wall;
            self.back = false;
        } else if by >= WORTH_SAYING && !self.back {
            self.back = true;
            self.actions
                .push(Action::Say(Note::ClockBack { by, anew: false }));
        }
    }

    /// Starts, or leaves out, what is due.
    pub(super) fn run_due(&mut self, now: Now) {
        if self.stopping {
            return;
        }
        let mut missed = Vec::new();
        for index in 0..self.entries.len() {
            let entry = &mut self.entries[index];
            if entry.delayed.is_some_and(|at| at <= now.mono) {
                entry.delayed = None;
                self.begin(index, now);
            }
            let entry = &mut self.entries[index];
            if entry.gone || entry.next.is_none_or(|next| next > now.wall) {
                continue;
            }
            let due = Due::of(&*entry.job, entry.next.unwrap_or(now.wall), now.wall);
            entry.floor = due.last;
            entry.next = due.next;
            let once = entry.job.policy().missed == Missed::Once;
            if due.missed > 0 {
                entry.tally.missed += due.missed;
                missed.push(Note::Missed {
                    job: entry.job.clone(),
                    times: due.missed,
                    once,
                });
            }
            if due.is_on_time || once {
                self.launch(index, now);
            }
        }
        if missed.len() > LINES {
            let jobs = missed.len();
            let times = missed.iter().map(|note| match note {
                Note::Missed { times, .. } => *times,
                _ => 0,
            });
            let times = times.sum();
            missed = vec![Note::MissedByMany { jobs, times }];
        }
        self.actions.extend(missed.into_iter().map(Action::Say));
    }

    /// A start is due: now, or later by its jitter.
    pub(super) fn launch(&mut self, index: usize, now: Now) {
        let jitter = self.entries[index].job.policy().jitter.as_millis();
        if jitter == 0 {
            return self.begin(index, now);
        }
        if self.entries[index].delayed.is_some() {
            return self.leave_out(index, now);
        }
        let later = self.random(u64::try_from(jitter).unwrap_or(u64::MAX));
        self.entries[index].delayed = Some(now.mono.saturating_add(later));
    }
}

/// Which times of a job have come.
struct Due {
    /// The last one.
    last: Seconds,
    /// Whether that one can still be run as if nothing had been.
    is_on_time: bool,
    /// How many others there were; [`MANY`]: as many or more.
    missed: u64,
    /// The first one that has not come.
    next: Option<Seconds>,
}

impl Due {
    /// Of the times from `first` to `now`.
    fn of(job: &impl Task, first: Seconds, now: Seconds) -> Due {
        // A schedule that does not go on would be asked for ever.
        let after = |time: Seconds| job.after(time).filter(|next| *next > time);
        let (mut last, mut count) = (first, 1);
        let mut next = after(first);
        while let Some(time) = next.filter(|time| *time <= now && count < MANY) {
            (last, count) = (time, count + 1);
            next = after(time);
        }
        let is_more = next.is_some_and(|time| time <= now);
        if is_more {
            // Too many to count: on with those that are not too late.
            next = after(last.max(now - LATE - 1));
            while let Some(time) = next.filter(|time| *time <= now) {
                last = time;
                next = after(time);
            }
        }
        let is_on_time = now - last <= LATE;
        Due {
            last,
            is_on_time,
            missed: match is_more {
                true => MANY,
                false => count - u64::from(is_on_time),
            },
            next,
        }
    }
}
