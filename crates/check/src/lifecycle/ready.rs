//! When a container is ready: who says so, and how long that may take.

use std::time::Duration;

use super::fields::{measured, shown};
use super::inside;
use super::life::Life;
use super::report::Begun;
use super::scenario::{By, Ready};
use crate::container::death;
use crate::container::runtime::{Broken, Call};
use crate::container::stage;
use crate::matcher::compare_stream;
use crate::node::Node;

/// How often is looked for what nobody announces.
const PAUSE: Duration = Duration::from_millis(100);

/// How long one runs that nobody says is ready, before it counts as such.
const RUNS_ON: Duration = Duration::from_secs(1);

impl Life<'_> {
    /// Waits until it is ready: whether it is.
    pub(super) fn ready(&mut self, ready: &Ready) -> Result<bool, Broken> {
        let begun = Begun::now();
        let result = match &ready.by {
            By::Whoever | By::Mainstay => self.ready_by_mainstay(ready)?,
            By::Health => self.ready_by_health(ready.within)?,
            By::File(file) => self.ready_by_file(file, ready.within)?,
            By::Log(patterns) => self.ready_by_log(patterns, ready.within)?,
        };
        let is_ready = result.is_ok();
        let limit = shown(ready.within);
        let seen = match result {
            Ok(()) => Ok(format!("ready after {}", measured(begun.elapsed()))),
            Err(why) => Err(format!("not ready within {limit}: {why}")),
        };
        let hint = self.hint_unless(is_ready)?;
        self.results
            .tried("ready", &ready.place, &begun, seen, &limit, hint);
        Ok(is_ready)
    }

    fn ready_by_mainstay(&self, ready: &Ready) -> Result<Result<(), String>, Broken> {
        let begun = Begun::now();
        let time = ready.within.as_millis().to_string();
        let (code, words) = self.inside(&["ready", &time], ready.within)?;
        match code {
            inside::YES => Ok(Ok(())),
            inside::ELSEWHERE if matches!(ready.by, By::Whoever) => {
                let left = ready.within.saturating_sub(begun.elapsed());
                match self.health()?.is_empty() {
                    false => self.ready_by_health(left),
                    true => self.runs_on(left),
                }
            }
            _ => Ok(Err(words)),
        }
    }

    fn runs_on(&self, left: Duration) -> Result<Result<(), String>, Broken> {
        self.world.runtime.signals.sleep(RUNS_ON.min(left));
        let state = self.state()?;
        Ok(match state.running {
            true => Ok(()),
            false => Err(death::how(&state)),
        })
    }

    fn health(&self) -> Result<String, Broken> {
        let field = "{{if .State.Health}}{{.State.Health.Status}}{{end}}";
        Ok(self
            .call(Call::new(["inspect", "-f", field, &self.id]))?
            .text())
    }

    /// Asks until it is so, the container ends, or the time is over.
    fn until(
        &self,
        within: Duration,
        mut ask: impl FnMut() -> Result<Result<(), String>, Broken>,
    ) -> Result<Result<(), String>, Broken> {
        let begun = Begun::now();
        loop {
            let answer = ask()?;
            if answer.is_ok() {
                return Ok(answer);
            }
            let state = self.state()?;
            if !state.running {
                return Ok(Err(death::how(&state)));
            }
            if begun.elapsed() >= within {
                return Ok(answer);
            }
            self.world.runtime.signals.sleep(PAUSE);
        }
    }

    fn ready_by_health(&self, within: Duration) -> Result<Result<(), String>, Broken> {
        self.until(within, || {
            Ok(match self.health()?.as_str() {
                "healthy" => Ok(()),
                "" => Err("the image has no health check".to_string()),
                other => Err(format!("its health check says {other}")),
            })
        })
    }

    fn ready_by_file(&self, file: &str, within: Duration) -> Result<Result<(), String>, Broken> {
        let program = self.world.stage.program.clone();
        let path = format!("{}/{file}", stage::PLACE);
        let validate = |words: &[&str]| {
            let call = Call::new(["exec", &self.id])
                .words([program.as_str(), "-g", &path, "validate", "--format"])
                .words(words.to_vec())
                .within(within + Duration::from_secs(60));
            self.call(call)
        };
        let time = format!("{}ms", within.as_millis());
        if validate(&["silent", "--retry-timeout", &time, "--sleep", "100ms"])?.ok() {
            return Ok(Ok(()));
        }
        let ended = validate(&["rspecish"])?;
        let words = [ended.out, ended.err].concat();
        let words = String::from_utf8_lossy(&words);
        Ok(Err(format!(
            "the tests of {file} do not pass:\n{}",
            words.trim()
        )))
    }

    fn ready_by_log(
        &self,
        patterns: &Node,
        within: Duration,
    ) -> Result<Result<(), String>, Broken> {
        self.until(within, || {
            // In a file: it may be larger than memory.
            self.keep_log()?;
            let mut log = match self.kept_log() {
                Ok(log) => log,
                Err(why) => return Ok(Err(why)),
            };
            let verdict = compare_stream(patterns, "the log", &mut log);
            Ok(match (verdict.success, verdict.error) {
                (true, _) => Ok(()),
                (false, Some(why)) => Err(why),
                (false, None) => Err("its log does not say so".to_string()),
            })
        })
    }
}
