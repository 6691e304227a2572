//! One run: every resource is measured and compared, those that wait side by side, and handed on
//! in the order of the files.

mod property;
mod schedule;
mod tally;

use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use schedule::Schedule;
pub use tally::Tally;

use crate::probe::System;
use crate::resource::Resource;
use crate::result::{Outcome, TestResult};

/// What came of one resource: its properties in their order.
pub type Group = Vec<TestResult>;

/// How long to wait before something that is to come true is measured again.
const AGAIN: Duration = Duration::from_millis(200);

/// How many threads measure for each processor: they wait more than they compute.
const THREADS_A_PROCESSOR: usize = 5;

/// How a run is done.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    /// How many resources are measured at a time; with 0 none is.
    pub most: usize,
    /// Where it is entered how far the run is.
    pub tally: Option<&'a Tally>,
}

/// Measures and compares all `resources`; each is given to `take` in their order, as soon as it
/// and all before it are done.
pub fn run(
    resources: &[Resource],
    system: &Arc<System>,
    plan: Plan<'_>,
    mut take: impl FnMut(Group),
) {
    if plan.most == 0 {
        return;
    }
    let schedule = Schedule::new(resources);
    let measure = |at: usize, schedule: &Schedule<'_>| {
        let measure = || measure(resources, at, schedule, system);
        match plan.tally {
            Some(tally) => tally.count(at, resources.get(at), measure),
            None => measure(),
        }
    };
    let threads = threads(resources, plan.most);
    if threads == 1 {
        // In order, as nothing is waited for but what comes first.
        while let Some(batch) = schedule.next() {
            for at in batch {
                let group = measure(at, &schedule);
                schedule.done(at, &group);
                schedule.in_order(at, group).into_iter().for_each(&mut take);
            }
        }
        return;
    }
    std::thread::scope(|scope| {
        let (send, receive) = mpsc::channel();
        for _ in 0..threads {
            let (send, schedule, measure) = (send.clone(), &schedule, &measure);
            scope.spawn(move || {
                while let Some(batch) = schedule.next() {
                    let groups: Vec<(usize, Group)> = batch
                        .map(|at| {
                            let group = measure(at, schedule);
                            schedule.done(at, &group);
                            (at, group)
                        })
                        .collect();
                    if send.send(groups).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        for (at, group) in receive.iter().flatten() {
            schedule.in_order(at, group).into_iter().for_each(&mut take);
        }
    });
}

/// One where nothing waits: a thread costs more than a file.
fn threads(resources: &[Resource], most: usize) -> usize {
    let waiting = resources
        .iter()
        .filter(|resource| resource.kind.waits || resource.eventually.is_some())
        .count();
    if most == 1 || waiting == 0 && resources.len() < schedule::BATCH * 4 {
        return 1;
    }
    // To ask for it takes a look at a few files.
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let useful = match waiting {
        0 => processors,
        waiting => waiting.max(2).min(processors * THREADS_A_PROCESSOR),
    };
    useful.min(most)
}

/// Measures one, again and again where it may come true later.
fn measure(
    resources: &[Resource],
    at: usize,
    schedule: &Schedule<'_>,
    system: &Arc<System>,
) -> Group {
    let Some(resource) = resources.get(at) else {
        return Group::new();
    };
    if let Some(failed) = schedule.failed_dependency(at) {
        return property::skipped(resource, &format!("depends on {failed}, which failed"));
    }
    let Some(patience) = resource.eventually else {
        return property::validate(resource, system);
    };
    let begun = Instant::now();
    let mut system = Arc::clone(system);
    loop {
        let mut group = property::validate(resource, &system);
        let left = patience.saturating_sub(begun.elapsed());
        if !failed(&group) {
            return group;
        }
        if left.is_zero() {
            for result in group
                .iter_mut()
                .filter(|result| result.outcome == Outcome::Fail)
            {
                let late = format!("not within {:?}", patience);
                result.hint = Some(match result.hint.take() {
                    Some(hint) => format!("{late}; {hint}"),
                    None => late,
                });
            }
            return group;
        }
        std::thread::sleep(AGAIN.min(left));
        // Tables are read once a run; what is to change is looked at anew.
        system = Arc::new(system.anew());
    }
}

/// Whether any of it is not as expected.
fn failed(group: &[TestResult]) -> bool {
    group.iter().any(|result| result.outcome == Outcome::Fail)
}
