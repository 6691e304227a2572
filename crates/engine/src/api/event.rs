//! What goes in: events, and what they carry.

use std::time::Duration;

use plan::{Group, Unit};

use super::{End, Pid, UnitId};

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
    /// These are the groups from here on, in the place of those before. What was asked of
    /// a group has been asked of its units and stays so.
    Groups(Vec<Group>),
    /// The answer to [`Action::Execute`](super::Action::Execute): the process. It may
    /// come after the [`Event::Exited`] of the same process: while answers are
    /// outstanding, the engine keeps the ends of processes that it does not know.
    Started(UnitId, Pid),
    /// The other answer: no process could be made (for instance EAGAIN); try again
    /// later.
    StartFailed(UnitId),
    /// It wrote its newline. Comes after [`Event::Started`] of the same process.
    Ready(UnitId),
    /// A process was reaped. The engine knows whose it was; one that it does not
    /// know is nobody's. Reap one, hand it over, perform the actions, reap the next: so
    /// no [`Action::Signal`](super::Action::Signal) can reach a pid that has meanwhile
    /// been given to another process.
    Exited(Pid, End),
    /// A process was reaped that could not execute its program (missing interpreter,
    /// no run bit): comes in place of [`Event::Exited`]. As with s6-supervise, no
    /// `finish` follows a `run` that never ran, and the next try is ten seconds later;
    /// a `finish` that could not be executed counts as none.
    ExecFailed(Pid),
    /// Somebody asks something of a unit.
    Asked(UnitId, Request),
    /// These units are to be up, and each unit of these groups, with everything that they
    /// need and their loggers: what s6-rc(1) does for `-u change`. Each starts as soon as
    /// what it needs is ready. A name that nobody has is told and changes nothing.
    Up(Vec<String>),
    /// These units are to be down, and each unit of these groups, and first everything
    /// that needs them or logs to them (`-d change`). Each is asked to end as soon as
    /// nothing that counts on it is left; until then it runs, is not started again, and
    /// nothing that needs it starts. [`Request::Up`] and [`Request::Once`] withdraw it.
    Down(Vec<String>),
    /// The container shall stop. While it stops already, [`StopCause::Now`] and a further
    /// [`StopCause::Interrupted`] skip the grace of the current stage; the other causes
    /// change at most the exit code.
    Stop(StopCause),
    /// The answer to [`Action::RunStopHooks`](super::Action::RunStopHooks): all have run,
    /// and these limits hold from here.
    StopHooksDone(StopLimits),
    /// No process but PID 1 is left (waitid answers ECHILD, or as a subreaper: no
    /// child is left). Said in a stop, from [`Event::StopHooksDone`] on, each time the
    /// last process has been reaped, and after
    /// [`Action::SignalAll`](super::Action::SignalAll) if it found none.
    NoneLeft,
    /// Time has passed; due timers are handled. Every other event also does this, after
    /// itself: what has ended is not killed, and nothing starts at the moment of a stop.
    Tick,
}
