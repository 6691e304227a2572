//! s6-notifyoncheck: becomes a program, and beside it runs a check again and again
//! until that succeeds; then it tells the supervisor that the service is ready.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use chain::{Call, Failure, Forked, Outcome, Program, Result, Unable, Word};
use kernel::process::{self, Fork, WaitStatus};
use kernel::signal::{self, Set};
use kernel::signal_source::SignalSource;
use kernel::{clock, errno, fd, fs, mount, script};
use s6wire::event::Event;

use super::listener::Listener;
use super::{supervisor, words};

pub(super) const PROGRAM: Program = Program {
    name: "s6-notifyoncheck",
    usage: "[ -d ] [ -3 notiffd ] [ -s initialsleep ] [ -T globaltimeout ] [ -t localtimeout ] [ -w waitingtime ] [ -n tries ] [ -c checkprog ] prog...",
    summary: "run a program, and a check beside it that tells when it is ready",
    run,
};

/// What the side that checks ends with; nobody waits for it, it shows in traces only.
mod ended {
    pub(super) const READY: u8 = 0;
    pub(super) const TRIES_USED_UP: u8 = 1;
    pub(super) const SERVICE_GONE: u8 = 2;
    pub(super) const OUT_OF_TIME: u8 = 3;
}

/// When and how often to check. Times without a value have no limit.
struct Plan {
    first_pause: Duration,
    pause: Duration,
    /// For everything.
    limit: Option<Duration>,
    /// For one check.
    check_limit: Option<Duration>,
    tries: Option<u64>,
    check: Vec<Word>,
}

fn run(call: &mut Call) -> Result<Outcome> {
    let mut plan = Plan {
        first_pause: Duration::from_millis(10),
        pause: Duration::from_millis(1000),
        limit: None,
        check_limit: None,
        tries: Some(7),
        check: vec![b"./data/check".to_vec()],
    };
    let mut twice = false;
    let mut number = None;
    for option in call.options("d3:s:T:t:w:n:c:")? {
        let value = &option.value;
        let misuse = || call.misuse();
        match option.letter {
            b'd' => twice = true,
            b'3' => number = Some(descriptor(value).ok_or_else(misuse)?),
            b's' => plan.first_pause = words::milliseconds(value).ok_or_else(misuse)?,
            b'w' => plan.pause = words::milliseconds(value).ok_or_else(misuse)?,
            b'T' => plan.limit = words::time_limit(value).ok_or_else(misuse)?,
            b't' => plan.check_limit = words::time_limit(value).ok_or_else(misuse)?,
            b'n' => {
                let tries = words::number(value).ok_or_else(misuse)?;
                plan.tries = (tries > 0).then_some(tries);
            }
            _ => plan.check = vec![b"execlineb".to_vec(), b"-Pc".to_vec(), value.clone()],
        }
    }
    let next = call.program()?;
    let notify = match number {
        Some(number) => number,
        None => configured_descriptor()?,
    };
    if !fd::is_open(notify) {
        return Err(Failure::Other {
            code: chain::exit::SYSTEM,
            text: format!("descriptor {notify} for notification is not open"),
        });
    }
    // From before the program runs: its end must not be missed.
    let listener = match Listener::subscribe(Path::new("event")) {
        Ok(listener) => Some(listener),
        // Another user than the supervisor's may not listen; the pipe tells enough.
        Err(error) if [errno::EACCES, errno::EPERM].iter().any(|n| errno::is(&error, *n)) => None,
        Err(error) => return Err(error).unable("subscribe to events of the service below", b"event"),
    };
    match process::fork().unable("fork", b"")? {
        Fork::Child => {
            if twice && matches!(process::fork().unable("fork", b"")?, Fork::Parent(_)) {
                // The fifo is the other one's.
                std::mem::forget(listener);
                return Ok(Outcome::Exit(0));
            }
            Checker::begin(call, plan, notify, listener)?.go()
        }
        Fork::Parent(pid) => {
            std::mem::forget(listener);
            if twice {
                process::wait(pid).unable("wait for the first fork", b"")?;
            }
            // The program takes no part in this.
            fd::close(notify);
            Ok(Outcome::exec(call, next))
        }
    }
}

