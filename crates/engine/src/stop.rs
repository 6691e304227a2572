//! The stop of the container: who is asked when, how long each part is waited for, and
//! the exit code. The order is that of docker-base's and s6-overlay's documents.

use std::time::Duration;

use crate::state::{Engine, FollowUp, Stop};
use crate::timers::{StopTimer, Timer};
use crate::unit::signal;
use crate::{AGAIN, Action, Notice, State, StopCause, StopLimits, StopStage, UnitId};

/// How long a process may be unreapable after KILL before the container ends without
/// it: one that hangs in the kernel never goes.
const AFTER_KILL: Duration = Duration::from_secs(1);

/// The time between the last TERM and KILL where no limit is known, since the stop
/// hooks were cut short: S6_KILL_GRACETIME's default.
const DEFAULT_KILL: Duration = Duration::from_secs(3);

/// After so long it is said whom the stop waits for; then again at each doubling.
const WAITS: Duration = Duration::from_secs(30);

/// Nobody listens any more to who says so for a day.
const LAST_WAITS: Duration = Duration::from_secs(24 * 60 * 60);

impl Engine {
    /// Somebody, or the end of the boot or of the command, wants a stop.
    pub(crate) fn stop_asked(&mut self, cause: StopCause, actions: &mut Vec<Action>) {
        let code = match cause {
            StopCause::Asked | StopCause::Interrupted | StopCause::Now => None,
            StopCause::BootFailed(code) | StopCause::CommandEnded(code) => Some(code),
        };
        if self.stop.is_none() {
            self.begin_stop(code, actions);
            if cause == StopCause::Interrupted {
                self.interrupted();
            }
            return;
        }
        match cause {
            StopCause::Asked => {}
            StopCause::Interrupted => {
                if self.interrupted() {
                    self.skip_stage(actions);
                }
            }
            StopCause::Now => self.skip_stage(actions),
            StopCause::BootFailed(code) => {
                if let Some(stop) = &mut self.stop {
                    stop.code = stop.code.or(Some(code));
                }
            }
            // It ended because everything is being ended.
            StopCause::CommandEnded(_) => {}
        }
    }

    /// A unit's end stops the container, if it does not stop anyway.
    pub(crate) fn unit_stops_container(&mut self, code: u8, actions: &mut Vec<Action>) {
        if self.stop.is_none() {
            self.begin_stop(Some(code), actions);
        }
    }

    fn begin_stop(&mut self, code: Option<u8>, actions: &mut Vec<Action>) {
        self.stop = Some(Stop {
            stage: StopStage::Hooks,
            began: self.now,
            code,
            none_left: false,
            kill: Some(DEFAULT_KILL),
            interrupted: None,
        });
        let ids: Vec<UnitId> = self.units.keys().copied().collect();
        for id in &ids {
            self.step(*id, "stop", actions, |unit, turn| {
                unit.on_container_stop(turn)
            });
        }
        self.follow_ups
            .extend(ids.into_iter().map(FollowUp::MayEnd));
        self.follow_ups.push_back(FollowUp::RunStopHooks);
    }

    /// An interrupt. Whether it is a further one, and not the echo of the last.
    fn interrupted(&mut self) -> bool {
        let now = self.now;
        let Some(stop) = &mut self.stop else {
            return false;
        };
        let last = stop.interrupted;
        if last.is_some_and(|last| now.since(last) < AGAIN) {
            return false;
        }
        stop.interrupted = Some(now);
        last.is_some()
    }

    /// No more grace for the current stage.
    fn skip_stage(&mut self, actions: &mut Vec<Action>) {
        let Some(stop) = &self.stop else { return };
        match stop.stage {
            StopStage::Hooks | StopStage::Services => {
                actions.push(Action::Tell(Notice::Hastened(StopStage::Terminate)));
                self.terminate(actions);
            }
            StopStage::Terminate => {
                actions.push(Action::Tell(Notice::Hastened(StopStage::Kill)));
                self.kill(actions);
            }
            StopStage::Kill | StopStage::Over => {}
        }
    }

    /// The hooks are done. Hooks that were cut short are done too late.
    pub(crate) fn stop_hooks_done(&mut self, limits: StopLimits) {
        let Some(stop) = &mut self.stop else { return };
        if stop.stage != StopStage::Hooks {
            return;
        }
        stop.stage = StopStage::Services;
        stop.kill = limits.kill;
        let began = stop.began;
        self.arm_stage(limits.services);
        let waits = Timer::Stop(StopTimer::Waits);
        self.timers.arm(waits, self.now.after(WAITS));
        if let Some(whole) = limits.whole {
            let for_kill = AFTER_KILL.min(whole / 10);
            let timers = &mut self.timers;
            timers.arm(
                Timer::Stop(StopTimer::WholeKill),
                began.after(whole - for_kill),
            );
            timers.arm(Timer::Stop(StopTimer::WholeEnd), began.after(whole));
        }
    }

    /// Nothing but PID 1 is left. While hooks run that cannot be known for long.
    pub(crate) fn none_left(&mut self) {
        if let Some(stop) = &mut self.stop
            && stop.stage != StopStage::Hooks
        {
            stop.none_left = true;
        }
    }

