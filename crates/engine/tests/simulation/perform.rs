//! What the world does about each action of the engine.

use std::time::Duration;

use engine::{Action, End, Ended, Notice, Pid, Role, StopCause, UnitId};
use plan::{Kind, Readiness};

use crate::invariants::*;
use crate::processes::Of;
use crate::world::{Answer, World};

impl World {
    /// Carries out one action, if the rules allow it.
    pub(crate) fn perform_one(&mut self, action: Action) -> Result<(), String> {
        match action {
            Action::Execute(id, role @ (Role::Run | Role::Up)) => {
                its_program_is_of_its_kind(self, id, role)?;
                nothing_starts_after_a_stop_began(self, id)?;
                nothing_starts_before_what_it_needs_is_ready(self, id)?;
                no_restart_comes_sooner_than_its_floor(self, id)?;
                no_two_processes_of_one_name_live(self, id)?;
                no_try_comes_sooner_after_one_that_failed(self, id)?;
                nothing_starts_against_its_policy(self, id)?;
                self.make(id, Of::Main(id));
                Ok(())
            }
            Action::Execute(id, role @ (Role::Finish { .. } | Role::Down)) => {
                its_program_is_of_its_kind(self, id, role)?;
                no_two_processes_of_one_name_live(self, id)?;
                if role == Role::Down {
                    needed_units_outlive_their_dependents(self, id)?;
                }
                self.run_finish(id, role)
            }
            Action::Signal(id, pid, number) => {
                signals_reach_living_processes_of_their_unit(self, id, pid)?;
                if number == self.units[&id].definition.down_signal && number != 9 {
                    needed_units_outlive_their_dependents(self, id)?;
                }
                if let Some(unit) = self.units.get_mut(&id)
                    && unit.in_order
                    && number == unit.definition.down_signal
                {
                    unit.asked = true;
                }
                if number == 9
                    && let Some(unit) = self.units.get_mut(&id)
                {
                    unit.killed = Some(pid);
                }
                self.processes.signal(pid, number, self.clock);
                Ok(())
            }
            Action::Announce(id, change) => match self.units.get_mut(&id) {
                Some(unit) => unit
                    .announced(change)
                    .map_err(|fault| format!("{id:?}, {fault}")),
                None => Err(format!("{id:?} is announced and unknown")),
            },
            Action::CloseInput(id) => {
                needed_units_outlive_their_dependents(self, id)?;
                self.close_input(id)
            }
            Action::Forget(id) => match self.units.remove(&id) {
                Some(unit) if unit.is_at_rest() => Ok(()),
                unit => Err(format!("{id:?} is forgotten as {unit:?}")),
            },
            Action::RunStopHooks => self.run_stop_hooks(),
            Action::SignalAll(number) => {
                self.signal_all(number);
                Ok(())
            }
            Action::EndStop(code) => self.leave(code),
            Action::Tell(Notice::Impossible(event, id)) if !self.nonsense => {
                Err(format!("{event} of {id:?} is called impossible"))
            }
            Action::Tell(Notice::NoSuchName(name)) => {
                nobody_has_a_name_that_is_called_unknown(self, &name)
            }
            Action::Tell(Notice::Ended(Ended { unit: id, .. })) => self.ends_told(id, 1),
            Action::Tell(Notice::EndedOften(id, count, _)) => self.ends_told(id, count),
            Action::Tell(_) => Ok(()),
        }
    }

    /// Makes a process, or fails to; the answer may take a while.
    fn make(&mut self, id: UnitId, role: Of) {
        let delay = match self.random.chance(60) {
            true => 0,
            false => self.random.below(60),
        };
        let at = self.clock.after(Duration::from_millis(delay));
        let fails = self.random.chance(4);
        let Some(unit) = self.units.get_mut(&id) else {
            return;
        };
        unit.unanswered = true;
        unit.finish_was_last = matches!(role, Of::Finish(_));
        if fails {
            self.answers.insert((at, Answer::NotMade(id)));
            return;
        }
        let pid = self.processes.make(role, self.clock, &mut self.random);
        self.answers.insert((at, Answer::Made(id, pid)));
        if let Of::Finish(_) = role {
            unit.finish = Some(pid);
            return;
        }
        unit.main = Some(pid);
        unit.last_main = Some(pid);
        unit.last_made = Some(self.now);
        unit.asked = false;
        unit.start_asked = false;
        unit.last_finish = None;
        let notifies = unit.definition.readiness == Readiness::Notified;
        if unit.definition.kind == Kind::Service && notifies && self.random.chance(85) {
            let after = Duration::from_millis(delay + self.random.below(3000));
            self.newlines.insert((self.clock.after(after), id, pid));
        }
    }

