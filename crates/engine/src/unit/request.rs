//! What others may ask of a unit: the letters of s6-svc, one method each.

use plan::Kind;

use super::record::{Turn, UnitState};
use super::signal;
use crate::timers::UnitTimer;
use crate::{Phase, Request, State};

impl UnitState {
    /// Somebody asks something. Once the container stops, nothing starts any more.
    pub(crate) fn on_asked(&mut self, request: Request, turn: &mut Turn) {
        let starts = turn.phase == Phase::Running && !self.leaving;
        match request {
            Request::Up if starts => self.asked_up(turn),
            Request::Once if starts => self.asked_once(turn),
            Request::Up | Request::Once => {}
            Request::OnceAtMost => self.asked_once_at_most(turn),
            Request::Down => self.asked_down(turn),
            Request::Restart => self.asked_restart(turn),
            Request::Signal(number) => self.asked_signal(number, turn),
            Request::Exit => self.asked_exit(turn),
        }
    }

    /// `u`: a fresh chance, as far as limits and back-off go; the floor holds.
    fn asked_up(&mut self, turn: &mut Turn) {
        self.wanted = true;
        self.yields = false;
        match self.state() {
            State::Down | State::Failed | State::BackingOff => self.start_afresh(turn),
            State::Finishing => self.restart_asked = true,
            State::Stopping => self.withdraw_stop(turn),
            State::Waiting | State::Starting | State::Up | State::Ready => {}
        }
    }

    /// It was asked to end and has not yet. As under s6-supervise it is up as before, and
    /// whenever it ends it starts anew; its time to end (`kill_after`) goes on.
    fn withdraw_stop(&mut self, turn: &mut Turn) {
        self.restart_asked = true;
        let was_ready = self.ready_since.is_some() && self.definition.kind == Kind::Service;
        let state = if was_ready { State::Ready } else { State::Up };
        self.enter(state, &[], turn);
        if let Some(limit) = self.definition.start_within
            && !self.provides()
        {
            // From its start, as if nothing had been.
            turn.arm(UnitTimer::ReadyBy, self.since.after(limit).since(turn.now));
        }
    }

    /// `o`.
    fn asked_once(&mut self, turn: &mut Turn) {
        self.wanted = false;
        self.yields = false;
        match self.state() {
            State::Down | State::Failed | State::BackingOff => {
                self.once = true;
                self.start_afresh(turn);
            }
            State::Waiting | State::Starting | State::Finishing => self.once = true,
            State::Up | State::Ready | State::Stopping => {}
        }
    }

    /// `O`: what runs may end by itself; what does not run is not started.
    fn asked_once_at_most(&mut self, turn: &mut Turn) {
        let is_to_run = self.wanted || self.once;
        self.wanted = false;
        self.once = false;
        match self.state() {
            // Unless it was told to be down meanwhile.
            State::Starting => self.once = is_to_run,
            State::Waiting | State::BackingOff => self.enter(State::Down, &[], turn),
            State::Down
            | State::Up
            | State::Ready
            | State::Finishing
            | State::Stopping
            | State::Failed => {}
        }
    }

    /// `d`.
    fn asked_down(&mut self, turn: &mut Turn) {
        self.wanted = false;
        self.once = false;
        match self.state() {
            State::Up | State::Ready | State::Stopping => {
                if self.definition.kind == Kind::OneShot && self.pid.is_none() {
                    return self.undo(turn);
                }
                self.ask_to_end(turn);
                self.enter(State::Stopping, &[], turn);
            }
            State::Waiting | State::BackingOff => self.enter(State::Down, &[], turn),
            State::Down | State::Starting | State::Finishing | State::Failed => {}
        }
    }

    /// `r`: it stays wanted, and up in the eyes of all until it ends.
    fn asked_restart(&mut self, turn: &mut Turn) {
        match self.state() {
            State::Up | State::Ready => {
                self.restart_asked = self.pid.is_some();
                self.ask_to_end(turn);
            }
            State::Stopping => self.ask_to_end(turn),
            State::Down
            | State::Waiting
            | State::Starting
            | State::Finishing
            | State::BackingOff
            | State::Failed => {}
        }
    }

    /// A signal for its process; `finish` is not addressed.
    fn asked_signal(&mut self, number: u8, turn: &mut Turn) {
        match self.state() {
            State::Up | State::Ready | State::Stopping => {
                let Some(pid) = self.pid else { return };
                turn.signal(pid, number);
                if signal::END.contains(&number) {
                    self.aim_at(turn);
                }
                if number == signal::STOP {
                    self.paused = true;
                } else if number == signal::CONT {
                    self.paused = false;
                }
            }
            State::Down
            | State::Waiting
            | State::Starting
            | State::Finishing
            | State::BackingOff
            | State::Failed => {}
        }
    }

    /// `x`: not signalled, but gone once it is down.
    fn asked_exit(&mut self, turn: &mut Turn) {
        self.leaving = true;
        match self.state() {
            State::Down | State::Waiting | State::BackingOff | State::Failed => self.leave(turn),
            State::Ready if self.pid.is_none() => self.undo(turn),
            State::Starting | State::Up | State::Ready | State::Finishing | State::Stopping => {}
        }
    }

    /// Forgets what held it back but the floor, and starts.
    fn start_afresh(&mut self, turn: &mut Turn) {
        self.failures = 0;
        self.start_failures = 0;
        self.restarts.clear();
        self.health.ailing = false;
        let floor = self.definition.restart.backoff.floor;
        self.not_before = match self.last_start {
            Some(started) => started.after(floor),
            None => turn.now,
        };
        self.on_may_start(turn);
    }
}
