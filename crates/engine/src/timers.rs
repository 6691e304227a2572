//! The moments at which the engine has to act by itself.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Time, UnitId};

/// What a moment is for. One timer of a kind exists at most once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    Unit(UnitId, UnitTimer),
    Stop(StopTimer),
}

/// The timers of one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum UnitTimer {
    /// Its back-off ends.
    Retry,
    /// It must be ready.
    ReadyBy,
    /// It is killed if it has not ended.
    KillAt,
    /// Its `finish` is killed if it has not ended.
    FinishBy,
    /// Its ends that nobody asked for, of one minute, are told.
    Tally,
}

impl UnitTimer {
    pub(crate) const ALL: [UnitTimer; 5] = [
        UnitTimer::Retry,
        UnitTimer::ReadyBy,
        UnitTimer::KillAt,
        UnitTimer::FinishBy,
        UnitTimer::Tally,
    ];
}

/// The timers of the container's stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum StopTimer {
    /// The current stage is over.
    Stage,
    /// What the limit for the whole stop leaves until KILL is over.
    WholeKill,
    /// The limit for the whole stop is reached.
    WholeEnd,
    /// It is said whom the stop waits for.
    Waits,
}

/// All armed timers, by moment and by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Timers {
    by_time: BTreeSet<(Time, Timer)>,
    by_kind: BTreeMap<Timer, Time>,
}

impl Timers {
    /// Arms `timer` for `at`, whether it was armed before or not.
    pub(crate) fn arm(&mut self, timer: Timer, at: Time) {
        if let Some(before) = self.by_kind.insert(timer, at) {
            self.by_time.remove(&(before, timer));
        }
        self.by_time.insert((at, timer));
    }

    pub(crate) fn disarm(&mut self, timer: Timer) {
        if let Some(at) = self.by_kind.remove(&timer) {
            self.by_time.remove(&(at, timer));
        }
    }

    pub(crate) fn is_armed(&self, timer: Timer) -> bool {
        self.by_kind.contains_key(&timer)
    }

    /// The earliest armed moment.
    pub(crate) fn next(&self) -> Option<Time> {
        self.by_time.first().map(|(at, _)| *at)
    }

    /// Takes the earliest timer out if it is due.
    pub(crate) fn pop_due(&mut self, now: Time) -> Option<Timer> {
        let (at, timer) = *self.by_time.first()?;
        if at > now {
            return None;
        }
        self.disarm(timer);
        Some(timer)
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (Timer, Time)> + '_ {
        self.by_kind.iter().map(|(timer, at)| (*timer, *at))
    }
}
