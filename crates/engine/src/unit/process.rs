//! What becomes of a unit when its process starts, is ready, or ends, and when a
//! timer of it is due.

use std::time::Duration;

use plan::{Criticality, Kind, OnLimit, When};

use super::record::{Turn, UnitState};
use super::signal;
use crate::backoff;
use crate::timers::UnitTimer;
use crate::{Action, Change, End, Notice, Phase, Pid, Role, State};

/// `finish` exits with this to say that the service must not be started again.
pub(super) const PERMANENT: End = End::Exited(125);

/// How the end of a process that could not execute its program is recorded, as shells
/// do it.
const NOT_EXECUTED: End = End::Exited(127);

impl UnitState {
    /// Its needs are met, its back-off is over, or it has become wanted: it starts if
    /// nothing else stands against it.
    pub(crate) fn on_may_start(&mut self, turn: &mut Turn) {
        match self.state() {
            State::Down | State::Failed => {
                if self.is_to_start(turn) {
                    self.start_or_rest(State::Down, &[], turn);
                }
            }
            State::Waiting | State::BackingOff => self.start_or_rest(State::Down, &[], turn),
            State::Starting | State::Up | State::Ready | State::Finishing | State::Stopping => {}
        }
    }

    fn is_to_start(&self, turn: &Turn) -> bool {
        (self.wanted || self.once) && !self.leaving && turn.phase == Phase::Running
    }

    /// Goes on from rest: to a start as near as needs and floor allow, or to `rest`.
    pub(super) fn start_or_rest(&mut self, rest: State, changes: &[Change], turn: &mut Turn) {
        if !self.is_to_start(turn) {
            self.enter(rest, changes, turn);
            if self.leaving {
                self.leave(turn);
            }
        } else if self.unmet > 0 {
            self.enter(State::Waiting, changes, turn);
        } else if turn.now < self.not_before {
            self.enter(State::BackingOff, changes, turn);
            turn.arm(UnitTimer::Retry, self.not_before.since(turn.now));
        } else {
            self.enter(State::Starting, changes, turn);
            self.last_start = Some(turn.now);
            let role = match self.definition.kind {
                Kind::Service => Role::Run,
                Kind::OneShot => Role::Up,
            };
            turn.act(Action::Execute(turn.id, role));
        }
    }

    /// Its process, or that of its `finish`, was made. One that is `over` has ended
    /// since: its number may belong to another, so it must not be signalled.
    pub(crate) fn on_started(&mut self, pid: Pid, over: bool, turn: &mut Turn) {
        match self.state() {
            State::Starting => self.process_started(pid, over, turn),
            State::Finishing => {
                if self.pid.is_some() {
                    return turn.impossible("Started");
                }
                self.pid = Some(pid);
                if over {
                    return;
                }
                if turn.killing() {
                    turn.signal(pid, signal::KILL);
                } else if let Some(limit) = self.definition.finish_within {
                    turn.arm(UnitTimer::FinishBy, limit);
                }
            }
            State::Down
            | State::Waiting
            | State::Up
            | State::Ready
            | State::BackingOff
            | State::Stopping
            | State::Failed => turn.impossible("Started"),
        }
    }

    fn process_started(&mut self, pid: Pid, over: bool, turn: &mut Turn) {
        self.pid = Some(pid);
        self.last_start = Some(turn.now);
        self.since = turn.now;
        self.ready_since = None;
        self.start_failures = 0;
        self.starts = self.starts.saturating_add(1);
        self.health.aimed_at = None;
        let still_asked_for = self.wanted || self.once;
        self.once = false;
        self.restart_asked = false;
        self.enter(State::Up, &[Change::Up], turn);
        // Who yields runs on: something counts on it.
        let ends = !still_asked_for && !self.yields && turn.phase == Phase::Running;
        if over {
            if ends {
                // So that a one-shot that has succeeded is undone.
                self.enter(State::Stopping, &[], turn);
            }
            return;
        }
        if turn.killing() {
            turn.signal(pid, signal::KILL);
        } else if ends {
            if self.leaving {
                return self.on_turn_to_end(turn);
            }
            self.ask_to_end(turn);
            self.enter(State::Stopping, &[], turn);
        } else if let Some(limit) = self.definition.start_within
            && !self.provides()
        {
            turn.arm(UnitTimer::ReadyBy, limit);
        }
    }

