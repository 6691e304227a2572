//! What is measured next: in the order of the files, except where one waits for another.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::{Group, failed};
use crate::resource::Resource;

/// How many resources that do not wait are taken at a time: handing over costs more than one.
pub(super) const BATCH: usize = 64;

/// See the module's text.
pub(super) struct Schedule<'a> {
    resources: &'a [Resource],
    /// Whether any depends on another.
    has_needs: bool,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// The first that nobody has taken, and those before it that wait for others.
    next: usize,
    waiting: Vec<usize>,
    /// How each ended: whether it failed. Kept where anything depends on something.
    ended: BTreeMap<usize, bool>,
    /// Groups that are done ahead of one before them.
    early: BTreeMap<usize, Group>,
    /// The next to be handed on.
    turn: usize,
}

impl<'a> Schedule<'a> {
    pub(super) fn new(resources: &'a [Resource]) -> Schedule<'a> {
        let state = State {
            next: 0,
            waiting: Vec::new(),
            ended: BTreeMap::new(),
            early: BTreeMap::new(),
            turn: 0,
        };
        Schedule {
            resources,
            has_needs: resources.iter().any(|one| !one.depends_on.is_empty()),
            state: Mutex::new(state),
            changed: Condvar::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next ones to be measured; waits where all that is left depends on what is being
    /// measured. None once all are taken.
    pub(super) fn next(&self) -> Option<Range<usize>> {
        let mut state = self.state();
        loop {
            let ended = &state.ended;
            let is_ready = |at: usize| self.needs(at).iter().all(|need| ended.contains_key(need));
            if let Some(found) = state.waiting.iter().position(|at| is_ready(*at)) {
                let at = state.waiting.swap_remove(found);
                return Some(at..at + 1);
            }
            let at = state.next;
            if let Some(resource) = self.resources.get(at) {
                if !is_ready(at) {
                    state.waiting.push(at);
                    state.next += 1;
                    continue;
                }
                let mut end = at + 1;
                let is_quick = |at: usize| {
                    let quick = |r: &Resource| {
                        !r.kind.waits && r.eventually.is_none() && r.depends_on.is_empty()
                    };
                    self.resources.get(at).is_some_and(quick)
                };
                while is_quick(at) && is_quick(end) && end - at < BATCH && !resource.kind.waits {
                    end += 1;
                }
                state.next = end;
                return Some(at..end);
            }
            if state.waiting.is_empty() {
                return None;
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn needs(&self, at: usize) -> &[usize] {
        self.resources
            .get(at)
            .map_or(&[], |resource| &resource.depends_on)
    }

    /// Says how one ended.
    pub(super) fn done(&self, at: usize, group: &Group) {
        if self.has_needs {
            self.state().ended.insert(at, failed(group));
            self.changed.notify_all();
        }
    }

    /// The first that one depends on and that failed, in words.
    pub(super) fn failed_dependency(&self, at: usize) -> Option<String> {
        let needs = self.needs(at);
        if needs.is_empty() {
            return None;
        }
        let state = self.state();
        let failed = needs
            .iter()
            .find(|need| state.ended.get(need) == Some(&true))?;
        let resource = self.resources.get(*failed)?;
        Some(format!("{}:{}", resource.kind.section, resource.key))
    }

    /// Takes a group, and gives those that can be handed on now.
    pub(super) fn in_order(&self, at: usize, group: Group) -> Vec<Group> {
        let mut state = self.state();
        state.early.insert(at, group);
        let mut ready = Vec::new();
        loop {
            let turn = state.turn;
            let Some(group) = state.early.remove(&turn) else {
                return ready;
            };
            ready.push(group);
            state.turn += 1;
        }
    }
}
