//! Going on after a crash: what was known, compared with what the kernel says.

use std::collections::BTreeSet;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::path::Path;

use engine::{Action, End, Event, Phase as EnginePhase, Pid, StopCause, StopStage, UnitId};
use kernel::epoll::Epoll;
use kernel::process::{self, WaitStatus};
use kernel::signal;
use kernel::signal_source::SignalSource;
use kernel::{fd, limits};
use plan::bytes::Writer;

use crate::boot::Boot;
use crate::boot::handover::Handover;
use crate::child::Inheritance;
use crate::launch::Launch;
use crate::people::socket::Server;
use crate::service::Service;
use crate::service::lock::Lock;
use crate::service::scan_dir::ScanDir;
use crate::state::place::Place;
use crate::stop::StopHooks;
use crate::supervisor::Supervisor;
use crate::supervisor::parts::{Phase, Task};
use crate::supervisor::saved::{self, Rest, Saved, Where};
use crate::supervisor::token::Token;
use crate::survival::journal::{Journal, Kind, Purpose};
use crate::survival::{Cause, WINDOW};

/// How a process ended whose end was lost: reaped, and not yet told.
const UNKNOWN_END: End = End::Killed(signal::SIGKILL as u8);

/// The same as an exit code.
const UNKNOWN_CODE: WaitStatus = WaitStatus::Exited(111);

