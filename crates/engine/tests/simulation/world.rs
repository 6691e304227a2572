//! One random world: it performs the engine's actions, and lets happen what may.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use engine::{
    Action, End, Engine, Event, Pid, Request, State, StopCause, StopLimits, Time, UnitId,
};
use plan::{Criticality, Kind, OnLimit};

use crate::invariants::*;
use crate::model::Known;
use crate::processes::{Of, Processes};
use crate::random::Random;
use crate::units;

/// After so many events a world is asked to stop.
const LIFE: u64 = 3000;
/// What a stop may take in events before something is wrong.
const STOP_LIFE: u64 = 20_000;
/// How many names units may have.
pub(crate) const NAMES: u64 = 14;

/// The engine's limits where it has been told none.
const KILL_BY_DEFAULT: Duration = Duration::from_secs(3);
const AFTER_KILL: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Answer {
    Made(UnitId, Pid),
    NotMade(UnitId),
}

/// A stop as the world has seen it.
pub(crate) struct Stop {
    pub(crate) began: Time,
    /// None: a unit's end.
    pub(crate) cause: Option<StopCause>,
    /// The codes of the units whose end may have stopped the container.
    pub(crate) codes: BTreeSet<u8>,
    /// The code, if the boot failed during the stop.
    pub(crate) boot_failed: Option<u8>,
    pub(crate) hooks_running: bool,
    pub(crate) hooks_done_at: Option<Time>,
    limits: Option<StopLimits>,
    limits_told_at: Time,
    hurried_at: Option<Time>,
    /// The last interrupt that counted.
    interrupted: Option<Time>,
    /// How late timers were told, in all.
    late: Duration,
}

pub(crate) struct World {
    pub(crate) engine: Engine,
    /// The latest that the clock has shown: what is counted from, and judged by.
    pub(crate) now: Time,
    /// What the clock shows; behind `now` after it was set back.
    pub(crate) clock: Time,
    pub(crate) units: BTreeMap<UnitId, Known>,
    /// The members of each group, as told last.
    pub(crate) groups: BTreeMap<String, Vec<String>>,
    pub(crate) stop: Option<Stop>,
    pub(crate) left: Option<u8>,
    pub(crate) everything_is_killed: bool,
    pub(crate) random: Random,
    pub(crate) processes: Processes,
    pub(crate) answers: BTreeSet<(Time, Answer)>,
    pub(crate) newlines: BTreeSet<(Time, UnitId, Pid)>,
    pub(crate) none_left_is_due: bool,
    /// The current event is wrong on purpose.
    pub(crate) nonsense: bool,
    steps: u64,
    trace: bool,
}

impl World {
    pub(crate) fn new(seed: u64, trace: bool) -> World {
        let mut random = Random::new(seed);
        let now = Time(random.below(1 << 50));
        World {
            engine: Engine::new(now),
            now,
            clock: now,
            units: BTreeMap::new(),
            groups: BTreeMap::new(),
            stop: None,
            left: None,
            everything_is_killed: false,
            random,
            processes: Processes::default(),
            answers: BTreeSet::new(),
            newlines: BTreeSet::new(),
            none_left_is_due: false,
            nonsense: false,
            steps: 0,
            trace,
        }
    }

    /// Lives until the container is left; how many events that took.
    pub(crate) fn run(mut self) -> Result<u64, String> {
        for _ in 0..self.random.below(3) {
            let clock = self.clock;
            self.processes.make(Of::Stranger, clock, &mut self.random);
        }
        self.add_some(8)?;
        self.tell_groups()?;
        let life = self.random.below(LIFE);
        while self.left.is_none() {
            if self.steps > life && self.stop.is_none() {
                self.ask_to_stop()?;
            }
            if self.steps > life + STOP_LIFE {
                return Err("the stop takes too many events".into());
            }
            if self.random.chance(12) {
                self.somebody_acts()?;
            } else {
                self.something_happens()?;
            }
        }
        Ok(self.steps)
    }

