//! Orphans: processes whose parent has ended and that PID 1 has to reap.

use std::fs;
use std::time::Duration;

use kernel::{clock, signal};

use super::{Bench, milliseconds, restart};
use crate::container::Container;
use crate::contestant::{Contestant, Kind, Work};
use crate::processes;
use crate::stamps;

pub(crate) const PEAK: &str = "orphans as they come: most that were not reaped at a time";
pub(crate) const STREAM_CPU: &str = "orphans as they come: CPU of PID 1 (ms)";
pub(crate) const MEANWHILE: &str =
    "orphans as they come: restart of another service meanwhile (ms)";
pub(crate) const LEFT: &str = "orphans at once: time until none is left (ms)";
pub(crate) const BURST_CPU: &str = "orphans at once: CPU of PID 1 (ms)";

/// How many.
pub(crate) const MANY: usize = 20_000;

/// Who still has some after so long does not reap them.
const LIMIT: Duration = Duration::from_secs(10);

/// How often the count is looked at; it says how many there are at that moment.
const LOOK: Duration = Duration::from_micros(500);

impl Bench<'_> {
    /// Lets everybody reap, as orphans come and all at once.
    pub(crate) fn orphans(&mut self) {
        let rounds = self.rounds.div_ceil(4);
        for round in 0..rounds {
            for contestant in self.contestants.clone() {
                if contestant.kind == Kind::Variant {
                    continue;
                }
                if let Err(why) = self.stream(contestant) {
                    self.results.fail(PEAK, contestant.name, MANY, &why);
                }
                if let Err(why) = self.burst(contestant) {
                    self.results.fail(LEFT, contestant.name, MANY, &why);
                }
            }
            eprintln!("bench: orphans: round {}", round + 1);
        }
    }

    /// A container in which the maker waits for its start, and the maker's pid.
    fn maker(&self, contestant: &Contestant, mode: &str) -> Result<(Container, i32), String> {
        let work = Work {
            program: "/bench/orphans",
            count: 1,
            beside: contestant.restarts(),
        };
        let text = |error: std::io::Error| error.to_string();
        let root = self
            .places
            .root(contestant, &work, "orphans")
            .map_err(text)?;
        fs::write(root.join("bench/orphans.order"), format!("{mode} {MANY}\n")).map_err(text)?;
        let container = Container::boot(&root, &contestant.argv(&work)).map_err(text)?;
        container.started(1 + usize::from(work.beside))?;
        let maker = container.runs("/bench/orphans");
        let maker = maker.ok_or("the maker of orphans does not run")?;
        Ok((container, maker))
    }

    fn stream(&mut self, contestant: &Contestant) -> Result<(), String> {
        let (container, maker) = self.maker(contestant, "stream")?;
        clock::sleep(restart::WHILE);
        let base = container
            .groups
            .processes()
            .ok_or("no count of processes")?;
        let cpu = processes::cpu(container.pid).unwrap_or_default();
        let from = container.stamps.count();
        signal::send(maker, signal::SIGUSR1).map_err(|error| error.to_string())?;
        container.stamp(stamps::Kind::Ready, from)?;
        if contestant.restarts() {
            let time = restart::kill(&container)?;
            self.results
                .add(MEANWHILE, MANY, contestant.name, milliseconds(time));
        }
        let mut peak: f64 = 0.0;
        let until = clock::monotonic() + LIMIT;
        let mut looks = 0u32;
        loop {
            let now = container.groups.processes().unwrap_or(base);
            peak = peak.max(now - base);
            looks += 1;
            if looks.is_multiple_of(16) {
                let over = container
                    .stamps
                    .find(stamps::Kind::Released, from)
                    .is_some();
                if over && now <= base {
                    break;
                }
                if clock::monotonic() > until {
                    break;
                }
            }
            clock::sleep(LOOK);
        }
        let spent = processes::cpu(container.pid).unwrap_or_default() - cpu;
        self.results.add(PEAK, MANY, contestant.name, peak);
        self.results.add(STREAM_CPU, MANY, contestant.name, spent);
        Ok(())
    }

    fn burst(&mut self, contestant: &Contestant) -> Result<(), String> {
        let (container, maker) = self.maker(contestant, "burst")?;
        let base = container
            .groups
            .processes()
            .ok_or("no count of processes")?;
        let from = container.stamps.count();
        signal::send(maker, signal::SIGUSR1).map_err(|error| error.to_string())?;
        container.stamp(stamps::Kind::Ready, from)?;
        clock::sleep(Duration::from_millis(300));
        let cpu = processes::cpu(container.pid).unwrap_or_default();
        let from = container.stamps.count();
        signal::send(maker, signal::SIGUSR1).map_err(|error| error.to_string())?;
        let released = container.stamp(stamps::Kind::Released, from)?.at;
        let until = clock::monotonic() + LIMIT;
        let left = loop {
            let now = clock::monotonic();
            if container.groups.processes().is_some_and(|n| n <= base) {
                break milliseconds(now.saturating_sub(released));
            }
            if now > until {
                break f64::INFINITY;
            }
            clock::sleep(LOOK);
        };
        let spent = processes::cpu(container.pid).unwrap_or_default() - cpu;
        self.results.add(LEFT, MANY, contestant.name, left);
        self.results.add(BURST_CPU, MANY, contestant.name, spent);
        Ok(())
    }
}
