//! How far a run is, for who waits for it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Group, failed};
use crate::resource::Resource;

/// How far a run is; who measures adds to it, and who tells people reads it.
#[derive(Debug, Default)]
pub struct Tally {
    done: AtomicUsize,
    failed: AtomicUsize,
    /// Those that are waited for, by their place in the list: since when.
    waiting: Mutex<BTreeMap<usize, Instant>>,
}

impl Tally {
    /// How many resources are done, and how many of them have failed.
    pub fn counts(&self) -> (usize, usize) {
        let count = |number: &AtomicUsize| number.load(Ordering::Relaxed);
        (count(&self.done), count(&self.failed))
    }

    /// What has been waited for longest, and for how long.
    pub fn longest(&self) -> Option<(usize, Duration)> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let longest = waiting.iter().min_by_key(|(_, since)| **since);
        longest.map(|(at, since)| (*at, since.elapsed()))
    }

    /// Measures one with `measure`. What takes no time is not entered: a lock costs more.
    pub(super) fn count(
        &self,
        at: usize,
        resource: Option<&Resource>,
        measure: impl FnOnce() -> Group,
    ) -> Group {
        let waits = resource.is_some_and(|one| one.kind.waits || one.eventually.is_some());
        let waiting = || self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waits {
            waiting().insert(at, Instant::now());
        }
        let group = measure();
        if waits {
            waiting().remove(&at);
        }
        self.done.fetch_add(1, Ordering::Relaxed);
        if failed(&group) {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
        group
    }
}
