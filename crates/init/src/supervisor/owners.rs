//! Which service has made a process. What is certain counts, and nothing else: the session
//! and group that a service's process leads, an ancestor that is in one, or what was seen
//! when the stop began. Who has left all of these is nobody's.

use std::collections::BTreeMap;

use engine::Pid;
use kernel::{errno, signal};

use crate::stop::reach::{self, Process};
use crate::supervisor::Supervisor;
use crate::supervisor::parts::COMMAND;

impl Supervisor<'_> {
    /// A process of a unit, or the command, was reaped: those of its group that are left are
    /// still whose they were.
    pub(crate) fn note_leader_gone(&mut self, pid: i32, of_command: bool) {
        // In a stop numbers do not come around: it is asked once somebody must be killed.
        let is_left = self.ending.stopping.is_some()
            || match signal::send_group(pid, 0) {
                Ok(()) => true,
                Err(error) => errno::is(&error, errno::EPERM),
            };
        if !is_left {
            return;
        }
        let name = match of_command {
            true => Some(COMMAND.to_string()),
            false => self.unit_of(pid).map(|unit| self.name(unit)),
        };
        let Some(name) = name else { return };
        match self.ending.stopping {
            None => self.ending.kin.remember(pid, name),
            Some(_) => self.ending.kin.remember_all(pid, name),
        }
    }

    /// The stop begins: whose everybody is, as long as parents are there to tell.
    pub(crate) fn note_families(&mut self) {
        // A unit's own process is known by its number.
        let Some(all) = reach::everybody(|pid| self.unit_of(pid).is_none()) else {
            return;
        };
        let all: BTreeMap<i32, Process> = all.into_iter().map(|one| (one.pid, one)).collect();
        let owned = all.values().filter_map(|one| {
            let name = self.owner_in(one, &all)?;
            Some((one.pid, (one.start, name)))
        });
        self.ending.kin.seen = owned.collect();
    }

    /// Whose these processes are, in their order.
    pub(crate) fn owners(&self, some: &[Process]) -> Vec<Option<String>> {
        let all: BTreeMap<i32, Process> = reach::everybody(|_| true)
            .unwrap_or_default()
            .into_iter()
            .map(|one| (one.pid, one))
            .collect();
        let owner = |one: &Process| {
            self.owner_in(one, &all).or_else(|| {
                let (start, name) = self.ending.kin.seen.get(&one.pid)?;
                (*start == one.start).then(|| name.clone())
            })
        };
        some.iter().map(owner).collect()
    }

    fn owner_in(&self, one: &Process, all: &BTreeMap<i32, Process>) -> Option<String> {
        let mut at = one;
        // The table is no snapshot: a circle cannot be, but must not hold us up.
        for _ in 0..=all.len() {
            if let Some(name) = self.leader_of(at, all) {
                return Some(name);
            }
            if let Some(unit) = self.unit_of(at.parent) {
                return Some(self.name(unit));
            }
            at = all.get(&at.parent)?;
        }
        None
    }

    /// Whose session or group the process is in.
    fn leader_of(&self, one: &Process, all: &BTreeMap<i32, Process>) -> Option<String> {
        for leader in [one.session, one.group] {
            if self.progress.command == Some(leader) {
                return Some(COMMAND.to_string());
            }
            if let Some(unit) = self.unit_of(leader) {
                return Some(self.name(unit));
            }
            // A process of that number is another, which leads a group of its own.
            if let Some(name) = self.ending.kin.former(leader)
                && !all.contains_key(&leader)
            {
                return Some(name.to_string());
            }
        }
        None
    }

    /// The unit whose process this is.
    pub(crate) fn unit_of(&self, pid: i32) -> Option<engine::UnitId> {
        self.mind.engine().unit_of(Pid(pid))
    }
}
