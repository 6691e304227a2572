//! What goes into the engine and what comes out of it.

use std::time::Duration;

use plan::Unit;

/// A moment on the monotonic clock, in nanoseconds since an arbitrary start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub u64);

impl Time {
    /// The moment `span` later, or the last moment there is.
    pub fn after(self, span: Duration) -> Time {
        let nanos = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        Time(self.0.saturating_add(nanos))
    }

    /// How long after `earlier` this is; zero if it is not.
    pub fn since(self, earlier: Time) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// A process id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pid(pub i32);

/// A unit's number, given by the engine at [`Event::Add`] order: stable while the
/// unit exists, never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitId(pub u32);

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By itself, with this code.
    Exited(u8),
    /// By this signal.
    Killed(u8),
}

/// What a unit is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Not running and not asked to.
    Down,
    /// Wanted, but something that it needs is not ready.
    Waiting,
    /// [`Action::Start`] is out; no answer yet.
    Starting,
    /// Its process runs.
    Up,
    /// Its process runs and it has said that it is ready (a one-shot: it succeeded).
    Ready,
    /// Its process has ended and `finish` runs.
    Finishing,
    /// It waits for its next start.
    BackingOff,
    /// Its process was asked to end and has not yet.
    Stopping,
    /// It will not be started again unless asked: exit 125 of `finish`, its restart
    /// limit, or a one-shot that failed.
    Failed,
}

/// What another program asks of one unit, as `s6-svc` and `mainstay start` do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Start it, and start it again when it ends (`u`).
    Up,
    /// Start it if it is down, and do not start it again (`o`).
    Once,
    /// Stay down once it ends; do not signal it (`O` of s6-svc while up).
    OnceAtMost,
    /// Ask it to end (down signal, then CONT) and keep it down (`d`).
    Down,
    /// Down signal (then CONT) without changing what is wanted (`r`).
    Restart,
    /// Send this signal to its process.
    Signal(u8),
    /// Forget the unit once it is down (`x`). As with s6-supervise, its process is
    /// not signalled; `s6-svc -xd` sends this and [`Request::Down`].
    Exit,
}

/// Why the container stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopCause {
    /// A signal to PID 1 or an order from inside: exit code 0 unless a critical
    /// unit or the boot has ended with another. Engines and nodes ask twice, so asking
    /// again changes nothing.
    Asked,
    /// The same, from the keyboard (INT, QUIT): once more, [`AGAIN`] or longer after the
    /// last, is the wish to wait no longer.
    Interrupted,
    /// The same, and where it stops already the next stage begins at once.
    Now,
    /// The boot failed with this code.
    BootFailed(u8),
    /// The container's command ended with this code.
    CommandEnded(u8),
}

/// An interrupt that comes sooner after the last is that one's echo: terminals and engines
/// hand the same key press on by several ways.
pub const AGAIN: Duration = Duration::from_millis(500);

/// How far the container is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It boots or runs: units start and are started again.
    Running,
    /// It stops: nothing starts any more.
    Stopping(StopStage),
}

/// The stages of a stop, from the gentlest to the hardest, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StopStage {
    /// The units were asked to end; the stop hooks run beside that.
    Hooks,
    /// The hooks are done; the units have their last time to end.
    Services,
    /// Everything that is left got HUP and TERM.
    Terminate,
    /// Everything that is left got KILL.
    Kill,
    /// [`Action::Leave`] is out.
    Over,
}

/// How long each part of a stop may take; read when it begins to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StopLimits {
    /// After the stop hooks, for services to be down (`S6_SERVICES_GRACETIME`).
    pub services: Option<Duration>,
    /// After the last TERM to all processes, until KILL (`S6_KILL_GRACETIME`).
    pub kill: Option<Duration>,
    /// From the begin of the stop to its end, whatever the parts allow, the hooks'
    /// time included; none: no limit of its own.
    pub whole: Option<Duration>,
}

