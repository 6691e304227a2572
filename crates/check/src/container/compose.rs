//! A service of a Compose file as the container that is tested.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use super::runtime::{Broken, Call, Runtime};
use super::session::Stop;
use crate::say::say;

/// The files in which Compose looks for services.
const FILES: &[&str] = &[
    "compose.yaml",
    "compose.yml",
    "docker-compose.yaml",
    "docker-compose.yml",
];

/// A service, and what was there before it was started.
pub(crate) struct Service {
    /// Its name.
    pub(crate) name: String,
    words: Vec<OsString>,
    compose: Vec<OsString>,
    before: Option<BTreeSet<String>>,
}

impl Service {
    /// A service; `words` are the rest of the call.
    ///
    /// # Errors
    /// No file, no Compose.
    pub(crate) fn find(
        runtime: &Runtime,
        name: String,
        words: Vec<OsString>,
    ) -> Result<Service, Stop> {
        let named = std::env::var_os("COMPOSE_FILE").is_some_and(|files| !files.is_empty());
        if !named && !FILES.iter().any(|file| Path::new(file).is_file()) {
            return Err(Stop::Told(format!(
                "there is no {} here, and COMPOSE_FILE names none",
                FILES.join(", ")
            )));
        }
        let mut compose = runtime.program.clone();
        compose.push("compose".into());
        let plugin = runtime.call(Call::new(["compose", "version"]));
        if !plugin.is_ok_and(|ended| ended.ok()) {
            compose = vec!["docker-compose".into()];
        }
        Ok(Service {
            name,
            words,
            compose,
            before: None,
        })
    }

    fn compose<'a>(&self, runtime: &Runtime<'a>) -> Runtime<'a> {
        Runtime {
            program: self.compose.clone(),
            signals: runtime.signals,
            shown: runtime.shown,
        }
    }

    fn containers(&self, runtime: &Runtime) -> Result<BTreeSet<String>, Broken> {
        let ended = self.compose(runtime).call(Call::new(["ps", "-a", "-q"]))?;
        match ended.ok() {
            true => Ok(ended.text().lines().map(str::to_string).collect()),
            false => Err(Broken::Failed(ended.words())),
        }
    }

    /// Starts it beside what it depends on: its id.
    ///
    /// # Errors
    /// As Compose has them.
    pub(crate) fn start(
        &mut self,
        runtime: &Runtime,
        label: &str,
        token: &str,
        mount: Option<OsString>,
    ) -> Result<String, Stop> {
        self.before = Some(self.containers(runtime)?);
        // A name of our own: one that exists already may be somebody's.
        let own = format!("dcgoss-{}-{token}", self.name);
        let mut call = Call::new(["run", "-d", "-T", "--label", label, "--name", &own]);
        if let Some(mount) = mount {
            call = call.words(["-v"]).words([mount]);
        }
        let call = call.words([self.name.clone()]).words(self.words.clone());
        let call = call.err(std::io::stderr()).unlimited().finishes();
        let ended = self.compose(runtime).call(call)?;
        if !ended.ok() {
            return Err(Stop::Code(ended.code));
        }
        let found = runtime.call(Call::new(["inspect", "-f", "{{.Id}}", &own]))?;
        match found.ok() {
            true => Ok(found.text()),
            false => Err(Stop::Told(found.words())),
        }
    }

    /// Removes what was started with it: its dependencies, and the network where nothing of the
    /// project was there before.
    pub(crate) fn end(&mut self, runtime: &Runtime) {
        let Some(before) = self.before.take() else {
            return;
        };
        let limit = Duration::from_secs(120);
        if let Ok(now) = self.containers(runtime) {
            let new: Vec<&String> = now.difference(&before).collect();
            if !new.is_empty() {
                let call = Call::new(["rm", "-vf"]).words(new).within(limit);
                let _ = runtime.call(call);
            }
        }
        if before.is_empty() {
            let ended = self
                .compose(runtime)
                .call(Call::new(["down"]).within(limit));
            if let Err(why) = ended {
                say!("ERROR: {why}");
            }
        }
    }
}
