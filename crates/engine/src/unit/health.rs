//! Ends that nobody asked for: what is said of them, and how long they count against a
//! unit.
//!
//! A unit that ends by itself is one line, as soon as it is known what happens next. A
//! minute of a unit has [`LINES`] such lines at most; further ends of that minute are one
//! line more, their count, and so are those of each following minute of a unit that goes
//! on ending.

use std::time::Duration;

use plan::Kind;

use super::record::{Turn, UnitState};
use crate::timers::{Timer, UnitTimer};
use crate::{Action, End, Ended, Hindrance, Next, Notice, Phase, State, Time};

/// Lines in the first minute.
const LINES: u32 = 4;

/// What the ends of a unit are counted by.
const MINUTE: Duration = Duration::from_secs(60);

/// An end that comes so soon after an order that aims at it is its outcome: graceful ends
/// take their time.
const AIMED_AT: Duration = Duration::from_secs(60);

/// As long as this a unit must live after an end that nobody asked for, to count as well.
pub(crate) const WELL_AFTER: Duration = Duration::from_secs(10);

/// What is known of a unit's ends that nobody asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Health {
    /// When somebody last ordered something that ends its process.
    pub(crate) aimed_at: Option<Time>,
    /// An end, told once its `finish` has ended: how, and after how long a life.
    pub(crate) fallen: Option<(End, Duration)>,
    /// Its last end was one that nobody asked for.
    pub(crate) ailing: bool,
    /// Such ends in the current minute.
    pub(crate) ends: u32,
    /// Those of them that were only counted.
    pub(crate) counted: u32,
    /// The minute before had so many that this one's are only counted.
    pub(crate) quiet: bool,
}

impl UnitState {
    /// Somebody has ordered something that ends its process.
    pub(super) fn aim_at(&mut self, turn: &Turn) {
        self.health.aimed_at = Some(turn.now);
    }

    /// Its process has ended, by itself or not.
    pub(super) fn note_end(&mut self, end: End, turn: &Turn) {
        let aimed_at = self.health.aimed_at.take();
        let ordered = aimed_at.is_some_and(|at| turn.now.since(at) <= AIMED_AT);
        let asked = ordered || self.state() == State::Stopping || turn.is_armed(UnitTimer::KillAt);
        // A one-shot ends; what counts is that it has failed, wanted or started once.
        let counts = match self.definition.kind {
            Kind::Service => self.wanted,
            Kind::OneShot => end != End::Exited(0),
        };
        let counts = counts && !self.leaving && turn.phase == Phase::Running;
        self.health.ailing = false;
        if counts && !asked {
            self.health.ailing = true;
            self.health.fallen = Some((end, turn.now.since(self.since)));
        }
    }

    /// It could not execute its program; the performer says why.
    pub(super) fn note_not_executed(&mut self) {
        self.health.aimed_at = None;
        self.health.ailing = true;
    }

    /// It is down with its `finish` done, and has begun what comes next. `wanted`: whether
    /// it was to run until now.
    pub(super) fn tell_end(&mut self, wanted: bool, finish: Option<End>, turn: &mut Turn) {
        let Some((end, lived)) = self.health.fallen.take() else {
            return;
        };
        // Its `finish` may have asked for this, or for the container's stop.
        let by_finish = finish == Some(super::process::PERMANENT);
        let clean = by_finish && end == End::Exited(0);
        let unwanted = !wanted && self.definition.kind == Kind::Service;
        if unwanted || clean || turn.forget || turn.phase != Phase::Running {
            self.health.ailing = false;
            return;
        }
        let next = match self.state() {
            _ if turn.stop.is_some() => Next::StopsContainer,
            State::Starting => Next::Again(Duration::ZERO),
            State::BackingOff => Next::Again(self.not_before.since(turn.now)),
            State::Waiting => Next::Waits,
            State::Failed if by_finish => Next::FinishForbids,
            State::Failed if !wanted || !self.policy_restarts() => Next::Rests,
            State::Failed => Next::LimitForbids,
            State::Down | State::Up | State::Ready | State::Finishing | State::Stopping => {
                Next::Rests
            }
        };
        if !turn.is_armed(UnitTimer::Tally) {
            turn.arm(UnitTimer::Tally, MINUTE);
        }
        let health = &mut self.health;
        health.ends = health.ends.saturating_add(1);
        let is_last_word = matches!(
            next,
            Next::Rests | Next::FinishForbids | Next::LimitForbids | Next::StopsContainer
        );
        if (health.quiet || health.ends > LINES) && !is_last_word {
            health.counted = health.counted.saturating_add(1);
            return;
        }
        let (nth, counts_from_here) = (health.ends, health.ends == LINES && !is_last_word);
        let told = Action::Tell(Notice::Ended(Ended {
            unit: turn.id,
            end,
            lived,
            next,
            nth,
            counts_from_here,
        }));
        // Ahead of what the next process says.
        let starts = |action: &Action| matches!(action, Action::Execute(id, _) if *id == turn.id);
        let start = turn.actions.iter().rposition(starts);
        match start.filter(|_| self.state() == State::Starting) {
            Some(at) => turn.actions.insert(at, told),
            None => turn.act(told),
        }
    }

    /// A minute of ends is over: those that were only counted are told.
    pub(super) fn tally(&mut self, turn: &mut Turn) {
        if self.health.ends > 0 {
            turn.arm(UnitTimer::Tally, MINUTE);
        }
        let counted = self.health.counted;
        self.tell_count(turn);
        self.health.quiet = counted > 0;
        self.health.ends = 0;
    }

    /// Nothing more is counted: what was is told.
    pub(super) fn end_tally(&mut self, turn: &mut Turn) {
        self.tell_count(turn);
        turn.timers.disarm(Timer::Unit(turn.id, UnitTimer::Tally));
        self.health.ends = 0;
        self.health.quiet = false;
    }

    fn tell_count(&mut self, turn: &mut Turn) {
        let counted = std::mem::take(&mut self.health.counted);
        if counted > 0 {
            let last = self.last_end.unwrap_or(End::Exited(0));
            turn.tell(Notice::EndedOften(turn.id, counted, last));
        }
    }

    /// What keeps it from counting as well at `now`; a unit that is not to run is in
    /// nobody's way.
    pub(crate) fn hindrance(&self, now: Time) -> Option<Hindrance> {
        match self.state() {
            State::Failed => return Some(Hindrance::GaveUp),
            _ if !self.wanted && !self.once => return None,
            State::Down
            | State::Waiting
            | State::Starting
            | State::Finishing
            | State::BackingOff
            | State::Stopping
            | State::Up
            | State::Ready => {}
        }
        let is_undone_later = self.definition.kind == Kind::OneShot;
        if self.provides() && (!self.health.ailing || is_undone_later) {
            return None;
        }
        if self.provides() {
            let lived = now.since(self.since);
            let left = WELL_AFTER.saturating_sub(lived);
            return (!left.is_zero()).then_some(Hindrance::Ended(Some(left)));
        }
        Some(match self.state() {
            State::Up if self.pid.is_some() => Hindrance::NotReady,
            _ if self.health.ailing => Hindrance::Ended(None),
            State::Waiting => Hindrance::Waits,
            State::Down
            | State::Starting
            | State::Up
            | State::Ready
            | State::Finishing
            | State::BackingOff
            | State::Stopping
            | State::Failed => Hindrance::NotUp,
        })
    }
}
