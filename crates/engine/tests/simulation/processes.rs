//! Fake processes: what they do by themselves and how they take signals.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use engine::{End, Pid, Time, UnitId};

use crate::random::Random;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    Main(UnitId),
    Finish(UnitId),
    /// The command, a hook, or what one of them left behind.
    Stranger,
}

#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub(crate) role: Of,
    /// When it ends by itself or by what it was sent, and how.
    pub(crate) fate: Option<(Time, End)>,
    /// It could not execute its program.
    pub(crate) not_executed: bool,
    /// Its signals but KILL do nothing.
    stubborn: bool,
    /// Not even KILL ends it: it hangs in the kernel.
    hung: bool,
    /// The end of its input does nothing.
    ignores_input: bool,
    stopped: bool,
    /// What it was sent while it was stopped.
    pending: Option<u8>,
    /// How long it takes to end when it is asked to.
    takes: Duration,
}

#[derive(Default)]
pub(crate) struct Processes {
    pub(crate) alive: BTreeMap<Pid, Process>,
    deaths: BTreeSet<(Time, Pid)>,
    last: i32,
}

impl Processes {
    pub(crate) fn make(&mut self, role: Of, now: Time, random: &mut Random) -> Pid {
        // Numbers come back, but not soon.
        self.last = self.last % 5000 + 1;
        while self.alive.contains_key(&Pid(self.last)) {
            self.last = self.last % 5000 + 1;
        }
        let pid = Pid(self.last);
        let not_executed = role != Of::Stranger && random.chance(2);
        let lifetime = match random.below(10) {
            _ if not_executed => Some(0),
            0 => Some(0),
            1 => Some(random.below(50)),
            2..=4 => Some(random.below(5000)),
            5 => Some(1000),
            _ if matches!(role, Of::Finish(_)) => Some(random.below(300)),
            _ => None,
        };
        let end = match (role, random.below(8)) {
            (Of::Finish(_), 0) => End::Exited(125),
            (_, 0..=3) => End::Exited(0),
            (_, 4 | 5) => End::Exited(random.below(256) as u8),
            (_, _) => End::Killed(random.pick(&[9, 11, 15])),
        };
        let fate = lifetime.map(|millis| (now.after(Duration::from_millis(millis)), end));
        if let Some((at, _)) = fate {
            self.deaths.insert((at, pid));
        }
        let process = Process {
            role,
            fate,
            not_executed,
            stubborn: random.chance(15),
            hung: random.below(400) == 0,
            ignores_input: random.chance(10),
            stopped: false,
            pending: None,
            takes: Duration::from_millis(match random.chance(20) {
                true => random.below(4000),
                false => random.below(100),
            }),
        };
        self.alive.insert(pid, process);
        pid
    }

    pub(crate) fn signal(&mut self, pid: Pid, signal: u8, now: Time) {
        let Some(process) = self.alive.get_mut(&pid) else {
            return;
        };
        match signal {
            9 if !process.hung => {
                // A process that is killed is gone at once, whatever it was about to do.
                let sooner = process.fate.is_some_and(|(at, _)| at <= now);
                if !sooner {
                    self.doom(pid, now, End::Killed(9));
                }
            }
            19 => process.stopped = true,
            18 => {
                process.stopped = false;
                if let Some(pending) = process.pending.take() {
                    self.signal(pid, pending, now);
                }
            }
            _ if process.stopped => process.pending = Some(signal),
            1 | 2 | 3 | 10 | 15 if !process.stubborn && !process.hung => {
                let at = now.after(process.takes);
                if process.fate.is_none_or(|(fate, _)| fate > at) {
                    self.doom(pid, at, End::Killed(signal));
                }
            }
            _ => {}
        }
    }

    /// No more input will come.
    pub(crate) fn input_ends(&mut self, pid: Pid, now: Time) {
        if let Some(process) = self.alive.get(&pid)
            && !process.ignores_input
            && !process.hung
        {
            let at = now.after(process.takes);
            if process.fate.is_none_or(|(fate, _)| fate > at) {
                self.doom(pid, at, End::Exited(0));
            }
        }
    }

    fn doom(&mut self, pid: Pid, at: Time, end: End) {
        if let Some(process) = self.alive.get_mut(&pid) {
            if let Some((before, _)) = process.fate.replace((at, end)) {
                self.deaths.remove(&(before, pid));
            }
            self.deaths.insert((at, pid));
        }
    }

    pub(crate) fn next_death(&self) -> Option<Time> {
        self.deaths.first().map(|(at, _)| *at)
    }

    /// Reaps one process that has ended.
    pub(crate) fn reap(&mut self, now: Time) -> Option<(Pid, Process, End)> {
        let (at, pid) = *self.deaths.first()?;
        if at > now {
            return None;
        }
        self.deaths.remove(&(at, pid));
        let process = self.alive.remove(&pid)?;
        let (_, end) = process.fate?;
        Some((pid, process, end))
    }
}
