//! Runs: what begins, what is left out, what waits, what is ended.

use std::rc::Rc;
use std::time::Duration;

use super::note::{End, Note, Why};
use super::{Action, Asker, Ending, GIVE_UP, Mind, Now, Run, RunId, Task, Waiting};
use crate::job::Overlap;

/// Most runs of one job at once, and most that ask for the same one: a job that never ends
/// must not fill the machine.
const MOST: usize = 64;

/// What becomes of an asked-for run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It has begun.
    Begun,
    /// It begins when what runs has ended.
    Waits,
}

/// Why an asked-for run does not begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There is no such job.
    Unknown,
    /// It runs, for so many milliseconds, and is not to run twice.
    Runs(u64),
    /// Another start waits already.
    Waits,
    /// As many run as may.
    Many,
    /// Nothing begins any more.
    Stopping,
}

impl<T: Task> Mind<T> {
    /// Somebody wants a job to run now, however its times are.
    ///
    /// # Errors
    /// It does not begin.
    pub(crate) fn ask(&mut self, name: &str, asker: Asker, now: Now) -> Result<Answer, Refusal> {
        if self.stopping {
            return Err(Refusal::Stopping);
        }
        let mut entries = self.entries.iter_mut().enumerate();
        let found = entries.find(|(_, entry)| !entry.gone && entry.job.name() == name);
        let (index, entry) = found.ok_or(Refusal::Unknown)?;
        let Some(first) = entry.runs.first() else {
            self.start(index, vec![asker], now);
            return Ok(Answer::Begun);
        };
        match entry.job.policy().overlap {
            Overlap::Allow if entry.runs.len() < MOST => {
                self.start(index, vec![asker], now);
                return Ok(Answer::Begun);
            }
            Overlap::Allow => return Err(Refusal::Many),
            Overlap::Skip => return Err(Refusal::Runs(now.mono - first.began.mono)),
            Overlap::Queue | Overlap::Replace if entry.waiting.is_some() => {
                return Err(Refusal::Waits);
            }
            Overlap::Queue => {}
            Overlap::Replace => self.end_runs(index, Why::Replaced, now),
        }
        let askers = vec![asker];
        self.entries[index].waiting = Some(Waiting { askers });
        Ok(Answer::Waits)
    }

    /// A time of this job is here: it begins, waits or is left out.
    pub(super) fn begin(&mut self, index: usize, now: Now) {
        let entry = &mut self.entries[index];
        if entry.runs.is_empty() {
            return self.start(index, Vec::new(), now);
        }
        match entry.job.policy().overlap {
            Overlap::Allow if entry.runs.len() < MOST => self.start(index, Vec::new(), now),
            Overlap::Allow | Overlap::Skip => self.leave_out(index, now),
            Overlap::Queue if entry.waiting.is_some() => self.leave_out(index, now),
            Overlap::Queue => entry.waiting = Some(Waiting::default()),
            Overlap::Replace => {
                if entry.waiting.is_some() {
                    // The one that waits gives way too.
                    self.leave_out(index, now);
                } else {
                    entry.waiting = Some(Waiting::default());
                }
                self.end_runs(index, Why::Replaced, now);
            }
        }
    }

    pub(super) fn leave_out(&mut self, index: usize, now: Now) {
        let entry = &mut self.entries[index];
        entry.tally.skipped += 1;
        let oldest = entry.runs.first().map(|run| now.mono - run.began.mono);
        let note = Note::LeftOut {
            job: entry.job.clone(),
            runs_for: oldest,
            waits: entry.waiting.is_some(),
        };
        self.actions.push(Action::Say(note));
    }

    fn start(&mut self, index: usize, askers: Vec<Asker>, now: Now) {
        self.last_run += 1;
        let id = self.last_run;
        let entry = &mut self.entries[index];
        let job = entry.job.clone();
        let limit = job
            .policy()
            .timeout
            .filter(|limit| *limit != Duration::ZERO);
        let limit = limit.map(|limit| u64::try_from(limit.as_millis()).unwrap_or(u64::MAX));
        entry.tally.runs += 1;
        entry.tally.last_start = Some(now.wall);
        entry.runs.push(Run {
            id,
            job: job.clone(),
            began: now,
            until: limit.map(|limit| now.mono.saturating_add(limit)),
            ending: None,
            first: None,
            askers,
        });
        self.actions.push(Action::Start { run: id, job });
    }

