//! One container from its start to its removal: what `run` and `edit` share.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::compose::Service;
use super::death;
use super::label;
use super::runtime::{Broken, Call, Ended, Follower, Runtime};
use super::settings::{Settings, Strategy};
use super::shelltext::{self, Sink, Text};
use super::stage::{self, Stage};
use crate::say::say;

/// The container's log, in the directory that is mounted.
const LOG: &str = "docker_output.log";

/// What is started.
pub(crate) enum Target {
    /// A container, by the words of the engine's `run`.
    Container(Vec<OsString>),
    /// A service of a Compose file.
    Service(Service),
}

/// Why a run ends ahead of its time.
#[derive(Debug)]
pub(crate) enum Stop {
    /// With this code; all is said.
    Code(u8),
    /// With 1, and this line.
    Told(String),
    /// We were asked to end.
    Interrupted(i32),
}

impl From<Broken> for Stop {
    fn from(broken: Broken) -> Stop {
        match broken {
            Broken::Interrupted(number) => Stop::Interrupted(number),
            Broken::Failed(why) => Stop::Told(why),
        }
    }
}

/// A container and all that goes with it.
pub(crate) struct Session<'a> {
    pub(crate) runtime: &'a Runtime<'a>,
    pub(crate) settings: &'a Settings,
    pub(crate) stage: Stage,
    token: String,
    id: Option<String>,
    begun: bool,
    log: Option<(Follower, PathBuf)>,
    target: Target,
}

pub(crate) fn info(words: &str) {
    say!("INFO: {words}");
}

