//! One unit: a service or a one-shot, and the policies that hold for it.

use std::time::Duration;

/// What a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A process that is kept running.
    Service,
    /// A process that runs once, to its end; success makes the unit up.
    OneShot,
}

/// When a service counts as ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// As soon as it is up.
    WhenUp,
    /// When it writes a newline to its notification descriptor (s6-supervise(8),
    /// `notification-fd`).
    Notified,
}

/// After which ends a service is started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Never.
    Never,
    /// After a non-zero exit code or a death by signal.
    OnFailure,
    /// After every end.
    Always,
}

/// How long a service waits between two starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// Least time from one start to the next, whatever else holds. s6-supervise's
    /// rule is one second.
    pub floor: Duration,
    /// Wait after the first failure in a row, counted from the end of the process.
    pub first: Duration,
    /// Each further wait is this many times the one before. 1 is a fixed back-off.
    pub factor: u32,
    /// Longest wait.
    pub max: Duration,
    /// A run of at least this length resets the wait to `first`.
    pub reset_after: Duration,
}

/// What happens when a service has reached its restart limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnLimit {
    /// It stays down, as failed.
    GiveUp,
    /// The container stops with the service's exit code.
    StopContainer,
}

/// At most `starts` restarts `within` a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// How many restarts are allowed within the window; counts above 10,000 are
    /// taken as 10,000.
    pub starts: u32,
    /// The window, sliding.
    pub within: Duration,
    /// What happens at the restart that would be one too many.
    pub then: OnLimit,
}

/// Whether and how a service is started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restart {
    /// After which ends.
    pub when: When,
    /// After which wait.
    pub backoff: Backoff,
    /// How often at most.
    pub limit: Option<Limit>,
}

/// What the end of a unit means for the container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Criticality {
    /// Nothing.
    Ordinary,
    /// The end of its process that is not followed by a restart stops the container,
    /// with its exit code. A one-shot that succeeds is up, not ended; and a unit that
    /// was told to leave supervision ends for itself alone.
    Critical,
}

/// A service or a one-shot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Unique name. Nothing follows from how it looks.
    pub name: String,
    /// Service or one-shot.
    pub kind: Kind,
    /// Names of the units that must be ready before this one starts, and that stop
    /// only when this one is down. Units only: a reader whose layout lets a unit need a
    /// group writes down the group's units, as s6-rc-compile does.
    pub needs: Vec<String>,
    /// Whether it starts without being asked; false where a `down` file lies.
    pub wanted: bool,
    /// When it counts as ready.
    pub readiness: Readiness,
    /// Whether it is started again.
    pub restart: Restart,
    /// What its end means for the container.
    pub criticality: Criticality,
    /// The signal that asks it to end (`down-signal`; 15, TERM, by default).
    pub down_signal: u8,
    /// How long after the down signal it is killed (`timeout-kill`); none: never
    /// by itself, only with the container.
    pub kill_after: Option<Duration>,
    /// How long its start may take until it is ready; none: as long as it wants.
    pub start_within: Option<Duration>,
    /// Whether something is to be run after each end (`finish`). For a one-shot it is
    /// what undoes it (s6-rc's `down`): run when it has succeeded and is to be down.
    pub has_finish: bool,
    /// How long that may run (`timeout-finish`); none: as long as it wants.
    pub finish_within: Option<Duration>,
    /// The service that reads this one's output, if any.
    pub logger: Option<String>,
    /// Whose logger this is: the units that name it as theirs. Its standard input is then
    /// a pipe that outlives its process; one in the middle of a pipeline has a logger too.
    pub reads_from: Vec<String>,
}

impl Restart {
    /// s6-supervise's rule: always, at once, but never sooner than a second after
    /// the last start.
    pub const S6: Restart = Restart {
        when: When::Always,
        backoff: Backoff {
            floor: Duration::from_secs(1),
            first: Duration::ZERO,
            factor: 1,
            max: Duration::ZERO,
            reset_after: Duration::ZERO,
        },
        limit: None,
    };

    /// No restart.
    pub const NEVER: Restart = Restart {
        when: When::Never,
        backoff: Restart::S6.backoff,
        limit: None,
    };
}

impl Unit {
    /// A service under s6-supervise's defaults: always restarted, TERM to end it,
    /// no time limit on its end, five seconds for `finish`.
    pub fn service(name: impl Into<String>) -> Unit {
        Unit {
            name: name.into(),
            kind: Kind::Service,
            needs: Vec::new(),
            wanted: true,
            readiness: Readiness::WhenUp,
            restart: Restart::S6,
            criticality: Criticality::Ordinary,
            down_signal: 15,
            kill_after: None,
            start_within: None,
            has_finish: false,
            finish_within: Some(Duration::from_secs(5)),
            logger: None,
            reads_from: Vec::new(),
        }
    }

    /// A one-shot without limits.
    pub fn one_shot(name: impl Into<String>) -> Unit {
        Unit {
            kind: Kind::OneShot,
            restart: Restart::NEVER,
            ..Unit::service(name)
        }
    }
}
