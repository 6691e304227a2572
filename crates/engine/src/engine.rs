//! The engine: takes events to the units they concern, and carries on until nothing
//! more follows from them.

use std::collections::{BTreeMap, VecDeque};

use plan::Unit;

use crate::names::Names;
use crate::stop::Stop;
use crate::timers::{Timer, Timers};
use crate::unit::{Turn, UnitState};
use crate::{Action, End, Event, Hindrance, Notice, Phase, Pid, StopStage, Time, UnitId};

/// The number that no unit gets: it stands for "no unit" in notices.
const NO_UNIT: UnitId = UnitId(u32::MAX);

/// The whole state of supervision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Engine {
    /// The latest moment told. A clock that goes back is taken as standing still.
    pub(crate) now: Time,
    pub(crate) units: BTreeMap<UnitId, Box<UnitState>>,
    /// The number of the next unit.
    pub(crate) next: UnitId,
    pub(crate) names: Names,
    pub(crate) pids: BTreeMap<Pid, UnitId>,
    /// What became of unknown processes and when, while answers are outstanding.
    pub(crate) unclaimed: BTreeMap<Pid, (Time, Reaped)>,
    /// How many answers are outstanding.
    pub(crate) awaiting: u32,
    /// How many units are not at rest.
    pub(crate) live: u32,
    /// How many of these do nothing towards their end.
    pub(crate) idle: u32,
    pub(crate) timers: Timers,
    pub(crate) stop: Option<Stop>,
    /// What follows from what has happened; empty between events.
    pub(crate) follow_ups: VecDeque<FollowUp>,
}

/// What became of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reaped {
    Ended(End),
    /// It could not execute its program.
    NotExecuted,
}

/// Something that follows from a change and is done in its turn, not by recursion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FollowUp {
    /// The unit may be able to start.
    MayStart(UnitId),
    /// It may be the unit's turn to end.
    MayEnd(UnitId),
    /// A unit's end stops the container with this code.
    StopContainer(u8),
    /// The units were asked to end; now the stop hooks.
    RunStopHooks,
}

impl Engine {
    /// An engine without units.
    pub fn new(now: Time) -> Engine {
        Engine {
            now,
            units: BTreeMap::new(),
            next: UnitId(0),
            names: Names::default(),
            pids: BTreeMap::new(),
            unclaimed: BTreeMap::new(),
            awaiting: 0,
            live: 0,
            idle: 0,
            timers: Timers::default(),
            stop: None,
            follow_ups: VecDeque::new(),
        }
    }

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

    /// When the next timer is due: [`Event::Tick`] is wanted then.
    pub fn deadline(&self) -> Option<Time> {
        self.timers.next()
    }

    /// The unit of this number.
    pub fn unit(&self, id: UnitId) -> Option<&UnitState> {
        self.units.get(&id).map(Box::as_ref)
    }

    /// The unit of this name; of several, the one that does not leave.
    pub fn find(&self, name: &str) -> Option<UnitId> {
        self.names.get(name)?.newest
    }

    /// The unit whose process, or whose `finish`'s, this is.
    pub fn unit_of(&self, pid: Pid) -> Option<UnitId> {
        self.pids.get(&pid).copied()
    }

    /// All units, in the order in which they were added.
    pub fn units(&self) -> impl Iterator<Item = (UnitId, &UnitState)> {
        self.units.iter().map(|(id, unit)| (*id, unit.as_ref()))
    }

    /// The units that keep the container from being ready at `now`, and why.
    pub fn hindrances(&self, now: Time) -> impl Iterator<Item = (UnitId, Hindrance)> {
        let now = self.now.max(now);
        let units = self.units.iter();
        units.filter_map(move |(id, unit)| Some((*id, unit.hindrance(now)?)))
    }

    /// What the unit needs and is not ready: why it waits.
    pub fn waits_for(&self, id: UnitId) -> impl Iterator<Item = &str> {
        let needs = self.unit(id).map(|unit| unit.needs.iter());
        let needs = needs.into_iter().flatten();
        let unready = needs.filter(|name| !self.name_provides(name));
        unready.map(|name| &**name)
    }

    /// How far the container is.
    pub fn phase(&self) -> Phase {
        match &self.stop {
            None => Phase::Running,
            Some(stop) => Phase::Stopping(stop.stage),
        }
    }

    /// Whether the stop has come to `stage`.
    pub(crate) fn stop_has_reached(&self, stage: StopStage) -> bool {
        self.stop.as_ref().is_some_and(|stop| stop.stage >= stage)
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

    /// Lets one unit meet one event, and tells its neighbours what that changed.
    pub(crate) fn step(
        &mut self,
        id: UnitId,
        event: &'static str,
        actions: &mut Vec<Action>,
        meet: impl FnOnce(&mut UnitState, &mut Turn),
    ) {
        let phase = self.phase();
        let Some(unit) = self.units.get_mut(&id) else {
            actions.push(Action::Tell(Notice::Impossible(event, id)));
            return;
        };
        let first = actions.len();
        let before = unit.footing();
        let mut turn = Turn {
            id,
            now: self.now,
            phase,
            actions,
            timers: &mut self.timers,
            forget: false,
            stop: None,
        };
        meet(unit, &mut turn);
        unit.announce_flags(before, first, &mut turn);
        let after = unit.footing();
        let (forget, stop) = (turn.forget, turn.stop);
        self.tell_neighbours(id, before, after);
        if forget {
            actions.push(Action::Forget(id));
            self.forget(id);
        }
        if let Some(code) = stop {
            self.follow_ups.push_back(FollowUp::StopContainer(code));
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
        if self.stop.is_some() {
            unit.wanted = false;
        }
        self.introduce(id, unit);
        self.follow_ups.push_back(FollowUp::MayStart(id));
        id
    }
}
