//! Words for how services are: ends that nobody asked for, and what keeps the container
//! from being ready.

use std::collections::BTreeMap;
use std::time::Duration;

use engine::{End, Ended, Hindrance, Next, UnitId};
use kernel::words::{self, time};
use kernel::{clock, signal};
use plan::Kind;

use crate::supervisor::Supervisor;
use crate::supervisor::parts::{Phase, Task, now};

impl Supervisor<'_> {
    /// The line of an end that nobody asked for; none where nobody wants to hear of it.
    pub(crate) fn ended(&self, ended: &Ended) -> Option<String> {
        // A one-shot that fails does not do so over and over, and others wait for it.
        let unit = self.mind.engine().unit(ended.unit);
        let is_one_shot = unit.is_some_and(|unit| unit.definition().kind == Kind::OneShot);
        if !self.container.settings.tell_ends && !is_one_shot {
            return None;
        }
        let name = self.name(ended.unit);
        let next = match ended.next {
            Next::Again(wait) if wait <= Duration::from_secs(1) => "started again".to_string(),
            Next::Again(wait) => format!("started again in {}", time(wait)),
            Next::Waits => "started again when what it needs is up".to_string(),
            Next::Rests => "not started again".to_string(),
            Next::FinishForbids => "not started again, since its finish exited 125".to_string(),
            Next::LimitForbids => "not started again".to_string(),
            Next::StopsContainer => "the container stops".to_string(),
        };
        let mut line = format!(
            "{name}: {} after {}; {next}",
            ending(ended.end),
            time(ended.lived)
        );
        if ended.nth > 1 {
            line.push_str(&format!(", {} end in a minute", ordinal(ended.nth)));
        }
        if matches!(ended.next, Next::Rests | Next::FinishForbids) {
            line.push_str(&format!("; `mainstay start {name}` starts it once more"));
        }
        if ended.counts_from_here {
            line.push_str(&format!(
                "; further ends are only counted (`mainstay stop {name}` keeps it down, \
                 MAINSTAY_TELL_ENDS=0 silences these lines)"
            ));
        }
        Some(line)
    }

    /// The line of ends that were only counted.
    pub(crate) fn ended_often(&self, unit: UnitId, count: u32, last: End) -> Option<String> {
        let times = words::count(count, "more time");
        self.container.settings.tell_ends.then(|| {
            format!(
                "{}: ended {times} within a minute; the last time it {}",
                self.name(unit),
                ending(last)
            )
        })
    }

    /// The line that says whom the stop waits for.
    pub(crate) fn stop_waits(&self, units: &[UnitId], waited: Duration) -> String {
        let names: Vec<String> = units
            .iter()
            .map(|unit| {
                let pid = self.mind.engine().unit(*unit).and_then(|view| view.pid());
                let pid = pid.map_or(String::new(), |pid| format!(" (pid {})", pid.0));
                format!("{}{pid}", self.name(*unit))
            })
            .collect();
        let limit = match self.ending.rules.limits.services {
            None => "without a limit (S6_SERVICES_GRACETIME=0)".to_string(),
            Some(limit) => format!(
                "{} at most after the stop hooks (S6_SERVICES_GRACETIME)",
                time(limit)
            ),
        };
        format!(
            "the stop takes {} by now and waits for {}, {limit}",
            time(waited),
            names.join(", ")
        )
    }

    /// What keeps the container as a whole from being ready, a few words each.
    pub(crate) fn not_ready(&self) -> Vec<String> {
        let phase = match (&self.ending.stopping, &self.progress.phase) {
            (Some(_), _) => Some(self.with_hook("the container stops")),
            (None, Phase::RunD(_) | Phase::Preparing(_) | Phase::Booting(..)) => {
                Some(self.with_hook("the container boots"))
            }
            (None, Phase::Settling(_)) => Some("the command waits for services".to_string()),
            (None, Phase::Held(task)) => Some(format!("no process yet for {}", task.name())),
            (None, Phase::Up) => None,
        };
        let incomplete = self
            .progress
            .incomplete
            .then(|| "the boot has lost hooks or services; the log says which and why".to_string());
        phase.into_iter().chain(incomplete).collect()
    }

    /// The services that keep it from being ready, and why, a few words each.
    pub(crate) fn hindrances(&self) -> BTreeMap<UnitId, String> {
        let units = self.mind.engine().hindrances(now());
        units
            .map(|(unit, why)| (unit, self.hindrance(unit, why)))
            .collect()
    }

    /// Whether hooks still run, or are still to run, that come before the services.
    pub(crate) fn boots(&self) -> bool {
        match self.progress.phase {
            Phase::RunD(_) | Phase::Preparing(_) | Phase::Booting(..) => true,
            Phase::Held(task) => task != Task::Command,
            Phase::Settling(_) | Phase::Up => false,
        }
    }

    /// These words, with the hook that is waited for.
    pub(crate) fn with_hook(&self, words: &str) -> String {
        match &self.progress.hook {
            None => words.to_string(),
            Some((path, since)) => {
                let age = clock::monotonic().saturating_sub(*since);
                format!("{words}: {path} has run for {}", time(age))
            }
        }
    }

    fn hindrance(&self, unit: UnitId, why: Hindrance) -> String {
        let name = self.name(unit);
        let view = self.mind.engine().unit(unit);
        let end = view
            .and_then(|view| view.last_end())
            .map_or_else(|| "never ran".to_string(), ending);
        match why {
            Hindrance::GaveUp => format!(
                "{name} {end} and is not started again; `mainstay start {name}` starts it once more"
            ),
            Hindrance::Ended(None) => format!("{name} {end} and is not up again"),
            Hindrance::Ended(Some(left)) => format!(
                "{name} {end} by itself and has to stay up for {} more",
                time(left.max(Duration::from_secs(1)))
            ),
            Hindrance::NotReady => format!("{name} runs and has not said that it is ready"),
            Hindrance::Waits => {
                let needs: Vec<String> = self
                    .mind
                    .engine()
                    .waits_for(unit)
                    .map(|need| kernel::escape(need.as_bytes()))
                    .collect();
                format!("{name} waits for {}", needs.join(", "))
            }
            Hindrance::NotUp => format!("{name} is not up"),
        }
    }
}

/// How a process ended: `ended with exit code 1`, `was killed by SIGSEGV`.
pub(crate) fn ending(end: End) -> String {
    match end {
        End::Exited(code) => format!("ended with exit code {code}"),
        End::Killed(number) => format!("was killed by SIG{}", signal::name(i32::from(number))),
    }
}

/// `1st`, `2nd`, `3rd`, `4th`, `11th`.
fn ordinal(number: u32) -> String {
    let suffix = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_said_as_people_say_them() {
        let said = [1, 2, 3, 4, 11, 12, 21, 22, 113].map(ordinal).join(" ");
        assert_eq!(said, "1st 2nd 3rd 4th 11th 12th 21st 22nd 113th");
    }
}
