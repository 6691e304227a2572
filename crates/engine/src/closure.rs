//! Requests for units and groups together with all that they concern: up with what is
//! needed, down with what needs it (s6-rc(1), `change`).

use std::collections::{BTreeMap, BTreeSet};

use plan::Group;

use crate::state::Engine;
use crate::{Action, Notice, Request, UnitId};

impl Engine {
    /// These groups take the place of those before. Of two with one name, which
    /// [`plan::check`] refuses, the first counts.
    pub(crate) fn take_groups(&mut self, groups: Vec<Group>) {
        self.groups = BTreeMap::new();
        for group in groups {
            self.groups.entry(group.name).or_insert(group.members);
        }
    }

    /// All of these names are to be up. Once the container stops, nothing starts any more.
    pub(crate) fn up_asked(&mut self, names: &[String], actions: &mut Vec<Action>) {
        let named = self.named(names, actions);
        for id in closure(named, |id| self.counts_on(id)) {
            self.step(id, "Up", actions, |unit, turn| {
                unit.on_asked(Request::Up, turn)
            });
        }
    }

    /// All of these names are to be down. In a stop everything is on its way there, in
    /// the same order.
    pub(crate) fn down_asked(&mut self, names: &[String], actions: &mut Vec<Action>) {
        let named = self.named(names, actions);
        if self.stop.is_some() {
            return;
        }
        let mut ahead = BTreeSet::new();
        for id in closure(named, |id| self.counted_on_by(id)) {
            // Who counts on it comes ahead of it, but where units count on each other in a
            // circle: there one of them must not wait.
            let waits_in_vain = self.counted_on_by(id).into_iter().any(|other| {
                !ahead.contains(&other) && self.units.get(&other).is_some_and(|it| !it.at_rest())
            });
            ahead.insert(id);
            self.step(id, "Down", actions, |unit, turn| {
                unit.on_down_in_order(waits_in_vain, turn)
            });
        }
    }

    /// The units of these names, and of these groups and the groups in them. A name that
    /// nobody has is told.
    fn named(&self, names: &[String], actions: &mut Vec<Action>) -> Vec<UnitId> {
        let mut found = Vec::new();
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut left: Vec<&str> = names.iter().rev().map(String::as_str).collect();
        while let Some(name) = left.pop() {
            if !seen.insert(name) {
                continue;
            }
            if let Some(id) = self.find(name) {
                found.push(id);
            } else if let Some(members) = self.groups.get(name) {
                left.extend(members.iter().rev().map(String::as_str));
            } else {
                actions.push(Action::Tell(Notice::NoSuchName(name.to_owned())));
            }
        }
        found
    }

    /// What `id` needs, and its logger, as far as they are there.
    fn counts_on(&self, id: UnitId) -> Vec<UnitId> {
        let Some(unit) = self.units.get(&id) else {
            return Vec::new();
        };
        let names = unit.needs.iter().chain(&unit.logger);
        names.filter_map(|name| self.find(name)).collect()
    }

    /// What needs `id`, or logs to it.
    fn counted_on_by(&self, id: UnitId) -> Vec<UnitId> {
        let unit = self.units.get(&id);
        let Some(entry) = unit.and_then(|unit| self.names.get(&unit.name)) else {
            return Vec::new();
        };
        let both = entry.dependents.iter().chain(entry.feeders.iter());
        let both: BTreeSet<UnitId> = both.copied().collect();
        both.into_iter().collect()
    }
}

/// `first` and all that `next` leads to from there, each once and behind all that it leads
/// to itself, as far as there are no circles. Without recursion: chains may be long.
fn closure(first: Vec<UnitId>, next: impl Fn(UnitId) -> Vec<UnitId>) -> Vec<UnitId> {
    let mut order = Vec::new();
    let mut seen = BTreeSet::new();
    for id in first {
        if !seen.insert(id) {
            continue;
        }
        let mut path = vec![(id, next(id).into_iter())];
        while let Some((id, rest)) = path.last_mut() {
            let Some(further) = rest.next() else {
                order.push(*id);
                path.pop();
                continue;
            };
            if seen.insert(further) {
                path.push((further, next(further).into_iter()));
            }
        }
    }
    order
}