    /// The next moment at which something is due, and what is due then.
    fn something_happens(&mut self) -> Result<(), String> {
        let hooks = self.stop.as_ref().and_then(|stop| {
            let due = stop.hooks_done_at?;
            stop.hooks_running.then_some(due)
        });
        let moments = [
            self.engine.deadline(),
            self.processes.next_death(),
            self.answers.first().map(|(at, _)| *at),
            self.newlines.first().map(|(at, ..)| *at),
            hooks,
            self.none_left_is_due.then_some(self.clock),
        ];
        let Some(next) = moments.into_iter().flatten().min() else {
            return self.nothing_will_happen();
        };
        self.clock = self.clock.max(next);
        self.jump()?;
        self.now = self.now.max(self.clock);
        let mut due = Vec::new();
        for (kind, moment) in moments.into_iter().enumerate() {
            if moment.is_some_and(|moment| moment <= self.clock) {
                due.push(kind);
            }
        }
        if due.is_empty() {
            // Not yet, since the clock went back.
            return Ok(());
        }
        match self.random.pick(&due) {
            0 => self.tell(Event::Tick),
            1 => self.a_process_ends(),
            2 => self.an_answer_comes(),
            3 => self.a_newline_comes(),
            4 => self.hooks_end(),
            _ => {
                self.none_left_is_due = false;
                self.tell(Event::NoneLeft)
            }
        }
    }

    /// The machine was busy, or asleep; or the clock goes back.
    fn jump(&mut self) -> Result<(), String> {
        let millis = match self.random.below(1000) {
            0..20 => self.random.below(4000),
            20 => self.random.below(10_000_000),
            21..25 => {
                // What the engine has not been told has not been the latest.
                self.now = self.now.max(self.clock);
                self.tell(Event::Tick)?;
                let back = self.random.below(4_000_000_000);
                self.clock = Time(self.clock.0.saturating_sub(back));
                return Ok(());
            }
            _ => return Ok(()),
        };
        let jump = Duration::from_millis(millis);
        self.clock = self.clock.after(jump);
        if let Some(stop) = &mut self.stop {
            stop.late += jump;
        }
        Ok(())
    }

    /// Somebody has to act; in a stop that may wait without a limit for what hangs.
    fn nothing_will_happen(&mut self) -> Result<(), String> {
        let Some(stop) = &self.stop else {
            return self.somebody_acts();
        };
        if self.processes.alive.is_empty() && !stop.hooks_running {
            return Err(format!("the stop is stuck in {:?}", self.engine.phase()));
        }
        self.hurry()
    }

    fn a_process_ends(&mut self) -> Result<(), String> {
        let Some((pid, process, end)) = self.processes.reap(self.clock) else {
            return Ok(());
        };
        match process.role {
            Of::Main(id) => {
                let wanted = self.engine.unit(id).is_some_and(|unit| unit.wanted());
                let stops = self.stop.is_some();
                if let Some(unit) = self.units.get_mut(&id) {
                    let is_failure = match unit.definition.kind {
                        Kind::Service => true,
                        Kind::OneShot => end != End::Exited(0),
                    };
                    let known = !unit.unanswered && !process.not_executed;
                    unit.fell = is_failure && known && wanted && !stops && !unit.asked;
                    unit.main = None;
                    unit.last_end = Some(match process.not_executed {
                        true => End::Exited(127),
                        false => end,
                    });
                    unit.not_executed = process.not_executed;
                    if !unit.unanswered {
                        unit.ended(self.now);
                    }
                    unit.finish_owed = true;
                }
            }
            Of::Finish(id) => {
                if let Some(unit) = self.units.get_mut(&id) {
                    unit.finish = None;
                    unit.last_finish = Some(end);
                }
            }
            Of::Stranger => {}
        }
        self.tell(match process.not_executed {
            true => Event::ExecFailed(pid),
            false => Event::Exited(pid, end),
        })?;
        let hooks_done = self.stop.as_ref().is_some_and(|stop| !stop.hooks_running);
        if hooks_done && self.processes.alive.is_empty() && self.left.is_none() {
            self.none_left_is_due = true;
        }
        Ok(())
    }

