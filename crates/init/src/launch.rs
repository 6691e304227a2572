//! How PID 1 was called.

use std::path::{Path, PathBuf};

use layouts::settings::Settings;
use layouts::workers::Kept;
use stage::workers::{self, Pool, Wrong};

use crate::child::environment::with_path;

/// What PID 1 is to do, from the name and words it was called with.
#[derive(Clone)]
pub struct Launch {
    /// Whether the scripts of /run.d run first (`/run.sh`, `/worker.sh`).
    pub run_d: bool,
    /// The worker pool, when called as `/worker.sh`.
    pub workers: Option<Workers>,
    /// The container's command; empty when there is none.
    pub command: Vec<Vec<u8>>,
    /// The environment, as `NAME=value` entries.
    pub environment: Vec<Vec<u8>>,
    /// The words by which the same program is called once more after a crash.
    pub argv: Vec<Vec<u8>>,
    /// What a program of this process that crashed has left: the value of
    /// [`RESUME`](crate::RESUME), which is no variable of the container.
    pub resume: Option<Vec<u8>>,
}

/// A pool of equal services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workers {
    /// How many.
    pub count: u32,
    /// What each runs, as given.
    pub argv: Vec<Vec<u8>>,
}

impl Workers {
    /// Writes their service directories into the scan directory.
    pub(crate) fn write(
        &self,
        services: &Path,
        settings: &Settings,
    ) -> Result<Vec<PathBuf>, Wrong> {
        let pool = Pool {
            count: self.count,
            argv: &self.argv,
            user: settings.worker_user.as_deref(),
            kept: Kept::by(settings),
        };
        workers::write(services, &pool)
    }
}

impl Launch {
    /// The name that ps(1) shows: the last component of the first word.
    pub(crate) fn name(&self) -> &[u8] {
        let word = self.argv.first().map_or(&b"init"[..], Vec::as_slice);
        word.rsplit(|b| *b == b'/').next().unwrap_or(word)
    }

    /// The value of a variable of the container.
    pub fn variable(&self, name: &[u8]) -> Option<&[u8]> {
        self.environment
            .iter()
            .find_map(|entry| entry.strip_prefix(name)?.strip_prefix(b"="))
    }

    /// Sets a variable.
    pub(crate) fn set(&mut self, name: &[u8], value: &[u8]) {
        self.unset(name);
        self.environment.push([name, b"=", value].concat());
    }

    /// The same, with the PATH that a container has which was given none: hooks, services
    /// and everybody who asks for the container's variables see it, not the command alone.
    pub(crate) fn with_path(&self) -> Launch {
        let mut launch = self.clone();
        launch.environment = with_path(launch.environment);
        launch
    }

    /// Removes a variable.
    pub(crate) fn unset(&mut self, name: &[u8]) {
        self.environment.retain(|entry| {
            entry
                .strip_prefix(name)
                .is_none_or(|rest| !rest.starts_with(b"="))
        });
    }
}
