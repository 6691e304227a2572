//! What the engine knows of one unit, and the one door for changes of its state.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use plan::{Kind, Readiness, Unit};

use super::Health;
use crate::timers::{Timer, Timers, UnitTimer};
use crate::{Action, Change, End, Notice, Phase, Pid, State, StopStage, Time, UnitId};

/// One unit as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitState {
    /// Only [`UnitState::enter`] assigns this.
    state: State,
    /// Without its name, and one for all units that are defined alike: most are.
    pub(crate) definition: Arc<Unit>,
    pub(crate) name: Arc<str>,
    /// The names that it needs, each once.
    pub(crate) needs: Box<[Arc<str>]>,
    pub(crate) logger: Option<Arc<str>>,

    /// It is to run, and to be started again when it ends.
    pub(crate) wanted: bool,
    /// It is to be started once more, wanted or not.
    pub(crate) once: bool,
    /// Its end was asked for so that it starts anew: no policy is consulted then.
    pub(crate) restart_asked: bool,
    /// It is forgotten as soon as it is down.
    pub(crate) leaving: bool,
    /// A logger that leaves as soon as all that it reads from are down.
    pub(crate) removed: bool,
    /// It is to be down as soon as nothing that counts on it is left: it is not started
    /// again, and nothing that needs it starts. Only while something does count on it.
    pub(crate) yields: bool,
    /// Some unit logs, or has logged, to it: the end of its input ends it.
    pub(crate) reader: bool,
    pub(crate) paused: bool,

    /// Its process; in [`State::Finishing`], that of `finish`.
    pub(crate) pid: Option<Pid>,
    pub(crate) last_pid: Option<Pid>,
    pub(crate) last_end: Option<End>,
    pub(crate) last_start: Option<Time>,
    pub(crate) since: Time,
    pub(crate) ready_since: Option<Time>,
    /// It is not started before this.
    pub(crate) not_before: Time,
    /// Ends in a row that nobody asked for.
    pub(crate) failures: u32,
    /// Times in a row that no process could be made.
    pub(crate) start_failures: u32,
    pub(crate) deaths: u32,
    /// How many processes of it were made.
    pub(crate) starts: u32,
    /// Its ends that nobody asked for.
    pub(crate) health: Health,
    /// The restarts within the window of its limit.
    pub(crate) restarts: VecDeque<Time>,

    /// How many of its needs are not ready, and one more while a unit of the same name
    /// still leaves.
    pub(crate) unmet: u32,
    /// How many units that need it are not at rest.
    pub(crate) live_dependents: u32,
    /// How many units that log to it are not at rest.
    pub(crate) live_feeders: u32,
    /// The next older unit of the same name, which still leaves.
    pub(crate) older: Option<UnitId>,
}

/// What one event may do to a unit, and what it asks of the container.
pub(crate) struct Turn<'a> {
    pub(crate) id: UnitId,
    pub(crate) now: Time,
    pub(crate) phase: Phase,
    pub(crate) actions: &'a mut Vec<Action>,
    pub(crate) timers: &'a mut Timers,
    /// The unit is gone and is to be dropped.
    pub(crate) forget: bool,
    /// The container is to stop with this code.
    pub(crate) stop: Option<u8>,
}

impl Turn<'_> {
    pub(crate) fn act(&mut self, action: Action) {
        self.actions.push(action);
    }

    pub(crate) fn tell(&mut self, notice: Notice) {
        self.actions.push(Action::Tell(notice));
    }

    pub(crate) fn signal(&mut self, pid: Pid, signal: u8) {
        self.actions.push(Action::Signal(self.id, pid, signal));
    }

    pub(crate) fn impossible(&mut self, event: &'static str) {
        self.tell(Notice::Impossible(event, self.id));
    }

    pub(crate) fn arm(&mut self, timer: UnitTimer, span: Duration) {
        let at = self.now.after(span);
        self.timers.arm(Timer::Unit(self.id, timer), at);
    }

    pub(crate) fn is_armed(&self, timer: UnitTimer) -> bool {
        self.timers.is_armed(Timer::Unit(self.id, timer))
    }

    /// Whether the stop has come so far that everything is killed.
    pub(crate) fn killing(&self) -> bool {
        match self.phase {
            Phase::Running => false,
            Phase::Stopping(stage) => stage >= StopStage::Kill,
        }
    }
}

