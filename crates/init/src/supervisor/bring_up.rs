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
use crate::supervisor::again::Task;
use crate::supervisor::token::Token;
use crate::supervisor::{Phase, Supervisor};
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
        let env = environment::vector(&self.launch.environment);
        let group = self.inheritance.group;
        self.journal.begin_child(Purpose::RunD);
        let started = self.inheritance.fork(|| {
            lead_group();
            run_d(&env, group)
        });
        match started {
            Ok(pid) => {
                self.again.done(Task::RunD);
                self.phase = Phase::RunD(pid);
                self.keep();
            }
            Err(error) => self.try_later(Task::RunD, &error),
        }
        self.journal.end_child();
    }

    /// Begins the boot: a child makes the state anew.
    pub(crate) fn start_boot(&mut self) {
        // After a crash in here all of it is done again.
        self.journal.begin_child(Purpose::Boot);
        if self.paths.is_nowhere() {
            self.begin_steps(0);
            return;
        }
        if self.server.is_none() {
            self.server = prepare::listen(&self.paths, false).ok();
            self.watch_server();
        }
        let started = self.inheritance.fork(|| {
            lead_group();
            prepare::begin_anew(&self.paths, self.launch, &self.settings)
        });
        match started {
            Ok(pid) => {
                self.again.done(Task::State);
                self.phase = Phase::Preparing(pid);
                self.keep();
            }
            Err(error) => self.try_later(Task::State, &error),
        }
        self.journal.end_child();
    }

    fn watch_server(&mut self) {
        if let Some(server) = &self.server {
            self.watch(server.descriptor(), Token::Listener);
        }
    }

    /// Goes on once the state has been made anew.
    pub(crate) fn preparation_ended(&mut self, status: WaitStatus) {
        // Its number may be anybody's from here on.
        self.phase = Phase::Up;
        if self.stopping.is_some() {
            // Ended by the stop, its code says nothing.
            return;
        }
        self.journal.begin_child(Purpose::Boot);
        if self.server.is_none() {
            match prepare::listen(&self.paths, true) {
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
        } = prepare::open(&self.paths, code);
        self.prepared = true;
        if kernel::mount::is_noexec(&self.paths.state) {
            self.spawner = None;
        }
        for problem in problems {
            self.messages.warn(&problem);
        }
        // After a crash in the middle of this there may be one of before.
        if let Some(before) = &self.scan_control {
            self.epoll.remove(before.as_raw_fd());
        }
        if let Some(control) = &scan_control {
            self.watch(control.as_raw_fd(), Token::ScanControl);
        }
        self.scan_control = scan_control;
        self.lock = lock;
        self.begin_boot();
    }

    /// Starts the boot's steps over what has been prepared.
    pub(crate) fn begin_boot(&mut self) {
        self.journal.begin_child(Purpose::Boot);
        let started = Boot::start(
            &self.inheritance,
            &BootPlan {
                paths: &self.paths,
                env: &self.env,
                settings: &self.settings,
                workers: self.launch.workers.as_ref(),
            },
        );
        match started {
            Ok(boot) => {
                self.watch(boot.handover.as_raw_fd(), Token::Boot);
                self.again.done(Task::Boot);
                self.phase = Phase::Booting(boot, Handover::new(PLAN_LIMIT));
                self.keep();
            }
            Err(error) => self.try_later(Task::Boot, &error),
        }
        self.journal.end_child();
    }

    pub(crate) fn read_boot(&mut self) {
        let Phase::Booting(boot, handover) = &mut self.phase else {
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
        if self.stopping.is_some() {
            return;
        }
        let Phase::Settling(until) = &self.phase else {
            return;
        };
        let until = *until;
        if self.scan.is_some() || self.again.waits(Task::Scan) {
            return;
        }
        let settled = self.engine.units().all(|(_, unit)| is_started(unit));
        if let Some(until) = until
            && !settled
        {
            if clock::monotonic() < until {
                return;
            }
            let stops = self.settings.if_boot_fails == IfBootFails::Stop;
            self.messages.warn(&format!(
                "[services.d] not up or ready within S6_CMD_WAIT_FOR_SERVICES_MAXTIME ({} ms): \
                 {}; {}",
                self.settings
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
        self.grown = true;
        self.phase = Phase::Up;
        if !self.argv.is_empty() {
            self.start_command();
        }
    }

    /// The services that the command still waits for, by name.
    fn unsettled(&self) -> String {
        let names: Vec<String> = self
            .engine
            .units()
            .filter(|(_, unit)| !is_started(unit))
            .map(|(id, _)| self.name(id))
            .collect();
        names.join(", ")
    }

    pub(crate) fn start_command(&mut self) {
        let command = Command {
            argv: &self.argv,
            environment: &self.launch.environment,
            keep: self.settings.keep_env,
            paths: &self.paths,
            passed: &self.passed,
        };
        self.journal.begin_child(Purpose::Command);
        match command.start(&self.inheritance) {
            Ok(pid) => {
                self.again.done(Task::Command);
                self.phase = Phase::Up;
                self.command = Some(pid);
                self.journal.note_command(self.command);
                self.keep_rest();
            }
            Err(error) => self.try_later(Task::Command, &error),
        }
        self.journal.end_child();
    }

    pub(crate) fn run_d_ended(&mut self, status: WaitStatus) {
        self.phase = Phase::Up;
        if self.stopping.is_some() {
            // Ended by the stop: its code says nothing.
            return;
        }
        match status.code() {
            0 => {
                // Ahead of the line, which may wait for its reader: after a crash from here
                // on it is the boot that is begun, and not /run.d that is missed.
                self.journal.begin_child(Purpose::Boot);
                self.messages.marker("[run] starting process manager");
                self.start_boot();
            }
            code if Some(code) == self.settings.build_stop => {
                self.messages.marker("[run] container exit requested");
                self.stop(StopCause::BootFailed(0));
            }
            code => self.stop(StopCause::BootFailed(code)),
        }
    }

    pub(crate) fn boot_ended(&mut self, status: WaitStatus) {
        self.read_boot();
        self.running_hook = None;
        let code = status.code();
        let failed = code != 0 && self.settings.if_boot_fails == IfBootFails::Stop;
        // Ended by the stop, its code says nothing.
        let over = failed || self.stopping.is_some();
        let next = if over { Phase::Up } else { self.settling() };
        let Phase::Booting(boot, handover) = std::mem::replace(&mut self.phase, next) else {
            return;
        };
        self.epoll.remove(boot.handover.as_raw_fd());
        self.keep_rest();
        if over {
            if self.stopping.is_none() {
                self.boot_code = Some(code);
                self.stop(StopCause::BootFailed(code));
            }
            return;
        }
        if lost_something(status) {
            self.incomplete = true;
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
        if self.scan_control.is_none() {
            // Nor could it ask.
            self.rescan(false);
        }
    }

    /// The phase after the boot: services start, and a command may wait for them.
    fn settling(&self) -> Phase {
        let waits = !self.argv.is_empty() && self.settings.cmd_waits;
        Phase::Settling(waits.then(|| match self.settings.cmd_wait_maxtime {
            Some(limit) => clock::monotonic() + limit,
            None => Duration::MAX,
        }))
    }
}
