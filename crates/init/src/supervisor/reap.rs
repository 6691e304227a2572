//! Children that have ended, and what those say that could not become their program.

use std::os::fd::AsRawFd;

use engine::{Event, Pid, StopCause, UnitId};
use kernel::errno;
use kernel::process::{self, WaitStatus, Waited};
use kernel::spawn::Report;

use crate::child::REAPED_A_TURN;
use crate::child::refusal::Refusal;
use crate::supervisor::Supervisor;
use crate::supervisor::parts::{FinishMarker, Phase};

impl Supervisor<'_> {
    /// Whether this child, which has ended, has said that it could not execute its program.
    /// To be asked whatever its end: what it has said is about it, and not about a later
    /// process that gets its number.
    pub(crate) fn was_refused(&mut self, pid: i32, status: WaitStatus) -> bool {
        if self.children.may_have_said(pid) {
            self.read_refusals();
        }
        self.children.ended(pid, status)
    }

    /// Reaps whoever has ended, up to a number: who makes processes that end decides how
    /// many there are, and signals are to be heard meanwhile. Whether somebody had.
    pub(crate) fn reap(&mut self) -> bool {
        self.children.more_to_reap = false;
        for count in 0..REAPED_A_TURN {
            match process::try_wait_any() {
                Waited::Reaped(reaped) => {
                    // Acted on before the next is reaped: until then its pid is nobody
                    // else's, and no signal can reach a stranger.
                    self.ending.unreachable.remove(&reaped.pid);
                    self.reaped(reaped.pid, reaped.status);
                    self.carry_out();
                }
                Waited::NoneYet => return count > 0,
                Waited::NoChildren => {
                    if self.ending.stopping.is_some() && self.ending.hooks.is_none() {
                        self.tell(Event::NoneLeft);
                    }
                    return count > 0;
                }
            }
        }
        self.children.more_to_reap = true;
        true
    }

    fn reaped(&mut self, pid: i32, status: WaitStatus) {
        if self.progress.command == Some(pid) {
            self.note_leader_gone(pid, true);
            self.progress.command = None;
            let name = self
                .container
                .argv
                .first()
                .map_or(String::new(), |word| kernel::escape(word));
            self.messages
                .marker(&format!("[cmd] {name} exited {}", status.code()));
            if self.ending.stopping.is_none() {
                self.progress.code = Some(status.code());
            }
            self.mind.journal.note_command(None);
            self.keep_rest();
            self.stop(StopCause::CommandEnded(status.code()));
            return;
        }
        if self
            .ending
            .hooks
            .as_ref()
            .is_some_and(|hooks| hooks.pid == pid)
        {
            self.progress.hook = None;
            if let Some(report) = self.ending.hooks.take().and_then(|hooks| hooks.report()) {
                self.ending.rules = report.rules;
                for (what, why) in report.killed {
                    self.ending.add_killed(what, why);
                }
            }
            self.keep_rest();
            self.sync_disks();
            self.say_finish(FinishMarker::Waiting);
            self.tell(Event::StopHooksDone(self.ending.rules.limits));
            return;
        }
        if self
            .scanning
            .running
            .as_ref()
            .is_some_and(|(scan, _)| scan.pid == pid)
        {
            self.read_scan();
            // A pipe without a writer has an end. One that has none brings nothing more.
            if let Some((scan, _)) = self.scanning.running.take_if(|(scan, _)| scan.pid == pid) {
                self.epoll.remove(scan.handover.as_raw_fd());
                self.scan_lost(scan.drop_missing, "could not be read");
                self.scan_on();
            }
            return;
        }
        if self.handler_ended(pid, status) {
            return;
        }
        match &self.progress.phase {
            Phase::RunD(run_d) if *run_d == pid => self.run_d_ended(status),
            Phase::Preparing(boot) if boot.pid == pid => self.preparation_ended(status),
            Phase::Booting(boot, _) if boot.pid == pid => self.boot_ended(status),
            _ => self.service_ended(pid, status),
        }
    }

    /// A process that may be a service's. One that could not execute its program has
    /// said so in the pipe before it ended.
    fn service_ended(&mut self, pid: i32, status: WaitStatus) {
        if self.unit_of(pid).is_some() {
            self.note_leader_gone(pid, false);
        }
        if self.was_refused(pid, status) {
            self.tell(Event::ExecFailed(Pid(pid)));
            return;
        }
        self.tell(Event::Exited(Pid(pid), end_of(status)));
    }

    /// Reads who could not execute its program, and says why, once for each cause.
    pub(super) fn read_refusals(&mut self) {
        while let Some(refusal) = Refusal::read(self.children.refusals.0.as_raw_fd()) {
            let (unit, cause) = match refusal {
                Refusal::Bare(report) => {
                    self.children.heard(report.pid);
                    self.explain(&report);
                    continue;
                }
                Refusal::Worded { pid, cause } => {
                    self.children.heard(pid);
                    (self.unit_of(pid), cause)
                }
                Refusal::Words { unit, cause } => (Some(UnitId(unit)), cause),
            };
            let told = match unit.and_then(|unit| self.service(unit)) {
                Some(service) => service.told(),
                None => &mut self.handlers.told,
            };
            if told.is_new(&cause) {
                self.messages.warn(&cause);
            }
        }
    }

    /// Lets a child find words for a report: that means looking into the service's files.
    fn explain(&mut self, report: &Report) {
        let Some(unit) = self.unit_of(report.pid) else {
            return;
        };
        let state = self.mind.engine().unit(unit).map(engine::UnitState::state);
        let finishing = state == Some(engine::State::Finishing);
        let Some(service) = self.service(unit) else {
            return;
        };
        let path = Refusal::path(report, &service.program.directory, finishing);
        let error = errno::from(i32::from(report.errno));
        // It may lie on a noexec mount of its own: the next try looks for another way.
        service.forks |= errno::is(&error, errno::EACCES);
        let to = self.children.refusals.1.as_raw_fd();
        let explains = || Refusal::explain(to, unit.0, &self.container.paths, &path, &error);
        if self.children.inheritance.fork(explains).is_err() {
            self.messages.warn(&format!(
                "{}: cannot be executed: {}",
                kernel::escape(path.as_os_str().as_encoded_bytes()),
                errno::text(&error)
            ));
        }
    }
}

fn end_of(status: WaitStatus) -> engine::End {
    match status {
        WaitStatus::Exited(code) => engine::End::Exited(code),
        WaitStatus::Killed(signal) => engine::End::Killed(signal),
    }
}
