//! Recycling: a worker that has reached a limit is asked to end as by `s6-svc -r`, so PID 1
//! sends its down signal, gives it its time, and starts it again; it is an end that was asked
//! for. One at a time: equal workers reach a limit together, and somebody must go on.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kernel::fd;
use s6wire::status::Status;

use super::name_of;
use crate::workers::lives::Life;

/// How often is looked whether the one is up again.
const LOOK: Duration = Duration::from_millis(100);

/// A worker that does not say when it is ready counts as up once it has lived so long, as
/// for `mainstay restart`.
const SETTLED: Duration = Duration::from_millis(500);

/// After this the one that ends is mentioned, and the next is asked.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) struct Recycler {
    services: PathBuf,
    waiting: VecDeque<(Life, String)>,
    current: Option<Current>,
    /// Until when it rests: somebody scales or restarts the workers.
    rests: Option<Duration>,
}

/// The one that ends, or is about to come up.
struct Current {
    life: Life,
    asked: Duration,
    next_look: Duration,
    /// Since when the next life runs.
    up: Option<Duration>,
}

impl Recycler {
    pub(super) fn new(services: PathBuf) -> Recycler {
        Recycler {
            services,
            waiting: VecDeque::new(),
            current: None,
            rests: None,
        }
    }

    /// A life has reached a limit.
    pub(super) fn add(&mut self, life: Life, why: String) {
        self.waiting.push_back((life, why));
    }

    /// A life has ended.
    pub(super) fn forget(&mut self, life: Life) {
        self.waiting.retain(|(other, _)| *other != life);
    }

    /// When it wants to be called next.
    pub(super) fn deadline(&self, now: Duration) -> Option<Duration> {
        match &self.current {
            Some(current) => Some(current.next_look),
            None => (!self.waiting.is_empty()).then(|| self.rests.unwrap_or(now)),
        }
    }

    /// Goes on; gives a line where there is something to say.
    pub(super) fn turn(&mut self, now: Duration) -> Option<String> {
        if let Some(current) = &mut self.current {
            if current.next_look > now {
                return None;
            }
            current.next_look = now + LOOK;
            let life = current.life;
            let dir = dir_of(&self.services, life);
            let says_ready = dir.join("notification-fd").exists();
            let mut after = after(life, status(&dir), says_ready);
            if after == After::Up {
                let since = *current.up.get_or_insert(now);
                if says_ready || now.saturating_sub(since) >= SETTLED {
                    after = After::Over;
                }
            }
            let late = now.saturating_sub(current.asked) >= PATIENCE;
            if after == After::Over || late {
                self.current = None;
            }
            return match after {
                After::Ends if late => Some(format!(
                    "{}: was asked to end {} s ago and still runs (pid {}); `mainstay signal {} \
                     KILL` ends it, a file timeout-kill would; the next one is asked now",
                    name_of(life),
                    PATIENCE.as_secs(),
                    life.pid,
                    name_of(life)
                )),
                After::Comes | After::Up if late => Some(format!(
                    "{}: is not up again {} s after it was asked to end; the next one is asked now",
                    name_of(life),
                    PATIENCE.as_secs()
                )),
                After::Ends | After::Comes | After::Up | After::Over => None,
            };
        }
        if self.waiting.is_empty() || self.rests.is_some_and(|until| until > now) {
            return None;
        }
        // Who waits for a worker to come up would take its recycling for a failure.
        self.rests = is_changed(&self.services).then(|| now + LOOK);
        if self.rests.is_some() {
            return None;
        }
        let (life, why) = self.waiting.pop_front()?;
        let dir = dir_of(&self.services, life);
        // One that somebody stops, or that has ended by itself, needs no more.
        let runs = status(&dir).is_some_and(|status| is_at_work(life, &status));
        if !runs {
            return None;
        }
        let control = dir.join("supervise").join("control");
        let asked = kernel::fs::open_fifo_writer(&control)
            .and_then(|fifo| fd::write_all(fd::number(&fifo), b"r"));
        if let Err(error) = asked {
            return Some(format!(
                "{}: {why}, but cannot be asked to end: {}: {}",
                name_of(life),
                kernel::escape_path(&control),
                kernel::errno::text(&error)
            ));
        }
        self.current = Some(Current {
            life,
            asked: now,
            next_look: now + LOOK,
            up: None,
        });
        Some(format!(
            "{}: {why}; pid {} is asked to end, then it is started again",
            name_of(life),
            life.pid
        ))
    }
}

/// Whether somebody scales or restarts the workers right now.
fn is_changed(services: &Path) -> bool {
    let lock = fs::File::open(services.join(places::name::WORKER_LOCK));
    let holder = lock.and_then(|lock| kernel::fs::lock_holder(&lock));
    matches!(holder, Ok(Some(_)))
}

fn dir_of(services: &Path, life: Life) -> PathBuf {
    services.join(name_of(life))
}

fn status(dir: &Path) -> Option<Status> {
    let bytes = fs::read(dir.join("supervise").join("status")).ok()?;
    Status::decode(&bytes).ok()
}

fn is_at_work(life: Life, status: &Status) -> bool {
    is_of(life, status) && !status.finishing && status.want_up
}

fn is_of(life: Life, status: &Status) -> bool {
    u32::try_from(status.pid) == Ok(life.pid)
}

/// How far a life that was asked to end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    /// It still runs.
    Ends,
    /// It has ended, and the next is not up yet.
    Comes,
    /// The next runs.
    Up,
    /// Nobody needs to wait any more.
    Over,
}

/// A service that is unknown or is to be down is waited for by nobody.
fn after(life: Life, status: Option<Status>, says_ready: bool) -> After {
    let Some(status) = status.filter(|status| status.want_up) else {
        return After::Over;
    };
    match is_of(life, &status) && !status.finishing {
        true => After::Ends,
        false if status.finishing || !status.is_up() => After::Comes,
        false if says_ready && !status.ready => After::Comes,
        false => After::Up,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(pid: i32, finishing: bool, want_up: bool, ready: bool) -> Option<Status> {
        let mut bytes = [0; Status::SIZE];
        // A first status to change, as PID 1 writes it.
        bytes[0] = 0x40;
        bytes[12] = 0x40;
        let mut status = Status::decode(&bytes).ok()?;
        status.pid = pid;
        status.finishing = finishing;
        status.want_up = want_up;
        status.ready = ready;
        Some(status)
    }

    #[test]
    fn the_next_is_asked_once_the_one_is_up_again() {
        let life = Life {
            worker: 1,
            pid: 40,
            start: 1,
        };
        for (status, says_ready, expected) in [
            (status(40, false, true, false), false, After::Ends),
            (status(41, true, true, false), false, After::Comes),
            (status(0, false, true, false), false, After::Comes),
            (status(42, false, true, false), false, After::Up),
            (status(42, false, true, false), true, After::Comes),
            (status(42, false, true, true), true, After::Up),
            (status(40, false, false, false), false, After::Over),
            (None, false, After::Over),
        ] {
            assert_eq!(after(life, status, says_ready), expected, "{status:?}");
        }
    }
}