impl<'a> Supervisor<'a> {
    /// PID 1 as the program before this one has left it. `open`: the descriptors that are
    /// open; those that nobody knows are closed.
    #[expect(
        clippy::too_many_arguments,
        reason = "all that a run of PID 1 begins with"
    )]
    pub(crate) fn resume(
        launch: &'a Launch,
        place: &Place,
        journal: Journal,
        (epoll, signals): (Epoll, SignalSource),
        group: i32,
        open: Vec<RawFd>,
        saved: Saved,
        cause: Cause,
    ) -> io::Result<Supervisor<'a>> {
        let mut left = Left::new(open, &journal);
        let mut rest = saved.rest;
        if let Some(lock) = place.lock_descriptor() {
            left.stays_open(lock);
        }
        rest.passed.retain(|number| left.stays_open(*number));

        let inheritance = Inheritance {
            open_files: rest
                .open_files
                .map(|(soft, hard)| limits::Limit { soft, hard }),
            group,
            noted: journal.latest_child(),
        };
        let refusals = match (left.take(rest.refusals.0), left.take(rest.refusals.1)) {
            (Some(read), Some(write)) => (read, write),
            _ => fd::pipe()?,
        };
        let mut this = Supervisor::new(
            launch,
            place,
            journal,
            (epoll, signals, refusals),
            inheritance,
            rest.passed.clone(),
        );
        process::set_name(launch.name());
        this.mind.go_on(saved.engine, saved.actions);
        // Some may be on their way to their program.
        this.children.inherited = true;
        let mut services = Vec::with_capacity(saved.services.len());
        for (id, (found, files)) in saved.services {
            let unit = this.mind.engine().unit(id);
            let name = unit.map_or_else(|| "".into(), engine::UnitState::shared_name);
            let service = Service::resumed(name, found, files, |number| left.take(number));
            services.push((id, service));
        }

        // A hand-over that was read and not yet acted on is lost with the crash.
        let settling = matches!(rest.at, Where::Settling(_)) && rest.stopping.is_none();
        let scan = rest.scan.or(settling.then_some(false));
        this.take_rest(rest, &mut left);
        left.close();
        // Only now: the lock goes with any descriptor of its file that is closed, such as that
        // of the program that crashed.
        this.services.lock = Lock::take_again(&this.container.paths.scan_control()).ok();
        this.services.scan_dir = ScanDir::open(&this.container.paths.services);
        for (id, service) in services {
            this.take_in(id, service);
        }
        this.watch_everything();
        this.messages.warn(&format!(
            "PID 1 crashed ({}) and goes on from its last state; no service was touched. \
             {} more within {} s, and it will only reap and stop. Please report this",
            cause.text(),
            cause.left(),
            WINDOW.as_secs()
        ));
        // A snapshot of its own only once nothing waits: until then the old one holds.
        if let Some(event) = saved.in_hand {
            this.tell(event);
        }
        // Ahead of everything that makes processes.
        this.adopt_child_in_hand();
        if let Some(number) = this.mind.journal.signal_in_hand() {
            this.receive(number);
            this.mind.journal.signal_done();
        }
        this.adopt();
        if let Some(drop_missing) = scan {
            this.rescan(drop_missing);
        }
        Ok(this)
    }

    fn take_rest(&mut self, rest: Rest, left: &mut Left) {
        self.progress.phase = match rest.at {
            Where::Held(task) => {
                self.progress.again.now(task);
                Phase::Held(task)
            }
            Where::RunD(pid) => Phase::RunD(pid),
            // Whether it was done nobody knows any more.
            Where::Preparing(pid) => {
                if process::is_unreaped_child(pid) {
                    crate::child::abandon(pid);
                }
                self.progress.again.now(Task::State);
                Phase::Held(Task::State)
            }
            Where::Booting(pid, handover) => Phase::Booting(
                Boot {
                    pid,
                    handover: left.take(handover).unwrap_or_else(nothing),
                    gate: None,
                },
                Handover::lost(),
            ),
            Where::Settling(until) => Phase::Settling(until),
            Where::Up => Phase::Up,
        };
        self.progress.prepared = rest.prepared;
        self.progress.command = rest.command;
        self.scanning.control = rest.scan_control.and_then(|number| left.take(number));
        self.server = rest
            .listener
            .and_then(|number| left.take(number))
            .map(Server::resumed);
        self.ending.hooks = rest.hooks.map(|(pid, limits)| {
            StopHooks::resumed(pid, left.take(limits).unwrap_or_else(nothing))
        });

        self.handlers.running = rest.handlers;
        self.progress.code = rest.boot_code;
        self.ending.rules = rest.rules;
        self.ending.stopping = rest.stopping;
        if self.ending.stopping.is_some() {
            crate::messages::speak_beside_hooks();
        }
        self.ending.leave = rest.leave;
        self.progress.incomplete = rest.incomplete;
    }

    fn watch_everything(&mut self) {
        self.epoll
            .deliver_while_waiting(self.signals.mask_while_waiting());
        let mut watched = vec![
            (self.signals.as_raw_fd(), Token::Signals),
            (self.children.refusals.0.as_raw_fd(), Token::Refusals),
        ];
        if let Some(control) = &self.scanning.control {
            watched.push((control.as_raw_fd(), Token::ScanControl));
        }
        if let Some(server) = &self.server {
            watched.push((server.descriptor(), Token::Listener));
        }
        if let Phase::Booting(boot, _) = &self.progress.phase {
            watched.push((boot.handover.as_raw_fd(), Token::Boot));
        }
        if let Some(hooks) = &self.ending.hooks {
            kernel::crash::note_descriptor(hooks.descriptor());
        }
        for (unit, service) in self.services.iter() {
            let files = service.files();
            let notification = Token::Notification(unit);
            watched.extend(files.notification.map(|number| (number, notification)));
            for number in files.numbers() {
                kernel::crash::note_descriptor(number);
            }
        }
        for (number, token) in watched {
            self.watch(number, token);
        }
    }

    /// Brings what was known into line with the processes that there are.
    fn adopt(&mut self) {
        // What has ended meanwhile is known by its process id.
        self.reap();
        self.carry_out();
        let lost: Vec<Pid> = self
            .mind
            .engine()
            .units()
            .filter_map(|(_, unit)| unit.pid())
            .filter(|pid| !process::is_unreaped_child(pid.0))
            .collect();
        for pid in lost {
            self.tell(Event::Exited(pid, UNKNOWN_END));
        }
        self.adopt_unanswered();
        self.adopt_phases();
        self.carry_out();
    }

    /// Units whose process was asked for, where the crash came before the answer.
    fn adopt_unanswered(&mut self) {
        let asked: Vec<UnitId> = self
            .mind
            .engine()
            .units()
            .filter(|(_, unit)| unit.awaits_process())
            .map(|(id, _)| id)
            .filter(|id| {
                let is_to_be_made =
                    |action: &Action| matches!(action, Action::Execute(unit, _) if unit == id);
                !self.mind.waiting().any(is_to_be_made)
            })
            .collect();
        for id in asked {
            self.tell(Event::StartFailed(id));
        }
    }

    /// The process that was being made when the crash came: there, and known to nobody, or
    /// not there, and to be made.
    fn adopt_child_in_hand(&mut self) {
        let Some((purpose, pid)) = self.mind.journal.child_in_hand() else {
            return;
        };
        match (purpose, pid) {
            (Purpose::Unit(id), Some(pid)) => {
                let known = self
                    .mind
                    .engine()
                    .units()
                    .any(|(_, unit)| unit.pid() == Some(Pid(pid)));
                if !known {
                    self.tell(Event::Started(id, Pid(pid)));
                }
            }
            // What it has done so far is done again.
            (Purpose::RunD | Purpose::Boot, pid) => {
                if let Some(pid) = pid {
                    crate::child::abandon(pid);
                }
                match purpose {
                    Purpose::RunD => self.start_run_d(),
                    _ => self.start_boot(),
                }
            }
            (Purpose::Command, Some(pid)) => {
                self.progress.phase = Phase::Up;
                self.progress.command = Some(pid);
                self.mind.journal.note_command(self.progress.command);
                self.keep_rest();
            }
            (Purpose::StopHooks, Some(pid)) => {
                self.ending.hooks = Some(StopHooks::resumed(pid, nothing()));
                self.keep_rest();
            }
            (Purpose::Command, None) => {
                self.progress.phase = Phase::Up;
                self.start_command();
            }
            (Purpose::Unit(_) | Purpose::StopHooks, None) => {}
        }
        self.mind.journal.end_child();
    }

    /// The processes of the boot, the stop and the command that are gone.
    fn adopt_phases(&mut self) {
        let gone = |pid: i32| !process::is_unreaped_child(pid);
        match &self.progress.phase {
            Phase::RunD(pid) if gone(*pid) => self.run_d_ended(UNKNOWN_CODE),
            Phase::Booting(boot, _) if gone(boot.pid) => self.boot_ended(UNKNOWN_CODE),
            Phase::Held(_)
            | Phase::RunD(_)
            | Phase::Preparing(_)
            | Phase::Booting(..)
            | Phase::Settling(_)
            | Phase::Up => {}
        }
        self.handlers.running.retain(|handler| !gone(handler.pid));
        if self.progress.command.is_some_and(gone) {
            self.progress.command = None;
            self.stop(StopCause::CommandEnded(UNKNOWN_CODE.code()));
        }
        let hooks_asked = self
            .mind
            .waiting()
            .any(|action| *action == Action::RunStopHooks);
        let hooks_gone = self
            .ending
            .hooks
            .as_ref()
            .is_none_or(|hooks| gone(hooks.pid));
        let in_hooks = self.mind.engine().phase() == EnginePhase::Stopping(StopStage::Hooks);
        if in_hooks && hooks_gone && !hooks_asked {
            self.ending.hooks = None;
            self.tell(Event::StopHooksDone(self.ending.rules.limits));
        }
    }

    /// Writes what has changed into the journal, between two turns of the loop.
    pub(crate) fn keep(&mut self) {
        if !self.mind.journal.keeps() {
            return;
        }
        self.keep_rest();
        if self.mind.wants_snapshot() {
            let rest = self.rest();
            let services = &self.services;
            let known = |id| {
                let service = services.get(id)?;
                Some((&service.program, service.files()))
            };
            self.mind
                .snapshot(|out, engine| saved::write(out, engine, known, &rest));
        }
    }

    /// Writes what is neither the engine's nor a service's, if it has changed.
    pub(crate) fn keep_rest(&mut self) {
        if !self.mind.journal.keeps() {
            return;
        }
        let mut out = Writer::default();
        self.rest().write(&mut out);
        self.mind.keep_rest(out.into_bytes());
    }

    /// Writes the descriptors of a service.
    pub(crate) fn keep_files(&mut self, unit: UnitId) {
        let Some(files) = self.service(unit).map(|service| service.files()) else {
            return;
        };
        self.mind.journal.record(Kind::Files, |out| {
            out.u32(unit.0);
            files.write(out);
        });
    }

    fn rest(&self) -> Rest {
        Rest {
            open_files: self
                .children
                .inheritance
                .open_files
                .map(|limit| (limit.soft, limit.hard)),
            passed: self.container.passed.clone(),
            at: match &self.progress.phase {
                Phase::Held(task) => Where::Held(*task),
                Phase::RunD(pid) => Where::RunD(*pid),
                Phase::Preparing(boot) => Where::Preparing(boot.pid),
                Phase::Booting(boot, _) => Where::Booting(boot.pid, boot.handover.as_raw_fd()),
                Phase::Settling(until) => Where::Settling(*until),
                Phase::Up => Where::Up,
            },
            prepared: self.progress.prepared,
            command: self.progress.command,
            scan_control: self.scanning.control.as_ref().map(AsRawFd::as_raw_fd),
            listener: self.server.as_ref().map(Server::descriptor),
            refusals: (
                self.children.refusals.0.as_raw_fd(),
                self.children.refusals.1.as_raw_fd(),
            ),
            hooks: self
                .ending
                .hooks
                .as_ref()
                .map(|hooks| (hooks.pid, hooks.descriptor())),
            handlers: self.handlers.running.clone(),
            boot_code: self.progress.code,
            rules: self.ending.rules,
            scan: self.scanning.wanted(),
            stopping: self.ending.stopping.clone(),
            place_lock: self.container.place_lock,
            leave: self.ending.leave,
            incomplete: self.progress.incomplete,
        }
    }
}

/// The descriptors that were open when this program began, each for one owner.
struct Left(BTreeSet<RawFd>);

impl Left {
    fn new(open: Vec<RawFd>, journal: &Journal) -> Left {
        let mut left: BTreeSet<RawFd> = open.into_iter().collect();
        if let Some(own) = journal.descriptor() {
            left.remove(&own);
        }
        Left(left)
    }

    /// The descriptor of this number; none where it is closed or somebody else's.
    fn take(&mut self, number: RawFd) -> Option<OwnedFd> {
        self.0.remove(&number).then(|| fd::own(number))
    }

    /// Whether this one was open; it stays so, and is nobody's.
    fn stays_open(&mut self, number: RawFd) -> bool {
        self.0.remove(&number)
    }

    /// Closes what nobody has taken.
    fn close(self) {
        self.0.into_iter().for_each(fd::close);
    }
}

/// A descriptor from which nothing comes, in the place of one that is lost.
fn nothing() -> OwnedFd {
    let null = kernel::fs::open(Path::new("/dev/null"), kernel::fs::flags::O_RDONLY, 0);
    null.or_else(|_| Ok::<_, io::Error>(fd::pipe()?.0))
        .expect("one of the descriptors that were just closed")
}
