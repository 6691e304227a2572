//! Carries out what the mind decides: one thread, which waits in one place for signals, a time
//! of the wall clock, files that change, what jobs write, and who asks.

mod child;
pub(crate) mod environment;
mod files;
mod output;
mod perform;
mod server;
mod status;
mod turn;
pub(crate) mod voice;

pub(crate) use child::run_here;
pub(crate) use files::Files;

use std::collections::BTreeMap;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::path::PathBuf;
use std::time::Duration;

use chain::{Environment, Failure, Result, Unable};
use kernel::epoll::Epoll;
use kernel::limits::{self, Limit};
use kernel::process::{self, Waited};
use kernel::signal::{self, Set};
use kernel::signal_source::SignalSource;
use kernel::timer::WallTimer;
use kernel::watch::Watch;
use kernel::{clock, errno, fd};

use crate::job::Job;
use crate::mind::{Deadline, Mind, Now, RunId};
use output::{Output, Stream};
use server::Server;
use voice::Voice;

/// How the scheduler is to be.
pub(crate) struct Settings {
    pub(crate) files: Files,
    pub(crate) verbose: bool,
    /// Where a line end says that the files were read.
    pub(crate) ready: Option<RawFd>,
    /// From TERM to KILL.
    pub(crate) grace: Duration,
    /// The scheduler's own.
    pub(crate) environment: Environment,
}

/// What orders to stop.
const STOP: [i32; 3] = [signal::SIGTERM, signal::SIGINT, signal::SIGQUIT];

/// What orders to read the files anew; USR2 is supercronic's.
const RELOAD: [i32; 2] = [signal::SIGHUP, signal::SIGUSR2];

/// Writers take several steps to replace a file: the last one counts.
const SETTLE: u64 = 200;

/// How long nobody is accepted when there is no descriptor for a client (milliseconds).
const REST: u64 = 1000;

/// Without a timer that hears of a clock that is set, it is looked at as often.
const LOOK: Duration = Duration::from_secs(60);

/// Longest that is waited for somebody to take the last lines.
const LAST_LINES: Duration = Duration::from_secs(1);

/// What news are about.
mod token {
    pub(super) const SIGNALS: u64 = 0;
    pub(super) const TIMER: u64 = 1;
    pub(super) const FILES: u64 = 2;
    pub(super) const SERVER: u64 = 3;
    pub(super) const OUTPUT: [u64; 2] = [4, 5];
    pub(super) const STREAMS: u64 = 16;
    pub(super) const CLIENTS: u64 = 1 << 32;
}

/// A run that goes on.
struct Live {
    pid: i32,
    job: std::rc::Rc<Job>,
    setting: environment::Setting,
    report: OwnedFd,
    streams: [usize; 2],
}

struct Runner {
    mind: Mind<Job>,
    settings: Settings,
    start: Option<PathBuf>,
    /// What jobs get of descriptors: what the scheduler was started with.
    open_files: Option<Limit>,
    epoll: Epoll,
    signals: SignalSource,
    timer: Option<WallTimer>,
    /// What the timer is set to.
    armed: Option<Option<i64>>,
    watch: Option<Watch>,
    reload_at: Option<u64>,
    server: Option<Server>,
    /// When clients are heard of again.
    listen_at: Option<u64>,
    outputs: [Output; 2],
    streams: Vec<Option<Stream>>,
    live: BTreeMap<RunId, Live>,
    voice: Voice,
    over: bool,
    /// As PID 1: when strangers that are left are killed.
    strangers_until: Option<u64>,
}

fn now() -> Now {
    Now {
        wall: i64::try_from(clock::wall().as_secs()).unwrap_or(i64::MAX),
        mono: u64::try_from(clock::monotonic().as_millis()).unwrap_or(u64::MAX),
    }
}

/// Runs the jobs of these files until a signal ends it; gives the exit code.
///
/// # Errors
/// No file can be read; the kernel gives no signals.
pub(crate) fn serve(mut settings: Settings) -> Result<u8> {
    // Lines must not land in a file that happens to get the number of a closed output.
    fd::fill_standard_streams();
    let open_files = raise_open_files();
    let content = settings.files.read(&settings.environment);
    let mut wanted = Set::empty().with(signal::SIGCHLD);
    for signal in STOP.iter().chain(&RELOAD) {
        wanted = wanted.with(*signal);
    }
    // A reader that has gone is an error of a write and no signal.
    signal::reset_dispositions();
    signal::block(&wanted.with(signal::SIGPIPE));
    let signals = SignalSource::new(&wanted).unable("receive signals", b"")?;
    // What jobs leave behind is reaped here: it is known when a group has ended.
    let _ = process::become_subreaper();
    let grace = u64::try_from(settings.grace.as_millis()).unwrap_or(u64::MAX);
    let mut seed = [0; 8];
    let _ = kernel::random::fill(&mut seed);
    let seed = u64::from_ne_bytes(seed) ^ now().mono;
    let mut runner = Runner {
        mind: Mind::new(content.jobs, grace, seed, now()),
        open_files,
        start: environment::start_directory(&settings.environment),
        epoll: Epoll::create(),
        signals,
        timer: WallTimer::new().ok(),
        armed: None,
        watch: Watch::new().ok(),
        reload_at: None,
        server: None,
        listen_at: None,
        outputs: [Output::new(1), Output::new(2)],
        streams: Vec::new(),
        live: BTreeMap::new(),
        voice: Voice {
            verbose: settings.verbose,
            ..Voice::default()
        },
        over: false,
        strangers_until: None,
        settings,
    };
    runner.say_lines(&content.lines);
    let all_failed = content.lost.len() == runner.settings.files.paths().len();
    if all_failed {
        runner.outputs[1].finish(LAST_LINES);
        return Err(Failure::Other {
            code: 1,
            text: "no crontab could be read".to_string(),
        });
    }
    runner.begin().unable("wait for news", b"")?;
    runner.run();
    Ok(0)
}

