//! Whose turn it is to end, where units end one after another: what is needed outlives
//! what needs it, a logger what it reads from.

use crate::state::Engine;
use crate::{Action, StopStage, UnitId};

impl Engine {
    /// It may be `id`'s turn to end: in a stop of the container when all that count on it
    /// are down, after a request that names what it needs or is, or as a removed logger.
    pub(crate) fn may_end(&mut self, id: UnitId, actions: &mut Vec<Action>) {
        let Some(unit) = self.units.get(&id) else {
            return;
        };
        let ordered = self.stop.is_some() && !self.stop_has_reached(StopStage::Terminate);
        if ordered && unit.is_counted_on() && !unit.at_rest() {
            return;
        }
        if unit.removed && unit.live_feeders == 0 {
            self.step(id, "Remove", actions, |unit, turn| unit.on_removed(turn));
        } else if self.stop.is_some() {
            if !self.stop_has_reached(StopStage::Kill) {
                self.step(id, "stop", actions, |unit, turn| unit.on_turn_to_end(turn));
            }
        } else if unit.yields && !unit.is_counted_on() {
            self.step(id, "Down", actions, |unit, turn| {
                unit.on_turn_to_be_down(turn)
            });
        }
    }
}