/// News for the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A unit exists. One that is wanted starts as soon as what it needs is ready.
    /// Units added by one call of [`Engine::add`](crate::Engine::add) may need each
    /// other in any order.
    Add(Vec<Unit>),
    /// The unit's definition is gone: stop it and forget it. A logger is kept until
    /// all that it reads from are down.
    Remove(UnitId),
    /// The answer to [`Action::Start`] and [`Action::RunFinish`]: the process. It may
    /// come after the [`Event::Exited`] of the same process: while answers are
    /// outstanding, the engine keeps the ends of processes that it does not know.
    Started(UnitId, Pid),
    /// The other answer: no process could be made (for instance EAGAIN); try again
    /// later.
    StartFailed(UnitId),
    /// It wrote its newline. Comes after [`Event::Started`] of the same process.
    Ready(UnitId),
    /// A process was reaped. The engine knows whose it was; one that it does not
    /// know is nobody's. Reap one, hand it over, perform the actions, reap the next:
    /// so no [`Action::Signal`] can reach a pid that has meanwhile been given to
    /// another process.
    Exited(Pid, End),
    /// A process was reaped that could not execute its program (missing interpreter,
    /// no run bit): comes in place of [`Event::Exited`]. As with s6-supervise, no
    /// `finish` follows a `run` that never ran, and the next try is ten seconds later;
    /// a `finish` that could not be executed counts as none.
    ExecFailed(Pid),
    /// Somebody asks something of a unit.
    Asked(UnitId, Request),
    /// The container shall stop. While it stops already, [`StopCause::Now`] and a further
    /// [`StopCause::Interrupted`] skip the grace of the current stage; the other causes
    /// change at most the exit code.
    Stop(StopCause),
    /// The answer to [`Action::RunStopHooks`]: all have run, and these limits hold
    /// from here.
    StopHooksDone(StopLimits),
    /// No process but PID 1 is left (waitid answers ECHILD, or as a subreaper: no
    /// child is left). Said in a stop, from [`Event::StopHooksDone`] on, each time the
    /// last process has been reaped, and after [`Action::SignalAll`] if it found none.
    NoneLeft,
    /// Time has passed; due timers are handled. Every other event also does this, after
    /// itself: what has ended is not killed, and nothing starts at the moment of a stop.
    Tick,
}

/// What the engine wants done. Carried out in order; none may block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Make the unit's process; answer [`Event::Started`] or [`Event::StartFailed`].
    Start(UnitId),
    /// Run the unit's `finish` after this end; answer as for `Start`. `pgid` is the
    /// process group of the process that ended.
    RunFinish {
        /// The unit.
        unit: UnitId,
        /// How its process ended.
        end: End,
        /// The pid, and so the process group, of the process that ended.
        pid: Pid,
    },
    /// Signal this process of this unit (its own pid, not its group).
    Signal(UnitId, Pid, u8),
    /// The unit's state changed: write its status and announce it. `what` names the
    /// change as listeners of s6's event directories know it.
    Announce(UnitId, Change),
    /// No more input will come for this logger: close our end of its pipe.
    CloseInput(UnitId),
    /// The unit is gone from the engine; forget everything about it.
    Forget(UnitId),
    /// Run the stop hooks, one after another; answer [`Event::StopHooksDone`].
    RunStopHooks,
    /// Signal every process but PID 1.
    SignalAll(u8),
    /// The container is to end with this code.
    Leave(u8),
    /// Something that people should read.
    Tell(Notice),
}

/// A change of a unit as others see it: the letters of s6's `event/` directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// `u`: its process was started.
    Up,
    /// `U`: it is ready.
    Ready,
    /// `d`: its process has ended.
    Down,
    /// `D`: its `finish` has ended too (or it has none).
    Finished,
    /// `O`: it will not be started again by itself; comes before `D`.
    Permanent,
    /// `x`: it is no longer supervised.
    Gone,
    /// Nothing to announce, but its status bytes changed (want, paused).
    Silent,
}

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
