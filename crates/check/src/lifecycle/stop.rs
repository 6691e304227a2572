//! The end of a container: how long it takes, and with which exit code.

use std::time::Duration;

use super::fields::{measured, shown};
use super::life::Life;
use super::report::Begun;
use super::scenario::StopCheck;
use crate::container::death;
use crate::container::runtime::{Broken, Call};
use crate::matcher::Matcher;
use crate::value::Value;

/// How much longer than it should take something may take, so that it can be told how long it took.
const SPARE: Duration = Duration::from_secs(5);

/// How long one may take to end by itself, where nothing is said.
const ENDS: Duration = Duration::from_secs(30);

impl Life<'_> {
    /// Stops it, as the file says or as the engine does.
    pub(super) fn stop(&mut self) -> Result<(), Broken> {
        let default = StopCheck {
            place: self.scenario.place.clone(),
            within: None,
            exit_code: None,
            signal: None,
        };
        let check = self.scenario.stop.clone();
        let is_checked = check.is_some();
        let check = check.unwrap_or(default);
        let before = self.state()?;
        if !before.running {
            if is_checked {
                let hint = self.hint()?;
                let why = format!("it had ended before: {}", death::how(&before));
                self.results
                    .failed("stop", &check.place, &Begun::now(), why, hint);
            }
            return Ok(());
        }
        let begun = Begun::now();
        let within = check.within.as_ref().map(|(_, within)| *within);
        let limit = within.unwrap_or(Duration::from_secs(10)) + SPARE;
        let (took, killed) = match check.signal {
            Some(number) => self.signal_and_wait(number, limit, &begun)?,
            None => {
                let time = limit.as_secs() + 1;
                let words = ["stop", "--time", &time.to_string(), &self.id];
                self.call(Call::new(words).within(limit + Duration::from_secs(60)))?;
                let took = begun.elapsed();
                (took, took >= Duration::from_secs(time))
            }
        };
        if let Some((place, within)) = &check.within {
            let limit = shown(*within);
            let seen = match took <= *within && !killed {
                true => Ok(format!("stopped after {}", measured(took))),
                false if killed => Err(format!(
                    "not stopped within {limit}: killed after {}",
                    measured(took)
                )),
                false => Err(format!(
                    "not stopped within {limit}: it took {}",
                    measured(took)
                )),
            };
            let hint = self.hint_unless(seen.is_ok())?;
            self.results
                .tried("stop", place, &begun, seen, &limit, hint);
        }
        self.judge_code(&check, &begun)
    }

    fn judge_code(&mut self, check: &StopCheck, begun: &Begun) -> Result<(), Broken> {
        let Some(expected) = &check.exit_code else {
            return Ok(());
        };
        let state = self.state()?;
        let code = state
            .code
            .map_or(Value::Null, |code| Value::Int(i64::from(code)));
        let verdict = Matcher::parse(expected).map(|matcher| matcher.compare(code));
        let hint = self.hint()?;
        let place = &expected.place;
        self.results
            .judged("exit-code", place, begun, verdict, hint);
        Ok(())
    }

    /// Waits for its end by itself.
    pub(super) fn ends(&mut self, check: &StopCheck) -> Result<(), Broken> {
        let begun = Begun::now();
        let (place, within) = match &check.within {
            Some((place, within)) => (place, *within),
            None => (&check.place, ENDS),
        };
        let limit = shown(within);
        let waited = self.call(Call::new(["wait", &self.id]).within(within));
        let seen = match waited {
            Ok(_) => Ok(format!("ended after {}", measured(begun.elapsed()))),
            Err(Broken::Interrupted(number)) => return Err(Broken::Interrupted(number)),
            Err(Broken::Failed(_)) => Err(format!("not ended within {limit}")),
        };
        let ended = seen.is_ok();
        let hint = self.hint_unless(ended)?;
        self.results
            .tried("ends", place, &begun, seen, &limit, hint);
        if !ended {
            if let Some(expected) = &check.exit_code {
                self.results
                    .skipped("exit-code", &expected.place, "it has not ended");
            }
            return Ok(());
        }
        self.judge_code(check, &begun)
    }

    /// Sends a signal and waits for the end: how long that took, and whether it had to be killed.
    fn signal_and_wait(
        &self,
        number: i32,
        limit: Duration,
        begun: &Begun,
    ) -> Result<(Duration, bool), Broken> {
        let name = kernel::signal::name(number);
        let ended = self.call(Call::new(["kill", "--signal", &name, &self.id]))?;
        if !ended.ok() && self.state()?.running {
            return Err(Broken::Failed(ended.words()));
        }
        match self.call(Call::new(["wait", &self.id]).within(limit)) {
            Ok(_) => Ok((begun.elapsed(), false)),
            Err(Broken::Interrupted(number)) => Err(Broken::Interrupted(number)),
            Err(Broken::Failed(_)) => {
                let took = begun.elapsed();
                self.call(Call::new(["kill", &self.id]))?;
                Ok((took, true))
            }
        }
    }
}
