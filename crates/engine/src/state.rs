//! The engine's whole state, and what others read of it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::names::Names;
use crate::timers::Timers;
use crate::unit::UnitState;
use crate::{End, Hindrance, Phase, Pid, StopStage, Time, UnitId};

/// The whole state of supervision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Engine {
    /// The latest moment told. A clock that goes back is taken as standing still.
    pub(crate) now: Time,
    pub(crate) units: BTreeMap<UnitId, Box<UnitState>>,
    /// The number of the next unit.
    pub(crate) next: UnitId,
    pub(crate) names: Names,
    /// The members of each group.
    pub(crate) groups: BTreeMap<String, Vec<String>>,
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

/// A stop under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stop {
    pub(crate) stage: StopStage,
    pub(crate) began: Time,
    /// The container's exit code, once something has set it.
    pub(crate) code: Option<u8>,
    /// Nothing but PID 1 was left when last heard of.
    pub(crate) none_left: bool,
    /// How long the stage after the last TERM may take.
    pub(crate) kill: Option<Duration>,
    /// The last interrupt that counted.
    pub(crate) interrupted: Option<Time>,
}

impl Engine {
    /// An engine without units.
    pub fn new(now: Time) -> Engine {
        Engine {
            now,
            units: BTreeMap::new(),
            next: UnitId(0),
            names: Names::default(),
            groups: BTreeMap::new(),
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

    /// The groups and their members, by name.
    pub fn groups(&self) -> impl Iterator<Item = (&str, &[String])> {
        let groups = self.groups.iter();
        groups.map(|(name, members)| (name.as_str(), members.as_slice()))
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
}
