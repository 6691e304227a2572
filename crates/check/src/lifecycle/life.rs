//! One life of one container, from outside: made, started, waited for, hurt, stopped, searched,
//! removed.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::BufReader;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::time::Duration;

use super::fields::shown;
use super::inside;
use super::leftovers::{self, Belongings};
use super::report::{Begun, Results};
use super::scenario::{Kill, Scenario, Whom};
use super::secrets::{self, Secret};
use super::way::Way;
use super::words;
use crate::container::death::{self, State};
use crate::container::label;
use crate::container::runtime::{Broken, Call, Ended, Runtime};
use crate::container::settings::{Settings, Strategy};
use crate::container::stage::{self, Stage};
use crate::matcher::compare_stream;
use crate::node::Node;
use crate::run::Group;
use crate::say::say;

/// What all lives share.
pub(super) struct World<'a> {
    pub(super) runtime: &'a Runtime<'a>,
    pub(super) settings: &'a Settings,
    pub(super) stage: &'a Stage,
    /// The words of the call: options, an image, its command.
    pub(super) words: &'a [OsString],
}

/// How many lines of the log are shown.
const LINES: &str = "20";

/// As whom our program is run inside: the container's own user, root, root with all rights.
const AS: [&[&str]; 3] = [&[], &["-u", "0"], &["-u", "0", "--privileged"]];

/// A container on its way.
pub(super) struct Life<'a> {
    pub(super) world: &'a World<'a>,
    pub(super) scenario: &'a Scenario,
    secrets: &'a [Secret],
    token: String,
    pub(super) id: String,
    log: PathBuf,
    pub(super) results: Results,
}

/// Tries one: what came of it.
///
/// # Errors
/// The signal that has interrupted it.
pub(super) fn live(
    world: &World,
    scenario: &Scenario,
    way: &Way,
    secrets: &[Secret],
) -> Result<Group, i32> {
    let token = stage::token();
    let mut life = Life {
        world,
        scenario,
        secrets,
        log: world.stage.path().join(format!("log.{token}")),
        token,
        id: String::new(),
        results: Results::new(scenario, way),
    };
    let begun = Begun::now();
    let result = life.until_stopped(way);
    let image = life.image();
    let removed = life.remove();
    let result = result.and_then(|belongings| {
        if let Some(belongings) = belongings {
            life.left_behind(&belongings, removed)?;
            life.seek_secrets(image, way)?;
        }
        Ok(())
    });
    let _ = std::fs::remove_file(&life.log);
    match result {
        Ok(()) => {}
        Err(Broken::Interrupted(number)) => return Err(number),
        Err(Broken::Failed(why)) => {
            life.results
                .failed("engine", &scenario.place, &begun, why, None);
        }
    }
    Ok(life.results.group)
}