impl<'a> Session<'a> {
    pub(crate) fn new(
        runtime: &'a Runtime<'a>,
        settings: &'a Settings,
        stage: Stage,
        target: Target,
    ) -> Session<'a> {
        Session {
            runtime,
            settings,
            stage,
            token: stage::token(),
            id: None,
            begun: false,
            log: None,
            target,
        }
    }

    /// The container; empty as long as there is none.
    pub(crate) fn id(&self) -> &str {
        self.id.as_deref().unwrap_or_default()
    }

    fn mount(&self) -> OsString {
        let mut mount = self.stage.path().as_os_str().to_owned();
        mount.push(format!(":{}:z", stage::PLACE));
        mount
    }

    /// Starts the container with the files in it.
    pub(crate) fn start(&mut self) -> Result<(), Stop> {
        self.begun = true;
        let label = label::of(&self.token);
        let mount = match self.settings.strategy {
            Strategy::Mount => Some(self.mount()),
            Strategy::Copy => None,
        };
        let runtime = self.runtime;
        let engine = self.settings.runtime;
        match &mut self.target {
            Target::Service(service) => {
                info(&format!("Starting {} container", service.name));
                let copies = mount.is_none();
                self.id = Some(service.start(runtime, &label, &self.token, mount)?);
                if copies {
                    info("Copy goss files into container");
                    self.copy_in()?;
                }
            }
            Target::Container(words) => {
                let words = words.clone();
                match mount {
                    Some(mount) => {
                        info(&format!("Starting {engine} container"));
                        let alone = words.len() == 1;
                        let mut call = Call::new(["run", "-d", "--label", &label, "-v"])
                            .words([mount])
                            .words(words);
                        if engine == "podman" && alone {
                            call = call.words(["sleep", "infinity"]);
                        }
                        self.id = Some(self.make(call)?);
                    }
                    None => {
                        info(&format!("Creating {engine} container"));
                        let call = Call::new(["create", "--label", &label]).words(words);
                        self.id = Some(self.make(call)?);
                        info("Copy goss files into container");
                        self.copy_in()?;
                        info(&format!("Starting {engine} container"));
                        self.expect(Call::new(["start", self.id()]).err(std::io::stderr()))?;
                    }
                }
            }
        }
        self.follow();
        info(&format!("Container ID: {}", short(self.id())));
        Ok(())
    }

    /// A call that makes a container: its id.
    fn make(&self, call: Call) -> Result<String, Stop> {
        // An image may have to be fetched first.
        let call = call.err(std::io::stderr()).unlimited().finishes();
        let ended = self.expect(call)?;
        let id = ended.text().lines().last().unwrap_or_default().to_string();
        match id.is_empty() {
            true => Err(Stop::Told(format!(
                "{} named no container",
                self.runtime.name()
            ))),
            false => Ok(id),
        }
    }

    /// A call whose failure ends the run with its exit code.
    fn expect(&self, call: Call) -> Result<Ended, Stop> {
        let ended = self.runtime.call(call)?;
        match ended.ok() {
            true => Ok(ended),
            false => {
                if !ended.err.is_empty() {
                    say!("{}", ended.words());
                }
                Err(Stop::Code(ended.code))
            }
        }
    }

    fn copy_in(&self) -> Result<(), Stop> {
        let mut from = self.stage.path().as_os_str().to_owned();
        from.push("/.");
        let to = format!("{}:{}", self.id(), stage::PLACE);
        let call = Call::new(["cp"]).words([from]).words([to]);
        self.expect(call.within(Duration::from_secs(600)))?;
        Ok(())
    }

    fn follow(&mut self) {
        let path = self.stage.path().join(LOG);
        let Ok(file) = File::create(&path) else {
            return;
        };
        if let Ok(follower) = self.runtime.follow(["logs", "-f", self.id()], &file) {
            self.log = Some((follower, path));
        }
    }

    /// Whether the container runs.
    pub(crate) fn runs(&self) -> Result<bool, Stop> {
        let call = Call::new(["inspect", "-f", "{{.State.Running}}", self.id()]);
        Ok(self.runtime.call(call)?.text() == "true")
    }

    /// Runs `validate` over a file of the container: its exit code. `options` is GOSS_OPTS or
    /// GOSS_WAIT_OPTS, called `name`.
    pub(crate) fn validate(&self, file: &str, name: &str, options: &str) -> Result<u8, Stop> {
        let program = self.stage.program.clone();
        let file = format!("{}/{file}", self.stage.home);
        let vars = self.settings.vars.as_deref().map(stage::inside);
        let vars = vars.map(|vars| format!("{}/{vars}", stage::PLACE));
        let call = match shelltext::parse(options) {
            Text::Plain { words, out, err } => {
                let mut call = Call::new(["exec", self.id()]).words([program, "-g".into(), file]);
                if let Some(vars) = vars {
                    call = call.words([format!("--vars={vars}")]);
                }
                let call = call.words(["validate"]).words(words);
                err_to(out_to(call, out), err)
            }
            Text::Shell(sign) => {
                self.need_shell(name, sign)?;
                let vars = vars
                    .map(|vars| format!("--vars='{vars}' "))
                    .unwrap_or_default();
                let script = format!("{program} -g {file} {vars}validate {options}");
                Call::new(["exec", self.id(), "sh", "-c", &script]).passed()
            }
        };
        Ok(self.runtime.call(call.unlimited())?.code)
    }

    fn need_shell(&self, name: &str, sign: char) -> Result<(), Stop> {
        let ended = self
            .runtime
            .call(Call::new(["exec", self.id(), "sh", "-c", ":"]))?;
        match ended.ok() || !self.runs()? {
            true => Ok(()),
            false => Err(Stop::Told(format!(
                "{name} holds {sign:?}, which is for a shell, and the image has no sh: write words, \
                 quotes and `> /dev/null` only"
            ))),
        }
    }

    /// Why the program did not run at all, where `code` is the engine's and not its own.
    pub(crate) fn not_started(&self, code: u8) -> Option<String> {
        death::program_did_not_start(self.runtime, self.id(), &self.stage, code)
    }

    /// Ends the run with what is known of the container's end.
    pub(crate) fn died(&self, what: &str) -> Stop {
        death::tell(self.runtime, self.id(), Some(&self.stage), what);
        Stop::Code(1)
    }

    /// Removes the container and all that came with it. Nothing interrupts that.
    pub(crate) fn end(mut self) {
        self.runtime.signals.heed_no_more();
        if self.id.is_none() && self.begun {
            self.id = label::find(self.runtime, &self.token);
        }
        if let Some(id) = self.id.clone() {
            info("Stopping container");
            self.settle(["stop", "--time", "1", &id], true);
            // What it wrote last has come through when this has.
            self.settle(["logs", "--tail", "1", &id], true);
        }
        if let Some((follower, path)) = self.log.take() {
            drop(follower);
            if let Some(copy) = &self.settings.log_copy {
                copy_log(&path, copy);
            }
        }
        if let Some(id) = self.id.take() {
            info("Deleting container");
            self.settle(["rm", "-vf", &id], false);
        }
        if let Target::Service(service) = &mut self.target {
            service.end(self.runtime);
        }
    }

    fn settle<const N: usize>(&self, words: [&str; N], silent: bool) {
        match self.runtime.call(Call::new(words)) {
            Ok(ended) if ended.ok() || silent => {}
            // It was started with --rm, and is gone.
            Ok(ended) if is_gone(&ended.words()) => {}
            Ok(ended) => say!("ERROR: {}: {}", words.join(" "), ended.words()),
            Err(why) => say!("ERROR: {}: {why}", words.join(" ")),
        }
    }
}

fn out_to(call: Call, sink: Sink) -> Call {
    match sink {
        Sink::Out => call.out(std::io::stdout()),
        Sink::Err => call.out(std::io::stderr()),
        Sink::Null => call.out(std::process::Stdio::null()),
    }
}

fn err_to(call: Call, sink: Sink) -> Call {
    match sink {
        Sink::Out => call.err(std::io::stdout()),
        Sink::Err => call.err(std::io::stderr()),
        Sink::Null => call.err(std::process::Stdio::null()),
    }
}

/// The beginning of an id.
fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}

/// Whether an engine's words mean that there is no such container (any more).
fn is_gone(words: &str) -> bool {
    let words = words.to_lowercase();
    [
        "no such container",
        "already in progress",
        "no container with",
    ]
    .iter()
    .any(|known| words.contains(known))
}

fn copy_log(from: &Path, to: &Path) {
    if let Err(error) = fs::copy(from, to) {
        say!("ERROR: CONTAINER_LOG_OUTPUT: {}: {error}", to.display());
    }
}
