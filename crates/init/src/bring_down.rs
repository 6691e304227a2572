//! The end: beginning a stop, counting what had to be killed, the last line.

use std::time::Duration;

use engine::{Event, StopCause};
use kernel::clock;

use crate::reach;
use crate::supervisor::{Phase, Supervisor};

/// A stop that has begun.
pub(crate) struct Stopping {
    begun: Duration,
    /// When everything that was left got its TERM.
    terminated: Option<Duration>,
    /// Whether a further signal cut the time after it short.
    cut: bool,
    /// What had to be killed, and why.
    killed: Vec<String>,
}

/// Most names in the last line.
const NAMED: usize = 8;

impl Supervisor<'_> {
    /// Begins to stop, or, while it stops, asks for less grace.
    pub(crate) fn stop(&mut self, cause: StopCause) {
        if let Some(stopping) = &mut self.stopping {
            stopping.cut |= stopping.terminated.is_some();
        } else {
            self.stopping = Some(Stopping {
                begun: clock::monotonic(),
                terminated: None,
                cut: false,
                killed: Vec::new(),
            });
            match &self.phase {
                // The scripts of /run.d end with everything else; none begins.
                Phase::RunD(pid) => crate::boot::abandon(*pid),
                Phase::Booting(boot, _) => crate::boot::abandon(boot.pid),
                Phase::Settling(_) | Phase::Up => {}
            }
        }
        self.tell(Event::Stop(cause));
    }

    /// Notes who is about to be killed.
    pub(crate) fn note_killed(&mut self) {
        let stopping = self.stopping.as_ref();
        let cut = stopping.is_some_and(|stopping| stopping.cut);
        let cause = match stopping.and_then(|stopping| stopping.terminated) {
            None => "its time was cut short".to_string(),
            Some(terminated) => {
                let waited = clock::monotonic().saturating_sub(terminated).as_millis();
                match self.rules.limits.kill {
                    Some(limit) if !cut => format!(
                        "still running {} ms after TERM (S6_KILL_GRACETIME)",
                        limit.as_millis()
                    ),
                    _ => format!(
                        "still running {waited} ms after TERM, when a further signal cut \
                         S6_KILL_GRACETIME short"
                    ),
                }
            }
        };
        for process in reach::remaining() {
            self.add_killed(format!("{} (pid {}): {cause}", process.name, process.pid));
        }
    }

    /// Notes that everything that is left gets its TERM.
    pub(crate) fn note_terminated(&mut self) {
        if let Some(stopping) = &mut self.stopping {
            stopping.terminated.get_or_insert_with(clock::monotonic);
        }
    }

    pub(crate) fn add_killed(&mut self, what: String) {
        if let Some(stopping) = &mut self.stopping {
            stopping.killed.push(what);
        }
    }

    /// With S6_SYNC_DISKS: a child writes everything to the disks, which may take long.
    pub(crate) fn sync_disks(&mut self) {
        if self.rules.sync {
            let _ = self.inheritance.fork(|| {
                kernel::fs::sync();
                0
            });
        }
    }

    /// The last line: how long the stop took, with which code, and what was killed.
    pub(crate) fn farewell(&mut self, code: u8) -> u8 {
        if let Some(stopping) = self.stopping.take() {
            let time = clock::monotonic()
                .saturating_sub(stopping.begun)
                .as_millis();
            let mut line = format!("stopped in {time} ms, exit code {code}");
            let killed = stopping.killed;
            if !killed.is_empty() {
                let more = killed.len().saturating_sub(NAMED);
                let named = &killed[..killed.len() - more];
                line.push_str(&format!("; had to kill {}", named.join("; ")));
                if more > 0 {
                    line.push_str(&format!("; and {more} more"));
                }
            }
            self.messages.warn(&line);
        }
        code
    }
}