    fn an_answer_comes(&mut self) -> Result<(), String> {
        let Some((_, answer)) = self.answers.pop_first() else {
            return Ok(());
        };
        let (Answer::Made(id, _) | Answer::NotMade(id)) = answer;
        let now = self.now;
        if let Some(unit) = self.units.get_mut(&id) {
            unit.unanswered = false;
            unit.known_since = now;
        }
        match answer {
            Answer::Made(id, pid) => {
                if let Some(unit) = self.units.get_mut(&id)
                    && unit.last_main == Some(pid)
                    && unit.main.is_none()
                {
                    unit.ended(now);
                }
                self.tell(Event::Started(id, pid))
            }
            Answer::NotMade(id) => {
                if let Some(unit) = self.units.get_mut(&id) {
                    unit.not_made(now);
                }
                self.tell(Event::StartFailed(id))
            }
        }
    }

    fn a_newline_comes(&mut self) -> Result<(), String> {
        let Some((_, id, pid)) = self.newlines.pop_first() else {
            return Ok(());
        };
        let Some(unit) = self.units.get(&id) else {
            return Ok(());
        };
        if unit.last_main != Some(pid) || unit.unanswered {
            return Ok(());
        }
        self.tell(Event::Ready(id))
    }

    fn hooks_end(&mut self) -> Result<(), String> {
        let limits = StopLimits {
            services: self.maybe_span(90, 4000),
            kill: self.maybe_span(90, 4000),
            whole: self.maybe_span(40, 10_000),
        };
        let now = self.now;
        if let Some(stop) = &mut self.stop {
            stop.hooks_running = false;
            stop.limits = Some(limits);
            stop.limits_told_at = now;
        }
        self.tell(Event::StopHooksDone(limits))
    }

    fn maybe_span(&mut self, percent: u64, longest_ms: u64) -> Option<Duration> {
        let some = self.random.chance(percent);
        some.then(|| Duration::from_millis(self.random.below(longest_ms)))
    }

    /// Something that nobody waits for.
    fn somebody_acts(&mut self) -> Result<(), String> {
        let ids: Vec<UnitId> = self.units.keys().copied().collect();
        match self.random.below(400) {
            0 | 1 => return self.ask_to_stop(),
            2..=40 => return self.add_some(2),
            41..=60 => {
                let clock = self.clock;
                self.processes.make(Of::Stranger, clock, &mut self.random);
                return Ok(());
            }
            61..=70 => return self.tell_nonsense(),
            71..=80 => {
                self.outsiders_signal();
                return Ok(());
            }
            81..=84 => return self.tell_groups(),
            85..=110 => return self.ask_by_name(),
            _ => {}
        }
        if ids.is_empty() {
            return self.add_some(3);
        }
        let id = self.random.pick(&ids);
        if self.random.chance(6) {
            self.expect_end(id);
            if let Some(unit) = self.units.get_mut(&id) {
                unit.may_rest = true;
                unit.removed = true;
            }
            return self.tell(Event::Remove(id));
        }
        let request = match self.random.below(14) {
            0..=2 => Request::Up,
            3 => Request::Once,
            4 => Request::OnceAtMost,
            5 | 6 => Request::Down,
            7 | 8 => Request::Restart,
            9 => Request::Exit,
            _ => Request::Signal(self.random.pick(&[9, 10, 15, 18, 19])),
        };
        self.expect_end(id);
        if let Some(unit) = self.units.get_mut(&id) {
            unit.requested(request);
        }
        self.tell(Event::Asked(id, request))
    }

    /// Somebody else's signals, at once: to one process, or to many so that they end in
    /// a burst.
    fn outsiders_signal(&mut self) {
        let pids: Vec<Pid> = self.processes.alive.keys().copied().collect();
        let many = self.random.chance(30);
        let number = self.random.pick(&[1, 2, 9, 9, 9, 15, 18, 19]);
        for pid in pids {
            if self.random.chance(if many { 70 } else { 10 }) {
                self.processes.signal(pid, number, self.clock);
            }
        }
    }

    fn expect_end(&mut self, id: UnitId) {
        if let Some(unit) = self.units.get_mut(&id) {
            unit.asked = true;
            unit.fell = false;
        }
    }

    /// What no performer tells, or tells too late.
    fn tell_nonsense(&mut self) -> Result<(), String> {
        self.nonsense = true;
        let ids: Vec<UnitId> = self.units.keys().copied().collect();
        let nobody = UnitId(u32::MAX - 7);
        let id = match ids.is_empty() || self.random.chance(30) {
            true => nobody,
            false => self.random.pick(&ids),
        };
        let awaits = self.units.get(&id).is_some_and(|unit| unit.unanswered);
        let told = match self.random.below(4) {
            0 if !awaits => self.tell(Event::Started(id, Pid(900_000))),
            1 if !awaits => self.tell(Event::StartFailed(id)),
            2 if id == nobody => self.tell(Event::Asked(id, Request::Up)),
            _ => self.tell(Event::Exited(Pid(900_001), End::Exited(1))),
        };
        self.nonsense = false;
        told
    }

