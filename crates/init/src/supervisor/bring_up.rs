//! From PID 1's first act to the command: /run.d, the boot, the services, CMD.

use std::os::fd::AsRawFd;
use std::time::Duration;

use engine::{State, StopCause, UnitState};
use kernel::process::WaitStatus;
use kernel::{clock, errno, fd};
use layouts::settings::IfBootFails;

use crate::boot::handover::{Handover, Progress};
use crate::boot::prepare::{self, Opened};
use crate::boot::{Boot, BootPlan, From, LOST, PLAN_LIMIT, lead_group, run_d};
use crate::child::command::Command;
use crate::child::environment;
use crate::service::scan_dir::ScanDir;
use crate::supervisor::Supervisor;
use crate::supervisor::parts::{Phase, Task};
use crate::supervisor::token::Token;
use crate::survival::Purpose;

/// Whether nothing more is to be waited for before a unit counts as started.
pub(crate) fn is_started(unit: &UnitState) -> bool {
    match unit.state() {
        State::Up | State::Ready => unit.is_ready(),
        State::Down
        | State::Waiting
        | State::Starting
        | State::Finishing
        | State::BackingOff
        | State::Stopping
        | State::Failed => !unit.definition().wanted,
    }
}

/// Whether the boot has said that something of what the image brings is missing, or could
/// not say so.
fn lost_something(status: WaitStatus) -> bool {
    match status {
        WaitStatus::Exited(code) => code == LOST,
        WaitStatus::Killed(_) => true,
    }
}

/// What is said where the boot's hand-over cannot be used.
fn no_use(why: &str) -> String {
    format!("what the boot handed over is of no use: {why}; the services are read again")
}

