//! What comes out for people, worded by the performer.

use std::time::Duration;

use super::{End, StopStage, UnitId};

/// The end of a process that nobody asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Whose process.
    pub unit: UnitId,
    /// How it ended.
    pub end: End,
    /// How long it had lived.
    pub lived: Duration,
    /// What happens now.
    pub next: Next,
    /// Such ends of the unit in this minute, this one included.
    pub nth: u32,
    /// Further ones are only counted, with a line a minute.
    pub counts_from_here: bool,
}

/// What follows an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is started again, after this time.
    Again(Duration),
    /// It is started again when what it needs is ready.
    Waits,
    /// It is not started again: its policy says so.
    Rests,
    /// It is not started again: its `finish` exited 125.
    FinishForbids,
    /// It is not started again: its restart limit is reached.
    LimitForbids,
    /// The container stops.
    StopsContainer,
}

/// Why a unit keeps the container from being ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hindrance {
    /// It is not started again by itself.
    GaveUp,
    /// It has ended and nobody asked for that: it is not up again, or has to live this
    /// much longer.
    Ended(Option<Duration>),
    /// It runs and has not said that it is ready.
    NotReady,
    /// What it needs is not ready.
    Waits,
    /// It does not run.
    NotUp,
}

/// Something for people, worded by the performer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Its process has ended and nobody asked for that. A unit says this a few times a
    /// minute at most.
    Ended(Ended),
    /// So many more ends of the last minute that nobody asked for, and how the last was.
    EndedOften(UnitId, u32, End),
    /// `finish` ran past its limit and was killed.
    FinishKilled(UnitId),
    /// The process did not end in time after its down signal and was killed.
    KilledAfter(UnitId, Duration),
    /// It was not ready in time.
    StartTimedOut(UnitId, Duration),
    /// It reached its restart limit.
    LimitReached(UnitId),
    /// `finish` could not be run; the unit goes on as if it had none.
    FinishNotRun(UnitId),
    /// What undoes this one-shot has failed so; it counts as down all the same, so that
    /// what it needs can go.
    DownFailed(UnitId, End),
    /// Neither a unit nor a group has this name, which somebody has asked for, or which a
    /// group contains that somebody has asked for.
    NoSuchName(String),
    /// No process could be made; the next try is after this time.
    WillRetry(UnitId, Duration),
    /// These units were still running when the grace of the stop ended.
    GraceOver(Vec<UnitId>),
    /// The stop waits for these units, so long after its begin.
    StopWaits(Vec<UnitId>, Duration),
    /// Somebody wants to wait no longer: the stop goes on to this stage.
    Hastened(StopStage),
    /// An event that cannot be right in this state arrived; it changed nothing.
    Impossible(&'static str, UnitId),
}
