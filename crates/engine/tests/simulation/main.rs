//! Random worlds against the engine: processes that crash, hang and ignore signals,
//! starts that fail, requests for one unit and by name, groups, additions and removals at any moment, late timers, and a
//! stop. Each world follows from its seed alone, and shares no code with the engine.
//!
//! - `MAINSTAY_SIM_STEPS` events are simulated in all, 3,000,000 if it is not set.
//! - `MAINSTAY_SIM_SEED` simulates that one world and prints what happened in it.

mod invariants;
mod model;
mod names;
mod perform;
mod processes;
mod random;
mod units;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use world::World;

const STEPS: u64 = 3_000_000;

fn number_from_environment(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    let number = value.parse();
    Some(number.unwrap_or_else(|_| panic!("{name} is \"{value}\", it must be a number")))
}

/// How many events the world saw, or what went wrong in it.
fn simulate(seed: u64, trace: bool) -> Result<u64, String> {
    let run = AssertUnwindSafe(|| World::new(seed, trace).run());
    let outcome = catch_unwind(run).unwrap_or_else(|_| Err("the engine panicked".into()));
    outcome.map_err(|fault| {
        format!("world {seed}: {fault}\nsee it with MAINSTAY_SIM_SEED={seed} -- --nocapture")
    })
}

#[test]
fn no_world_breaks_a_rule() {
    if let Some(seed) = number_from_environment("MAINSTAY_SIM_SEED") {
        return simulate(seed, true).map(|_| ()).expect("a sound world");
    }
    let wanted = number_from_environment("MAINSTAY_SIM_STEPS").unwrap_or(STEPS);
    let (steps, next_seed) = (AtomicU64::new(0), AtomicU64::new(0));
    let failed = AtomicBool::new(false);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let work = || {
        while steps.load(Ordering::Relaxed) < wanted && !failed.load(Ordering::Relaxed) {
            let seed = next_seed.fetch_add(1, Ordering::Relaxed);
            match simulate(seed, false) {
                Ok(count) => steps.fetch_add(count, Ordering::Relaxed),
                Err(fault) => {
                    failed.store(true, Ordering::Relaxed);
                    return Err(fault);
                }
            };
        }
        Ok(())
    };
    let outcomes: Vec<Result<(), String>> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let join = |worker: std::thread::ScopedJoinHandle<_>| worker.join().expect("a worker");
        workers.into_iter().map(join).collect()
    });
    for outcome in outcomes {
        if let Err(fault) = outcome {
            panic!("{fault}");
        }
    }
    println!(
        "{} events in {} worlds",
        steps.into_inner(),
        next_seed.into_inner()
    );
}
