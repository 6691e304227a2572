//! A crash loop: how often a service that fails at once is started, and what that
//! costs PID 1.

use std::time::Duration;

use kernel::clock;

use super::Bench;
use crate::container::Container;
use crate::contestant::Work;
use crate::processes;

pub(crate) const STARTS: &str = "starts a second of a service that fails at once";
pub(crate) const CPU: &str = "CPU of the supervisor meanwhile (ms a second)";

impl Bench<'_> {
    /// Watches everybody who restarts for a while, all at the same time.
    pub(crate) fn crash_loop(&mut self) {
        let work = Work {
            program: "/bench/crash",
            count: 1,
            beside: false,
        };
        let time = Duration::from_secs(if self.quick { 5 } else { 20 });
        let mut running = Vec::new();
        for contestant in self.contestants.clone() {
            if !contestant.restarts() {
                continue;
            }
            let booted = self
                .places
                .root(contestant, &work, "crash")
                .and_then(|root| Container::boot(&root, &contestant.argv(&work)))
                .map_err(|error| error.to_string())
                .and_then(|container| container.started(1).map(|_| container));
            match booted {
                Ok(container) => running.push((contestant, container)),
                Err(why) => self.results.fail(STARTS, contestant.name, 1, &why),
            }
        }
        let look = |container: &Container| {
            let cpu = container
                .supervisors()
                .into_iter()
                .filter_map(processes::cpu);
            (container.stamps.count() as f64, cpu.sum::<f64>())
        };
        let before: Vec<_> = running
            .iter()
            .map(|(_, container)| look(container))
            .collect();
        clock::sleep(time);
        for ((contestant, container), before) in running.iter().zip(before) {
            let after = look(container);
            let seconds = time.as_secs_f64();
            let name = contestant.name;
            let starts = (after.0 - before.0) / seconds;
            self.results.add(STARTS, 1, name, starts);
            let cpu = (after.1 - before.1) / seconds;
            self.results.add(CPU, 1, name, cpu);
        }
    }
}
