//! One supervised service as other programs see it: its directory's `supervise/` and
//! `event/` (s6-supervise(8), s6's fifodirs), and what its process is given.

mod anew;
pub(crate) mod descriptors;
pub(crate) mod files;
pub(crate) mod listeners;
pub(crate) mod lock;
mod records;
pub(crate) mod scan_dir;
pub(crate) mod start;

use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::sync::Arc;

use engine::{Change, End, State, UnitState};
use kernel::{clock, errno, fd};
use plan::Program;
use s6wire::death_tally::Death;
use s6wire::event::Event;
use s6wire::{Ending, Status, Tai64n};

use crate::service::anew::Anew;
use crate::service::descriptors::Descriptors;
use crate::service::listeners::Listeners;
use crate::service::lock::{Lock, Shown};
use crate::service::records::Supervise;
use crate::service::scan_dir::ScanDir;

/// Where a logger's input comes from. Both ends are kept, so that neither side's
/// restart loses a byte.
pub(crate) struct Pipe {
    pub(crate) read: OwnedFd,
    /// None once no more input will come.
    pub(crate) write: Option<OwnedFd>,
}

/// A service's files and descriptors.
pub(crate) struct Service {
    /// Its unit's name.
    pub(crate) name: Arc<str>,
    /// What is run, and with what.
    pub(crate) program: Program,
    /// Its control fifo, read here. None where it could not be made: the service runs
    /// all the same.
    pub(crate) control: Option<OwnedFd>,
    /// Its directory is gone: once it has left, it does not come back.
    pub(crate) dropped: bool,
    /// How its `supervise/lock` shows that it is supervised; none where it does not.
    shown: Option<Shown>,
    /// The read end of its notification pipe, while it may still write to it.
    pub(crate) notification: Option<OwnedFd>,
    /// For a logger: its input.
    pub(crate) input: Option<Pipe>,
    /// Whether files tell of it; not where no place can be written.
    pub(crate) has_files: bool,
    /// How much it wrote to its notification pipe without a newline.
    notified: usize,
    /// What most services have nothing of, most of the time.
    extra: Option<Box<Extra>>,
    /// Its programs are executed by a fork, which can do more about it when they are
    /// refused.
    pub(crate) forks: bool,
    /// Its status is to be written, later.
    pub(crate) stale: bool,
    changed: Tai64n,
    ready: Tai64n,
}

/// What comes and goes of a service.
#[derive(Default)]
struct Extra {
    /// Those who listen in `event/`, and what they have not heard yet.
    listeners: Listeners,
    /// Why its status could not be written the last time, so that it is told once.
    unwritten: Option<i32>,
    /// What has been said of its files, so that a line is written once and not at every
    /// try.
    told: Told,
    /// Its ends that its death tally does not have yet.
    deaths: Vec<Death>,
}

impl Extra {
    fn is_empty(&self) -> bool {
        let unsaid = self.unwritten.is_none() && self.told.0.is_empty();
        unsaid && self.deaths.is_empty() && self.listeners.have_heard()
    }
}

/// The wait status of a service that has not ended yet (s6-supervise 2.11 writes 0).
const NEVER_ENDED: u16 = 0;

/// Most that a service may write to its notification descriptor ahead of the newline
/// by which it says that it is ready. PID 1 reads no more of it.
pub(crate) const NOTIFICATION_LIMIT: usize = 4096;

/// What came through a service's notification pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notified {
    /// Nothing that means anything yet.
    Nothing,
    /// The newline: it is ready, and the pipe is done with.
    Ready,
    /// Its end: the pipe is done with.
    Ended,
    /// Too much without a newline: the pipe is done with.
    TooMuch,
}

/// Lines that need not be said again.
#[derive(Default)]
pub(crate) struct Told(Vec<String>);

impl Told {
    /// A line for each of a service's files, and some more.
    const MOST: usize = 16;

