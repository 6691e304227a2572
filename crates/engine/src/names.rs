//! Who needs whom and who logs to whom, by name: a name may be needed before a unit
//! has it and after its unit has gone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::UnitId;

/// A set of units that is mostly empty, and takes little room then: there are two a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::box_collection,
    reason = "an empty set takes three words, its box one"
)]
pub(crate) struct Ids(Option<Box<BTreeSet<UnitId>>>);

impl Ids {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &UnitId> {
        self.0.iter().flat_map(|ids| ids.iter())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Whether it was not in it yet.
    pub(crate) fn insert(&mut self, id: UnitId) -> bool {
        self.0.get_or_insert_default().insert(id)
    }

    pub(crate) fn remove(&mut self, id: &UnitId) {
        if let Some(ids) = &mut self.0 {
            ids.remove(id);
        }
        self.0.take_if(|ids| ids.is_empty());
    }
}

/// What is known under one name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The unit of this name. While older units of the same name still leave, the
    /// youngest; each knows the next older one.
    pub(crate) newest: Option<UnitId>,
    /// Units that need this name.
    pub(crate) dependents: Ids,
    /// Units whose output goes to this name.
    pub(crate) feeders: Ids,
}

impl Entry {
    fn is_empty(&self) -> bool {
        self.newest.is_none() && self.dependents.is_empty() && self.feeders.is_empty()
    }
}

/// All names that a unit has, needs or logs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Names {
    entries: BTreeMap<Arc<str>, Entry>,
}

impl Names {
    /// The name as it is shared by all who use it.
    pub(crate) fn intern(&mut self, name: &str) -> Arc<str> {
        if let Some((known, _)) = self.entries.get_key_value(name) {
            return known.clone();
        }
        let shared: Arc<str> = name.into();
        self.entries.insert(shared.clone(), Entry::default());
        shared
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name)
    }

    /// The entry of a name that is interned.
    pub(crate) fn entry(&mut self, name: &Arc<str>) -> &mut Entry {
        self.entries.entry(name.clone()).or_default()
    }

    /// Drops `name` if nobody has, needs or logs to it.
    pub(crate) fn drop_unused(&mut self, name: &str) {
        if self.entries.get(name).is_some_and(Entry::is_empty) {
            self.entries.remove(name);
        }
    }
}