/// What others depend on in a unit's state; compared before and after each event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Footing {
    /// Units that need it may start.
    pub(crate) provides: bool,
    /// It is not at rest: it has or awaits a process, or is an undone one-shot.
    pub(crate) live: bool,
    /// It is live and does nothing towards its end.
    pub(crate) idle: bool,
    /// An answer about a process of it is outstanding.
    pub(crate) awaiting: bool,
    pub(crate) pid: Option<Pid>,
    pub(crate) wanted: bool,
    pub(crate) paused: bool,
}

impl UnitState {
    /// A unit that is down, as `definition` says it is wanted.
    pub(crate) fn new(definition: Unit, name: Arc<str>, now: Time) -> UnitState {
        UnitState {
            state: State::Down,
            wanted: definition.wanted,
            definition: Arc::new(definition),
            name,
            needs: Box::default(),
            logger: None,
            once: false,
            restart_asked: false,
            leaving: false,
            removed: false,
            yields: false,
            reader: false,
            paused: false,
            pid: None,
            last_pid: None,
            last_end: None,
            last_start: None,
            since: now,
            ready_since: None,
            not_before: Time(0),
            failures: 0,
            start_failures: 0,
            deaths: 0,
            starts: 0,
            health: Health::default(),
            restarts: VecDeque::new(),
            unmet: 0,
            live_dependents: 0,
            live_feeders: 0,
            older: None,
        }
    }

    /// The same unit in another state, as it was written down.
    pub(crate) fn restored(self, state: State) -> UnitState {
        UnitState { state, ..self }
    }

    /// The one door for changes of state: drops the timers that the new state does not
    /// have and announces what others can see of the change.
    pub(super) fn enter(&mut self, next: State, changes: &[Change], turn: &mut Turn) {
        for timer in UnitTimer::ALL {
            if !self.has_timer(next, timer) {
                turn.timers.disarm(Timer::Unit(turn.id, timer));
            }
        }
        self.state = next;
        self.yields &= !self.at_rest();
        for change in changes {
            turn.act(Action::Announce(turn.id, *change));
        }
    }

    /// Leaves supervision, being at rest.
    pub(super) fn leave(&mut self, turn: &mut Turn) {
        self.end_tally(turn);
        self.enter(State::Down, &[Change::Gone], turn);
        turn.forget = true;
    }

    /// Announces that the status bytes changed, if they did and nothing else says so.
    pub(crate) fn announce_flags(&self, before: Footing, first: usize, turn: &mut Turn) {
        let after = self.footing();
        let seen = |footing: Footing| (footing.pid, footing.wanted, footing.paused);
        let announced =
            |action: &Action| matches!(action, Action::Announce(id, _) if *id == turn.id);
        if seen(before) != seen(after) && !turn.actions[first..].iter().any(announced) {
            turn.act(Action::Announce(turn.id, Change::Silent));
        }
    }

    pub(crate) fn has_timer(&self, state: State, timer: UnitTimer) -> bool {
        if timer == UnitTimer::Tally {
            return true;
        }
        match state {
            State::Up => {
                self.pid.is_some() && matches!(timer, UnitTimer::ReadyBy | UnitTimer::KillAt)
            }
            State::Ready | State::Stopping => self.pid.is_some() && timer == UnitTimer::KillAt,
            State::Finishing => timer == UnitTimer::FinishBy,
            State::BackingOff => timer == UnitTimer::Retry,
            State::Down | State::Waiting | State::Starting | State::Failed => false,
        }
    }

    pub(crate) fn footing(&self) -> Footing {
        Footing {
            provides: self.provides(),
            live: !self.at_rest(),
            idle: matches!(self.state, State::Up | State::Ready),
            awaiting: self.awaits_process(),
            pid: self.pid,
            wanted: self.wanted,
            paused: self.paused,
        }
    }

    /// Whether units that need it may start.
    pub fn provides(&self) -> bool {
        !self.yields && self.is_ready()
    }