    /// Whether the line has not been said yet; from now on it has.
    pub(crate) fn is_new(&mut self, line: &str) -> bool {
        if self.0.iter().any(|told| told == line) {
            return false;
        }
        if self.0.len() == Told::MOST {
            self.0.remove(0);
        }
        self.0.push(line.to_string());
        true
    }
}

fn now() -> Tai64n {
    Tai64n::from_wall(clock::wall())
}

impl Service {
    /// A service of which nothing is there yet.
    pub(crate) fn new(name: Arc<str>, program: Program) -> Service {
        Service {
            name,
            program,
            control: None,
            shown: None,
            dropped: false,
            notification: None,
            input: None,
            has_files: true,
            notified: 0,
            extra: None,
            forks: false,
            stale: false,
            changed: now(),
            ready: now(),
        }
    }

    /// Makes `supervise/` and `event/` in the service's directory, opens its control fifo,
    /// and shows other programs that it is supervised. What could not be made, or had to
    /// make room, is named in the answer; the service goes on without.
    pub(crate) fn open(
        &mut self,
        unit: &UnitState,
        scan: &ScanDir,
        lock: Option<&Lock>,
    ) -> Vec<String> {
        if self.program.may_hang {
            // Told by who has found it.
            return Vec::new();
        }
        if let Some(lock) = lock
            && self.open_anew(unit, scan, lock).is_some()
        {
            // Nobody can have found its `event/` yet.
            return Vec::new();
        }
        self.extra().listeners.tell(Event::Begun.letter());
        let mut problems = self.open_any(unit, scan);
        // Last: who sees the lock may write to the fifo.
        problems.extend(self.show(scan, lock));
        problems
    }

    /// Opens one that has no files yet and is nobody's but ours; none where that fails.
    fn open_anew(&mut self, unit: &UnitState, scan: &ScanDir, lock: &Lock) -> Option<()> {
        let ours = scan.ours(&self.program.directory)?;
        let anew = Anew::make(ours, &self.status(unit).encode()).ok()?;
        let control = anew.control().ok().filter(files::is_spare)?;
        lock.is_kept_in(scan).then(|| anew.lock().ok())??;
        self.shown = Some(Shown::Common);
        self.control = Some(control);
        Some(())
    }

    /// Opens any: what there is already stays, where it is ours.
    fn open_any(&mut self, unit: &UnitState, scan: &ScanDir) -> Vec<String> {
        let mut problems = Vec::new();
        let dir = self.program.directory.clone();
        let opened = files::open(&dir, || problems.extend(self.publish(unit, scan)));
        match opened {
            Ok(control) => {
                self.control = Some(control.fifo);
                let replaced = control.replaced.iter();
                problems.extend(replaced.map(|path| files::replaced_line(path)));
            }
            Err((path, error)) => problems.push(format!(
                "{}: {}; the service runs, but cannot be controlled from outside",
                kernel::escape(path.as_os_str().as_encoded_bytes()),
                errno::text(&error)
            )),
        }
        problems
    }

    /// The service of an earlier program of this process: its descriptors are still open,
    /// its stamps are in its files. What its listeners had not heard is lost.
    pub(crate) fn resumed(
        name: Arc<str>,
        program: Program,
        files: Descriptors,
        mut take: impl FnMut(RawFd) -> Option<OwnedFd>,
    ) -> Service {
        let status = match program.may_hang {
            true => Vec::new(),
            false => files::read(&program.directory, "status").unwrap_or_default(),
        };
        let status = Status::decode(&status).ok();
        Service {
            control: files.control.and_then(&mut take),
            notification: files.notification.and_then(&mut take),
            input: files.input.and_then(|(read, write)| {
                Some(Pipe {
                    read: take(read)?,
                    write: write.and_then(&mut take),
                })
            }),
            changed: status.map_or_else(now, |status| status.stamp),
            ready: status.map_or_else(now, |status| status.ready_stamp),
            ..Service::new(name, program)
        }
    }

