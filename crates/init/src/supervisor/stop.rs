//! The end: beginning a stop, counting what had to be killed, the last line.

use engine::{Event, StopCause};
use kernel::clock;

use crate::stop::reach;
use crate::supervisor::Supervisor;
use crate::supervisor::parts::{FINISH_MARKERS, FinishMarker, Killed, Phase, Stopping, Task};

/// Most names in the last line.
const NAMED: usize = 8;

impl Supervisor<'_> {
    /// Begins to stop; while it stops, the engine decides what a further wish changes.
    pub(crate) fn stop(&mut self, cause: StopCause) {
        if self.ending.stopping.is_none() {
            crate::messages::speak_beside_hooks();
            self.note_families();
            // The boot waits for it no longer.
            self.progress.hook = None;
            self.ending.stopping = Some(Stopping {
                begun: clock::monotonic(),
                terminated: None,
                cut: false,
                hastened: false,
                killed: Vec::new(),
                // Where nothing was booted there is nothing to say.
                said: match self.progress.phase {
                    Phase::RunD(_)
                    | Phase::Preparing(_)
                    | Phase::Held(Task::RunD | Task::State) => FinishMarker::Killing as u8,
                    Phase::Held(_) | Phase::Booting(..) | Phase::Settling(_) | Phase::Up => 0,
                },
            });
            match &self.progress.phase {
                // The scripts of /run.d end with everything else; none begins.
                Phase::RunD(pid) => crate::child::abandon(*pid),
                Phase::Preparing(boot) | Phase::Booting(boot, _) => {
                    crate::child::abandon(boot.pid);
                }
                Phase::Held(_) | Phase::Settling(_) | Phase::Up => {}
            }
        }
        self.tell(Event::Stop(cause));
    }

    /// Says how far the stop is, and what has been skipped: each marker comes once, in order.
    pub(crate) fn say_finish(&mut self, marker: FinishMarker) {
        let Some(stopping) = &mut self.ending.stopping else {
            return;
        };
        for number in stopping.said..marker as u8 {
            let line = FINISH_MARKERS[usize::from(number)];
            if self.ending.rules.sync && number + 1 == FinishMarker::Terminating as u8 {
                self.messages.marker("[s6-finish] syncing disks.");
            }
            self.messages.marker(line);
            stopping.said = number + 1;
        }
    }

    /// Notes who is about to be killed.
    pub(crate) fn note_killed(&mut self) {
        let stopping = self.ending.stopping.as_ref();
        let cut = stopping.is_some_and(|stopping| stopping.cut);
        let cause = match stopping.and_then(|stopping| stopping.terminated) {
            None => "its time was cut short".to_string(),
            Some(terminated) => {
                let waited = clock::monotonic().saturating_sub(terminated).as_millis();
                match self.ending.rules.limits.kill {
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
            self.ending.add_killed(what, cause.clone());
        }
    }

    /// With S6_SYNC_DISKS: a child writes everything to the disks, which may take long.
    pub(crate) fn sync_disks(&mut self) {
        if self.ending.rules.sync {
            let _ = self.children.inheritance.fork(|| {
                kernel::fs::sync();
                0
            });
        }
    }

    /// The last line: how long the stop took, with which code, and what was killed.
    pub(crate) fn last_line(&mut self, code: u8) -> u8 {
        self.say_finish(FinishMarker::Killing);
        crate::stop::note_over(&self.container.paths);
        if let Some(stopping) = self.ending.stopping.take() {
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