    /// Whether it runs and counts as ready, by its own rule.
    pub fn is_ready(&self) -> bool {
        match self.state {
            State::Ready => true,
            State::Up => {
                self.definition.kind == Kind::Service
                    && self.definition.readiness == Readiness::WhenUp
            }
            State::Down
            | State::Waiting
            | State::Starting
            | State::Finishing
            | State::BackingOff
            | State::Stopping
            | State::Failed => false,
        }
    }

    /// Whether it has no process, awaits none and has nothing to undo.
    pub fn at_rest(&self) -> bool {
        match self.state {
            State::Down | State::Waiting | State::BackingOff | State::Failed => true,
            State::Starting | State::Up | State::Ready | State::Finishing | State::Stopping => {
                false
            }
        }
    }

    /// Since when an answer about its process, or its `finish`'s, is outstanding.
    pub(crate) fn asked_for_process(&self) -> Option<Time> {
        match self.state {
            State::Starting => self.last_start,
            State::Finishing if self.pid.is_none() => Some(self.since),
            State::Finishing
            | State::Down
            | State::Waiting
            | State::Up
            | State::Ready
            | State::BackingOff
            | State::Stopping
            | State::Failed => None,
        }
    }

    /// Whether a unit that needs it, or logs to it, is not at rest.
    pub(crate) fn is_counted_on(&self) -> bool {
        self.live_dependents > 0 || self.live_feeders > 0
    }

    /// Whether a new unit may take over its name.
    pub(crate) fn departs(&self) -> bool {
        self.leaving || self.removed
    }
}

/// What performers, `status` and the s6 status files read.
impl UnitState {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its name, shared.
    pub fn shared_name(&self) -> Arc<str> {
        self.name.clone()
    }

    /// Its definition, without its name.
    pub fn definition(&self) -> &Unit {
        &self.definition
    }

    /// Its definition, with its name.
    pub(crate) fn whole_definition(&self) -> Unit {
        Unit {
            name: self.name.to_string(),
            ..Unit::clone(&self.definition)
        }
    }

    /// Leaves the name in [`UnitState::name`] alone, and has the rest in common with `like`,
    /// where it is the same.
    pub(crate) fn share_definition(&mut self, like: Option<&Arc<Unit>>) {
        Arc::make_mut(&mut self.definition).name = String::new();
        if let Some(like) = like.filter(|like| **like == self.definition) {
            self.definition = like.clone();
        }
    }

    /// What it is doing.
    pub fn state(&self) -> State {
        self.state
    }

    /// Whether its standard input is what other units write, and the end of that input its
    /// end: by its definition, or since a unit calls it its logger.
    pub fn is_logger(&self) -> bool {
        self.reader || !self.definition.reads_from.is_empty()
    }

    /// Whether an answer to [`Action::Execute`] is outstanding.
    pub fn awaits_process(&self) -> bool {
        self.asked_for_process().is_some()
    }

    /// Its process; in [`State::Finishing`] that of `finish`.
    pub fn pid(&self) -> Option<Pid> {
        self.pid
    }

    /// When its process was started, or has ended: what `s6-svstat` counts from.
    pub fn since(&self) -> Time {
        self.since
    }

    /// When it became ready: up, as it said itself; down, as its `finish` had ended.
    pub fn ready_since(&self) -> Option<Time> {
        self.ready_since
    }

    /// Whether it is to run, and to be started again when it ends.
    pub fn wanted(&self) -> bool {
        self.wanted
    }

    /// Whether its process was stopped by SIGSTOP.
    pub fn paused(&self) -> bool {
        self.paused
    }

    /// How its last process ended.
    pub fn last_end(&self) -> Option<End> {
        self.last_end
    }

    /// How many processes of it have ended.
    pub fn deaths(&self) -> u32 {
        self.deaths
    }

    /// How often a process was made for it after the first.
    pub fn restarts(&self) -> u32 {
        self.starts.saturating_sub(1)
    }

    /// Ends that nobody asked for and that were not told yet.
    pub fn untold_ends(&self) -> u32 {
        self.health.counted
    }

    /// Whether it is forgotten once it is down.
    pub fn leaving(&self) -> bool {
        self.departs()
    }
}
