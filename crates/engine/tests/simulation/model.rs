//! What the world knows of a unit, from the engine's actions and its own processes.

use std::collections::VecDeque;
use std::time::Duration;

use engine::{Change, End, Pid, Request, Time};
use plan::{Kind, Readiness, Unit, When};

/// s6-supervise waits this long after a run that could not be executed.
const AFTER_NOT_EXECUTED: Duration = Duration::from_secs(10);
/// No process could be made: not at once again.
const AFTER_NOT_MADE: Duration = Duration::from_secs(1);

/// How far a unit has come, by what was announced of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// Nothing, or `D`.
    Finished,
    /// `u`.
    Up,
    /// `U`.
    Ready,
    /// `d`.
    Down,
    /// `O`.
    Permanent,
    /// `x`.
    Gone,
}

#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) definition: Unit,
    pub(crate) told: Told,
    /// An answer is due.
    pub(crate) unanswered: bool,
    /// Its process that is alive, whether the engine knows of it or not.
    pub(crate) main: Option<Pid>,
    pub(crate) finish: Option<Pid>,
    /// The last process that was made for it.
    pub(crate) last_main: Option<Pid>,
    pub(crate) last_end: Option<End>,
    pub(crate) last_made: Option<Time>,
    /// How many of its processes ended and were told.
    pub(crate) deaths: u32,
    /// The end of its process has been told, its finish has not been asked for.
    pub(crate) finish_owed: bool,
    pub(crate) input_closed: bool,
    /// It may be asked to end at any time: somebody has asked for that.
    pub(crate) asked: bool,
    /// It is to be down once all that count on it are, since somebody has asked so by
    /// name, and nobody has asked for a start since.
    pub(crate) in_order: bool,
    /// Its definition is gone: as a logger it ends when all that it reads from are down.
    pub(crate) removed: bool,
    /// Who was killed last.
    pub(crate) killed: Option<Pid>,
    /// Since when the engine has known its process, or its finish's.
    pub(crate) known_since: Time,
    /// Since when this process is asked to end.
    pub(crate) stopping: Option<(Pid, Time)>,
    /// Process, want and pause as they were at the last event.
    pub(crate) status: (Option<Pid>, bool, bool),
    /// How often it was announced at this event.
    pub(crate) announcements: u32,
    /// The process that was asked for last is that of its finish.
    pub(crate) finish_was_last: bool,
    /// Its last process could not execute its program.
    pub(crate) not_executed: bool,
    /// Not tried again before this, unless somebody asks.
    pub(crate) no_try_before: Time,
    /// Somebody has asked for a start since its last process was made.
    pub(crate) start_asked: bool,
    /// It was told to be down, and not up since.
    pub(crate) held_down: bool,
    /// It was announced that it is not started again.
    pub(crate) gave_up: bool,
    /// There is a reason not to start it again.
    pub(crate) may_rest: bool,
    /// Its last end came by itself, and nobody has asked anything of it since.
    pub(crate) fell: bool,
    /// How its last finish ended.
    pub(crate) last_finish: Option<End>,
    /// Ends that nobody asked for, as far as that is certain.
    pub(crate) falls: u32,
    /// How many ends were told, one by one or as a count.
    pub(crate) told_ends: u32,
    /// When, of the last minute.
    pub(crate) lines: VecDeque<Time>,
}

impl Known {
    pub(crate) fn new(definition: Unit, now: Time) -> Known {
        Known {
            definition,
            told: Told::Finished,
            unanswered: false,
            main: None,
            finish: None,
            last_main: None,
            last_end: None,
            last_made: None,
            deaths: 0,
            finish_owed: false,
            input_closed: false,
            asked: false,
            in_order: false,
            removed: false,
            killed: None,
            known_since: now,
            stopping: None,
            status: (None, false, false),
            announcements: 0,
            finish_was_last: false,
            not_executed: false,
            no_try_before: Time(0),
            start_asked: false,
            held_down: false,
            gave_up: false,
            may_rest: false,
            fell: false,
            last_finish: None,
            falls: 0,
            told_ends: 0,
            lines: VecDeque::new(),
        }
    }

    /// Whether what needs it may run, by what was announced.
    pub(crate) fn is_ready(&self) -> bool {
        let at_start =
            self.definition.kind == Kind::Service && self.definition.readiness == Readiness::WhenUp;
        self.told == Told::Ready || (at_start && self.told == Told::Up)
    }

    /// Whether it is down with its finish done, and nothing of it is on its way.
    pub(crate) fn is_at_rest(&self) -> bool {
        let no_process = self.main.is_none() && self.finish.is_none();
        no_process && !self.unanswered && matches!(self.told, Told::Finished | Told::Gone)
    }

    /// Whether its policy allows a start after its last end.
    pub(crate) fn policy_allows(&self) -> bool {
        match (self.last_end, self.definition.restart.when) {
            (None, _) | (_, When::Always) => true,
            (Some(_), When::Never) => false,
            (Some(end), When::OnFailure) => end != End::Exited(0),
        }
    }

    /// Somebody asks something of it.
    pub(crate) fn requested(&mut self, request: Request) {
        self.fell = false;
        match request {
            Request::Up | Request::Once => {
                self.start_asked = true;
                self.in_order = false;
                self.held_down = false;
                self.gave_up = false;
                self.no_try_before = Time(0);
                self.may_rest |= request == Request::Once;
            }
            Request::Down => {
                self.held_down = true;
                self.may_rest = true;
            }
            Request::OnceAtMost | Request::Exit => self.may_rest = true,
            Request::Restart => self.start_asked = true,
            Request::Signal(_) => {}
        }
    }

    /// The engine knows of its end.
    pub(crate) fn ended(&mut self, now: Time) {
        self.deaths += 1;
        if self.not_executed {
            self.no_try_before = now.after(AFTER_NOT_EXECUTED);
        }
    }

    /// The engine knows that no process could be made.
    pub(crate) fn not_made(&mut self, now: Time) {
        if !self.finish_was_last {
            self.no_try_before = now.after(AFTER_NOT_MADE);
        }
    }

    /// A line tells `count` ends.
    pub(crate) fn ends_told(&mut self, count: u32, now: Time) {
        self.told_ends += count;
        self.lines.push_back(now);
    }

    /// Takes in an announcement; what may not come now is an error.
    pub(crate) fn announced(&mut self, change: Change) -> Result<(), String> {
        let is_service = self.definition.kind == Kind::Service;
        self.announcements += 1;
        if change == Change::Permanent {
            self.gave_up = true;
            self.start_asked = false;
            self.may_rest = true;
        }
        self.may_rest |= change == Change::Finished && !self.policy_allows();
        // Whether a clean end is told that finish has made the last is the unit's affair.
        if change == Change::Finished && self.fell && self.last_finish != Some(End::Exited(125)) {
            self.falls += 1;
        }
        self.told = match (self.told, change) {
            (_, Change::Silent) => self.told,
            (Told::Finished, Change::Up) => Told::Up,
            (Told::Up, Change::Ready) => Told::Ready,
            (Told::Up | Told::Ready, Change::Down) => Told::Down,
            (Told::Down, Change::Permanent) => Told::Permanent,
            (Told::Down | Told::Permanent, Change::Finished) => Told::Finished,
            (Told::Finished, Change::Gone) => Told::Gone,
            (told, change) => {
                let kind = if is_service { "service" } else { "one-shot" };
                return Err(format!("{kind}: {change:?} is announced after {told:?}"));
            }
        };
        Ok(())
    }
}