    fn add_some(&mut self, most: u64) -> Result<(), String> {
        let mut batch = Vec::new();
        let mut names = BTreeSet::new();
        for _ in 0..=self.random.below(most) {
            let number = self.random.below(NAMES);
            let name = units::name(number);
            let holder = self.engine.find(&name);
            let taken = holder
                .and_then(|id| self.engine.unit(id))
                .is_some_and(|unit| !unit.leaving());
            if !taken && names.insert(name) {
                batch.push(units::unit(number, &mut self.random));
            }
        }
        let mut actions = Vec::new();
        self.log(&format!("add {batch:?}"));
        let ids = self.engine.add(batch.clone(), self.clock, &mut actions);
        for (id, definition) in ids.into_iter().zip(batch) {
            let mut known = Known::new(definition, self.now);
            let wanted = known.definition.wanted && self.stop.is_none();
            known.status = (None, wanted, false);
            known.may_rest = !wanted;
            if self.units.insert(id, known).is_some() {
                return Err(format!("{id:?} was given twice"));
            }
        }
        self.perform(actions)
    }

    fn ask_to_stop(&mut self) -> Result<(), String> {
        let code = self.random.below(256) as u8;
        let cause = match self.random.below(8) {
            0 | 1 => StopCause::BootFailed(code),
            2 | 3 => StopCause::CommandEnded(code),
            4 | 5 => StopCause::Asked,
            6 => StopCause::Interrupted,
            _ => StopCause::Now,
        };
        let now = self.now;
        match &mut self.stop {
            None => {
                self.see_stop(Some(cause));
                if let Some(stop) = &mut self.stop
                    && cause == StopCause::Interrupted
                {
                    stop.interrupted = Some(now);
                }
            }
            Some(_) if cause == StopCause::Now => return self.hurry(),
            Some(stop) if cause == StopCause::Interrupted => {
                let last = stop.interrupted;
                if last.is_none_or(|last| now.since(last) >= engine::AGAIN) {
                    stop.interrupted = Some(now);
                    if last.is_some() {
                        return self.hurry_by(StopCause::Interrupted);
                    }
                }
                return self.told_again(cause);
            }
            Some(_) if cause == StopCause::Asked => return self.told_again(cause),
            Some(stop) => {
                if let StopCause::BootFailed(code) = cause {
                    stop.boot_failed = stop.boot_failed.or(Some(code));
                }
            }
        }
        self.tell(Event::Stop(cause))
    }

    /// A wish to stop that changes nothing: the next stage is not begun by it.
    fn told_again(&mut self, cause: StopCause) -> Result<(), String> {
        // Whatever is due meanwhile is not its doing.
        self.tell(Event::Tick)?;
        let before = self.engine.clone();
        self.tell(Event::Stop(cause))?;
        asking_again_changes_nothing(&before, &self.engine)
    }

    fn hurry(&mut self) -> Result<(), String> {
        self.hurry_by(StopCause::Now)
    }

    fn hurry_by(&mut self, cause: StopCause) -> Result<(), String> {
        let now = self.now;
        if let Some(stop) = &mut self.stop {
            stop.hurried_at = stop.hurried_at.or(Some(now));
        }
        self.tell(Event::Stop(cause))
    }

    pub(crate) fn see_stop(&mut self, cause: Option<StopCause>) {
        for unit in self.units.values_mut() {
            unit.fell = false;
        }
        self.stop = Some(Stop {
            began: self.now,
            cause,
            codes: self.codes_of_ends(),
            boot_failed: None,
            hooks_running: false,
            hooks_done_at: None,
            limits: None,
            limits_told_at: self.now,
            hurried_at: None,
            interrupted: None,
            late: Duration::ZERO,
        });
    }

