//! From PID 1's first act to the command: /run.d, the boot, the services, CMD.

use std::os::fd::AsRawFd;
use std::time::Duration;

use engine::{State, StopCause, UnitState};
use kernel::process::WaitStatus;
use kernel::{clock, errno};
use layouts::settings::IfBootFails;
use plan::Readiness;

use crate::boot::prepare::{self, Opened};
use crate::boot::scan::{Handover, Progress};
use crate::boot::{Boot, BootPlan, LOST, PLAN_LIMIT, lead_group, run_d};
use crate::child::command::Command;
use crate::child::environment;
use crate::service::scan_dir::ScanDir;
use crate::supervisor::Supervisor;
use crate::supervisor::parts::{Phase, Task};
use crate::supervisor::token::Token;
use crate::survival::Purpose;

/// Whether nothing more is to be waited for before a unit counts as started.
pub(crate) fn is_started(unit: &UnitState) -> bool {
    let definition = unit.definition();
    match unit.state() {
        State::Ready => true,
        State::Up => {
            definition.kind == plan::Kind::Service && definition.readiness == Readiness::WhenUp
        }
        State::Down
        | State::Waiting
        | State::Starting
        | State::Finishing
        | State::BackingOff
        | State::Stopping
        | State::Failed => !definition.wanted,
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

impl Supervisor<'_> {
    pub(crate) fn start_run_d(&mut self) {
        let env = environment::vector(&self.container.launch.environment);
        let group = self.children.inheritance.group;
        self.mind.journal.begin_child(Purpose::RunD);
        let started = self.children.inheritance.fork(|| {
            lead_group();
            run_d(&env, group)
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

    /// Begins the boot: a child makes the state anew.
    pub(crate) fn start_boot(&mut self) {
        // After a crash in here all of it is done again.
        self.mind.journal.begin_child(Purpose::Boot);
        if self.container.paths.is_nowhere() {
            self.begin_steps(0);
            return;
        }
        if self.server.is_none() {
            self.server = prepare::listen(&self.container.paths, false).ok();
            self.watch_server();
        }
        let started = self.children.inheritance.fork(|| {
            lead_group();
            prepare::begin_anew(
                &self.container.paths,
                self.container.launch,
                &self.container.settings,
            )
        });
        match started {
            Ok(pid) => {
                self.progress.again.done(Task::State);
                self.progress.phase = Phase::Preparing(pid);
                self.keep();
            }
            Err(error) => self.try_later(Task::State, &error),
        }
        self.mind.journal.end_child();
    }

    fn watch_server(&mut self) {
        if let Some(server) = &self.server {
            self.watch(server.descriptor(), Token::Listener);
        }
    }

    /// Goes on once the state has been made anew.
    pub(crate) fn preparation_ended(&mut self, status: WaitStatus) {
        // Its number may be anybody's from here on.
        self.progress.phase = Phase::Up;
        if self.ending.stopping.is_some() {
            // Ended by the stop, its code says nothing.
            return;
        }
        self.mind.journal.begin_child(Purpose::Boot);
        if self.server.is_none() {
            match prepare::listen(&self.container.paths, true) {
                Ok(server) => self.server = Some(server),
                Err(problem) => self.messages.warn(&problem),
            }
            self.watch_server();
        }
        self.begin_steps(status.code());
    }

    /// Starts the boot's steps; `code` is that of the child that made the state anew.
    fn begin_steps(&mut self, code: u8) {
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
        self.begin_boot();
    }

    /// Starts the boot's steps over what has been prepared.
    pub(crate) fn begin_boot(&mut self) {
        self.mind.journal.begin_child(Purpose::Boot);
        let started = Boot::start(
            &self.children.inheritance,
            &BootPlan {
                paths: &self.container.paths,
                env: &self.container.env,
                settings: &self.container.settings,
                workers: self.container.launch.workers.as_ref(),
            },
        );
        match started {
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

    pub(crate) fn read_boot(&mut self) {
        let Phase::Booting(boot, handover) = &mut self.progress.phase else {
            return;
        };
        match handover.read(&boot.handover) {
            Ok(Progress::More) => {}
            Ok(Progress::Complete) => self.epoll.remove(boot.handover.as_raw_fd()),
            Err(error) => {
                self.epoll.remove(boot.handover.as_raw_fd());
                *handover = Handover::lost();
                self.messages.warn(&format!(
                    "what the boot handed over is of no use: {}; the services are read again",
                    errno::text(&error)
                ));
            }
        }
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
        self.read_boot();
        self.progress.hook = None;
        let code = status.code();
        let failed = code != 0 && self.container.settings.if_boot_fails == IfBootFails::Stop;
        // Ended by the stop, its code says nothing.
        let over = failed || self.ending.stopping.is_some();
        let next = if over { Phase::Up } else { self.settling() };
        let Phase::Booting(boot, handover) = std::mem::replace(&mut self.progress.phase, next)
        else {
            return;
        };
        self.epoll.remove(boot.handover.as_raw_fd());
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
        // A boot by script hands nothing over, and one that was killed no whole.
        if !handover.is_whole() || !self.take_services(handover.bytes(), false) {
            self.rescan(false);
        }
        // A boot by script asks for the reading of its services through the fifo.
        self.read_scan_control();
        if self.scanning.control.is_none() {
            // Nor could it ask.
            self.rescan(false);
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
