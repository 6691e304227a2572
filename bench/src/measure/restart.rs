//! Restart: from SIGKILL to a service that has run for a while, to the first
//! instruction of the next.

use std::time::Duration;

use kernel::{clock, signal};

use super::{Bench, milliseconds};
use crate::container::Container;
use crate::contestant::{SERVICE, Work};
use crate::stamps::Kind;

pub(crate) const RESTART: &str = "restart of a settled service (ms)";

/// A service that has run for longer than a second counts as settled with everybody.
pub(crate) const WHILE: Duration = Duration::from_millis(1300);

impl Bench<'_> {
    /// Kills one of so many services, in turn with each supervisor.
    pub(crate) fn restart(&mut self, number: usize) {
        let work = Work::services(number);
        let mut running = Vec::new();
        for contestant in self.contestants.clone() {
            if !contestant.restarts() {
                continue;
            }
            let booted = self
                .places
                .root(contestant, &work, "restart")
                .and_then(|root| Container::boot(&root, &contestant.argv(&work)))
                .map_err(|error| error.to_string())
                .and_then(|container| container.started(number).map(|_| container));
            match booted {
                Ok(container) => running.push((contestant, container)),
                Err(why) => self.results.fail(RESTART, contestant.name, number, &why),
            }
        }
        for round in 0..self.rounds {
            clock::sleep(WHILE);
            for (contestant, container) in &running {
                match kill(container) {
                    Ok(time) => {
                        let time = milliseconds(time);
                        self.results.add(RESTART, number, contestant.name, time);
                    }
                    Err(why) => self.results.fail(RESTART, contestant.name, number, &why),
                }
            }
            eprintln!("bench: restart: round {}", round + 1);
        }
    }
}

/// Kills a plain service; gives the time until its next instance's first instruction.
///
/// # Errors
/// When none runs, or none comes back.
pub(crate) fn kill(container: &Container) -> Result<Duration, String> {
    let pid = container.runs(SERVICE).ok_or("no service runs")?;
    let from = container.stamps.count();
    let begun = clock::monotonic();
    signal::send(pid, signal::SIGKILL).map_err(|error| error.to_string())?;
    let next = container.stamp(Kind::Started, from)?;
    Ok(next.at.saturating_sub(begun))
}