    fn ends_told(&mut self, id: UnitId, count: u32) -> Result<(), String> {
        let now = self.now;
        match self.units.get_mut(&id) {
            Some(unit) => {
                unit.ends_told(count, now);
                no_unit_says_too_much_of_its_ends(unit, now)
            }
            None => Err(format!("an end of {id:?} is told, which is unknown")),
        }
    }

    fn run_finish(&mut self, id: UnitId, role: Role) -> Result<(), String> {
        if self.everything_is_killed {
            return Err(format!("{id:?}: finish runs after the last KILL"));
        }
        let Some(unit) = self.units.get_mut(&id) else {
            return Err(format!("{id:?}: finish of an unknown unit runs"));
        };
        if role == Role::Down && unit.last_end != Some(End::Exited(0)) {
            return Err(format!("{id:?}: what has not succeeded is undone"));
        }
        let of_the_last = match role {
            Role::Finish { end, pid } => unit.last_main == Some(pid) && unit.last_end == Some(end),
            Role::Run | Role::Up | Role::Down => true,
        };
        if !of_the_last || !unit.finish_owed {
            return Err(format!("{id:?}: a wrong finish runs: {unit:?}"));
        }
        unit.finish_owed = false;
        self.make(id, Of::Finish(id));
        Ok(())
    }

    fn close_input(&mut self, id: UnitId) -> Result<(), String> {
        let clock = self.clock;
        let Some(unit) = self.units.get_mut(&id) else {
            return Err(format!("{id:?}: the input of an unknown unit is closed"));
        };
        if std::mem::replace(&mut unit.input_closed, true) {
            return Err(format!("{id:?}: its input is closed twice"));
        }
        if let Some(pid) = unit.main {
            self.processes.input_ends(pid, clock);
        }
        Ok(())
    }

    fn run_stop_hooks(&mut self) -> Result<(), String> {
        if self.stop.is_none() {
            self.see_stop(None);
        }
        let takes = match self.random.below(20) {
            0 => None,
            1..=8 => Some(0),
            _ => Some(self.random.below(6000)),
        };
        let clock = self.clock;
        let Some(stop) = &mut self.stop else {
            return Ok(());
        };
        if stop.hooks_running || stop.hooks_done_at.is_some() {
            return Err("the stop hooks run twice".into());
        }
        stop.hooks_running = true;
        stop.hooks_done_at = takes.map(|takes| clock.after(Duration::from_millis(takes)));
        if self.random.chance(30) {
            self.processes.make(Of::Stranger, clock, &mut self.random);
        }
        Ok(())
    }

    fn signal_all(&mut self, number: u8) {
        let pids: Vec<Pid> = self.processes.alive.keys().copied().collect();
        for pid in &pids {
            self.processes.signal(*pid, number, self.clock);
        }
        self.everything_is_killed |= number == 9;
        if number == 9 || number == 15 {
            if let Some(stop) = &mut self.stop {
                stop.hooks_running = false;
            }
            self.none_left_is_due = pids.is_empty();
        }
    }

    fn leave(&mut self, code: u8) -> Result<(), String> {
        if self.left.replace(code).is_some() {
            return Err("the container is left twice".into());
        }
        let Some(stop) = &self.stop else {
            return Err("the container is left without a stop".into());
        };
        let right = match stop.cause {
            Some(StopCause::Asked | StopCause::Interrupted | StopCause::Now) => {
                code == stop.boot_failed.unwrap_or(0)
            }
            Some(StopCause::BootFailed(first) | StopCause::CommandEnded(first)) => code == first,
            None => stop.codes.contains(&code),
        };
        match right {
            true => Ok(()),
            false => Err(format!("the container is left with {code}")),
        }
    }
}