fn descriptor(word: &[u8]) -> Option<RawFd> {
    words::number32(word).and_then(|number| RawFd::try_from(number).ok())
}

/// The number in the service's file `notification-fd`.
fn configured_descriptor() -> Result<RawFd> {
    let bytes = supervisor::record(Path::new("notification-fd"))
        .unable("read", b"notification-fd")?;
    let text = bytes.trim_ascii();
    descriptor(text).ok_or_else(|| {
        Failure::Invalid("the file notification-fd holds no descriptor number".to_string())
    })
}

/// Why a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum News {
    /// The time for it is over.
    Elapsed,
    /// A child ended.
    Child,
    /// The service ended or its supervisor left.
    ServiceGone,
}

/// The side that checks.
struct Checker<'a> {
    call: &'a Call,
    plan: Plan,
    notify: RawFd,
    /// The descriptor is a pipe, so it says when its reader is gone.
    watch_pipe: bool,
    listener: Option<Listener>,
    children: SignalSource,
    /// What was blocked before, for the check.
    mask: Set,
    deadline: Option<Duration>,
    /// What was said last of a check that cannot run: once is enough.
    warned: RefCell<Option<String>>,
}

/// What came of one check.
enum Checked {
    /// This process is the check: become it.
    Become(Outcome),
    Succeeded,
    Failed,
    End(u8),
}