    /// A process was made: something is left again.
    pub(crate) fn process_appeared(&mut self) {
        if let Some(stop) = &mut self.stop {
            stop.none_left = false;
        }
    }

    pub(crate) fn stop_timer(&mut self, timer: StopTimer, actions: &mut Vec<Action>) {
        let Some(stop) = &self.stop else { return };
        match (timer, stop.stage) {
            (StopTimer::Waits, StopStage::Services) => {
                let waited = self.now.since(stop.began);
                let running = self.running();
                if !running.is_empty() {
                    actions.push(Action::Tell(Notice::StopWaits(running, waited)));
                }
                if waited < LAST_WAITS {
                    let waits = Timer::Stop(StopTimer::Waits);
                    self.timers.arm(waits, self.now.after(waited.max(WAITS)));
                }
            }
            (StopTimer::Waits, _) => {}
            (StopTimer::Stage, StopStage::Services) => self.terminate(actions),
            (StopTimer::Stage, StopStage::Terminate) => self.kill(actions),
            (StopTimer::WholeKill, stage) if stage < StopStage::Kill => self.kill(actions),
            (StopTimer::Stage, StopStage::Kill) | (StopTimer::WholeEnd, _) => {
                self.end_stop(actions);
            }
            (StopTimer::Stage, StopStage::Hooks | StopStage::Over) | (StopTimer::WholeKill, _) => {}
        }
    }

    /// Goes on to the next stage if what the current one waits for has happened.
    /// Whether there is more to do.
    pub(crate) fn advance_stop(&mut self, actions: &mut Vec<Action>) -> bool {
        let Some(stop) = &self.stop else { return false };
        let nothing_runs = self.live == 0;
        match stop.stage {
            StopStage::Hooks => self.break_circle(actions),
            StopStage::Services if nothing_runs => {
                if stop.none_left {
                    self.end_stop(actions);
                } else {
                    self.terminate(actions);
                }
                true
            }
            StopStage::Services => self.break_circle(actions),
            StopStage::Terminate if nothing_runs && stop.none_left => {
                self.end_stop(actions);
                true
            }
            StopStage::Kill if stop.none_left => {
                self.end_stop(actions);
                true
            }
            StopStage::Terminate | StopStage::Kill | StopStage::Over => false,
        }
    }

    /// Where the units that are left all wait for each other, nobody would ever be
    /// asked: then all are, at once. Whether that was so.
    fn break_circle(&mut self, actions: &mut Vec<Action>) -> bool {
        if self.live == 0 || self.live != self.idle {
            return false;
        }
        for id in self.idle_units() {
            self.step(id, "stop", actions, |unit, turn| unit.on_turn_to_end(turn));
        }
        true
    }

    /// Those that do nothing towards their end.
    fn idle_units(&self) -> Vec<UnitId> {
        let idle = self.units.iter().filter(|(_, unit)| unit.footing().idle);
        idle.map(|(id, _)| *id).collect()
    }

    /// Those that have a process, or are about to.
    fn running(&self) -> Vec<UnitId> {
        let units = self.units.iter();
        let running =
            units.filter(|(_, unit)| unit.pid.is_some() || unit.state() == State::Starting);
        running.map(|(id, _)| *id).collect()
    }

    /// HUP and TERM to all that is left.
    fn terminate(&mut self, actions: &mut Vec<Action>) {
        self.timers.disarm(Timer::Stop(StopTimer::Waits));
        let running = self.running();
        if !running.is_empty() {
            actions.push(Action::Tell(Notice::GraceOver(running)));
        }
        for signal in [signal::HUP, signal::TERM, signal::CONT] {
            actions.push(Action::SignalAll(signal));
        }
        let Some(stop) = &mut self.stop else { return };
        stop.stage = StopStage::Terminate;
        let limit = stop.kill;
        self.arm_stage(limit);
        // Whose turn had not come yet: its own down signal may be another, a logger's
        // input is to be closed, a one-shot is to be undone.
        let waiting = self.idle_units().into_iter().map(FollowUp::MayEnd);
        self.follow_ups.extend(waiting);
    }

    /// KILL to all that is left.
    fn kill(&mut self, actions: &mut Vec<Action>) {
        actions.push(Action::SignalAll(signal::KILL));
        if let Some(stop) = &mut self.stop {
            stop.stage = StopStage::Kill;
        }
        self.arm_stage(Some(AFTER_KILL));
    }

    /// The end.
    fn end_stop(&mut self, actions: &mut Vec<Action>) {
        let Some(stop) = &mut self.stop else { return };
        stop.stage = StopStage::Over;
        actions.push(Action::EndStop(stop.code.unwrap_or(0)));
        for timer in [
            StopTimer::Stage,
            StopTimer::WholeKill,
            StopTimer::WholeEnd,
            StopTimer::Waits,
        ] {
            self.timers.disarm(Timer::Stop(timer));
        }
    }

    fn arm_stage(&mut self, limit: Option<Duration>) {
        let timer = Timer::Stop(StopTimer::Stage);
        match limit {
            Some(limit) => self.timers.arm(timer, self.now.after(limit)),
            None => self.timers.disarm(timer),
        }
    }
}
