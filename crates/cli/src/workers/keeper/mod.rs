//! `mainstay workers keep`: the one process beside the workers of a pool. It reads their
//! fifos: it counts jobs, looks at memory, writes their lines on with a prefix, and has one
//! worker at a time recycled that has reached a limit.
//!
//! It is a service as any other, so PID 1 starts it again when it ends; what it has counted
//! is in a file and what workers have written is in their fifos. It holds no worker: those
//! are PID 1's own children, and it asks PID 1 for their restart.

mod output;
mod recycle;
mod source;

use std::os::fd::{AsRawFd, OwnedFd};
use std::path::PathBuf;
use std::time::Duration;

use chain::{Failure, Outcome, Result, Unable};
use kernel::epoll::{Epoll, Readiness};
use kernel::process::{self, Fork};
use kernel::signal::{self, Set};
use kernel::signal_source::SignalSource;
use kernel::{clock, dir, errno, fd, fs, limits};
use layouts::settings::Settings;
use places::Paths;

use super::lives::{self, Kind, Life, Tally};
use super::{memory, pool};
use crate::places::variable;
use output::Output;
use recycle::Recycler;
use source::Source;

/// How often memory is looked at of workers that tell no jobs.
const SELDOM: Duration = Duration::from_secs(5);

/// How soon after a job, at most so often: a look reads all of /proc.
const SOON: Duration = Duration::from_millis(100);

/// When fifos are looked for again that could not be opened.
const AGAIN: Duration = Duration::from_secs(1);

/// How long the last lines may wait for a reader when the keeper alone is stopped.
const LAST: Duration = Duration::from_secs(1);

const SIGNALS: u64 = 0;
const NEWS: u64 = 1;
const ROOM: [u64; 2] = [2, 3];
const FIRST_SOURCE: u64 = 4;

pub(super) fn run() -> Result<Outcome> {
    let paths = Paths::find(variable);
    let (settings, _) = Settings::read(variable);
    let ends = [signal::SIGTERM, signal::SIGINT, signal::SIGQUIT];
    let received = ends.into_iter().fold(Set::empty(), Set::with);
    // HUP is for who reads files again, and everybody gets it at the container's stop.
    signal::set_mask(&received.with(signal::SIGHUP).with(signal::SIGPIPE));
    let signals = SignalSource::new(&received).unable("receive signals", b"")?;
    let directory = lives::directory(&paths.services);
    let bytes = directory.as_os_str().as_encoded_bytes();
    if !directory.is_dir() {
        return Err(Failure::Other {
            code: chain::exit::USAGE,
            text: "this is for /worker.sh, which starts it where WORKER_MAX_JOBS, \
                   WORKER_MAX_MEMORY or WORKER_PREFIX is set"
                .to_string(),
        });
    }
    // Three fifos a worker.
    if let Ok(limit) = limits::open_files() {
        let _ = limits::set_open_files(limits::Limit {
            soft: limit.hard,
            ..limit
        });
    }
    let news = lives::news(&directory);
    match fs::make_fifo(&news, 0o600) {
        Err(error) if !errno::is(&error, errno::EEXIST) => Err(error),
        _ => Ok(()),
    }
    .unable("make a fifo in", bytes)?;
    let listening = fs::open(
        &news,
        fs::flags::O_RDWR | fs::flags::O_NONBLOCK | fs::flags::O_NOFOLLOW,
        0,
    )
    .unable("open a fifo in", bytes)?;
    let epoll = Epoll::create();
    epoll.deliver_while_waiting(signals.mask_while_waiting());
    epoll
        .add(signals.as_raw_fd(), SIGNALS)
        .and_then(|()| epoll.add(listening.as_raw_fd(), NEWS))
        .unable("wait for workers", b"")?;
    let recycler = Recycler::new(paths.services.clone());
    let mut keeper = Keeper {
        paths,
        settings,
        directory,
        epoll,
        listening,
        sources: Vec::new(),
        known: Vec::new(),
        outputs: [Output::new(1), Output::new(2)],
        recycler,
        next_look: None,
        look_again: None,
        said_full: false,
    };
    keeper.find_lives();
    keeper.turn(&signals)
}

