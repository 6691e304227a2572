//! Waiting until services reach a state: listen first, then read the status, so no
//! change can slip through between.

use std::time::Duration;

use chain::{Failure, Result, Unable, Word, escape};
use kernel::{clock, poll};
use s6wire::event::Event;

use super::listener::Listener;
use super::supervisor;

/// The state to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Goal {
    /// Up, not down.
    up: bool,
    /// Up: the service has said that it is ready. Down: `finish` has ended.
    ready: bool,
    /// It must have been down before.
    restarted: bool,
}

impl Goal {
    /// The goal of an option's letter.
    pub(super) fn of(letter: u8) -> Option<Goal> {
        let goal = |up, ready, restarted| {
            Some(Goal {
                up,
                ready,
                restarted,
            })
        };
        match letter {
            b'u' => goal(true, false, false),
            b'U' => goal(true, true, false),
            b'd' => goal(false, false, false),
            b'D' => goal(false, true, false),
            b'r' => goal(true, false, true),
            b'R' => goal(true, true, true),
            _ => None,
        }
    }

    /// Whether the service must say that it is ready.
    pub(super) fn needs_readiness(self) -> bool {
        self.up && self.ready
    }

    /// The same goal without readiness.
    pub(super) fn without_readiness(self) -> Goal {
        Goal {
            ready: false,
            ..self
        }
    }
}

/// What is known of one service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Known {
    goal: Goal,
    up: bool,
    ready: bool,
    was_down: bool,
    /// It failed for good while it was expected up.
    failed: bool,
    /// Its supervisor has left.
    left: bool,
}

impl Known {
    fn new(goal: Goal, up: bool, ready: bool) -> Known {
        Known {
            goal,
            up,
            ready,
            was_down: !up,
            failed: false,
            left: false,
        }
    }

    fn learn(&mut self, event: Event) {
        match event {
            Event::Up | Event::Ready => {
                (self.up, self.ready) = (true, event == Event::Ready);
                (self.failed, self.left) = (false, false);
            }
            Event::Down | Event::ReallyDown => {
                (self.up, self.ready) = (false, event == Event::ReallyDown);
                self.was_down = true;
            }
            Event::PermanentFailure => self.failed = self.goal.up,
            Event::Left => self.left = true,
            Event::Begun => self.left = false,
        }
    }

    fn reached(&self) -> bool {
        self.up == self.goal.up
            && (self.ready || !self.goal.ready)
            && (self.was_down || !self.goal.restarted)
    }

    /// Whether nothing more is to be expected.
    fn settled(&self) -> bool {
        self.reached() || self.failed || self.left
    }
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Reached,
    /// So many services failed for good.
    Failed(usize),
    SupervisorLeft,
}

/// Whether the wait is over. `any`: one service is enough. For restarts all must have
/// been down, also when one that is up again is enough.
fn judge(services: &[Known], any: bool) -> Option<Ended> {
    let all_were_down = services
        .iter()
        .all(|known| known.was_down || !known.goal.restarted);
    let reached = if any {
        all_were_down && services.iter().any(Known::reached)
    } else {
        services.iter().all(Known::reached)
    };
    if reached || services.is_empty() {
        return Some(Ended::Reached);
    }
    if !services.iter().all(Known::settled) {
        return None;
    }
    match services.iter().filter(|known| known.failed).count() {
        0 if services.iter().any(|known| known.left) => Some(Ended::SupervisorLeft),
        0 => None,
        failed => Some(Ended::Failed(failed)),
    }
}

/// Services that are being listened to.
pub(super) struct Watch {
    services: Vec<(Listener, Known)>,
    any: bool,
}

impl Watch {
    /// Listens to each service directory and reads its status. `any`: the wait ends
    /// when one of them has reached its goal, not all.
    ///
    /// # Errors
    /// A directory that cannot be listened to or has no status.
    pub(super) fn begin(dirs: &[(Word, Goal)], any: bool) -> Result<Watch> {
        let mut services = Vec::with_capacity(dirs.len());
        for (dir, goal) in dirs {
            let listener = Listener::subscribe(&supervisor::below(dir, "event"))
                .unable("subscribe to events of", dir)?;
            let status = supervisor::status(dir)?;
            let known = Known::new(*goal, status.is_up(), status.ready);
            services.push((listener, known));
        }
        Ok(Watch { services, any })
    }

