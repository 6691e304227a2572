//! Files that have changed: jobs come, go, and take a new form at their next run.

use std::rc::Rc;

use super::{Entry, Mind, Now, Task};

/// What a reload has changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    pub(crate) jobs: usize,
    pub(crate) new: usize,
    pub(crate) gone: usize,
}

impl<T: Task> Mind<T> {
    /// Takes these jobs for those that there were. What runs goes on; it belongs to the job of
    /// the same entry, else of the same name.
    pub(crate) fn reload(&mut self, jobs: Vec<T>, now: Now) -> Changes {
        // What is due by now is due by the old form.
        self.turn(now);
        let mut changes = Changes {
            jobs: jobs.len(),
            ..Changes::default()
        };
        let mut old: Vec<Option<Entry<T>>> = self.entries.drain(..).map(Some).collect();
        let mut found: Vec<Option<Entry<T>>> = jobs.iter().map(|_| None).collect();
        type Fits<T> = fn(&Entry<T>, &T) -> bool;
        let by_entry: Fits<T> =
            |entry, job| entry.job.is_kept_by(job) && entry.job.name() == job.name();
        let by_text: Fits<T> = |entry, job| entry.job.is_kept_by(job);
        let by_name: Fits<T> = |entry, job| entry.job.name() == job.name();
        for fits in [by_entry, by_text, by_name] {
            for (place, job) in found.iter_mut().zip(&jobs) {
                if place.is_none() {
                    let is_it = |entry: &Option<Entry<T>>| {
                        entry.as_ref().is_some_and(|entry| fits(entry, job))
                    };
                    *place = old.iter().position(is_it).and_then(|at| old[at].take());
                }
            }
        }
        for (job, entry) in jobs.into_iter().zip(found) {
            self.entries.push(match entry {
                Some(entry) => entry.taking(job, now),
                None => {
                    changes.new += 1;
                    Entry::new(job, now)
                }
            });
        }
        for mut entry in old.into_iter().flatten() {
            changes.gone += usize::from(!entry.gone);
            entry.gone = true;
            entry.next = None;
            entry.delayed = None;
            self.entries.push(entry);
            self.drop_waiting(self.entries.len() - 1);
            if self
                .entries
                .last()
                .is_some_and(|entry| entry.runs.is_empty())
            {
                self.entries.pop();
            }
        }
        changes
    }
}

impl<T: Task> Entry<T> {
    fn taking(mut self, job: T, now: Now) -> Entry<T> {
        // From the last time on, so that an interval is not begun again by each reload; but what
        // would have been due by new times has not been missed.
        self.next = job.after(self.floor);
        if self.next.is_some_and(|next| next <= now.wall) {
            self.next = job.after(now.wall.max(self.floor));
        }
        self.gone = false;
        self.job = Rc::new(job);
        self
    }
}