struct Keeper {
    paths: Paths,
    settings: Settings,
    directory: PathBuf,
    epoll: Epoll,
    listening: OwnedFd,
    sources: Vec<Option<Source>>,
    /// Which fifos are open, in order.
    known: Vec<(Life, Kind)>,
    outputs: [Output; 2],
    recycler: Recycler,
    /// When memory is looked at next; none: nobody's.
    next_look: Option<Duration>,
    /// When fifos are looked for again.
    look_again: Option<Duration>,
    said_full: bool,
}

impl Keeper {
    fn turn(&mut self, signals: &SignalSource) -> Result<Outcome> {
        let mut news: Vec<Readiness> = Vec::new();
        loop {
            news.clear();
            let timeout = self.timeout(clock::monotonic());
            self.epoll
                .wait(timeout, &mut news)
                .unable("wait for workers", b"")?;
            let mut ends = false;
            for one in &news {
                match one.token {
                    SIGNALS => ends |= std::iter::from_fn(|| signals.next()).count() > 0,
                    NEWS => {
                        let _ = fd::read(self.listening.as_raw_fd(), &mut [0; 4096]);
                        self.find_lives();
                    }
                    token if ROOM.contains(&token) => self.write(usize::from(token == ROOM[1])),
                    token => self.read((token - FIRST_SOURCE) as usize),
                }
            }
            let now = clock::monotonic();
            if self.look_again.is_some_and(|at| at <= now) {
                self.find_lives();
            }
            self.look_at_memory(now);
            if let Some(line) = self.recycler.turn(now) {
                self.say(&line);
            }
            if ends {
                return self.end();
            }
        }
    }

    fn timeout(&self, now: Duration) -> Option<Duration> {
        [self.next_look, self.look_again, self.recycler.deadline(now)]
            .into_iter()
            .flatten()
            .min()
            .map(|at| at.saturating_sub(now))
    }

    /// Opens the fifos of lives that have begun.
    fn find_lives(&mut self) {
        self.look_again = None;
        for name in dir::names_in(&self.directory).unwrap_or_default() {
            let Some((life, kind)) = Life::of_fifo(&name) else {
                continue;
            };
            let Err(place) = self.known.binary_search(&(life, kind)) else {
                continue;
            };
            let path = self.directory.join(life.fifo(kind));
            match fs::open_fifo_reader(&path) {
                Ok(fifo) => {
                    if let Some(slot) = self.take(life, kind, fifo) {
                        self.known.insert(place, (life, kind));
                        // A life that has ended while nobody read is never news (fifo(7)): the
                        // read alone tells.
                        self.read_on(slot);
                    }
                }
                Err(error) if errno::is(&error, errno::ENOENT) => {}
                Err(error) => {
                    self.look_again = Some(clock::monotonic() + AGAIN);
                    if !std::mem::replace(&mut self.said_full, true) {
                        self.say(&format!(
                            "worker-{}: its keeper cannot open its fifo: {}; it is tried again, \
                             and what the worker writes waits",
                            life.worker,
                            errno::text(&error)
                        ));
                    }
                }
            }
        }
    }