impl Runner {
    /// Sets up what is waited for, and says what there is.
    fn begin(&mut self) -> std::io::Result<()> {
        let signals = self.signals.as_raw_fd();
        self.epoll
            .deliver_while_waiting(self.signals.mask_while_waiting());
        self.epoll.add(signals, token::SIGNALS)?;
        if let Some(timer) = &self.timer {
            self.epoll.add(timer.as_raw_fd(), token::TIMER)?;
        }
        match &self.watch {
            Some(watch) => {
                self.epoll.add(watch.as_raw_fd(), token::FILES)?;
                if let Err(error) = self.settings.files.watch(watch) {
                    self.say_unwatched(&error);
                }
            }
            None => self.say_unwatched(&kernel::errno::from(kernel::errno::EMFILE)),
        }
        match Server::listen(&self.settings.environment) {
            Ok(server) => {
                self.epoll.add(server.descriptor(), token::SERVER)?;
                self.server = Some(server);
            }
            Err((path, error)) => {
                let text = format!(
                    "`mainstay cron status` and `run` will not find this scheduler: {}: {}; \
                     a writable /run or /tmp (a tmpfs) helps",
                    kernel::escape_path(&path),
                    kernel::errno::text(&error)
                );
                self.say("", &text);
            }
        }
        self.say_what_there_is();
        if let Some(ready) = self.settings.ready.take() {
            let _ = fd::write_all(ready, b"\n");
            fd::close(ready);
        }
        Ok(())
    }

    fn run(&mut self) {
        let mut news = Vec::new();
        loop {
            self.perform();
            self.flush();
            if self.over && self.strangers_are_gone() {
                break;
            }
            let wait = self.wait();
            news.clear();
            if self.epoll.wait(wait, &mut news).is_err() {
                // Neither epoll nor poll: no faster than this, and the rest goes on.
                clock::sleep(Duration::from_millis(100));
            }
            for one in &news {
                self.heed(one);
            }
            if self.reload_at.is_some_and(|at| at <= now().mono) {
                self.reload_at = None;
                if self.settings.files.have_changed() {
                    self.reload();
                }
            }
            self.listen_again();
            self.mind.turn(now());
        }
        self.take_leave();
    }

    /// Passes on the last words of all, for no longer than somebody takes them.
    fn take_leave(&mut self) {
        let end = now().mono + LAST_LINES.as_millis() as u64;
        loop {
            for output in &mut self.outputs {
                output.finish(Duration::from_millis(end.saturating_sub(now().mono)));
            }
            let is_stuck = self.outputs.iter().any(|output| output.is_stuck);
            if is_stuck || now().mono >= end || !self.read_what_is_left() {
                return;
            }
        }
    }

    /// Sets the timer, and gives how long to wait at most.
    fn wait(&mut self) -> Option<Duration> {
        let now = now();
        let Deadline { wall, mono } = self.mind.deadline();
        let mono = mono
            .into_iter()
            .chain(self.reload_at)
            .chain(self.listen_at)
            .chain(self.strangers_until);
        let mut wait = mono
            .min()
            .map(|at| Duration::from_millis(at.saturating_sub(now.mono)));
        let Some(timer) = &self.timer else {
            let seconds = wall.map(|at| u64::try_from(at - now.wall).unwrap_or(0));
            // Some milliseconds of this second are over: it rings within the right one.
            let until = seconds.map_or(LOOK, |seconds| {
                Duration::from_secs(seconds).saturating_sub(subsecond())
            });
            wait = Some(wait.unwrap_or(LOOK).min(until).min(LOOK));
            return wait;
        };
        if self.armed != Some(wall) {
            // A clock that was set meanwhile has to be looked at again: at once.
            match timer.set(wall) {
                Ok(()) => self.armed = Some(wall),
                Err(error) if errno::is(&error, errno::ECANCELED) => return Some(Duration::ZERO),
                // A sandbox that has half of it: without it, rather than to ask for ever.
                Err(_) => {
                    self.epoll.remove(timer.as_raw_fd());
                    self.timer = None;
                    return Some(Duration::ZERO);
                }
            }
        }
        wait
    }

    /// As PID 1 of a container: whether nobody else is left, or nobody who is waited for.
    fn strangers_are_gone(&mut self) -> bool {
        if process::id() != 1 {
            return true;
        }
        let now = now().mono;
        match self.strangers_until {
            None => {
                let _ = signal::send_everybody(signal::SIGTERM);
                let grace = u64::try_from(self.settings.grace.as_millis()).unwrap_or(0);
                self.strangers_until = Some(now + grace);
            }
            Some(until) if until <= now => return true,
            Some(_) => {}
        }
        loop {
            match process::try_wait_any() {
                Waited::Reaped(_) => {}
                Waited::NoneYet => return false,
                Waited::NoChildren => return true,
            }
        }
    }
}

/// A run takes three descriptors here, and thousands may run: as many as may be had. Gives what
/// was before, where that is something else.
fn raise_open_files() -> Option<Limit> {
    let before = limits::open_files().ok()?;
    let soft = before.hard;
    let raised = soft > before.soft && limits::set_open_files(Limit { soft, ..before }).is_ok();
    raised.then_some(before)
}

/// How much of the wall clock's second is over.
fn subsecond() -> Duration {
    Duration::from_nanos(u64::from(clock::wall().subsec_nanos()))
}
