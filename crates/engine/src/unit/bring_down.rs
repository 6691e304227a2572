//! How a unit is brought down: when asked to, when it is removed, and in the stop of
//! the container.

use plan::Kind;

use super::record::{Turn, UnitState};
use super::signal;
use crate::timers::UnitTimer;
use crate::{Action, State};

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
                if self.reader {
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

    /// Its definition is gone. A logger stays until all that it reads from are down.
    pub(crate) fn on_removed(&mut self, turn: &mut Turn) {
        if self.live_feeders > 0 {
            self.removed = true;
            return;
        }
        self.wanted = false;
        self.once = false;
        self.leaving = true;
        if !self.at_rest() {
            self.on_turn_to_end(turn);
        } else {
            self.leave(turn);
        }
    }
}