    /// Reads a fifo from now on. Its place; none where it cannot.
    fn take(&mut self, life: Life, kind: Kind, fifo: OwnedFd) -> Option<usize> {
        let free = self.sources.iter().position(Option::is_none);
        let slot = free.unwrap_or(self.sources.len());
        let mut source = Source::new(fifo, life, kind, self.settings_prefix());
        let blocked = source.target().is_some_and(|to| self.outputs[to].blocked);
        let token = FIRST_SOURCE + slot as u64;
        if !blocked && self.epoll.add(source.descriptor(), token).is_err() {
            self.look_again = Some(clock::monotonic() + AGAIN);
            return None;
        }
        if kind == Kind::Jobs {
            let before = lives::done(&self.directory, life.worker, life.pid);
            source.count.done = before.unwrap_or(0);
            source.count.tally = Tally::open(&self.directory, life.worker).ok();
        }
        match free {
            Some(slot) => self.sources[slot] = Some(source),
            None => self.sources.push(Some(source)),
        }
        if kind == Kind::Jobs {
            self.count(slot, 0);
            self.plan_look(clock::monotonic() + SELDOM);
        }
        Some(slot)
    }

    fn settings_prefix(&self) -> &[u8] {
        self.settings.worker_prefix.as_deref().unwrap_or(b"")
    }

    fn read(&mut self, slot: usize) {
        let source = self.sources.get(slot).and_then(Option::as_ref);
        let target = source.and_then(Source::target);
        // What nobody takes is not read: who writes it waits, as without a keeper.
        if target.is_none_or(|to| !self.outputs[to].blocked) {
            self.read_on(slot);
        }
    }

    fn read_on(&mut self, slot: usize) {
        let Some(Some(source)) = self.sources.get_mut(slot) else {
            return;
        };
        let life = source.life;
        match source.target() {
            Some(to) => {
                let over = source.lines(&mut self.outputs[to].waiting);
                if over {
                    self.close(slot);
                }
                self.write(to);
            }
            None => match source.jobs() {
                Some(jobs) => self.count(slot, jobs),
                None => {
                    self.close(slot);
                    self.recycler.forget(life);
                }
            },
        }
    }

    /// Its last writer has ended.
    fn close(&mut self, slot: usize) {
        let Some(source) = self.sources.get_mut(slot).and_then(Option::take) else {
            return;
        };
        self.epoll.remove(source.descriptor());
        if let Ok(place) = self.known.binary_search(&(source.life, source.kind)) {
            self.known.remove(place);
        }
        let name = source.life.fifo(source.kind);
        let _ = std::fs::remove_file(self.directory.join(name));
    }

    /// So many jobs are done.
    fn count(&mut self, slot: usize, jobs: u64) {
        let Some(Some(source)) = self.sources.get_mut(slot) else {
            return;
        };
        let (life, count) = (source.life, &mut source.count);
        count.done = count.done.saturating_add(jobs);
        if let Some(tally) = &count.tally {
            tally.set(life.pid, count.done);
        }
        if jobs > 0 {
            count.tells = true;
            count.fresh = true;
        }
        if let Some(most) = self.settings.worker_max_jobs
            && count.done >= most
            && !std::mem::replace(&mut count.over, true)
        {
            let done = kernel::words::count(count.done, "job");
            let why = format!("has done {done} (WORKER_MAX_JOBS={most})");
            self.recycler.add(life, why);
        }
        if jobs > 0 {
            self.plan_look(clock::monotonic() + SOON);
        }
    }

    fn plan_look(&mut self, at: Duration) {
        if self.settings.worker_max_memory.is_some() {
            self.next_look = Some(self.next_look.map_or(at, |next| next.min(at)));
        }
    }

    fn look_at_memory(&mut self, now: Duration) {
        let Some(most) = self.settings.worker_max_memory else {
            return;
        };
        if self.next_look.is_none_or(|at| at > now) {
            return;
        }
        self.next_look = None;
        let due = |source: &Source| {
            let count = &source.count;
            source.kind == Kind::Jobs && !count.over && (count.fresh || !count.tells)
        };
        let sources = || self.sources.iter().flatten();
        let pids: Vec<u32> = sources()
            .filter(|source| due(source))
            .map(|source| source.life.pid)
            .collect();
        let mut held = memory::of(&pids).into_iter();
        for source in self.sources.iter_mut().flatten() {
            if !due(source) {
                continue;
            }
            source.count.fresh = false;
            let Some(held) = held.next().filter(|held| held.bytes >= most) else {
                continue;
            };
            source.count.over = true;
            let processes = match held.processes {
                0 | 1 => String::new(),
                more => format!(" in {more} processes"),
            };
            let why = format!(
                "holds {} of memory{processes} (WORKER_MAX_MEMORY={})",
                memory::shown(held.bytes),
                memory::shown(most)
            );
            self.recycler.add(source.life, why);
        }
        // Those that tell no jobs are looked at again by the clock alone.
        if self.sources.iter().flatten().any(due) {
            self.plan_look(now + SELDOM);
        }
    }

