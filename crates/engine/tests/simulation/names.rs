//! Requests by name, for units and groups with all that they concern, as the world sees
//! them.

use std::collections::BTreeSet;

use engine::{Event, Request, UnitId};
use plan::Group;

use crate::invariants::*;
use crate::units;
use crate::world::{NAMES, World};

/// How many groups there may be. They may contain each other in circles.
const GROUPS: u64 = 5;

fn group_name(number: u64) -> String {
    format!("group-{number}")
}

impl World {
    /// Groups take the place of those before.
    pub(crate) fn tell_groups(&mut self) -> Result<(), String> {
        let mut groups = Vec::new();
        for number in 0..self.random.below(GROUPS) {
            let members = (0..self.random.below(4))
                .map(|_| self.some_name())
                .collect();
            groups.push(Group {
                name: group_name(number),
                members,
            });
        }
        let known = groups.iter().cloned();
        self.groups = known.map(|group| (group.name, group.members)).collect();
        self.tell(Event::Groups(groups))
    }

    fn some_name(&mut self) -> String {
        match self.random.chance(30) {
            true => group_name(self.random.below(GROUPS)),
            false => units::name(self.random.below(NAMES)),
        }
    }

    /// Somebody asks for units and groups, up or down.
    pub(crate) fn ask_by_name(&mut self) -> Result<(), String> {
        let mut names: Vec<String> = Vec::new();
        for _ in 0..=self.random.below(2) {
            names.push(self.some_name());
        }
        let named = self.named(&names);
        match self.random.chance(60) {
            true => {
                let all = everything(named, |id| self.counts_on(id));
                for id in &all {
                    if let Some(unit) = self.units.get_mut(id) {
                        unit.requested(Request::Up);
                    }
                }
                self.tell(Event::Up(names))?;
                what_is_asked_up_is_wanted_with_all_it_needs(self, &all)
            }
            false => {
                let all = everything(named, |id| self.counted_on_by(id));
                for id in &all {
                    if let Some(unit) = self.units.get_mut(id)
                        && self.stop.is_none()
                    {
                        unit.requested(Request::Down);
                        unit.in_order = true;
                    }
                }
                self.tell(Event::Down(names))?;
                what_is_asked_down_is_unwanted_with_all_that_needs_it(self, &all)
            }
        }
    }

    /// The units of these names, and of the groups among them.
    fn named(&self, names: &[String]) -> BTreeSet<UnitId> {
        let mut seen = BTreeSet::new();
        let mut left: Vec<String> = names.to_vec();
        while let Some(name) = left.pop() {
            if let Some(members) = self.groups.get(&name)
                && seen.insert(name.clone())
            {
                left.extend(members.iter().cloned());
            }
            seen.insert(name);
        }
        let units = seen.iter().filter_map(|name| self.newest(name));
        units.collect()
    }

    /// Of several units of a name, the one that does not leave is the youngest.
    pub(crate) fn newest(&self, name: &str) -> Option<UnitId> {
        let mut units = self.units.iter().rev();
        units
            .find(|(_, unit)| unit.definition.name == name)
            .map(|(id, _)| *id)
    }

    fn counts_on(&self, id: UnitId) -> Vec<UnitId> {
        let definition = &self.units[&id].definition;
        let names = definition.needs.iter().chain(&definition.logger);
        names.filter_map(|name| self.newest(name)).collect()
    }

    pub(crate) fn counted_on_by(&self, id: UnitId) -> Vec<UnitId> {
        let name = &self.units[&id].definition.name;
        let counts =
            |unit: &plan::Unit| unit.needs.contains(name) || unit.logger.as_ref() == Some(name);
        let units = self.units.iter();
        let counting = units.filter(|(_, unit)| counts(&unit.definition));
        counting.map(|(id, _)| *id).collect()
    }
}

/// `first`, and all that `next` leads to.
fn everything(first: BTreeSet<UnitId>, next: impl Fn(UnitId) -> Vec<UnitId>) -> BTreeSet<UnitId> {
    let mut all = BTreeSet::new();
    let mut left: Vec<UnitId> = first.into_iter().collect();
    while let Some(id) = left.pop() {
        if all.insert(id) {
            left.extend(next(id));
        }
    }
    all
}