impl Checker<'_> {
    fn begin(
        call: &Call,
        plan: Plan,
        notify: RawFd,
        listener: Option<Listener>,
    ) -> Result<Checker<'_>> {
        fd::set_close_on_exec(notify, true).unable("keep from the check", b"")?;
        signal::set_default(signal::SIGCHLD).unable("wait for children", b"")?;
        let waited_for = Set::empty().with(signal::SIGCHLD);
        let mask = signal::set_mask(&waited_for);
        let borrowed = fs::stat(&Number(notify)).unable("examine the descriptor", b"")?;
        Ok(Checker {
            call,
            deadline: plan.limit.map(|limit| clock::monotonic() + limit),
            plan,
            notify,
            watch_pipe: borrowed.is_fifo(),
            listener,
            children: SignalSource::new(&waited_for).unable("wait for children", b"")?,
            mask,
            warned: RefCell::new(None),
        })
    }

    fn go(self) -> Result<Outcome> {
        let mut pause = self.plan.first_pause;
        let mut tried = 0;
        loop {
            match self.wait(clock::monotonic() + pause)? {
                News::ServiceGone => return Ok(Outcome::Exit(ended::SERVICE_GONE)),
                News::Elapsed if self.out_of_time() => {
                    self.give_up("its time is over (-T)");
                    return Ok(Outcome::Exit(ended::OUT_OF_TIME));
                }
                News::Elapsed | News::Child => {}
            }
            match self.check()? {
                Checked::Become(outcome) => {
                    // The fifo is the other side's, who goes on listening.
                    std::mem::forget(self.listener);
                    return Ok(outcome);
                }
                Checked::End(code) => return Ok(Outcome::Exit(code)),
                Checked::Succeeded => {
                    fd::write_all(self.notify, b"\n").unable("tell the supervisor", b"")?;
                    return Ok(Outcome::Exit(ended::READY));
                }
                Checked::Failed => {}
            }
            tried += 1;
            if self.plan.tries == Some(tried) {
                self.give_up(&format!("{tried} of {tried} tries failed (-n)"));
                return Ok(Outcome::Exit(ended::TRIES_USED_UP));
            }
            pause = self.plan.pause;
        }
    }

    /// Says that nobody will ask any more: the service runs, and never counts as ready.
    fn give_up(&self, why: &str) {
        let text = format!("{why}: the service is not asked again, and never counts as ready");
        chain::warn(self.call.name, &text);
    }

    fn out_of_time(&self) -> bool {
        self.deadline
            .is_some_and(|deadline| deadline <= clock::monotonic())
    }

    fn check(&self) -> Result<Checked> {
        let block = match chain::fork().unable("fork", b"")? {
            Forked::Child(report) => {
                signal::set_mask(&self.mask);
                let outcome = Outcome::exec(self.call, runnable(&self.plan.check));
                return Ok(Checked::Become(outcome.reporting(report)));
            }
            Forked::Parent(block) => block,
        };
        let pid = match block.begun() {
            Ok(pid) => pid,
            Err(error) => {
                let why = errno::text(&error);
                let word = chain::escape(&self.plan.check[0]);
                let text = format!("unable to run {word}: {why}");
                if self.warned.replace(Some(text.clone())).as_ref() != Some(&text) {
                    chain::warn(self.call.name, &text);
                }
                return Ok(Checked::Failed);
            }
        };
        let until = self.plan.check_limit.map(|limit| clock::monotonic() + limit);
        loop {
            if let Some(status) = process::try_wait(pid).unable("wait for the check", b"")? {
                return Ok(match status {
                    WaitStatus::Exited(0) => Checked::Succeeded,
                    _ => Checked::Failed,
                });
            }
            let far = clock::monotonic() + Duration::from_secs(3600);
            let news = self.wait(until.unwrap_or(far))?;
            let late = until.is_some_and(|until| until <= clock::monotonic());
            let end = match news {
                News::ServiceGone => Checked::End(ended::SERVICE_GONE),
                News::Child => continue,
                News::Elapsed if self.out_of_time() => Checked::End(ended::OUT_OF_TIME),
                News::Elapsed if late => Checked::Failed,
                News::Elapsed => continue,
            };
            let _ = signal::send(pid, signal::SIGKILL);
            let _ = process::wait(pid);
            return Ok(end);
        }
    }

    /// Waits for news, at most until `until` and the end of all time.
    fn wait(&self, until: Duration) -> Result<News> {
        let until = self.deadline.map_or(until, |deadline| until.min(deadline));
        let mut watched = Vec::new();
        watched.extend(self.listener.as_ref().map(Listener::descriptor));
        watched.extend(self.watch_pipe.then_some(self.notify));
        loop {
            let left = until.saturating_sub(clock::monotonic());
            let ready = self
                .children
                .poll(&watched, Some(left))
                .unable("wait", b"")?;
            // Nothing can be read from the end that is written to: its reader is gone.
            if ready.contains(&self.notify) {
                return Ok(News::ServiceGone);
            }
            if let Some(listener) = &self.listener
                && ready.contains(&listener.descriptor())
            {
                let news = listener.news().unable("read events", b"")?;
                let gone = |letter: &u8| matches!(Event::of(*letter), Some(Event::Down | Event::Left));
                if news.iter().any(gone) {
                    return Ok(News::ServiceGone);
                }
            }
            if ready.contains(&self.children.as_raw_fd()) {
                while self.children.next().is_some() {}
                return Ok(News::Child);
            }
            if until <= clock::monotonic() {
                return Ok(News::Elapsed);
            }
        }
    }
}

/// The words that run `check`: a script on a mount that nothing may be executed from, as /run
/// often is, goes through its interpreter.
fn runnable(check: &[Word]) -> Vec<Word> {
    let path = Path::new(OsStr::from_bytes(&check[0]));
    let script = check[0].contains(&b'/') && has_run_bit(path) && mount::is_noexec(path);
    let interpreter = script.then(|| script::interpreter(path)).flatten();
    interpreter.into_iter().flatten().chain(check.iter().cloned()).collect()
}

fn has_run_bit(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|found| found.permissions().mode() & 0o111 != 0)
}

/// A descriptor by number, for calls that only look at it.
struct Number(RawFd);

impl AsRawFd for Number {
    fn as_raw_fd(&self) -> RawFd {
        self.0
    }
}
