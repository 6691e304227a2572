//! One unit meets one event.

use crate::state::{Engine, FollowUp};
use crate::unit::{Turn, UnitState};
use crate::{Action, Notice, UnitId};

impl Engine {
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
}
