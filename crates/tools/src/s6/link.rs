//! What linking a service directory into a scan directory and out of it share: the
//! service and its logger, and waiting for their supervisors to come and go.

use std::time::Duration;

use chain::{Result, Unable, Word};
use kernel::fs::flags;
use kernel::{clock, fs, poll};
use s6wire::event::Event;

use super::listener::Listener;
use super::supervisor;

/// The service directory, and its logger's if it has one.
pub(super) fn directories(service: &[u8]) -> Vec<Word> {
    let log = [service, b"/log"].concat();
    let is_logged = supervisor::below(&log, "run").exists();
    [service.to_vec()]
        .into_iter()
        .chain(is_logged.then_some(log))
        .collect()
}

/// Whether a process holds the lock `file` below `dir`.
///
/// # Errors
/// As open(2).
pub(super) fn is_held(dir: &[u8], file: &str) -> std::io::Result<bool> {
    let how = flags::O_RDONLY | flags::O_NONBLOCK;
    let lock = fs::open(&supervisor::below(dir, file), how, 0)?;
    Ok(fs::lock_holder(&lock)?.is_some())
}

/// Whether the service in `dir` is supervised.
pub(super) fn is_supervised(dir: &[u8]) -> bool {
    is_held(dir, "supervise/lock").unwrap_or(false)
}

/// Listeners to directories whose supervisors shall come or go.
pub(super) struct Waiting(Vec<Listener>);

impl Waiting {
    /// Begins to listen to each of these directories.
    ///
    /// # Errors
    /// A directory that cannot be listened to.
    pub(super) fn begin<'a>(dirs: impl Iterator<Item = &'a Word>) -> Result<Waiting> {
        let listeners = dirs.map(|dir| {
            Listener::subscribe(&supervisor::below(dir, "event"))
                .unable("subscribe to events of", dir)
        });
        listeners.collect::<Result<_>>().map(Waiting)
    }

    /// Waits for `event` of all of them; whether it came in time.
    ///
    /// # Errors
    /// As poll(2) and read(2).
    pub(super) fn finish(mut self, event: Event, limit: Option<Duration>) -> Result<bool> {
        let deadline = limit.map(|limit| clock::monotonic() + limit);
        while !self.0.is_empty() {
            let left = deadline.map(|deadline| deadline.saturating_sub(clock::monotonic()));
            if left.is_some_and(|left| left.is_zero()) {
                return Ok(false);
            }
            let fds: Vec<i32> = self.0.iter().map(Listener::descriptor).collect();
            let ready = poll::poll_readable(&fds, left).unable("wait for events", b"")?;
            let mut waiting = Vec::new();
            for listener in self.0 {
                let heard = if ready.contains(&listener.descriptor()) {
                    listener.news().unable("read events", b"")?
                } else {
                    Vec::new()
                };
                if !heard.contains(&event.letter()) {
                    waiting.push(listener);
                }
            }
            self.0 = waiting;
        }
        Ok(true)
    }
}
