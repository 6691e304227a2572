//! The end: beginning a stop, counting what had to be killed, the last line.

use std::time::Duration;

use engine::{Event, StopCause};
use kernel::clock;

use crate::stop::reach;
use crate::supervisor::again::Task;
use crate::supervisor::{Phase, Supervisor};

/// A stop that has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stopping {
    pub(crate) begun: Duration,
    /// When everything that was left got its TERM.
    pub(crate) terminated: Option<Duration>,
    /// Whether somebody cut the time after it short.
    pub(crate) cut: bool,
    /// Whether somebody wanted to wait no longer.
    pub(crate) hastened: bool,
    /// What had to be killed, and why.
    pub(crate) killed: Vec<Killed>,
    /// How many of [`FINISH_MARKERS`] have been said.
    pub(crate) said: u8,
}

/// What the log says of the stop after its hooks, in this order: scripts may wait for it.
pub(crate) const FINISH_MARKERS: [&str; 3] = [
    "[s6-finish] waiting for services.",
    "[s6-finish] sending all processes the TERM signal.",
    "[s6-finish] sending all processes the KILL signal and exiting.",
];

/// Where a stop is, by the marker that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FinishMarker {
    Waiting = 1,
    Terminating = 2,
    Killing = 3,
}

/// Something that had to be killed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Killed {
    pub(crate) what: String,
    pub(crate) why: String,
}

/// Most names in the last line.
const NAMED: usize = 8;

impl Supervisor<'_> {
    /// Begins to stop; while it stops, the engine decides what a further wish changes.
    pub(crate) fn stop(&mut self, cause: StopCause) {
        if self.stopping.is_none() {
            crate::messages::speak_beside_hooks();
            self.note_families();
            // The boot waits for it no longer.
            self.running_hook = None;
            self.stopping = Some(Stopping {
                begun: clock::monotonic(),
                terminated: None,
                cut: false,
                hastened: false,
                killed: Vec::new(),
                // Where nothing was booted there is nothing to say.
                said: match self.phase {
                    Phase::RunD(_)
                    | Phase::Preparing(_)
                    | Phase::Held(Task::RunD | Task::State) => FinishMarker::Killing as u8,
                    Phase::Held(_) | Phase::Booting(..) | Phase::Settling(_) | Phase::Up => 0,
                },
            });
            match &self.phase {
                // The scripts of /run.d end with everything else; none begins.
                Phase::RunD(pid) | Phase::Preparing(pid) => crate::boot::abandon(*pid),
                Phase::Booting(boot, _) => crate::boot::abandon(boot.pid),
                Phase::Held(_) | Phase::Settling(_) | Phase::Up => {}
            }
        }
        self.tell(Event::Stop(cause));
    }

    /// Says how far the stop is, and what has been skipped: each marker comes once, in order.
    pub(crate) fn say_finish(&mut self, marker: FinishMarker) {
        let Some(stopping) = &mut self.stopping else {
            return;
        };
        for number in stopping.said..marker as u8 {
            let line = FINISH_MARKERS[usize::from(number)];
            if self.rules.sync && number + 1 == FinishMarker::Terminating as u8 {
                self.messages.marker("[s6-finish] syncing disks.");
            }
            self.messages.marker(line);
            stopping.said = number + 1;
        }
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
                        "still running {waited} ms after TERM, when somebody cut \
                         S6_KILL_GRACETIME short"
                    ),
                }
            }
        };
        let left = reach::remaining();
        let owners = self.owners(&left);
        for (process, owner) in left.into_iter().zip(owners) {
            let mut what = format!("{} (pid {})", process.name, process.pid);
            if let Some(owner) = owner {
                what.push_str(&format!(" of {owner}"));
            }
            self.add_killed(what, cause.clone());
        }
    }

    /// Notes that somebody wants to wait no longer.
    pub(crate) fn note_hastened(&mut self) {
        if let Some(stopping) = &mut self.stopping {
            stopping.hastened = true;
            stopping.cut |= stopping.terminated.is_some();
        }
    }

    /// Notes that everything that is left gets its TERM.
    pub(crate) fn note_terminated(&mut self) {
        if let Some(stopping) = &mut self.stopping {
            stopping.terminated.get_or_insert_with(clock::monotonic);
        }
    }

    /// Notes something that was killed, and why.
    pub(crate) fn add_killed(&mut self, what: String, why: String) {
        if let Some(stopping) = &mut self.stopping {
            stopping.killed.push(Killed { what, why });
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
        self.say_finish(FinishMarker::Killing);
        crate::stop::note_over(&self.paths);
        if let Some(stopping) = self.stopping.take() {
            let time = clock::monotonic()
                .saturating_sub(stopping.begun)
                .as_millis();
            let mut line = format!("stopped in {time} ms, exit code {code}");
            line.push_str(&named(&stopping.killed));
            self.messages.last(&line);
        }
        code
    }
}

/// What was killed, each reason once: `; had to kill A, B: WHY; C: WHY`.
fn named(killed: &[Killed]) -> String {
    let mut text = String::new();
    let mut reasons: Vec<&str> = Vec::new();
    let (shown, more) = killed.split_at(killed.len().min(NAMED));
    for one in shown {
        if !reasons.contains(&one.why.as_str()) {
            reasons.push(&one.why);
        }
    }
    for (index, why) in reasons.iter().enumerate() {
        let of_it: Vec<&str> = shown
            .iter()
            .filter(|one| one.why == **why)
            .map(|one| one.what.as_str())
            .collect();
        let begin = if index == 0 { "; had to kill " } else { "; " };
        text.push_str(&format!("{begin}{}: {why}", of_it.join(", ")));
    }
    if !more.is_empty() {
        text.push_str(&format!("; and {} more", more.len()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_gives_each_reason_once() {
        let killed = |what: &str, why: &str| Killed {
            what: what.into(),
            why: why.into(),
        };
        assert_eq!(named(&[]), "");
        let some = [
            killed("a", "late"),
            killed("b", "slow"),
            killed("c", "late"),
        ];
        assert_eq!(named(&some), "; had to kill a, c: late; b: slow");
        let many: Vec<Killed> = (0..NAMED + 3).map(|_| killed("x", "late")).collect();
        assert!(named(&many).ends_with("x: late; and 3 more"));
    }
}