impl Supervisor<'_> {
    pub(crate) fn start_run_d(&mut self) {
        let env = environment::vector(&self.container.launch.environment);
        let group = self.children.inheritance.group;
        let build_stop = self.container.settings.build_stop;
        self.mind.journal.begin_child(Purpose::RunD);
        let started = self.children.inheritance.fork(|| {
            lead_group();
            run_d(&env, group, build_stop)
        });
        match started {
            Ok(pid) => {
                self.progress.again.done(Task::RunD);
                self.progress.phase = Phase::RunD(pid);
                self.keep();
            }
            Err(error) => self.try_later(Task::RunD, &error),
        }
        self.mind.journal.end_child();
    }

    /// Begins the boot: a child makes the state anew, and goes on with the steps.
    pub(crate) fn start_boot(&mut self) {
        // After a crash in here all of it is done again.
        self.mind.journal.begin_child(Purpose::Boot);
        if self.container.paths.is_nowhere() {
            self.open_state(0);
            self.begin_boot();
            return;
        }
        if self.server.is_none() {
            self.server = prepare::listen(&self.container.paths, false).ok();
            self.watch_server();
        }
        match self.fork_boot(From::Scratch) {
            Ok(boot) => {
                self.watch(boot.handover.as_raw_fd(), Token::Boot);
                self.progress.again.done(Task::State);
                self.progress.phase = Phase::Preparing(boot);
                self.keep();
            }
            Err(error) => self.try_later(Task::State, &error),
        }
        self.mind.journal.end_child();
    }

    fn fork_boot(&self, from: From) -> std::io::Result<Boot> {
        let plan = BootPlan {
            paths: &self.container.paths,
            env: &self.container.env,
            settings: &self.container.settings,
            launch: self.container.launch,
        };
        Boot::start(&self.children.inheritance, &plan, from)
    }

    /// Listens for people, where that could not be done ahead of the state.
    fn listen(&mut self) {
        if self.server.is_none() {
            match prepare::listen(&self.container.paths, true) {
                Ok(server) => self.server = Some(server),
                Err(problem) => self.messages.warn(&problem),
            }
            self.watch_server();
        }
    }

    fn watch_server(&mut self) {
        if let Some(server) = &self.server {
            self.watch(server.descriptor(), Token::Listener);
        }
    }

    /// Takes the word of the boot's child that it has made the state anew.
    fn read_preparation(&mut self) {
        let Phase::Preparing(boot) = &mut self.progress.phase else {
            return;
        };
        let mut code = [0u8];
        match fd::read(boot.handover.as_raw_fd(), &mut code) {
            Ok(1) => {}
            Err(error) if errno::is(&error, errno::EINTR) => return,
            Ok(_) | Err(_) => {
                // Nothing, though there is something to read: its end says the rest. At a gate
                // that nobody opens it would wait for ever.
                boot.gate = None;
                return self.epoll.remove(boot.handover.as_raw_fd());
            }
        }
        if self.ending.stopping.is_some() {
            return;
        }
        // Begun again after a crash in here.
        let Phase::Preparing(mut boot) = std::mem::replace(&mut self.progress.phase, Phase::Up)
        else {
            return;
        };
        self.listen();
        self.open_state(code[0]);
        if let Some(gate) = boot.gate.take() {
            let _ = fd::write(gate.as_raw_fd(), b"\n");
        }
        self.progress.phase = Phase::Booting(boot, Handover::new(PLAN_LIMIT));
        self.keep();
    }

    /// The child that was to make the state anew has ended: with everything done, or without
    /// a word about it.
    pub(crate) fn preparation_ended(&mut self, status: WaitStatus) {
        self.read_preparation();
        if let Phase::Booting(..) = &self.progress.phase {
            return self.boot_ended(status);
        }
        // Its number may be anybody's from here on.
        if let Phase::Preparing(boot) = std::mem::replace(&mut self.progress.phase, Phase::Up) {
            self.epoll.remove(boot.handover.as_raw_fd());
        }
        if self.ending.stopping.is_some() {
            // Ended by the stop, its code says nothing.
            return;
        }
        self.mind.journal.begin_child(Purpose::Boot);
        self.listen();
        self.open_state(status.code());
        self.begin_boot();
    }

    /// Opens what PID 1 keeps of the state; `code` is what the child says that has made it anew.
    fn open_state(&mut self, code: u8) {
        let Opened {
            scan_control,
            lock,
            problems,
        } = prepare::open(&self.container.paths, code);
        self.progress.prepared = true;
        if kernel::mount::is_noexec(&self.container.paths.state) {
            self.children.spawner = None;
        }
        for problem in problems {
            self.messages.warn(&problem);
        }
        // After a crash in the middle of this there may be one of before.
        if let Some(before) = &self.scanning.control {
            self.epoll.remove(before.as_raw_fd());
        }
        if let Some(control) = &scan_control {
            self.watch(control.as_raw_fd(), Token::ScanControl);
        }
        self.scanning.control = scan_control;
        self.services.lock = lock;
        self.services.scan_dir = match self.scanning.control {
            Some(_) => ScanDir::open(&self.container.paths.services),
            None => ScanDir::default(),
        };
    }

    /// Starts the boot's steps over what has been prepared.
    pub(crate) fn begin_boot(&mut self) {
        self.mind.journal.begin_child(Purpose::Boot);
        match self.fork_boot(From::State) {
            Ok(boot) => {
                self.watch(boot.handover.as_raw_fd(), Token::Boot);
                self.progress.again.done(Task::Boot);
                self.progress.phase = Phase::Booting(boot, Handover::new(PLAN_LIMIT));
                self.keep();
            }
            Err(error) => self.try_later(Task::Boot, &error),
        }
        self.mind.journal.end_child();
    }

    /// Takes what the boot hands over, as it comes: services that have been read start while
    /// others are read.
    pub(crate) fn read_boot(&mut self) {
        self.read_preparation();
        let Phase::Booting(boot, handover) = &mut self.progress.phase else {
            return;
        };
        if handover.is_closed() {
            return;
        }
        match handover.read(&boot.handover) {
            Ok(Progress::More) => {}
            Ok(Progress::Closed) => self.epoll.remove(boot.handover.as_raw_fd()),
            Err(error) => {
                // What is too much is read on, so that the child comes to its end.
                let ours = errno::is(&error, errno::EFBIG) || errno::is(&error, errno::ENOMEM);
                if !ours {
                    self.epoll.remove(boot.handover.as_raw_fd());
                }
                *handover = Handover::lost();
                self.messages.warn(&no_use(&errno::text(&error)));
            }
        }
        self.take_pieces();
    }

    /// Takes the services of the pieces that have come. A boot that stops the container when
    /// it fails has none started before it is known that it has not.
    fn take_pieces(&mut self) {
        let waits = self.container.settings.if_boot_fails == IfBootFails::Stop;
        while !waits && let Phase::Booting(_, handover) = &mut self.progress.phase {
            match handover.next() {
                Ok(Some(piece)) => {
                    self.take_piece(piece);
                    // Ahead of the files of those that come after.
                    self.carry_out();
                }
                Ok(None) => return,
                Err(broken) => {
                    *handover = Handover::lost();
                    self.messages.warn(&no_use(&broken.to_string()));
                }
            }
        }
    }

    /// Whether services that have been read are not started yet, since others follow at once:
    /// whoever asks for one of them from another's `run` finds it supervised.
    pub(crate) fn waits_for_the_others(&self) -> bool {
        let Phase::Booting(_, handover) = &self.progress.phase else {
            return false;
        };
        let until = handover.together_until();
        self.ending.stopping.is_none() && until.is_some_and(|until| clock::monotonic() < until)
    }

    /// Goes on with the boot as far as it can: from started services to the command.
    pub(crate) fn settle(&mut self) {
        if self.ending.stopping.is_some() {
            return;
        }
        let Phase::Settling(until) = &self.progress.phase else {
            return;
        };
        let until = *until;
        if self.scanning.running.is_some() || self.progress.again.waits(Task::Scan) {
            return;
        }
        let settled = self.mind.engine().units().all(|(_, unit)| is_started(unit));
        if let Some(until) = until
            && !settled
        {
            if clock::monotonic() < until {
                return;
            }
            let stops = self.container.settings.if_boot_fails == IfBootFails::Stop;
            self.messages.warn(&format!(
                "[services.d] not up or ready within S6_CMD_WAIT_FOR_SERVICES_MAXTIME ({} ms): \
                 {}; {}",
                self.container
                    .settings
                    .cmd_wait_maxtime
                    .unwrap_or_default()
                    .as_millis(),
                self.unsettled(),
                if stops {
                    "the container stops, since S6_BEHAVIOUR_IF_STAGE2_FAILS is 2"
                } else {
                    "the command starts all the same"
                }
            ));
            if stops {
                self.stop(StopCause::BootFailed(99));
                return;
            }
        }
        self.messages.marker("[services.d] done.");
        self.scanning.said = Vec::new();
        self.progress.grown = true;
        self.progress.phase = Phase::Up;
        if !self.container.argv.is_empty() {
            self.start_command();
        }
    }

    /// The services that the command still waits for, by name.
    fn unsettled(&self) -> String {
        let names: Vec<String> = self
            .mind
            .engine()
            .units()
            .filter(|(_, unit)| !is_started(unit))
            .map(|(id, _)| self.name(id))
            .collect();
        names.join(", ")
    }

    pub(crate) fn start_command(&mut self) {
        let command = Command {
            argv: &self.container.argv,
            environment: &self.container.launch.environment,
            keep: self.container.settings.keep_env,
            paths: &self.container.paths,
            passed: &self.container.passed,
        };
        self.mind.journal.begin_child(Purpose::Command);
        match command.start(&self.children.inheritance) {
            Ok(pid) => {
                self.progress.again.done(Task::Command);
                self.progress.phase = Phase::Up;
                self.progress.command = Some(pid);
                self.mind.journal.note_command(self.progress.command);
                self.keep_rest();
            }
            Err(error) => self.try_later(Task::Command, &error),
        }
        self.mind.journal.end_child();
    }

    pub(crate) fn run_d_ended(&mut self, status: WaitStatus) {
        self.progress.phase = Phase::Up;
        if self.ending.stopping.is_some() {
            // Ended by the stop: its code says nothing.
            return;
        }
        match status.code() {
            0 => {
                // Ahead of the line, which may wait for its reader: after a crash from here
                // on it is the boot that is begun, and not /run.d that is missed.
                self.mind.journal.begin_child(Purpose::Boot);
                self.messages.marker("[run] starting process manager");
                self.start_boot();
            }
            code if Some(code) == self.container.settings.build_stop => {
                self.messages.marker("[run] container exit requested");
                self.stop(StopCause::BootFailed(0));
            }
            code => self.stop(StopCause::BootFailed(code)),
        }
    }

    pub(crate) fn boot_ended(&mut self, status: WaitStatus) {
        self.read_last_of_boot();
        self.progress.hook = None;
        let code = status.code();
        let failed = code != 0 && self.container.settings.if_boot_fails == IfBootFails::Stop;
        // Ended by the stop, its code says nothing.
        let over = failed || self.ending.stopping.is_some();
        let next = if over { Phase::Up } else { self.settling() };
        let Phase::Booting(boot, mut handover) = std::mem::replace(&mut self.progress.phase, next)
        else {
            return;
        };
        if !handover.is_closed() {
            self.epoll.remove(boot.handover.as_raw_fd());
        }
        self.keep_rest();
        if over {
            if self.ending.stopping.is_none() {
                self.progress.code = Some(code);
                self.stop(StopCause::BootFailed(code));
            }
            return;
        }
        if lost_something(status) {
            self.progress.incomplete = true;
            self.messages.warn(
                "the boot has lost hooks or services (above, or it was killed); the container is \
                 not ready; correct that and start it again",
            );
        }
        while let Ok(Some(piece)) = handover.next() {
            self.take_piece(piece);
        }
        // A boot by script hands nothing over, and one that was killed no whole.
        match handover.is_complete() {
            true => self.scan_on(),
            false => self.rescan(false),
        }
        // A boot by script asks for the reading of its services through the fifo.
        self.read_scan_control();
        if self.scanning.control.is_none() {
            // Nor could it ask.
            self.rescan(false);
        }
    }

    /// Takes what is left in the pipe of a boot that has ended: a pipe holds no more than a
    /// few turns of the loop read.
    fn read_last_of_boot(&mut self) {
        const TURNS: usize = 64;
        for _ in 0..TURNS {
            let Phase::Booting(_, handover) = &self.progress.phase else {
                return;
            };
            let before = handover.total();
            self.read_boot();
            let Phase::Booting(_, handover) = &self.progress.phase else {
                return;
            };
            if handover.total() == before {
                return;
            }
        }
    }

    /// The phase after the boot: services start, and a command may wait for them.
    fn settling(&self) -> Phase {
        let waits = !self.container.argv.is_empty() && self.container.settings.cmd_waits;
        Phase::Settling(
            waits.then(|| match self.container.settings.cmd_wait_maxtime {
                Some(limit) => clock::monotonic() + limit,
                None => Duration::MAX,
            }),
        )
    }
}
