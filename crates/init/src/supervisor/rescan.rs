//! The scan directory: its control fifo, reading it again, taking what was found.

use std::os::fd::AsRawFd;

use engine::{Event, StopCause, UnitId, UnitState};
use kernel::{errno, fd};
use s6wire::control::ScanCommand;

use plan::handover::{Found, Remark};
use plan::{Entry, Program};

use crate::boot::PLAN_LIMIT;
use crate::boot::handover::{Broken, Handover, Progress};
use crate::boot::scan::Scan;
use crate::service::lock;
use crate::service::{Pipe, Service};
use crate::supervisor::Supervisor;
use crate::supervisor::parts::{Phase, Task};
use crate::supervisor::token::Token;

/// So many services are taken in at a time: what that takes beside them is small then, and need
/// not be asked for.
const AT_A_TIME: usize = 64;

/// How often a reading is tried before it is given up.
const SCAN_TRIES: u32 = 3;

impl Supervisor<'_> {
    pub(crate) fn read_scan_control(&mut self) {
        let Some(control) = &self.scanning.control else {
            return;
        };
        let mut letters = [0u8; 256];
        let Ok(count) = fd::read(control.as_raw_fd(), &mut letters) else {
            return;
        };
        for letter in &letters[..count] {
            match s6wire::control::scan_command(*letter) {
                Some(ScanCommand::Scan) => self.rescan(false),
                Some(ScanCommand::Nuke | ScanCommand::NukeAll | ScanCommand::Reload) => {
                    self.rescan(true);
                }
                Some(
                    ScanCommand::Terminate
                    | ScanCommand::Quit
                    | ScanCommand::Abort
                    | ScanCommand::Stop(_),
                ) => {
                    self.stop(StopCause::Asked);
                }
                // Everybody is reaped anyway; a mode of ending is the machine's, not a
                // container's.
                Some(ScanCommand::Reap | ScanCommand::Mode(_)) | None => {}
            }
        }
    }

    /// Reads the scan directory again, once the reading that runs is done.
    pub(crate) fn rescan(&mut self, drop_missing: bool) {
        if self.ending.stopping.is_some() {
            return;
        }
        // While the boot's services come one after another, the next is but half there.
        let halfway = matches!(&self.progress.phase, Phase::Booting(_, come) if come.has_begun());
        if self.scanning.running.is_some() || halfway {
            self.scanning.ask(drop_missing);
            return;
        }
        match Scan::start(
            &self.children.inheritance,
            &self.container.paths,
            drop_missing,
        ) {
            Ok(scan) => {
                self.progress.again.done(Task::Scan);
                self.watch(scan.handover.as_raw_fd(), Token::Scan);
                self.scanning.running = Some((scan, Handover::new(PLAN_LIMIT)));
            }
            Err(error) => {
                self.scanning.ask(drop_missing);
                self.try_later(Task::Scan, &error);
            }
        }
    }

    pub(crate) fn read_scan(&mut self) {
        let Some((scan, handover)) = &mut self.scanning.running else {
            return;
        };
        match handover.read(&scan.handover) {
            Ok(Progress::More) => return,
            Ok(Progress::Closed) => {
                if let Some((scan, handover)) = self.scanning.running.take() {
                    self.epoll.remove(scan.handover.as_raw_fd());
                    match handover.all() {
                        Ok(found) => self.take_services(found, scan.drop_missing),
                        Err(Broken::Bytes) => {
                            self.scan_lost(scan.drop_missing, "could not be read");
                        }
                        Err(broken @ Broken::Memory) => {
                            self.not_taken_over(scan.drop_missing, &broken.to_string());
                        }
                    }
                }
            }
            Err(error) => {
                // Closing the pipe ends the child, should it still write.
                self.epoll.remove(scan.handover.as_raw_fd());
                let drop_missing = scan.drop_missing;
                self.scanning.running = None;
                self.not_taken_over(drop_missing, &errno::text(&error));
            }
        }
        self.scan_on();
    }

    fn not_taken_over(&mut self, drop_missing: bool, why: &str) {
        let why = format!("what was read cannot be taken over: {why}");
        self.scan_lost(drop_missing, &why);
    }

    /// Begins the reading that was asked for while another ran.
    pub(crate) fn scan_on(&mut self) {
        if let Some(drop_missing) = self.scanning.next.take() {
            self.rescan(drop_missing);
        }
    }

    /// Adds the services that a child has read; with `drop_missing`, removes those that
    /// are no longer there.
    fn take_services(&mut self, (found, groups, remarks): Found, drop_missing: bool) {
        if self.ending.stopping.is_some() {
            return;
        }
        self.scanning.lost = 0;
        if drop_missing {
            let gone: Vec<UnitId> = self
                .mind
                .engine()
                .units()
                .filter(|(_, unit)| !found.iter().any(|f| f.unit.name == unit.name()))
                .map(|(id, _)| id)
                .collect();
            for unit in gone {
                // What is told of its end is told where it is now.
                if let Some(service) = self.service(unit) {
                    service.find_again();
                    service.dropped = true;
                }
                self.tell(Event::Remove(unit));
            }
        }
        // What is not in it any more is no group any more.
        let regroups = !groups.is_empty() || self.mind.engine().groups().next().is_some();
        let mut found = found.into_iter();
        while found.len() > 0 {
            let some = found.by_ref().take(AT_A_TIME).collect();
            self.take_in_all(some);
        }
        if regroups {
            self.tell(Event::Groups(groups));
        }
        if self.scanning.next.is_none() {
            // Those that did not come back are not there any more.
            self.services.returning.clear();
        }
        remarks.into_iter().for_each(|remark| self.say_once(remark));
    }

    /// Adds the services of a piece of what the boot has read.
    pub(crate) fn take_piece(&mut self, (found, groups, remarks): Found) {
        if self.ending.stopping.is_some() {
            return;
        }
        self.take_in_all(found);
        if !groups.is_empty() {
            self.tell(Event::Groups(groups));
        }
        remarks.into_iter().for_each(|remark| self.say_once(remark));
    }

    /// Adds those that are not known yet, and that nobody else supervises.
    fn take_in_all(&mut self, found: Vec<Entry>) {
        let mut new = Vec::new();
        for entry in found {
            if self.mind.engine().find(&entry.unit.name).is_none() && self.is_free(&entry.program) {
                new.push(entry);
            }
        }
        if !new.is_empty() {
            self.add(new);
        }
    }

    /// A reading of the scan directory came to nothing: it is done once more, or said.
    pub(crate) fn scan_lost(&mut self, drop_missing: bool, why: &str) {
        self.scanning.lost += 1;
        if self.scanning.lost < SCAN_TRIES {
            self.scanning.ask(drop_missing);
            return;
        }
        self.scanning.lost = 0;
        self.messages.warn(&format!(
            "{}: {why}; the services stay as they are; ask again with s6-svscanctl -a",
            self.container.paths.services.display()
        ));
        // The first reading of all: what is up is not what was asked for.
        self.progress.incomplete |= matches!(self.progress.phase, Phase::Settling(_));
    }

    /// Whether no other process supervises the directory, such as an s6-supervise that
    /// somebody has started by hand.
    fn is_free(&mut self, program: &Program) -> bool {
        if program.may_hang {
            return true;
        }
        let (scan, lock) = (&self.services.scan_dir, self.services.lock.as_ref());
        match lock::other_supervisor(scan, &program.directory, lock) {
            None => true,
            Some(pid) => {
                self.messages.warn(&format!(
                    "{}: another process (pid {pid}) supervises it already, so it is left \
                     alone; end that one, then ask again with s6-svscanctl -a",
                    kernel::escape(program.directory.as_os_str().as_encoded_bytes())
                ));
                false
            }
        }
    }

    /// Says what is wrong with a service's file, and remembers it, so that a start that
    /// fails for the same reason does not say it again. What is about no service is
    /// remembered until the boot is over: it may read its services twice.
    fn say_once(&mut self, remark: Remark) {
        let unit = remark
            .unit
            .as_deref()
            .and_then(|name| self.mind.engine().find(name));
        let said = match unit.and_then(|unit| self.service(unit)) {
            Some(service) => !service.told().is_new(&remark.text),
            None => self.scanning.said.contains(&remark.text),
        };
        if said {
            return;
        }
        self.messages.warn(&remark.text);
        if matches!(self.progress.phase, Phase::Booting(..) | Phase::Settling(_)) {
            self.scanning.said.push(remark.text);
        }
    }

    fn add(&mut self, new: Vec<Entry>) {
        let (taken, actions) = self.mind.add(new);
        for (id, name, program) in taken {
            self.take_in(id, Service::new(name, program));
        }
        self.mind.want(actions);
    }

    /// Takes a service in under the number of its unit: makes what it does not have yet
    /// and tells that it is supervised.
    pub(crate) fn take_in(&mut self, id: UnitId, mut service: Service) {
        let mut problems = Vec::new();
        // One line has said it for all.
        service.has_files = !self.container.paths.is_nowhere();
        if let Some(view) = self.mind.engine().unit(id)
            && service.has_files
        {
            let (scan, lock) = (&self.services.scan_dir, self.services.lock.as_ref());
            if service.control.is_none() {
                problems = service.open(view, scan, lock);
            } else {
                problems.extend(service.publish(view, scan));
                problems.extend(service.show(scan, lock));
            }
        }
        if let Some(control) = &service.control {
            self.watch(control.as_raw_fd(), Token::Control(id));
        }
        let is_logger = self
            .mind
            .engine()
            .unit(id)
            .is_some_and(UnitState::is_logger);
        if service.input.is_none() && is_logger {
            service.input = self.log_pipe(&service.name);
        }
        for problem in problems {
            self.messages.warn(&problem);
        }
        self.services.put(id, service);
        self.keep_files(id);
        self.services.tell_listeners(id);
    }

    fn log_pipe(&mut self, logger: &str) -> Option<Pipe> {
        // What it would have read meanwhile waits there.
        let mut returning = self.services.returning.iter_mut();
        let kept = returning.find_map(|(name, pipe)| pipe.take_if(|_| **name == *logger));
        if kept.is_some() {
            return kept;
        }
        match fd::pipe() {
            Ok((read, write)) => {
                kernel::crash::note_descriptor(read.as_raw_fd().max(write.as_raw_fd()));
                Some(Pipe {
                    read,
                    write: Some(write),
                })
            }
            Err(error) => {
                self.messages.warn(&format!(
                    "{}: no pipe to this logger: {}; what it would read goes to the container's \
                     output",
                    kernel::escape(logger.as_bytes()),
                    errno::text(&error)
                ));
                None
            }
        }
    }
}