    /// No process could be made.
    pub(crate) fn on_start_failed(&mut self, turn: &mut Turn) {
        match self.state() {
            State::Starting => {
                let wait = backoff::retry(self.start_failures);
                self.start_failures = self.start_failures.saturating_add(1);
                self.not_before = turn
                    .now
                    .after(wait.max(self.definition.restart.backoff.floor));
                self.start_or_rest(State::Down, &[], turn);
                if self.state() == State::BackingOff {
                    turn.tell(Notice::WillRetry(turn.id, self.not_before.since(turn.now)));
                }
            }
            State::Finishing => {
                if self.pid.is_some() {
                    return turn.impossible("StartFailed");
                }
                turn.tell(Notice::FinishNotRun(turn.id));
                self.came_down(&[], None, turn);
            }
            State::Down
            | State::Waiting
            | State::Up
            | State::Ready
            | State::BackingOff
            | State::Stopping
            | State::Failed => turn.impossible("StartFailed"),
        }
    }

    /// It wrote its newline. One that comes after the end of its process is late, not
    /// wrong: the two are told by different descriptors.
    pub(crate) fn on_ready(&mut self, turn: &mut Turn) {
        if self.definition.kind == Kind::OneShot {
            return turn.impossible("Ready");
        }
        match self.state() {
            State::Up => {
                self.ready_since = Some(turn.now);
                self.enter(State::Ready, &[Change::Ready], turn);
            }
            State::Stopping => {
                if self.ready_since.is_none() {
                    self.ready_since = Some(turn.now);
                    self.enter(State::Stopping, &[Change::Ready], turn);
                }
            }
            State::Ready => turn.impossible("Ready"),
            State::Down
            | State::Waiting
            | State::Starting
            | State::Finishing
            | State::BackingOff
            | State::Failed => {}
        }
    }

    /// Its process, or that of its `finish`, has ended.
    pub(crate) fn on_exited(&mut self, end: End, turn: &mut Turn) {
        match self.state() {
            State::Up | State::Ready => self.process_ended(end, self.restart_asked, turn),
            State::Stopping => self.process_ended(end, true, turn),
            State::Finishing => {
                self.pid = None;
                let is_one_shot = self.definition.kind == Kind::OneShot;
                if is_one_shot && end != End::Exited(0) && !turn.killing() {
                    turn.tell(Notice::DownFailed(turn.id, end));
                }
                self.came_down(&[], Some(end), turn);
            }
            State::Down | State::Waiting | State::Starting | State::BackingOff | State::Failed => {
                turn.impossible("Exited")
            }
        }
    }

    /// Its process, or that of its `finish`, could not execute its program.
    pub(crate) fn on_exec_failed(&mut self, turn: &mut Turn) {
        match self.state() {
            State::Up | State::Ready | State::Stopping => {
                self.note_not_executed();
                self.record_end(NOT_EXECUTED, turn);
                self.plan_next_start(false, turn);
                self.not_before = self.not_before.max(turn.now.after(backoff::NOT_EXECUTED));
                self.came_down(&[Change::Down], None, turn);
            }
            State::Finishing => {
                self.pid = None;
                turn.tell(Notice::FinishNotRun(turn.id));
                self.came_down(&[], None, turn);
            }
            State::Down | State::Waiting | State::Starting | State::BackingOff | State::Failed => {
                turn.impossible("ExecFailed")
            }
        }
    }

    fn record_end(&mut self, end: End, turn: &Turn) {
        self.last_pid = self.pid.take();
        self.last_end = Some(end);
        self.deaths = self.deaths.saturating_add(1);
        self.since = turn.now;
        self.ready_since = None;
        self.paused = false;
    }

    fn process_ended(&mut self, end: End, asked: bool, turn: &mut Turn) {
        let asked_to_be_down = self.state() == State::Stopping;
        self.note_end(end, turn);
        self.record_end(end, turn);
        self.plan_next_start(asked, turn);
        match self.definition.kind {
            Kind::OneShot if end == End::Exited(0) => {
                self.ready_since = Some(turn.now);
                self.enter(State::Ready, &[Change::Ready], turn);
                if asked_to_be_down || self.leaving {
                    self.undo(turn);
                }
            }
            Kind::OneShot => self.came_down(&[Change::Down], None, turn),
            Kind::Service => self.run_finish(end, turn),
        }
    }

    /// The end of a one-shot that has succeeded: what it did is undone.
    pub(super) fn undo(&mut self, turn: &mut Turn) {
        self.since = turn.now;
        self.ready_since = None;
        self.run_finish(self.last_end.unwrap_or(End::Exited(0)), turn);
    }

    fn run_finish(&mut self, end: End, turn: &mut Turn) {
        match self.last_pid {
            Some(pid) if self.definition.has_finish && !turn.killing() => {
                self.enter(State::Finishing, &[Change::Down], turn);
                let role = match self.definition.kind {
                    Kind::Service => Role::Finish { end, pid },
                    Kind::OneShot => Role::Down,
                };
                turn.act(Action::Execute(turn.id, role));
            }
            _ => self.came_down(&[Change::Down], None, turn),
        }
    }