    /// Its descriptors.
    pub(crate) fn files(&self) -> Descriptors {
        let number = |fd: &Option<OwnedFd>| fd.as_ref().map(AsRawFd::as_raw_fd);
        Descriptors {
            control: number(&self.control),
            notification: number(&self.notification),
            input: self
                .input
                .as_ref()
                .map(|pipe| (pipe.read.as_raw_fd(), number(&pipe.write))),
        }
    }

    /// Notes a change: the stamps and deaths that [`Service::publish`] writes, the letter
    /// for those who listen.
    pub(crate) fn note(&mut self, unit: Option<&UnitState>, change: Change) {
        match change {
            Change::Up => self.changed = now(),
            Change::Down => {
                self.changed = now();
                self.note_death(unit.and_then(UnitState::last_end));
            }
            Change::Ready | Change::Finished | Change::Permanent => self.ready = now(),
            Change::Gone | Change::Silent => {}
        }
        if let Some(letter) = letter(change)
            && !self.program.may_hang
        {
            self.extra().listeners.tell(letter);
        }
    }

    fn note_death(&mut self, end: Option<End>) {
        let most = self.program.max_death_tally as usize;
        let kept = most > 0 && self.has_files && !self.program.may_hang;
        let Some(end) = end.filter(|_| kept) else {
            return;
        };
        let deaths = &mut self.extra().deaths;
        if deaths.len() >= most {
            deaths.remove(0);
        }
        deaths.push(Death {
            stamp: now(),
            ending: ending(end),
        });
    }

    /// Writes what was noted: the death tally, the status bytes. Gives why the status
    /// could not be written, once for each reason.
    pub(crate) fn publish(&mut self, unit: &UnitState, scan: &ScanDir) -> Option<String> {
        self.write(unit, scan, true)
    }

    /// The same without the death tally, which is left to the next time; whether there is
    /// one to write then.
    pub(crate) fn publish_status(
        &mut self,
        unit: &UnitState,
        scan: &ScanDir,
    ) -> (Option<String>, bool) {
        let problem = self.write(unit, scan, false);
        self.stale = self.extra.as_ref().is_some_and(|it| !it.deaths.is_empty());
        (problem, self.stale)
    }

    fn write(&mut self, unit: &UnitState, scan: &ScanDir, deaths: bool) -> Option<String> {
        if !self.has_files || self.program.may_hang {
            return None;
        }
        self.stale = false;
        let status = self.status(unit).encode();
        let outcome = Supervise::of(scan, &self.program.directory).and_then(|supervise| {
            if let Some(extra) = &mut self.extra
                && deaths
                && !extra.deaths.is_empty()
            {
                let most = self.program.max_death_tally as usize;
                // What could not be written is kept for the next time.
                if supervise.add_deaths(&extra.deaths, most).is_ok() {
                    extra.deaths = Vec::new();
                }
            }
            supervise.replace("status", &status)
        });
        self.written(outcome)
    }

    /// Remembers how the status could be written; gives why not, once for each reason.
    fn written(&mut self, outcome: io::Result<()>) -> Option<String> {
        match outcome {
            Ok(()) => {
                if let Some(extra) = &mut self.extra {
                    extra.unwritten = None;
                }
                None
            }
            Err(error) => {
                let number = error.raw_os_error();
                let known = std::mem::replace(&mut self.extra().unwritten, number) == number;
                (!known).then(|| {
                    let dir = &self.program.directory;
                    format!(
                        "{}/supervise/status: cannot be written: {}; s6-svstat and its like show \
                         an earlier state, and the service goes on",
                        kernel::escape(dir.as_os_str().as_encoded_bytes()),
                        errno::text(&error)
                    )
                })
            }
        }
    }

    fn status(&self, unit: &UnitState) -> Status {
        let finishing = unit.state() == State::Finishing;
        let ready = match unit.state() {
            State::Ready => true,
            State::Down | State::Waiting | State::BackingOff | State::Failed => true,
            State::Starting | State::Up | State::Finishing | State::Stopping => false,
        };
        Status {
            stamp: self.changed,
            ready_stamp: self.ready,
            pid: unit.pid().map_or(0, |pid| pid.0),
            wstat: unit
                .last_end()
                .map_or(NEVER_ENDED, |end| ending(end).to_wait_status()),
            paused: unit.paused(),
            finishing,
            want_up: unit.wanted(),
            ready,
        }
    }

