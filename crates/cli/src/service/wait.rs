//! Giving an order to services and waiting for what becomes of it.

use std::time::{Duration, Instant};

use chain::{Failure, Result};
use kernel::fd;

use super::outcome::{Around, Progress, Verb, judge, late};
use super::{Asked, LATE, Patience};
use crate::status::{self, Report, Unit};
use crate::target::{REFUSED, Target};

/// How often PID 1 is asked: at first, and at most.
const SOON: Duration = Duration::from_millis(10);
const SELDOM: Duration = Duration::from_millis(250);

/// After this somebody who looks on is told what is waited for.
const LONG: Duration = Duration::from_secs(5);

/// Orders `verb` of each service and says what becomes of it; gives the exit code.
///
/// # Errors
/// PID 1 cannot be reached.
pub(crate) fn order(verb: Verb, asked: &Asked, services: Vec<Unit>) -> Result<u8> {
    let word: &[u8] = match verb {
        Verb::Start => b"start",
        Verb::Stop => b"stop",
        Verb::Restart => b"restart",
    };
    let mut code = 0;
    let mut open = Vec::new();
    let clock = Watch::start(asked.patience);
    for unit in services {
        match asked.target.ask(&[word, unit.name.as_bytes()]) {
            Ok(_) => open.push(unit),
            Err(failure) => {
                refused(&unit.name, failure)?;
                code = REFUSED;
            }
        }
    }
    if asked.patience.is_none() {
        return Ok(code);
    }
    let mut told = false;
    while !open.is_empty() {
        let Some(report) = status_unless_gone(&asked.target)? else {
            for unit in &open {
                match verb {
                    Verb::Stop => say(1, &unit.name, GONE),
                    Verb::Start | Verb::Restart => {
                        say(2, &unit.name, GONE);
                        code = REFUSED;
                    }
                }
            }
            return Ok(code);
        };
        let around = Around {
            stopping: report.phase == "stopping",
            asked: clock.elapsed(),
        };
        open.retain(|before| {
            match judge(verb, before, report.unit(&before.name), around) {
                Progress::Waiting => return true,
                Progress::Done(text) => say(1, &before.name, &text),
                Progress::Failed(text) => {
                    say(2, &before.name, &text);
                    code = REFUSED;
                }
            }
            false
        });
        if clock.is_over() {
            let limit = clock.elapsed();
            for before in &open {
                let now = report.unit(&before.name).unwrap_or(before);
                say(2, &before.name, &late(verb, before, now, limit));
            }
            return Ok(if code == 0 && !open.is_empty() {
                LATE
            } else {
                code
            });
        }
        if !told && clock.elapsed() >= LONG && kernel::tty::is_terminal(2) && !open.is_empty() {
            told = true;
            wait_for(&open, &report);
        }
        if !open.is_empty() {
            clock.pause();
        }
    }
    Ok(code)
}

/// What is said of a service once PID 1 has gone.
const GONE: &str = "the container has ended";

/// The status; none where nobody answers any more. PID 1 took the order a moment ago, so it
/// has ended since.
fn status_unless_gone(target: &Target) -> Result<Option<Report>> {
    match status::of(target) {
        Err(Failure::Other { code, .. }) if code == chain::exit::SYSTEM => Ok(None),
        other => other.map(Some),
    }
}

/// Tells somebody at a terminal what is waited for.
fn wait_for(open: &[Unit], report: &Report) {
    for before in open {
        if let Some(now) = report.unit(&before.name) {
            let text = format!("{}, waiting (Ctrl-C ends the wait alone)", now.state);
            say(2, &before.name, &text);
        }
    }
}

/// One service that PID 1 refused; what is no refusal ends the command.
pub(super) fn refused(name: &str, failure: Failure) -> Result<()> {
    match failure {
        Failure::Other { code, text } if code == REFUSED => {
            say(2, name, &text);
            Ok(())
        }
        other => Err(other),
    }
}

/// Says what has become of a service.
pub(super) fn say(stream: i32, name: &str, text: &str) {
    let _ = fd::write_all(stream, format!("{name}: {text}\n").as_bytes());
}

/// The time of a wait.
pub(crate) struct Watch {
    begun: Instant,
    patience: Option<Patience>,
}

impl Watch {
    pub(crate) fn start(patience: Option<Patience>) -> Watch {
        Watch {
            begun: Instant::now(),
            patience,
        }
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    pub(crate) fn is_over(&self) -> bool {
        match self.patience {
            Some(Patience::For(limit)) => self.elapsed() >= limit,
            Some(Patience::Endless) => false,
            None => true,
        }
    }

    /// Until PID 1 is asked again: the longer the wait, the more seldom.
    pub(crate) fn pause(&self) {
        let left = match self.patience {
            Some(Patience::For(limit)) => limit.saturating_sub(self.elapsed()),
            Some(Patience::Endless) | None => SELDOM,
        };
        let next = (self.elapsed() / 10).clamp(SOON, SELDOM);
        std::thread::sleep(next.min(left.max(Duration::from_millis(1))));
    }
}

/// Waits until process `pid` of the service has ended, so long at most; gives the service
/// as it is then.
pub(super) fn until_ended(
    target: &Target,
    name: &str,
    pid: u32,
    watch: &Watch,
) -> Result<Option<Unit>> {
    loop {
        let Some(report) = status_unless_gone(target)? else {
            return Ok(None);
        };
        match report.unit(name) {
            Some(unit) if unit.pid == Some(pid) => {}
            other => return Ok(other.cloned()),
        }
        if watch.is_over() {
            return Ok(report.unit(name).cloned());
        }
        watch.pause();
    }
}