    /// Sets the earliest next start, as of the end of a process.
    fn plan_next_start(&mut self, asked: bool, turn: &Turn) {
        let policy = &self.definition.restart.backoff;
        let started = self.last_start.unwrap_or(turn.now);
        let mut wait = Duration::ZERO;
        if !asked {
            if turn.now.since(started) >= policy.reset_after {
                self.failures = 0;
            }
            wait = backoff::wait(policy, self.failures);
            self.failures = self.failures.saturating_add(1);
        }
        self.not_before = turn.now.after(wait).max(started.after(policy.floor));
    }

    /// It is down, its `finish` has ended too or was none: it starts again or rests.
    fn came_down(&mut self, before: &[Change], finish: Option<End>, turn: &mut Turn) {
        self.ready_since = Some(turn.now);
        let wanted = self.wanted;
        let rest = self.verdict(finish, turn);
        let mut changes = before.to_vec();
        if rest == State::Failed {
            changes.push(Change::Permanent);
        }
        changes.push(Change::Finished);
        let over = !self.is_to_start(turn);
        let tells_the_container = over && turn.phase == Phase::Running && !self.leaving;
        if tells_the_container
            && self.definition.criticality == Criticality::Critical
            && self.has_failed_or_is_service()
        {
            turn.stop = Some(self.exit_code());
        }
        self.start_or_rest(rest, &changes, turn);
        self.tell_end(wanted, finish, turn);
    }

    /// Settles whether it is to start again; if not, where it rests.
    fn verdict(&mut self, finish: Option<End>, turn: &mut Turn) -> State {
        let failed_one_shot = self.definition.kind == Kind::OneShot && self.state() == State::Up;
        if finish == Some(PERMANENT) && self.definition.kind == Kind::Service {
            return self.fail();
        }
        if failed_one_shot && !self.wanted && !self.once {
            return self.fail();
        }
        if !self.is_to_start(turn) || self.once || self.restart_asked {
            return State::Down;
        }
        if !self.policy_restarts() {
            return match self.definition.kind {
                Kind::OneShot => self.fail(),
                Kind::Service => {
                    self.wanted = false;
                    State::Down
                }
            };
        }
        let Some(limit) = self.definition.restart.limit else {
            return State::Down;
        };
        if backoff::admit(&limit, &mut self.restarts, turn.now) {
            return State::Down;
        }
        turn.tell(Notice::LimitReached(turn.id));
        if limit.then == OnLimit::StopContainer {
            turn.stop = Some(self.exit_code());
        }
        self.fail()
    }

    fn fail(&mut self) -> State {
        self.wanted = false;
        self.once = false;
        State::Failed
    }

    pub(super) fn policy_restarts(&self) -> bool {
        match self.definition.restart.when {
            When::Never => false,
            When::OnFailure => self.last_end != Some(End::Exited(0)),
            When::Always => true,
        }
    }

    fn has_failed_or_is_service(&self) -> bool {
        match self.definition.kind {
            Kind::Service => true,
            Kind::OneShot => self.last_end != Some(End::Exited(0)),
        }
    }

    /// The container's exit code if this unit's end stops it.
    fn exit_code(&self) -> u8 {
        match self.last_end {
            Some(End::Exited(code)) => code,
            Some(End::Killed(signal)) => 128u8.saturating_add(signal),
            None => 0,
        }
    }

    /// A timer of it is due.
    pub(crate) fn on_timer(&mut self, timer: UnitTimer, turn: &mut Turn) {
        match timer {
            UnitTimer::Retry => self.on_may_start(turn),
            UnitTimer::ReadyBy => {
                let limit = self.definition.start_within.unwrap_or_default();
                self.kill(Notice::StartTimedOut(turn.id, limit), turn);
            }
            UnitTimer::KillAt => {
                let limit = self.definition.kill_after.unwrap_or_default();
                self.aim_at(turn);
                self.kill(Notice::KilledAfter(turn.id, limit), turn);
            }
            UnitTimer::Tally => self.tally(turn),
            UnitTimer::FinishBy => self.kill(Notice::FinishKilled(turn.id), turn),
        }
    }

    /// Kills the process whose time is over. The timer was only armed while it ran.
    fn kill(&mut self, why: Notice, turn: &mut Turn) {
        match self.pid {
            Some(pid) => {
                turn.signal(pid, signal::KILL);
                turn.tell(why);
            }
            None => turn.impossible("timer"),
        }
    }
}
