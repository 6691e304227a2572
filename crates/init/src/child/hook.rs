//! Waiting for a hook: PID 1 is told which one it is, and the log once it takes long.

use std::path::Path;
use std::time::{Duration, Instant};

use kernel::process::{self, WaitStatus};
use kernel::signal;
use kernel::words::time;
use places::Paths;

use crate::child::origin;
use crate::messages;

/// A hook that takes longer is shown by `mainstay status`.
const SHOWN_AFTER: Duration = Duration::from_millis(200);

/// A hook that takes longer is named in the log; then again at each doubling.
const TOLD_AFTER: Duration = Duration::from_secs(30);

/// Who waits for a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waits {
    /// The boot, as long as it takes.
    Boot,
    /// The container's stop, for so long at most.
    Stop(Option<Duration>),
}

impl Waits {
    fn limit(self) -> Option<Duration> {
        match self {
            Waits::Boot => None,
            Waits::Stop(limit) => limit,
        }
    }

    fn told(self) -> String {
        match self {
            Waits::Boot => "the boot waits for it".to_string(),
            Waits::Stop(None) => {
                "the stop waits for it, without a limit (S6_KILL_FINISH_MAXTIME=0)".to_string()
            }
            Waits::Stop(Some(limit)) => format!(
                "the stop waits for it, {} at most (S6_KILL_FINISH_MAXTIME)",
                time(limit)
            ),
        }
    }
}

/// How the wait for a hook ended.
pub(crate) enum Waited {
    Ended(WaitStatus),
    /// Somebody else has seen its end.
    Gone,
    /// Its time was over, after so long, and it was killed.
    Killed(Duration),
}

/// The end of a child is news that waits to be taken; until then it is [`hold`]'s.
pub(crate) fn hold() -> signal::Set {
    signal::block(&signal::Set::empty().with(signal::SIGCHLD))
}

/// Waits for `pid`, which runs `script`. The end of children must have been on [`hold`] from
/// before it was made.
pub(crate) fn wait(paths: &Paths, script: &Path, pid: i32, waits: Waits) -> Waited {
    let begun = Instant::now();
    let children = signal::Set::empty().with(signal::SIGCHLD);
    let mut shown = Shown::default();
    let mut told_next = TOLD_AFTER;
    loop {
        match process::try_wait(pid) {
            Err(_) => return Waited::Gone,
            Ok(Some(status)) => return Waited::Ended(status),
            Ok(None) => {}
        }
        let age = begun.elapsed();
        if waits.limit().is_some_and(|limit| age >= limit) {
            let _ = signal::send(pid, signal::SIGKILL);
            let _ = process::wait(pid);
            return Waited::Killed(begun.elapsed());
        }
        if age >= SHOWN_AFTER && !shown.tried {
            shown.begin(paths, script, age);
        }
        if age >= told_next {
            let written = origin::of(paths, script);
            messages::report(&format!(
                "{}: has run for {}; {}",
                kernel::escape_path(&written),
                time(age),
                waits.told()
            ));
            told_next *= 2;
        }
        let next = if shown.tried { told_next } else { SHOWN_AFTER };
        let next = waits.limit().map_or(next, |limit| limit.min(next));
        signal::wait(&children, Some(next.saturating_sub(age)));
    }
}

/// A hook that PID 1 knows of, until it is over.
#[derive(Default)]
struct Shown<'a> {
    tried: bool,
    paths: Option<&'a Paths>,
}

impl<'a> Shown<'a> {
    fn begin(&mut self, paths: &'a Paths, script: &Path, age: Duration) {
        self.tried = true;
        let written = origin::of(paths, script);
        let path = written.as_os_str().as_encoded_bytes();
        let age = age.as_millis().to_string();
        if client::say(paths, &[b"hook-runs", path, age.as_bytes()]).is_some() {
            self.paths = Some(paths);
        }
    }
}

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        if let Some(paths) = self.paths {
            client::say(paths, &[b"hook-over"]);
        }
    }
}