impl Life<'_> {
    pub(super) fn call(&self, call: Call) -> Result<Ended, Broken> {
        self.world.runtime.call(call)
    }

    /// Everything up to the stop, and the log's patterns. None where it did not start.
    fn until_stopped(&mut self, way: &Way) -> Result<Option<Belongings>, Broken> {
        if !self.start(way)? {
            return Ok(None);
        }
        let ready = match &self.scenario.ready {
            Some(ready) => self.ready(ready)?,
            None => true,
        };
        for kill in &self.scenario.kills {
            match ready && self.state()?.running {
                true => self.kill(kill)?,
                false => self
                    .results
                    .skipped("kill", &kill.place, "the container is not ready"),
            }
        }
        let belongings = match self.scenario.left_behind {
            Some(_) => leftovers::note(self.world.runtime, &self.id)?,
            None => Belongings::default(),
        };
        match &self.scenario.ends {
            Some(ends) => self.ends(ends)?,
            None => self.stop()?,
        }
        if self.scenario.log.is_some() || !self.secrets.is_empty() {
            self.keep_log()?;
        }
        if let Some(patterns) = &self.scenario.log {
            self.judge_log(patterns);
        }
        Ok(Some(belongings))
    }

    /// Makes and starts it; a failure is a result.
    fn start(&mut self, way: &Way) -> Result<bool, Broken> {
        let begun = Begun::now();
        let scenario = self.scenario;
        let mut call = Call::new(["create", "--label", &label::of(&self.token)]);
        let copies = self.world.settings.strategy == Strategy::Copy;
        if !copies {
            let mut mount = self.world.stage.path().as_os_str().to_owned();
            mount.push(format!(":{}:ro,z", stage::PLACE));
            call = call.words(["-v"]).words([mount]);
        }
        for (name, value) in &scenario.env {
            call = call.words(["-e".to_string(), format!("{name}={value}")]);
        }
        for secret in self.secrets {
            call = call.words(secret.options());
        }
        call = call
            .words(scenario.options.clone())
            .words(way.options.clone());
        let (options, behind) = words::split(self.world.words);
        let (image, command) = behind.split_at(behind.len().min(1));
        call = call.words(options.to_vec());
        call = match &scenario.image {
            Some(image) => call.words([image.clone()]),
            None => call.words(image.to_vec()),
        };
        call = match (&scenario.image, scenario.command.is_empty()) {
            (_, false) => call.words(scenario.command.clone()),
            // The call's command is one for the call's image.
            (Some(_), true) => call,
            (None, true) => call.words(command.to_vec()),
        };
        let made = self.call(call.unlimited().finishes())?;
        let mut words = made.words();
        if made.ok() {
            self.id = made.text().lines().last().unwrap_or_default().to_string();
            words = self.fill_and_start(copies)?;
        }
        if words.is_empty() && !self.id.is_empty() {
            return Ok(true);
        }
        let words = secrets::masked(&words, self.secrets);
        let place = &scenario.place;
        self.results.failed("start", place, &begun, words, None);
        Ok(false)
    }

    /// What went wrong, in the engine's words.
    fn fill_and_start(&self, copies: bool) -> Result<String, Broken> {
        if copies {
            let mut from = self.world.stage.path().as_os_str().to_owned();
            from.push("/.");
            let to = format!("{}:{}", self.id, stage::PLACE);
            let ended = self.call(Call::new(["cp"]).words([from]).words([to]))?;
            if !ended.ok() {
                return Ok(ended.words());
            }
        }
        let ended = self.call(Call::new(["start", &self.id]))?;
        Ok(match ended.ok() {
            true => String::new(),
            false => ended.words(),
        })
    }

    pub(super) fn state(&self) -> Result<State, Broken> {
        Ok(death::state(self.world.runtime, &self.id)?.unwrap_or_default())
    }

    /// What helps to understand: how it is, and what it said last.
    pub(super) fn hint(&self) -> Result<Option<String>, Broken> {
        let state = self.state()?;
        let ended = self.call(Call::new(["logs", "--tail", LINES, &self.id]))?;
        let log = [ended.out, ended.err].concat();
        let log = secrets::masked(&String::from_utf8_lossy(&log), self.secrets);
        let how = match state.running {
            true => "it runs".to_string(),
            false => death::how(&state),
        };
        Ok(Some(match log.trim_end() {
            "" => format!("{how}; it wrote nothing"),
            log => format!("{how}; its last lines:\n{log}"),
        }))
    }

    /// The same where it is needed.
    pub(super) fn hint_unless(&self, passed: bool) -> Result<Option<String>, Broken> {
        match passed {
            true => Ok(None),
            false => self.hint(),
        }
    }

    /// Runs our program inside; its answer. As the container's own user first: it may ask
    /// PID 1, whatever was taken from the container.
    pub(super) fn inside(&self, words: &[&str], limit: Duration) -> Result<(u8, String), Broken> {
        let program = &self.world.stage.program;
        let mut first = None;
        for options in AS {
            let call = Call::new(["exec"])
                .words(options.to_vec())
                .words([self.id.as_str(), program, "lifecycle", "--inside"])
                .words(words.to_vec())
                .within(limit + Duration::from_secs(30));
            let ended = self.call(call)?;
            let text = match ended.text() {
                text if text.is_empty() => ended.words(),
                text => text,
            };
            let first = first.get_or_insert((ended.code, text.clone()));
            match ended.code {
                inside::YES..=inside::NEVER => return Ok((ended.code, text)),
                inside::DENIED => {}
                _ => return Ok(first.clone()),
            }
        }
        Ok(first.unwrap_or_default())
    }

    fn kill(&mut self, kill: &Kill) -> Result<(), Broken> {
        let begun = Begun::now();
        let (kind, name) = match &kill.whom {
            Whom::Service(name) => ("service", name.as_str()),
            Whom::Process(name) => ("process", name.as_str()),
        };
        let number = kill.signal.to_string();
        let time = kill.within.as_millis().to_string();
        let words = ["kill", kind, name, &number, &time];
        let (code, answer) = self.inside(&words, kill.within)?;
        let signal = kernel::signal::name(kill.signal);
        let limit = shown(kill.within);
        let seen = match code {
            inside::YES => Ok(format!("{name} back after {answer}ms")),
            inside::NO => Err(format!(
                "{name} is not back within {limit} after SIG{signal}: {answer}"
            )),
            _ if !self.state()?.running => {
                let how = death::how(&self.state()?);
                Err(format!("the container ended with {name}: {how}"))
            }
            _ => Err(answer),
        };
        let hint = self.hint_unless(seen.is_ok())?;
        self.results
            .tried("kill", &kill.place, &begun, seen, &limit, hint);
        Ok(())
    }

    /// Keeps its log in a file that only we read.
    pub(super) fn keep_log(&self) -> Result<(), Broken> {
        let failed = |error: std::io::Error| Broken::Failed(error.to_string());
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let file = options.open(&self.log).map_err(failed)?;
        // Both streams write where the other has stopped: they share one offset.
        let other = file.try_clone().map_err(failed)?;
        self.call(Call::new(["logs", &self.id]).out(file).err(other))?;
        Ok(())
    }

    /// The log that was kept.
    pub(super) fn kept_log(&self) -> Result<BufReader<File>, String> {
        let opened = File::open(&self.log).map_err(|error| error.to_string());
        opened.map(BufReader::new)
    }

    fn judge_log(&mut self, patterns: &Node) {
        let begun = Begun::now();
        let list = super::scenario::as_list(patterns);
        let verdict = self.kept_log();
        let verdict = verdict.map(|mut lines| compare_stream(&list, "the log", &mut lines));
        let hint = self.hint().ok().flatten();
        self.results
            .judged("log", &patterns.place, &begun, verdict, hint);
    }

    /// Its image's id, while that can be asked.
    fn image(&self) -> String {
        if self.secrets.is_empty() || self.id.is_empty() {
            return String::new();
        }
        let asked = self.call(Call::new(["inspect", "-f", "{{.Image}}", &self.id]));
        asked.map(|ended| ended.text()).unwrap_or_default()
    }

    /// Removes it, also when we are asked to end: whether that went well.
    fn remove(&mut self) -> bool {
        let runtime = self.world.runtime;
        let unheeded = runtime.signals.unheeded();
        if self.id.is_empty() {
            self.id = label::find(runtime, &self.token).unwrap_or_default();
        }
        if self.id.is_empty() {
            return true;
        }
        let removed = match self.call(Call::new(["rm", "-vf", &self.id])) {
            Ok(ended) if ended.ok() => true,
            Ok(ended) => {
                say!("ERROR: rm {}: {}", self.id, ended.words());
                false
            }
            Err(why) => {
                say!("ERROR: rm {}: {why}", self.id);
                false
            }
        };
        drop(unheeded);
        removed
    }

    fn left_behind(&mut self, belongings: &Belongings, removed: bool) -> Result<(), Broken> {
        let Some(place) = &self.scenario.left_behind else {
            return Ok(());
        };
        let begun = Begun::now();
        let mut left = leftovers::left(self.world.runtime, &self.id, belongings)?;
        if !removed {
            left.push(format!("the container {}", self.id));
        }
        let unseen = belongings.processes.is_empty().then(|| {
            "no process of it was seen from here (an engine on another machine?): only volumes \
             and the container itself were looked for"
                .to_string()
        });
        let message = "to be what is left behind:";
        self.results
            .sought("left-behind", place, &begun, message, left, unseen);
        Ok(())
    }

    /// Looks for secrets in the log, and once a scenario in the image.
    fn seek_secrets(&mut self, image: String, way: &Way) -> Result<(), Broken> {
        if self.secrets.is_empty() {
            return Ok(());
        }
        let begun = Begun::now();
        let found = secrets::in_log(&self.log, self.secrets);
        let mut found = found.map_err(|error| Broken::Failed(error.to_string()))?;
        if way.name.is_empty() && !image.is_empty() {
            let more = secrets::in_image(self.world.runtime, &image, self.secrets)?;
            found.hits.extend(more.hits);
            found.unread.extend(more.unread);
        }
        let unread = (!found.unread.is_empty()).then(|| found.unread.join(", "));
        for ((name, place), secret) in self.scenario.secrets.iter().zip(self.secrets) {
            if let Some(why) = secrets::unfit(secret) {
                self.results.failed("secrets", place, &begun, why, None);
                continue;
            }
            let hits = found.hits.iter().filter(|hit| hit.name == *name);
            let places = hits.map(|hit| hit.place.clone()).collect();
            let message = format!("to be where the value of {name} stands:");
            self.results
                .sought("secrets", place, &begun, &message, places, unread.clone());
        }
        Ok(())
    }
}