    /// When the stop must be over, if its limits say so.
    pub(crate) fn stop_must_end_by(&self) -> Option<Time> {
        let stop = self.stop.as_ref()?;
        let Some(limits) = stop.limits else {
            let hurried = stop.hurried_at?;
            return Some(hurried.after(KILL_BY_DEFAULT + AFTER_KILL + stop.late));
        };
        let told = stop.limits_told_at;
        let parts = limits
            .services
            .zip(limits.kill)
            .map(|(services, kill)| told.after(services + kill + AFTER_KILL + stop.late));
        let whole = limits
            .whole
            .map(|whole| stop.began.after(whole).max(told).after(stop.late));
        match stop.hurried_at {
            // The hooks were cut short: the limits came too late.
            Some(hurried) if hurried < told => {
                Some(hurried.after(KILL_BY_DEFAULT + AFTER_KILL + stop.late))
            }
            _ => parts.into_iter().chain(whole).min(),
        }
    }

    /// Whether another unit of its name is older.
    pub(crate) fn has_elder(&self, id: UnitId) -> bool {
        let name = &self.units[&id].definition.name;
        let same = |(_, unit): (&UnitId, &Known)| unit.definition.name == *name;
        self.units.range(..id).any(same)
    }

    /// Whether something that runs logs to it.
    pub(crate) fn is_fed(&self, id: UnitId) -> bool {
        let name = &self.units[&id].definition.name;
        let feeds = |unit: &Known| unit.definition.logger.as_ref() == Some(name);
        self.units
            .values()
            .any(|unit| feeds(unit) && !unit.is_at_rest())
    }

    fn log(&self, line: &str) {
        if self.trace {
            let millis = self.clock.0 / 1_000_000;
            println!("{:>6} {millis} ms: {line}", self.steps);
        }
    }

    /// One event for the engine, what it wants done for it, and the rules.
    pub(crate) fn tell(&mut self, event: Event) -> Result<(), String> {
        self.log(&format!("{event:?}"));
        let mut actions = Vec::new();
        self.engine.handle(event, self.clock, &mut actions);
        self.perform(actions)
    }

    fn perform(&mut self, actions: Vec<Action>) -> Result<(), String> {
        self.steps += 1;
        for action in actions {
            self.log(&format!("    {action:?}"));
            self.perform_one(action)?;
        }
        if self.random.chance(2) {
            self.engine = bytes_and_back_changes_nothing(&self.engine)?;
        }
        each_status_is_delivered_once(self)?;
        self.note_stopping();
        self.note_statuses();
        no_state_is_without_a_way_out(self)?;
        what_is_wanted_stays_wanted(self)?;
        what_is_to_be_down_ends_when_nothing_counts_on_it(self)?;
        every_end_is_counted_once(self)?;
        every_end_that_nobody_asked_for_is_told(self)?;
        who_keeps_ending_is_not_well(self)?;
        time_limits_end_in_a_kill(self)?;
        a_stop_ends_within_its_budget(self)
    }

    /// Remembers what the status files say after this event.
    fn note_statuses(&mut self) {
        for (id, unit) in self.engine.units() {
            if let Some(known) = self.units.get_mut(&id) {
                known.status = (unit.pid(), unit.wanted(), unit.paused());
                known.announcements = 0;
            }
        }
    }

    /// Remembers since when units are asked to end.
    fn note_stopping(&mut self) {
        for (id, unit) in self.engine.units() {
            let Some(known) = self.units.get_mut(&id) else {
                continue;
            };
            known.stopping = match (unit.state(), unit.pid(), known.stopping) {
                (State::Stopping, Some(_), Some(before)) => Some(before),
                (State::Stopping, Some(pid), None) if !known.input_closed => Some((pid, self.now)),
                _ => None,
            };
        }
    }

    /// The codes of units whose end may stop the container.
    fn codes_of_ends(&self) -> BTreeSet<u8> {
        let matters = |unit: &&Known| {
            let limit = unit.definition.restart.limit;
            let by_limit = limit.is_some_and(|limit| limit.then == OnLimit::StopContainer);
            by_limit || unit.definition.criticality == Criticality::Critical
        };
        let units = self.units.values().filter(matters);
        let ends = units.filter_map(|unit| unit.last_end);
        ends.map(|end| match end {
            End::Exited(code) => code,
            End::Killed(signal) => 128 + signal,
        })
        .collect()
    }
}
