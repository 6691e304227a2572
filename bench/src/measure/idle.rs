//! Idle: how often the supervisor is woken when nothing happens.

use std::time::Duration;

use kernel::clock;

use super::Bench;
use crate::container::Container;
use crate::contestant::{Kind, Work};
use crate::processes;

pub(crate) const WAKE_UPS: &str = "wake-ups a second when idle";

impl Bench<'_> {
    /// Watches all supervisors with so many services at the same time.
    pub(crate) fn idle(&mut self, number: usize) {
        let work = Work::services(number);
        let time = Duration::from_secs(if self.quick { 5 } else { 30 });
        let mut running = Vec::new();
        for contestant in self.contestants.clone() {
            if !contestant.can_run(number) || contestant.kind == Kind::Variant {
                continue;
            }
            let booted = self
                .places
                .root(contestant, &work, "idle")
                .and_then(|root| Container::boot(&root, &contestant.argv(&work)))
                .map_err(|error| error.to_string())
                .and_then(|container| container.started(number).map(|_| container));
            match booted {
                Ok(container) => running.push((contestant, container)),
                Err(why) => self.results.fail(WAKE_UPS, contestant.name, number, &why),
            }
        }
        // Whatever the end of the boot still causes is over by then.
        clock::sleep(Duration::from_secs(2));
        let look = |container: &Container| -> f64 {
            let all = container.supervisors().into_iter();
            all.filter_map(processes::switches).sum()
        };
        let before: Vec<f64> = running
            .iter()
            .map(|(_, container)| look(container))
            .collect();
        clock::sleep(time);
        for ((contestant, container), before) in running.iter().zip(before) {
            let rate = (look(container) - before) / time.as_secs_f64();
            self.results.add(WAKE_UPS, number, contestant.name, rate);
        }
    }
}
