//! Boot and stop: from the execution of PID 1 to the first and the last service's first
//! instruction; from TERM until PID 1 is gone. In between, what idle memory is left
//! to the supervisor.

use std::path::PathBuf;
use std::time::Duration;

use kernel::clock;

use super::{Bench, milliseconds};
use crate::container::Container;
use crate::contestant::{Contestant, Kind, Work};
use crate::processes;
use crate::stamps::Kind as Stamped;

pub(crate) const FIRST: &str = "boot, first service (ms)";
pub(crate) const LAST: &str = "boot, last service (ms)";
pub(crate) const STOP: &str = "stop (ms)";
pub(crate) const ANONYMOUS: &str = "anonymous memory of the supervisor (kB)";
pub(crate) const PROPORTIONAL: &str = "proportional memory of the supervisor (kB)";
pub(crate) const CHARGE: &str = "charge of the whole control group (kB)";

/// What is left to do when the last service has begun is done by then.
const SETTLE: Duration = Duration::from_millis(250);

/// Who takes longer than this is not measured more often than [`SLOW_ROUNDS`].
const SLOW: f64 = 1500.0;
const SLOW_ROUNDS: usize = 3;

impl Bench<'_> {
    /// Boots and stops everybody with each of these numbers of services.
    pub(crate) fn boot_and_stop(&mut self, numbers: &[usize]) {
        for number in numbers {
            self.boot_number(*number);
        }
    }

    fn boot_number(&mut self, number: usize) {
        let work = Work::services(number);
        let mut ready: Vec<(&Contestant, PathBuf, bool)> = Vec::new();
        for contestant in self.contestants.clone() {
            if !contestant.can_run(number) {
                continue;
            }
            match self.places.root(contestant, &work, "boot") {
                Ok(root) => ready.push((contestant, root, false)),
                Err(error) => {
                    let why = format!("its root: {error}");
                    self.results.fail(LAST, contestant.name, number, &why);
                }
            }
        }
        for round in 0..self.rounds {
            for (contestant, root, slow) in &mut ready {
                if *slow && round >= SLOW_ROUNDS {
                    continue;
                }
                match self.once(contestant, root, &work, round) {
                    Ok(time) => *slow = *slow || time > SLOW,
                    Err(why) => {
                        self.results.fail(LAST, contestant.name, number, &why);
                        // Once more would say the same.
                        *slow = true;
                    }
                }
            }
            eprintln!("bench: boot and stop, N = {number}: round {}", round + 1);
        }
        for (_, root, _) in ready {
            let _ = std::fs::remove_dir_all(root);
        }
    }

    /// One boot and one stop; gives how long both took.
    pub(super) fn once(
        &mut self,
        contestant: &Contestant,
        root: &std::path::Path,
        work: &Work,
        round: usize,
    ) -> Result<f64, String> {
        let (name, count) = (contestant.name, work.count);
        let container =
            Container::boot(root, &contestant.argv(work)).map_err(|error| error.to_string())?;
        let stamps = container.started(count)?;
        let begun = stamps
            .iter()
            .find(|stamp| stamp.kind == Stamped::Executed)
            .ok_or("PID 1 was not executed")?
            .at;
        let services = || {
            let started = stamps.iter().filter(|s| s.kind == Stamped::Started);
            started.map(|stamp| milliseconds(stamp.at - begun))
        };
        let first = services().fold(f64::INFINITY, f64::min);
        let last = services().fold(0.0, f64::max);
        self.results.add(FIRST, count, name, first);
        self.results.add(LAST, count, name, last);
        clock::sleep(SETTLE);
        if contestant.kind != Kind::Variant && round < SLOW_ROUNDS {
            self.memory(contestant, &container, work);
        }
        let stopped = container
            .stop(contestant.stop)
            .map_or(f64::INFINITY, milliseconds);
        self.results.add(STOP, count, name, stopped);
        Ok(last + stopped)
    }

    fn memory(&mut self, contestant: &Contestant, container: &Container, work: &Work) {
        let (name, count) = (contestant.name, work.count);
        if let Some(charge) = container.groups.charge() {
            self.results.add(CHARGE, count, name, charge / 1024.0);
        }
        let supervisors = container.supervisors();
        let sum = |of: fn(i32) -> Option<f64>| supervisors.iter().filter_map(|pid| of(*pid)).sum();
        let (anonymous, proportional) = (sum(processes::anonymous), sum(processes::proportional));
        self.results.add(ANONYMOUS, count, name, anonymous);
        self.results.add(PROPORTIONAL, count, name, proportional);
    }
}

/// More services than anybody has: measured once, for ours alone.
const MOST: usize = 10_000;

impl Bench<'_> {
    /// Boots and stops ours and the floors with very many services, once.
    pub(crate) fn most(&mut self) {
        let all = self.contestants.clone();
        self.contestants
            .retain(|contestant| matches!(contestant.kind, Kind::Floor | Kind::Mainstay));
        let rounds = std::mem::replace(&mut self.rounds, 1);
        self.boot_number(MOST);
        self.rounds = rounds;
        self.contestants = all;
    }
}
