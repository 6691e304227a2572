//! The engine: takes events to the units they concern, and carries on until nothing
//! more follows from them.

use plan::Unit;

use crate::state::{Engine, FollowUp, Reaped};
use crate::timers::Timer;
use crate::unit::UnitState;
use crate::{Action, Event, Notice, Pid, Time, UnitId};

/// The number that no unit gets: it stands for "no unit" in notices.
const NO_UNIT: UnitId = UnitId(u32::MAX);

impl Engine {
    /// Takes in that `event` has happened and appends what is to be done to `actions`.
    pub fn handle(&mut self, event: Event, now: Time, actions: &mut Vec<Action>) {
        self.now = self.now.max(now);
        match event {
            Event::Add(units) => {
                self.add_all(units, actions);
            }
            Event::Remove(id) => {
                self.step(id, "Remove", actions, |unit, turn| unit.on_removed(turn));
            }
            Event::Groups(groups) => self.take_groups(groups),
            Event::Started(id, pid) => self.started(id, pid, actions),
            Event::StartFailed(id) => self.step(id, "StartFailed", actions, |unit, turn| {
                unit.on_start_failed(turn)
            }),
            Event::Ready(id) => {
                self.step(id, "Ready", actions, |unit, turn| unit.on_ready(turn));
            }
            Event::Exited(pid, end) => self.reaped(pid, Reaped::Ended(end), actions),
            Event::ExecFailed(pid) => self.reaped(pid, Reaped::NotExecuted, actions),
            Event::Asked(id, request) => self.step(id, "Asked", actions, |unit, turn| {
                unit.on_asked(request, turn)
            }),
            Event::Up(names) => self.up_asked(&names, actions),
            Event::Down(names) => self.down_asked(&names, actions),
            Event::Stop(cause) => self.stop_asked(cause, actions),
            Event::StopHooksDone(limits) => self.stop_hooks_done(limits),
            Event::NoneLeft => self.none_left(),
            Event::Tick => {}
        }
        self.settle(actions);
        self.run_due_timers(actions);
        if self.awaiting == 0 {
            self.unclaimed.clear();
        }
    }

    /// [`Event::Add`], with the numbers that the units got, in their order. A unit whose
    /// name belongs to one that is not about to leave is refused with a notice; the
    /// number in its place is that one's.
    pub fn add(&mut self, units: Vec<Unit>, now: Time, actions: &mut Vec<Action>) -> Vec<UnitId> {
        self.now = self.now.max(now);
        let ids = self.add_all(units, actions);
        self.settle(actions);
        self.run_due_timers(actions);
        ids
    }

    fn started(&mut self, id: UnitId, pid: Pid, actions: &mut Vec<Action>) {
        if self.pids.contains_key(&pid) {
            actions.push(Action::Tell(Notice::Impossible("Started", id)));
            return;
        }
        let over = self.take_unclaimed(id, pid);
        self.step(id, "Started", actions, |unit, turn| {
            unit.on_started(pid, over.is_some(), turn)
        });
        if self.pids.get(&pid) != Some(&id) {
            return;
        }
        if let Some(what) = over {
            return self.reaped(pid, what, actions);
        }
        self.process_appeared();
    }

    /// What became of the new process of `id`, if it was told already. What was told
    /// before the process was asked for is about another of the same number.
    fn take_unclaimed(&mut self, id: UnitId, pid: Pid) -> Option<Reaped> {
        let asked_for = self.units.get(&id)?.asked_for_process()?;
        let (at, what) = self.unclaimed.remove(&pid)?;
        (at >= asked_for).then_some(what)
    }

    fn reaped(&mut self, pid: Pid, what: Reaped, actions: &mut Vec<Action>) {
        let Some(id) = self.pids.get(&pid).copied() else {
            if self.awaiting > 0 {
                self.unclaimed.insert(pid, (self.now, what));
            }
            return;
        };
        match what {
            Reaped::Ended(end) => self.step(id, "Exited", actions, |unit, turn| {
                unit.on_exited(end, turn)
            }),
            Reaped::NotExecuted => self.step(id, "ExecFailed", actions, |unit, turn| {
                unit.on_exec_failed(turn)
            }),
        }
    }

    fn run_due_timers(&mut self, actions: &mut Vec<Action>) {
        while let Some(timer) = self.timers.pop_due(self.now) {
            match timer {
                Timer::Unit(id, timer) => self.step(id, "timer", actions, |unit, turn| {
                    unit.on_timer(timer, turn)
                }),
                Timer::Stop(timer) => self.stop_timer(timer, actions),
            }
            self.settle(actions);
        }
    }

    /// Does what follows, until nothing does any more.
    fn settle(&mut self, actions: &mut Vec<Action>) {
        loop {
            while let Some(next) = self.follow_ups.pop_front() {
                self.follow_up(next, actions);
            }
            if !self.advance_stop(actions) {
                return;
            }
        }
    }

    fn follow_up(&mut self, next: FollowUp, actions: &mut Vec<Action>) {
        match next {
            FollowUp::MayStart(id) => {
                if self.units.contains_key(&id) {
                    self.step(id, "start", actions, |unit, turn| unit.on_may_start(turn));
                }
            }
            FollowUp::MayEnd(id) => self.may_end(id, actions),
            FollowUp::StopContainer(code) => self.unit_stops_container(code, actions),
            FollowUp::RunStopHooks => actions.push(Action::RunStopHooks),
        }
    }

    fn add_all(&mut self, units: Vec<Unit>, actions: &mut Vec<Action>) -> Vec<UnitId> {
        let mut ids = Vec::with_capacity(units.len());
        for unit in units {
            ids.push(self.add_one(unit, actions));
        }
        ids
    }

    fn add_one(&mut self, definition: Unit, actions: &mut Vec<Action>) -> UnitId {
        if let Some(holder) = self.find(&definition.name)
            && !self.units[&holder].departs()
        {
            actions.push(Action::Tell(Notice::Impossible("Add", holder)));
            return holder;
        }
        let id = self.next;
        if id == NO_UNIT {
            actions.push(Action::Tell(Notice::Impossible("Add", id)));
            return id;
        }
        self.next = UnitId(id.0 + 1);
        let name = self.names.intern(&definition.name);
        let mut unit = UnitState::new(definition, name, self.now);
        let latest = self.units.last_key_value();
        unit.share_definition(latest.map(|(_, latest)| &latest.definition));
        if self.stop.is_some() {
            unit.wanted = false;
        }
        self.introduce(id, unit);
        self.follow_ups.push_back(FollowUp::MayStart(id));
        id
    }
}