    /// Goes on telling those who listen, as far as `budget` entries of `event/` allow;
    /// whether all of them have heard everything.
    pub(crate) fn tell_listeners(&mut self, scan: &ScanDir, budget: &mut u32) -> bool {
        let Some(extra) = &mut self.extra else {
            return true;
        };
        let done = extra.listeners.go_on(scan, &self.program.directory, budget);
        self.extra.take_if(|extra| extra.is_empty());
        done
    }

    /// What has been said of its files.
    pub(crate) fn told(&mut self) -> &mut Told {
        &mut self.extra().told
    }

    fn extra(&mut self) -> &mut Extra {
        self.extra.get_or_insert_default()
    }

    /// Reads what the service wrote to its notification descriptor.
    pub(crate) fn read_notification(&mut self) -> Notified {
        let Some(read) = &self.notification else {
            return Notified::Ended;
        };
        let mut buffer = [0u8; NOTIFICATION_LIMIT];
        match fd::read(read.as_raw_fd(), &mut buffer) {
            Ok(0) => Notified::Ended,
            Ok(count) if buffer[..count].contains(&b'\n') => Notified::Ready,
            Ok(count) => {
                self.notified = self.notified.saturating_add(count);
                match self.notified < NOTIFICATION_LIMIT {
                    true => Notified::Nothing,
                    false => Notified::TooMuch,
                }
            }
            Err(error) if errno::is(&error, errno::EAGAIN) => Notified::Nothing,
            Err(_) => Notified::Ended,
        }
    }

    /// Shows other programs that it is supervised. Gives what they will miss.
    pub(crate) fn show(&mut self, scan: &ScanDir, lock: Option<&Lock>) -> Option<String> {
        if self.program.may_hang {
            return None;
        }
        match lock::show(scan, &self.program.directory, lock) {
            Ok(shown) => {
                self.shown = Some(shown);
                None
            }
            Err(error) => Some(format!(
                "{}/supervise/lock: {}; s6-svok and its like do not see that it is supervised",
                kernel::escape(self.program.directory.as_os_str().as_encoded_bytes()),
                errno::text(&error)
            )),
        }
    }

    /// Shows that it is not supervised any more.
    pub(crate) fn hide(&mut self) {
        if self.shown.take().is_some() {
            lock::hide(&self.program.directory);
        }
    }

    /// Looks for the directory where it is now, if it was moved or the link to it was
    /// removed: the control fifo is open, and the kernel knows its path.
    pub(crate) fn find_again(&mut self) {
        let dir = &self.program.directory;
        let control = self.control.as_ref().map(AsRawFd::as_raw_fd);
        if let Some(found) = control.and_then(|control| files::moved_to(dir, control)) {
            self.program.directory = found;
        }
    }

    /// Marks the service as one that starts with the container, or not (`down`).
    pub(crate) fn set_normally_up(&self, up: bool) -> io::Result<()> {
        if self.program.may_hang {
            return Err(io::Error::other("it is on a file system that may hang"));
        }
        files::set_normally_up(&self.program.directory, up)
    }
}

/// The letter by which a change is known to listeners.
fn letter(change: Change) -> Option<u8> {
    let event = match change {
        Change::Up => Event::Up,
        Change::Ready => Event::Ready,
        Change::Down => Event::Down,
        Change::Finished => Event::ReallyDown,
        Change::Permanent => Event::PermanentFailure,
        Change::Gone => Event::Left,
        Change::Silent => return None,
    };
    Some(event.letter())
}

/// An end as s6's files have it.
fn ending(end: End) -> Ending {
    match end {
        End::Exited(code) => Ending::Exited(code),
        End::Killed(signal) => Ending::Killed(signal),
    }
}