    /// Says a line, behind what workers have written.
    fn say(&mut self, text: &str) {
        let line = format!("mainstay: {text}\n");
        self.outputs[1].waiting.extend_from_slice(line.as_bytes());
        self.write(1);
    }

    /// Writes on what waits for an output. While that has no room, nobody's lines for it are
    /// read.
    fn write(&mut self, to: usize) {
        let was_blocked = self.outputs[to].blocked;
        self.outputs[to].write();
        let is_blocked = self.outputs[to].blocked;
        if was_blocked == is_blocked {
            return;
        }
        let target = self.outputs[to].target();
        let sources = self.sources.iter().enumerate();
        let sources = sources.filter_map(|(slot, source)| {
            let source = source.as_ref()?;
            (source.target() == Some(to)).then(|| (slot, source.descriptor()))
        });
        for (slot, descriptor) in sources {
            if is_blocked {
                self.epoll.remove(descriptor);
            } else {
                let _ = self.epoll.add(descriptor, FIRST_SOURCE + slot as u64);
            }
        }
        if is_blocked {
            let _ = self.epoll.turn_to_output(target, ROOM[to]);
        } else {
            self.epoll.remove(target);
        }
    }

    /// It was asked to end: by the container's stop, or alone.
    fn end(&mut self) -> Result<Outcome> {
        let phase = client::say(&self.paths, &[b"status"]);
        // Where PID 1 has no time to answer, it stops.
        let stopping = phase.is_none_or(|text| text.starts_with("container\tstopping"));
        if stopping && self.relays() {
            // The workers end now, and the last of their lines come. As a service this one
            // has ended; as a process it goes on until nobody writes any more.
            match process::fork() {
                Ok(Fork::Parent(_)) => return Ok(Outcome::Exit(0)),
                Ok(Fork::Child) | Err(_) => self.relay(),
            }
        }
        for source in self.sources.iter_mut().flatten() {
            if let Some(to) = source.target() {
                source.flush(&mut self.outputs[to].waiting);
            }
        }
        let until = clock::monotonic() + LAST;
        for output in &mut self.outputs {
            output.write_until(until);
        }
        Ok(Outcome::Exit(0))
    }

    /// Whether there is a worker whose lines it writes on.
    fn relays(&self) -> bool {
        let waits = self.outputs.iter().any(|output| !output.waiting.is_empty());
        let mut sources = self.sources.iter().flatten();
        waits || sources.any(|source| source.target().is_some())
    }

    /// Writes lines on until nobody writes any; limits are over.
    fn relay(&mut self) {
        let mut news: Vec<Readiness> = Vec::new();
        self.find_lives();
        while self.relays() {
            news.clear();
            if self.epoll.wait(None, &mut news).is_err() {
                return;
            }
            for one in &news {
                match one.token {
                    // A stop has asked once more: its end is that of the workers.
                    SIGNALS => {}
                    NEWS => {
                        let _ = fd::read(self.listening.as_raw_fd(), &mut [0; 4096]);
                        self.find_lives();
                    }
                    token if ROOM.contains(&token) => self.write(usize::from(token == ROOM[1])),
                    token => self.read((token - FIRST_SOURCE) as usize),
                }
            }
        }
    }
}

/// The name of a worker, for a line.
fn name_of(life: Life) -> String {
    pool::unit_name(life.worker)
}
