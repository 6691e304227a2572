//! What a line of a crontab asks for.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::mind::Task;
use crate::schedule::{Schedule, Seconds};

/// One line of a crontab with what stood above it.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    /// What it is called in every message and prefix: `CRON_NAME`, else the file's name of
    /// the command's first word; made unique in a set of files by `-2`, `-3` and so on.
    pub(crate) name: String,
    /// Where it stands: the file and the line, from 1.
    pub(crate) place: (PathBuf, usize),
    /// When it runs.
    pub(crate) schedule: Schedule,
    /// What `sh -c` gets: up to the first `%`, each `\%` a `%` (crontab(5)).
    pub(crate) command: Vec<u8>,
    /// What the command reads: what stands behind the first `%`, each further `%` a line end.
    pub(crate) stdin: Vec<u8>,
    /// Who it runs as; the scheduler's own user where none is given.
    pub(crate) user: Option<Vec<u8>>,
    /// What the file adds to the container's environment, in the file's order, each name
    /// once. `SHELL` among it is who runs the command.
    pub(crate) environment: Environment,
    /// How it runs.
    pub(crate) policy: Policy,
}

impl Task for Job {
    fn name(&self) -> &str {
        &self.name
    }

    fn is_kept_by(&self, new: &Job) -> bool {
        self.place.0 == new.place.0 && self.command == new.command
    }

    fn policy(&self) -> Policy {
        self.policy
    }

    fn after(&self, now: Seconds) -> Option<Seconds> {
        self.schedule.after(now)
    }

    fn at_start(&self) -> bool {
        self.schedule.is_at_start()
    }
}

/// Names and values; jobs below the same lines share them.
pub(crate) type Environment = Arc<[(Vec<u8>, Vec<u8>)]>;

/// How a job runs: the `CRON_…` variables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Policy {
    /// `CRON_OVERLAP`.
    pub(crate) overlap: Overlap,
    /// `CRON_TIMEOUT`: TERM when it is over; none where unset or 0.
    pub(crate) timeout: Option<Duration>,
    /// `CRON_JITTER`: each run begins up to this much later.
    pub(crate) jitter: Duration,
    /// `CRON_MISSED`.
    pub(crate) missed: Missed,
}

/// What happens when a job's time comes while it still runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Overlap {
    /// The new run is left out, and said.
    #[default]
    Skip,
    /// One more run begins when this one has ended; a second one that waits is left out.
    Queue,
    /// The running one is ended, then the new one begins.
    Replace,
    /// Both run.
    Allow,
}

/// What happens with times that went by unheeded: a suspend, a clock set forward.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Missed {
    /// They are left out, and said once.
    #[default]
    Skip,
    /// One run makes up for all of them.
    Once,
}
