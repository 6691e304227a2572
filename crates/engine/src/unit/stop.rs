//! How a unit is stopped: when asked to, when it is removed, after all that need it, and
//! in the stop of the container.

use plan::Kind;

use super::record::{Turn, UnitState};
use super::signal;
use crate::timers::UnitTimer;
use crate::{Action, Request, State};

impl UnitState {
    /// The down signal, then CONT so that a paused process hears of it; from the first
    /// one on its `kill_after` runs.
    pub(super) fn ask_to_end(&mut self, turn: &mut Turn) {
        let Some(pid) = self.pid else { return };
        self.aim_at(turn);
        turn.signal(pid, self.definition.down_signal);
        turn.signal(pid, signal::CONT);
        self.paused = false;
        if let Some(limit) = self.definition.kill_after
            && !turn.is_armed(UnitTimer::KillAt)
        {
            turn.arm(UnitTimer::KillAt, limit);
        }
    }

    /// Nothing starts any more: the container stops.
    pub(crate) fn on_container_stop(&mut self, turn: &mut Turn) {
        self.end_tally(turn);
        self.wanted = false;
        self.once = false;
        self.restart_asked = false;
        self.yields = false;
        match self.state() {
            State::Waiting | State::BackingOff => self.enter(State::Down, &[], turn),
            State::Down
            | State::Starting
            | State::Up
            | State::Ready
            | State::Finishing
            | State::Stopping
            | State::Failed => {}
        }
    }

    /// Nobody needs it any longer: it is its turn to end. A logger ends by the end of
    /// its input, so that no line is lost.
    pub(crate) fn on_turn_to_end(&mut self, turn: &mut Turn) {
        match self.state() {
            State::Up | State::Ready => {
                if self.definition.kind == Kind::OneShot && self.pid.is_none() {
                    return self.undo(turn);
                }
                if self.is_logger() {
                    turn.act(Action::CloseInput(turn.id));
                } else {
                    self.ask_to_end(turn);
                }
                self.enter(State::Stopping, &[], turn);
            }
            State::Waiting | State::BackingOff => self.enter(State::Down, &[], turn),
            State::Down | State::Starting | State::Finishing | State::Stopping | State::Failed => {}
        }
    }

    /// It, or something that it needs, is to be down: at once, or where something counts
    /// on it, after that. Where that would be waiting for itself it is `waits_in_vain`.
    pub(crate) fn on_down_in_order(&mut self, waits_in_vain: bool, turn: &mut Turn) {
        if self.at_rest() || waits_in_vain || !self.is_counted_on() {
            self.yields = false;
            return self.on_asked(Request::Down, turn);
        }
        self.wanted = false;
        self.once = false;
        self.yields = true;
    }

    /// Nothing that counts on it is left, and it is to be down. What is on its way there
    /// already, or starts, needs no word.
    pub(crate) fn on_turn_to_be_down(&mut self, turn: &mut Turn) {
        self.yields = false;
        match self.state() {
            State::Up | State::Ready => self.on_asked(Request::Down, turn),
            State::Down
            | State::Waiting
            | State::Starting
            | State::Finishing
            | State::BackingOff
            | State::Stopping
            | State::Failed => {}
        }
    }

    /// Its definition is gone. A logger stays until all that it reads from are down.
    pub(crate) fn on_removed(&mut self, turn: &mut Turn) {
        if self.live_feeders > 0 {
            self.removed = true;
            return;
        }
        self.wanted = false;
        self.once = false;
        self.yields = false;
        self.leaving = true;
        if !self.at_rest() {
            self.on_turn_to_end(turn);
        } else {
            self.leave(turn);
        }
    }
}
