//! What one unit's change means for the units around it: those that need it, those it
//! needs, its logger, and others of its name.

use std::sync::Arc;

use plan::Unit;

use crate::UnitId;
use crate::names::Names;
use crate::state::{Engine, FollowUp};
use crate::unit::{Footing, UnitState};

impl Engine {
    /// Takes in a new unit, known to all whom it concerns.
    pub(crate) fn introduce(&mut self, id: UnitId, mut unit: UnitState) {
        let name = unit.name.clone();
        let provided = self.name_provides(&name);
        link(&mut self.names, id, &mut unit);
        if provided {
            self.readiness_changed(&name, false);
        }
        let logger = unit.logger.clone();
        self.units.insert(id, Box::new(unit));
        self.count_for(id);
        if let Some(logger) = logger {
            self.for_each_of_name(&logger, |unit, _| unit.reader = true);
        }
    }

    /// Counts anew what `id` waits for; it is linked already.
    pub(crate) fn count_for(&mut self, id: UnitId) {
        let unit = &self.units[&id];
        let unready = unit.needs.iter().filter(|need| !self.name_provides(need));
        let unmet = unready.count() + usize::from(unit.older.is_some());
        let live = |id: &&UnitId| self.units.get(id).is_some_and(|unit| !unit.at_rest());
        let (mut dependents, mut feeders, mut fed) = (0, 0, false);
        if let Some(entry) = self.names.get(&unit.name) {
            dependents = entry.dependents.iter().filter(live).count();
            feeders = entry.feeders.iter().filter(live).count();
            fed = !entry.feeders.is_empty();
        }
        let Some(unit) = self.units.get_mut(&id) else {
            return;
        };
        unit.unmet = to_count(unmet);
        unit.live_dependents = to_count(dependents);
        unit.live_feeders = to_count(feeders);
        unit.reader |= fed;
    }

    /// Whether units that need `name` may start.
    pub(crate) fn name_provides(&self, name: &str) -> bool {
        let newest = self.names.get(name).and_then(|entry| entry.newest);
        newest
            .and_then(|id| self.units.get(&id))
            .is_some_and(|unit| unit.provides())
    }

    /// Takes what `id` was and is to all that count on it.
    pub(crate) fn tell_neighbours(&mut self, id: UnitId, before: Footing, after: Footing) {
        if before.pid != after.pid {
            if let Some(pid) = before.pid {
                self.pids.remove(&pid);
            }
            if let Some(pid) = after.pid {
                self.pids.insert(pid, id);
            }
        }
        count(&mut self.awaiting, before.awaiting, after.awaiting);
        count(&mut self.live, before.live, after.live);
        count(&mut self.idle, before.idle, after.idle);
        if before.provides != after.provides {
            let name = self.units[&id].name.clone();
            if self.find(&name) == Some(id) {
                self.readiness_changed(&name, after.provides);
            }
        }
        if self.stop.is_some() && after.idle && !before.idle {
            self.follow_ups.push_back(FollowUp::MayEnd(id));
        }
        if before.live != after.live {
            let unit = &self.units[&id];
            let (needs, logger) = (unit.needs.clone(), unit.logger.clone());
            if unit.removed && !after.live {
                self.follow_ups.push_back(FollowUp::MayEnd(id));
            }
            for need in &needs {
                self.for_each_of_name(need, |unit, follow_up| {
                    count(&mut unit.live_dependents, before.live, after.live);
                    follow_up(unit.live_dependents);
                });
            }
            if let Some(logger) = logger {
                self.for_each_of_name(&logger, |unit, follow_up| {
                    count(&mut unit.live_feeders, before.live, after.live);
                    follow_up(unit.live_feeders);
                });
            }
        }
    }

    /// Lets `change` meet every unit called `name`, the leaving ones too. A count of
    /// zero that it hands on means that the unit may end now.
    fn for_each_of_name(
        &mut self,
        name: &str,
        mut change: impl FnMut(&mut UnitState, &mut dyn FnMut(u32)),
    ) {
        let mut next = self.find(name);
        while let Some(id) = next {
            let Some(unit) = self.units.get_mut(&id) else {
                return;
            };
            let follow_ups = &mut self.follow_ups;
            change(unit, &mut |left| {
                if left == 0 {
                    follow_ups.push_back(FollowUp::MayEnd(id));
                }
            });
            next = unit.older;
        }
    }

    /// `name` has become ready, or is so no longer.
    fn readiness_changed(&mut self, name: &str, ready: bool) {
        let Some(entry) = self.names.get(name) else {
            return;
        };
        for id in entry.dependents.iter() {
            if let Some(unit) = self.units.get_mut(id) {
                count(&mut unit.unmet, ready, !ready);
                if unit.unmet == 0 {
                    self.follow_ups.push_back(FollowUp::MayStart(*id));
                }
            }
        }
    }

    /// Drops a unit that has left.
    pub(crate) fn forget(&mut self, id: UnitId) {
        let Some(unit) = self.units.remove(&id) else {
            return;
        };
        for need in &unit.needs {
            self.names.entry(need).dependents.remove(&id);
            self.names.drop_unused(need);
        }
        if let Some(logger) = &unit.logger {
            self.names.entry(logger).feeders.remove(&id);
            self.names.drop_unused(logger);
        }
        if self.find(&unit.name) == Some(id) {
            self.names.entry(&unit.name).newest = unit.older;
            self.names.drop_unused(&unit.name);
            if self.name_provides(&unit.name) {
                self.readiness_changed(&unit.name, true);
            }
        } else {
            self.make_room(id, &unit);
        }
    }

    /// The next younger unit of the name of `gone` has one less to wait for.
    fn make_room(&mut self, id: UnitId, gone: &UnitState) {
        let mut next = self.find(&gone.name);
        while let Some(younger) = next {
            let Some(unit) = self.units.get_mut(&younger) else {
                return;
            };
            next = unit.older;
            if next == Some(id) {
                unit.older = gone.older;
                if gone.older.is_none() {
                    unit.unmet = unit.unmet.saturating_sub(1);
                    if unit.unmet == 0 {
                        self.follow_ups.push_back(FollowUp::MayStart(younger));
                    }
                }
                return;
            }
        }
    }
}

/// Enters `unit` under its own name and those that it needs and logs to.
pub(crate) fn link(names: &mut Names, id: UnitId, unit: &mut UnitState) {
    let entry = names.entry(&unit.name);
    unit.older = entry.newest.replace(id);
    let definition: &Unit = &unit.definition;
    let mut needs: Vec<Arc<str>> = Vec::with_capacity(definition.needs.len());
    for need in &definition.needs {
        let need = names.intern(need);
        // False for a need that is named twice.
        if names.entry(&need).dependents.insert(id) {
            needs.push(need);
        }
    }
    unit.needs = needs.into_boxed_slice();
    unit.logger = definition.logger.as_deref().map(|name| names.intern(name));
    if let Some(logger) = &unit.logger {
        names.entry(logger).feeders.insert(id);
    }
}

/// Keeps `total` true to how many are so, as one goes from `before` to `after`.
fn count(total: &mut u32, before: bool, after: bool) {
    match (before, after) {
        (false, true) => *total = total.saturating_add(1),
        (true, false) => *total = total.saturating_sub(1),
        (false, false) | (true, true) => {}
    }
}

fn to_count(units: usize) -> u32 {
    u32::try_from(units).unwrap_or(u32::MAX)
}
