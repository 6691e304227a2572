//! What the world knows of a unit, from the engine's actions and its own processes.

use engine::{Change, End, Pid, Time};
use plan::{Kind, Readiness, Unit};

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
    /// Who was killed last.
    pub(crate) killed: Option<Pid>,
    /// Since when the engine has known its process, or its finish's.
    pub(crate) known_since: Time,
    /// Since when this process is asked to end.
    pub(crate) stopping: Option<(Pid, Time)>,
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
            killed: None,
            known_since: now,
            stopping: None,
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

    /// Takes in an announcement; what may not come now is an error.
    pub(crate) fn announced(&mut self, change: Change) -> Result<(), String> {
        let is_service = self.definition.kind == Kind::Service;
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