    /// Waits, at most `limit`.
    ///
    /// # Errors
    /// Exit code 99 when time runs out, 102 when a supervisor left, n when n
    /// services that should come up failed for good.
    pub(super) fn finish(mut self, limit: Option<Duration>) -> Result<()> {
        let deadline = limit.map(|limit| clock::monotonic() + limit);
        let mut known: Vec<Known> = self.services.iter().map(|(_, known)| *known).collect();
        loop {
            if let Some(ended) = judge(&known, self.any) {
                return conclude(ended);
            }
            let left = deadline.map(|deadline| deadline.saturating_sub(clock::monotonic()));
            if left.is_some_and(|left| left.is_zero()) {
                return Err(other(99, "timed out".to_string()));
            }
            let fds: Vec<i32> = self.services.iter().map(|s| s.0.descriptor()).collect();
            let ready = poll::poll_readable(&fds, left).unable("wait for events", b"")?;
            for (at, (listener, _)) in self.services.iter_mut().enumerate() {
                if !ready.contains(&listener.descriptor()) {
                    continue;
                }
                // Letter by letter: a state that lasted for a moment counts too.
                for letter in listener.news().unable("read events", b"")? {
                    if let Some(event) = Event::of(letter) {
                        known[at].learn(event);
                        // That a supervisor has left counts too, also when the next one
                        // has begun already.
                        match judge(&known, self.any) {
                            Some(ended @ (Ended::Reached | Ended::SupervisorLeft)) => {
                                return conclude(ended);
                            }
                            Some(Ended::Failed(_)) | None => {}
                        }
                    }
                }
            }
        }
    }
}

fn conclude(ended: Ended) -> Result<()> {
    match ended {
        Ended::Reached => Ok(()),
        Ended::SupervisorLeft => Err(other(102, "the supervisor left".to_string())),
        Ended::Failed(count) => Err(other(
            count.min(98) as u8,
            format!("services that failed permanently: {count}"),
        )),
    }
}

fn other(code: u8, text: String) -> Failure {
    Failure::Other { code, text }
}

/// The goals of `dirs`: services without a file `notification-fd` never say that they
/// are ready, so for them being up is enough, with a warning.
pub(super) fn goals(name: &str, dirs: &[Word], goal: Goal) -> Vec<(Word, Goal)> {
    dirs.iter()
        .map(|dir| {
            let can_say = supervisor::below(dir, "notification-fd").exists();
            if goal.needs_readiness() && !can_say {
                chain::warn(
                    name,
                    &format!(
                        "{} has no file notification-fd: waiting for the service to be up, not ready",
                        escape(dir)
                    ),
                );
                return (dir.clone(), goal.without_readiness());
            }
            (dir.clone(), goal)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(letter: u8, up: bool, ready: bool, events: &[u8]) -> Option<Ended> {
        let mut known = [Known::new(Goal::of(letter).unwrap(), up, ready)];
        for event in events {
            known[0].learn(Event::of(*event).unwrap());
        }
        judge(&known, false)
    }

    #[test]
    fn each_goal_needs_its_events() {
        let reached = Some(Ended::Reached);
        let cases: &[(u8, bool, &[u8], Option<Ended>)] = &[
            (b'u', false, b"", None),
            (b'u', false, b"u", reached),
            (b'U', false, b"u", None),
            (b'U', false, b"uU", reached),
            (b'd', true, b"", None),
            (b'd', true, b"d", reached),
            (b'D', true, b"d", None),
            (b'D', true, b"dD", reached),
            (b'r', true, b"", None),
            (b'r', true, b"dD", None),
            (b'r', true, b"dDu", reached),
            (b'r', false, b"u", reached),
            (b'R', true, b"dDu", None),
            (b'R', true, b"dDuU", reached),
            (b'U', false, b"udOD", Some(Ended::Failed(1))),
            (b'U', false, b"udODuU", reached),
            (b'D', true, b"dOD", reached),
            (b'U', true, b"dDx", Some(Ended::SupervisorLeft)),
            (b'U', true, b"dDxs", None),
        ];
        for (letter, up, events, expected) in cases {
            assert_eq!(
                told(*letter, *up, false, events),
                *expected,
                "-{} up={up} {:?}",
                *letter as char,
                String::from_utf8_lossy(events)
            );
        }
    }

    #[test]
    fn of_several_all_or_one_must_reach_it() {
        let up = Goal::of(b'u').unwrap();
        let mut services = [Known::new(up, true, false), Known::new(up, false, true)];
        assert_eq!(judge(&services, true), Some(Ended::Reached));
        assert_eq!(judge(&services, false), None);
        services[1].learn(Event::PermanentFailure);
        assert_eq!(judge(&services, false), Some(Ended::Failed(1)));
        let restart = Goal::of(b'r').unwrap();
        let mut services = [
            Known::new(restart, false, true),
            Known::new(restart, true, false),
        ];
        services[0].learn(Event::Up);
        assert_eq!(judge(&services, true), None, "the other was not down yet");
        services[1].learn(Event::Down);
        assert_eq!(judge(&services, true), Some(Ended::Reached));
    }
}
