//! Which service has made a process. What is certain counts, and nothing else: the session
//! and group that a service's process leads, an ancestor that is in one, or what was seen
//! when the stop began. Who has left all of these is nobody's.

use std::collections::BTreeMap;

use engine::Pid;
use kernel::{errno, process, signal};

use crate::stop::reach::{self, Process};
use crate::supervisor::Supervisor;
use crate::supervisor::parts::COMMAND;

/// How far a family is followed: what is looked at is no snapshot, so there may seem to be
/// circles, and generations have no limit.
const MOST_ANCESTORS: usize = 1024;

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

    /// The stop begins: whose those are that have left the session and the group of a
    /// unit's process, as long as parents are there to tell. All others are still known by
    /// these once they must be killed.
    pub(crate) fn note_families(&mut self) {
        let units = self.mind.engine().units();
        let own: Vec<i32> = units.filter_map(|(_, unit)| Some(unit.pid()?.0)).collect();
        let is_a_units = |pid| self.unit_of(pid).is_some();
        let mut seen = BTreeMap::new();
        for pid in reach::numbers(&own) {
            let has_left = !is_a_units(pid)
                && process::session_of(pid).is_ok_and(|session| !is_a_units(session))
                && process::group_of(pid).is_ok_and(|group| !is_a_units(group));
            if has_left
                && let Some(one) = reach::look(pid)
                && let Some(name) = self.owner_in(&one, reach::look)
            {
                seen.insert(pid, (one.start, name));
            }
        }
        self.ending.kin.seen = seen;
    }

    /// Whose these processes are, in their order.
    pub(crate) fn owners(&self, some: &[Process]) -> Vec<Option<String>> {
        let all: BTreeMap<i32, Process> = reach::everybody()
            .unwrap_or_default()
            .into_iter()
            .map(|one| (one.pid, one))
            .collect();
        let owner = |one: &Process| {
            let owner = self.owner_in(one, |pid| all.get(&pid).cloned());
            owner.or_else(|| {
                let (start, name) = self.ending.kin.seen.get(&one.pid)?;
                (*start == one.start).then(|| name.clone())
            })
        };
        some.iter().map(owner).collect()
    }

    /// Whose the process is; `look` gives what is known of others.
    fn owner_in(&self, one: &Process, look: impl Fn(i32) -> Option<Process>) -> Option<String> {
        let mut at = one.clone();
        for _ in 0..MOST_ANCESTORS {
            if let Some(name) = self.leader_of(&at, &look) {
                return Some(name);
            }
            if let Some(unit) = self.unit_of(at.parent) {
                return Some(self.name(unit));
            }
            at = look(at.parent)?;
        }
        None
    }

    /// Whose session or group the process is in.
    fn leader_of(&self, one: &Process, look: &impl Fn(i32) -> Option<Process>) -> Option<String> {
        for leader in [one.session, one.group] {
            if self.progress.command == Some(leader) {
                return Some(COMMAND.to_string());
            }
            if let Some(unit) = self.unit_of(leader) {
                return Some(self.name(unit));
            }
            // A process of that number is another, which leads a group of its own.
            if let Some(name) = self.ending.kin.former(leader)
                && look(leader).is_none()
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