    /// Ends every run of a job that is not being ended yet.
    pub(super) fn end_runs(&mut self, index: usize, why: Why, now: Now) {
        for run in &mut self.entries[index].runs {
            if let Some(ending) = &mut run.ending {
                if why == Why::Stop && !ending.killed {
                    ending.kill_at = ending.kill_at.min(now.mono + self.grace);
                }
                continue;
            }
            run.ending = Some(Ending {
                why,
                kill_at: now.mono.saturating_add(self.grace),
                killed: false,
            });
            self.actions.push(Action::Term(run.id));
        }
    }

    /// Ends what has run too long, and kills what did not end.
    pub(super) fn heed_limits(&mut self, now: Now) {
        let mut finished = Vec::new();
        for run in self.entries.iter_mut().flat_map(|entry| &mut entry.runs) {
            match &mut run.ending {
                None if run.until.is_some_and(|until| until <= now.mono) => {
                    run.ending = Some(Ending {
                        why: Why::TimeOut,
                        kill_at: now.mono.saturating_add(self.grace),
                        killed: false,
                    });
                    self.actions.push(Action::Term(run.id));
                }
                Some(ending) if !ending.killed && ending.kill_at <= now.mono => {
                    ending.killed = true;
                    self.actions.push(Action::Kill(run.id));
                    // Whoever of its group is left has had KILL now.
                    finished.extend(run.first.map(|end| (run.id, end)));
                }
                Some(ending)
                    if self.stopping && ending.killed && ending.kill_at + GIVE_UP <= now.mono =>
                {
                    finished.push((run.id, End::Lost));
                }
                None | Some(_) => {}
            }
        }
        for (run, end) in finished {
            self.finish(run, end, now);
        }
    }

    /// A run could not begin.
    pub(crate) fn not_started(&mut self, run: RunId, now: Now) {
        self.finish(run, End::NotStarted, now);
    }

    /// The first process of a run has ended; `others`: there are more in its group. What it has
    /// left in the background is its own affair (as with any cron), unless it is being ended.
    pub(crate) fn ended(&mut self, run: RunId, end: End, others: bool, now: Now) {
        let mut runs = self.entries.iter_mut().flat_map(|entry| &mut entry.runs);
        let Some(found) = runs.find(|found| found.id == run) else {
            return;
        };
        if others && found.ending.is_some_and(|ending| !ending.killed) {
            found.first = Some(end);
            return;
        }
        self.finish(run, end, now);
    }

    /// Nobody is left in the group of a run whose first process had ended before.
    pub(crate) fn group_ended(&mut self, run: RunId, now: Now) {
        let mut runs = self.entries.iter().flat_map(|entry| &entry.runs);
        if let Some(end) = runs.find(|found| found.id == run).and_then(|run| run.first) {
            self.finish(run, end, now);
        }
    }

    /// The runs of which only others than the first process are waited for.
    pub(crate) fn remainders(&self) -> Vec<RunId> {
        let runs = self.entries.iter().flat_map(|entry| &entry.runs);
        let left = runs.filter(|run| run.first.is_some());
        left.map(|run| run.id).collect()
    }

    fn finish(&mut self, id: RunId, end: End, now: Now) {
        let holds = |run: &Run<T>| run.id == id;
        let mut entries = self.entries.iter_mut().enumerate();
        let Some((index, entry)) = entries.find(|(_, entry)| entry.runs.iter().any(holds)) else {
            return;
        };
        let Some(at) = entry.runs.iter().position(holds) else {
            return;
        };
        let run = entry.runs.remove(at);
        let took = now.mono - run.began.mono;
        let why = run.ending.map(|ending| ending.why);
        // What was ended on purpose has not failed.
        let on_purpose = matches!(why, Some(Why::Replaced | Why::Stop));
        entry.tally.failures += u64::from(end != End::Code(0) && !on_purpose);
        entry.tally.last_end = Some((end, took));
        self.actions.push(Action::Say(Note::Ended {
            job: run.job,
            end,
            took,
            why,
            killed: run.ending.is_some_and(|ending| ending.killed),
            grace: self.grace,
        }));
        let tell = run.askers.into_iter();
        self.actions
            .extend(tell.map(|asker| Action::Tell(asker, Some(end))));
        let entry = &mut self.entries[index];
        if entry.runs.is_empty() {
            if entry.gone {
                self.entries.remove(index);
            } else if let Some(waiting) = entry.waiting.take() {
                self.start(index, waiting.askers, now);
            }
        }
        self.see_whether_over();
    }

    /// What waits does not begin.
    pub(super) fn drop_waiting(&mut self, index: usize) {
        if let Some(waiting) = self.entries[index].waiting.take() {
            let askers = waiting.askers.into_iter();
            self.actions
                .extend(askers.map(|asker| Action::Tell(asker, None)));
            let job = Rc::clone(&self.entries[index].job);
            self.actions.push(Action::Say(Note::Dropped { job }));
        }
    }
}
