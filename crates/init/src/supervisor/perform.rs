//! Carrying the engine's actions out. No decision is made here: a call that fails
//! becomes an event.

use std::os::fd::{AsRawFd, RawFd};
use std::time::Duration;

use engine::{Action, Change, Event, Notice, Pid, Role, StopStage, UnitId};
use kernel::{clock, errno, signal};

use crate::service::start::Means;
use crate::service::{NOTIFICATION_LIMIT, Notified, Service};
use crate::stop::{StopHooks, Variables};
use crate::supervisor::Supervisor;
use crate::supervisor::health::ending;
use crate::supervisor::parts::{FinishMarker, Task};
use crate::supervisor::token::Token;
use crate::survival::Purpose;

impl Supervisor<'_> {
    pub(crate) fn perform(&mut self, action: Action) {
        match action {
            Action::Execute(unit, role) => self.execute(unit, role),
            Action::Signal(unit, pid, number) => self.signal(unit, pid, i32::from(number)),
            Action::Announce(unit, change) => self.announce(unit, change),
            Action::CloseInput(unit) => {
                if let Some(input) = self.service(unit).and_then(|s| s.input.as_mut()) {
                    input.write = None;
                }
                self.keep_files(unit);
            }
            Action::Forget(unit) => self.forget(unit),
            Action::RunStopHooks => self.run_stop_hooks(),
            Action::SignalAll(number) => self.signal_all(i32::from(number)),
            Action::EndStop(code) => {
                self.ending.leave = Some(code);
                self.keep_rest();
            }
            Action::Tell(notice) => self.word(notice),
        }
    }

    pub(crate) fn service(&mut self, unit: UnitId) -> Option<&mut Service> {
        self.services.get_mut(unit)
    }

    /// The write end of the pipe to a service's logger.
    fn output_of(&self, unit: UnitId) -> Option<RawFd> {
        let logger = self
            .mind
            .engine()
            .unit(unit)?
            .definition()
            .logger
            .as_deref()?;
        let logger = self.mind.engine().find(logger)?;
        let service = self.services.get(logger)?;
        Some(service.input.as_ref()?.write.as_ref()?.as_raw_fd())
    }

    fn execute(&mut self, unit: UnitId, role: Role) {
        let output = self.output_of(unit);
        self.mind.journal.begin_child(Purpose::Unit(unit));
        let Some((service, mut means)) = self.means(unit, output) else {
            self.mind.journal.end_child();
            return self.tell(Event::StartFailed(unit));
        };
        match service.execute(&mut means, role) {
            Ok(pid) => {
                let notification = service.notification.as_ref().map(AsRawFd::as_raw_fd);
                self.tell(Event::Started(unit, Pid(pid)));
                if let Some(notification) = notification
                    && role == Role::Run
                {
                    self.watch(notification, Token::Notification(unit));
                    self.keep_files(unit);
                }
            }
            Err(error) => self.not_started(unit, role, &error),
        }
        self.mind.journal.end_child();
    }

    /// A service, and what starting a program of it takes.
    fn means(&mut self, unit: UnitId, output: Option<RawFd>) -> Option<(&mut Service, Means<'_>)> {
        let service = self.services.get_mut(unit)?;
        let means = Means {
            inheritance: &self.children.inheritance,
            spawner: self.children.spawner.as_mut(),
            env: &self.container.env,
            output,
            refusals: self.children.refusals.1.as_raw_fd(),
            forked: &mut self.children.forked,
            paths: &self.container.paths,
        };
        Some((service, means))
    }

    fn not_started(&mut self, unit: UnitId, role: Role, error: &std::io::Error) {
        let what = match role {
            Role::Run => "run",
            Role::Finish { .. } => "finish",
            Role::Up => "up",
            Role::Down => "down",
        };
        let name = self.name(unit);
        self.messages.warn(&format!(
            "{name}: cannot make a process for its {what}: {}",
            errno::text(error)
        ));
        self.tell(Event::StartFailed(unit));
        // What was left to the announcement of its start.
        self.publish(unit);
    }

    fn announce(&mut self, unit: UnitId, change: Change) {
        if change == Change::Down {
            self.close_notification(unit);
        }
        let last = !self.is_announced_again(unit);
        let view = self.mind.engine().unit(unit);
        let has_finish = view.is_none_or(|view| view.definition().has_finish);
        let Some(service) = self.services.get_mut(unit) else {
            return;
        };
        service.note(view, change);
        if change == Change::Silent && self.ending.stopping.is_some() {
            // It is about to end, and its status to be written.
            self.services.publish_later(unit, clock::monotonic());
        } else if last && self.ending.stopping.is_some() && !has_finish {
            self.publish_last(unit);
        } else if last {
            self.publish(unit);
        }
    }

    /// Whether a further change of this unit is about to be announced: one that ends
    /// without a `finish` is down and finished at once, and may start anew. Its files
    /// are written when the last of these is done.
    fn is_announced_again(&self, unit: UnitId) -> bool {
        const AHEAD: usize = 4;
        self.mind.waiting().take(AHEAD).any(|action| match action {
            Action::Announce(id, _) | Action::Execute(id, _) => *id == unit,
            Action::Signal(..)
            | Action::CloseInput(_)
            | Action::Forget(_)
            | Action::RunStopHooks
            | Action::SignalAll(_)
            | Action::EndStop(_)
            | Action::Tell(_) => false,
        })
    }

    /// Writes the statuses that were put off and are due.
    pub(crate) fn publish_due(&mut self) {
        for unit in self.services.due(clock::monotonic()) {
            self.publish(unit);
        }
    }

    /// Writes what has been noted of a unit's changes, then tells those who listen.
    fn publish(&mut self, unit: UnitId) {
        if let Some(view) = self.mind.engine().unit(unit)
            && let Some(problem) = self.services.publish(unit, view)
        {
            self.messages.warn(&problem);
        }
        self.services.tell_listeners(unit);
    }

    /// The same of a unit that has ended while everything stops. Its death is written a moment
    /// later, if PID 1 is still there: nobody starts it again, and no `finish` of it asks how
    /// often it has died.
    fn publish_last(&mut self, unit: UnitId) {
        if let Some(view) = self.mind.engine().unit(unit)
            && let Some(problem) = self.services.publish_status(unit, view, clock::monotonic())
        {
            self.messages.warn(&problem);
        }
        self.services.tell_listeners(unit);
    }

    fn close_notification(&mut self, unit: UnitId) {
        if let Some(read) = self.service(unit).and_then(|s| s.notification.take()) {
            self.epoll.remove(read.as_raw_fd());
            self.keep_files(unit);
        }
    }

    pub(crate) fn read_notification(&mut self, unit: UnitId) {
        let Some(service) = self.service(unit) else {
            return;
        };
        let notified = service.read_notification();
        if notified != Notified::Nothing {
            self.close_notification(unit);
        }
        match notified {
            Notified::Nothing | Notified::Ended => {}
            Notified::Ready => self.tell(Event::Ready(unit)),
            Notified::TooMuch => self.messages.warn(&format!(
                "{}: wrote {NOTIFICATION_LIMIT} bytes without a newline to its notification \
                 descriptor, which is closed now; one newline says that it is ready",
                self.name(unit)
            )),
        }
    }

    fn forget(&mut self, unit: UnitId) {
        let Some(mut service) = self.services.take(unit) else {
            return;
        };
        service.hide();
        // A child may have a copy of each.
        let files = service.files();
        for fd in [files.control, files.notification].into_iter().flatten() {
            self.epoll.remove(fd);
        }
        if !service.dropped && self.ending.stopping.is_none() {
            let name = service.name.to_string();
            self.services.returning.push((name, service.input.take()));
            self.rescan(false);
        }
    }

    pub(crate) fn run_stop_hooks(&mut self) {
        if !self.progress.prepared {
            // Nothing was booted; what lies in the state directory is an earlier run's.
            return self.tell(Event::StopHooksDone(self.ending.rules.limits));
        }
        let code = self.progress.code.unwrap_or(0);
        let entry = format!("S6_STAGE2_EXITED={code}").into_bytes();
        let env = self.container.base.with(&[entry]);
        let variables = Variables {
            start: &self.container.launch.environment,
            keep: self.container.settings.keep_env,
        };
        self.mind.journal.begin_child(Purpose::StopHooks);
        match StopHooks::start(
            &self.children.inheritance,
            &self.container.paths,
            &env,
            &variables,
        ) {
            Ok(hooks) => {
                self.progress.again.done(Task::StopHooks);
                kernel::crash::note_descriptor(hooks.descriptor());
                self.ending.hooks = Some(hooks);
                self.keep_rest();
            }
            Err(error) => self.try_later(Task::StopHooks, &error),
        }
        self.mind.journal.end_child();
    }

    /// One that has ended meanwhile needs no signal (ESRCH). One that may not be signalled
    /// has become another user, and is waited for like one that does not listen.
    fn signal(&mut self, unit: UnitId, pid: Pid, number: i32) {
        if let Err(error) = signal::send(pid.0, number)
            && errno::is(&error, errno::EPERM)
            && self.ending.unreachable.insert(pid.0)
        {
            let name = self.name(unit);
            self.messages.warn(&format!(
                "{name}: its process {} cannot be signalled: {}; it is waited for as long as \
                 the limits allow (it may run as another user: PID 1 then needs CAP_KILL)",
                pid.0,
                errno::text(&error)
            ));
        }
    }

    fn signal_all(&mut self, number: i32) {
        match number {
            signal::SIGHUP | signal::SIGTERM => self.say_finish(FinishMarker::Terminating),
            signal::SIGKILL => self.say_finish(FinishMarker::Killing),
            _ => {}
        }
        if number == signal::SIGKILL {
            self.note_killed();
        }
        if number == signal::SIGTERM {
            self.ending.note_terminated(clock::monotonic());
        }
        // The image has taken it out of the last signals; TERM follows at once.
        if number == signal::SIGHUP && !self.ending.rules.hangs_up {
            return;
        }
        self.ending.reach.signal_all(number);
        self.ending.signalled_all = true;
    }

    /// Words a notice of the engine for people.
    fn word(&mut self, notice: Notice) {
        let line = match notice {
            Notice::Ended(ended) => match self.ended(&ended) {
                Some(line) => line,
                None => return,
            },
            Notice::EndedOften(unit, count, last) => match self.ended_often(unit, count, last) {
                Some(line) => line,
                None => return,
            },
            Notice::FinishKilled(unit) => format!(
                "{}: its finish script ran past its time (timeout-finish) and was killed",
                self.name(unit)
            ),
            Notice::KilledAfter(unit, time) => {
                let name = self.name(unit);
                self.ending.add_killed(
                    name.clone(),
                    format!(
                        "still running {} after its down signal (timeout-kill)",
                        span(time)
                    ),
                );
                format!(
                    "{name}: killed: it did not end within {} of its down signal (timeout-kill)",
                    span(time)
                )
            }
            Notice::StartTimedOut(unit, time) => {
                format!("{}: was not ready within {}", self.name(unit), span(time))
            }
            Notice::LimitReached(unit) => format!(
                "{}: reached its restart limit and is not started again; `mainstay start` tries once more",
                self.name(unit)
            ),
            Notice::FinishNotRun(unit) => format!(
                "{}: its finish script could not be run; the service goes on as if it had none",
                self.name(unit)
            ),
            Notice::DownFailed(unit, end) => format!(
                "{}: its down {}; it counts as down all the same",
                self.name(unit),
                ending(end)
            ),
            Notice::NoSuchName(name) => format!(
                "{}: neither a service nor a group has this name; nothing was done about it",
                kernel::escape(name.as_bytes())
            ),
            Notice::WillRetry(unit, time) => {
                format!("{}: the next try is in {}", self.name(unit), span(time))
            }
            Notice::GraceOver(units) => {
                let names: Vec<String> = units.iter().map(|unit| self.name(*unit)).collect();
                let hastened = self
                    .ending
                    .stopping
                    .as_ref()
                    .is_some_and(|stop| stop.hastened);
                let when = if hastened {
                    "somebody cut their time (S6_SERVICES_GRACETIME) short"
                } else {
                    "their time (S6_SERVICES_GRACETIME) was over"
                };
                format!("still running when {when}: {}", names.join(", "))
            }
            Notice::StopWaits(units, waited) => self.stop_waits(&units, waited),
            Notice::Hastened(stage) => {
                self.ending.note_hastened();
                let next = if stage == StopStage::Kill {
                    "KILL"
                } else {
                    "HUP and TERM"
                };
                format!(
                    "asked again to stop: everything that still runs gets {next} now, ahead of \
                     its time"
                )
            }
            Notice::Impossible(event, unit) => format!(
                "{}: {event} cannot be in its state; nothing was changed (please report this)",
                self.name(unit)
            ),
        };
        self.messages.warn(&line);
    }

    /// A unit's name for a line.
    pub(crate) fn name(&self, unit: UnitId) -> String {
        match self.mind.engine().unit(unit) {
            Some(view) => kernel::escape(view.name().as_bytes()),
            None => format!("unit {}", unit.0),
        }
    }
}

/// A time as people write it.
fn span(time: Duration) -> String {
    if time.subsec_millis() == 0 && time.as_secs() > 0 {
        format!("{} s", time.as_secs())
    } else {
        format!("{} ms", time.as_millis())
    }
}
