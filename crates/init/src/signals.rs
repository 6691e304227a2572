//! What a signal to PID 1 means: the one table. docs/signals.md is written from it.

use kernel::signal::{self, Set};

/// What PID 1 does about a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Response {
    /// The container stops in order.
    Stop,
    /// The same. Once more, half a second or longer after the last, the stop goes on to its
    /// next step at once.
    Interrupt,
    /// New service directories are picked up.
    Rescan,
    /// Nothing.
    Nothing,
}

/// Where the container is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// The scripts of /run.d run.
    RunD,
    /// The steps of the boot run, its hooks among them.
    Boot,
    /// The services are up and there is no command.
    Up,
    /// The services are up and the command runs.
    UpWithCommand,
    /// The container stops.
    Stopping,
}

impl When {
    /// Every phase, in order.
    pub const ALL: [When; 5] = [
        When::RunD,
        When::Boot,
        When::Up,
        When::UpWithCommand,
        When::Stopping,
    ];
}

/// What a signal is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Stop,
    Interrupt,
    Rescan,
    None,
}

/// One line of the table.
pub struct SignalRule {
    /// Its name without SIG.
    pub name: &'static str,
    /// Its number.
    pub number: fn() -> i32,
    purpose: Purpose,
}

impl SignalRule {
    /// What happens when it arrives then. An executable `.s6-svscan/SIGxxx` in the scan
    /// directory takes its place, except while the container stops.
    pub fn response(&self, when: When) -> Response {
        match (self.purpose, when) {
            // Engines and nodes send TERM twice, and after a stop that was ordered inside.
            (Purpose::Stop, When::Stopping) => Response::Nothing,
            (Purpose::Stop, When::RunD | When::Boot | When::Up | When::UpWithCommand) => {
                Response::Stop
            }
            (Purpose::Interrupt, _) => Response::Interrupt,
            (Purpose::Rescan, When::Boot | When::Up | When::UpWithCommand) => Response::Rescan,
            // Before the boot there is no scan directory, and a stop starts nothing.
            (Purpose::Rescan, When::RunD | When::Stopping) => Response::Nothing,
            (Purpose::None, _) => Response::Nothing,
        }
    }
}

const fn rule_for(name: &'static str, number: fn() -> i32, purpose: Purpose) -> SignalRule {
    SignalRule {
        name,
        number,
        purpose,
    }
}

/// Every signal that means something, or deliberately nothing.
pub const SIGNALS: &[SignalRule] = &[
    rule_for("TERM", || signal::SIGTERM, Purpose::Stop),
    rule_for("INT", || signal::SIGINT, Purpose::Interrupt),
    rule_for("QUIT", || signal::SIGQUIT, Purpose::Interrupt),
    rule_for("PWR", || signal::SIGPWR, Purpose::Stop),
    rule_for("RTMIN+3", || signal::real_time_min() + 3, Purpose::Stop),
    rule_for("ABRT", || signal::SIGABRT, Purpose::Stop),
    rule_for("HUP", || signal::SIGHUP, Purpose::Rescan),
    rule_for("USR1", || signal::SIGUSR1, Purpose::None),
    rule_for("USR2", || signal::SIGUSR2, Purpose::None),
    rule_for("WINCH", || signal::SIGWINCH, Purpose::None),
    rule_for("ALRM", || signal::SIGALRM, Purpose::None),
];

/// The line of a signal.
pub(crate) fn rule(number: i32) -> Option<&'static SignalRule> {
    SIGNALS.iter().find(|rule| (rule.number)() == number)
}

/// The signals that PID 1 receives through its descriptor: those of the table, CHLD,
/// and PIPE, which must not end it when nobody reads its output. The terminal's job
/// control signals too: PID 1 must never be stopped. And those that the kernel sends
/// because of what was handed in (limits on files and time, timers, descriptors with an
/// owner): as a first process it would live through them, as another one it would not.
pub(crate) fn received() -> Set {
    let more = [
        signal::SIGCHLD,
        signal::SIGPIPE,
        signal::SIGTSTP,
        signal::SIGTTIN,
        signal::SIGTTOU,
        signal::SIGXFSZ,
        signal::SIGXCPU,
        signal::SIGVTALRM,
        signal::SIGPROF,
        signal::SIGIO,
    ];
    SIGNALS
        .iter()
        .map(|rule| (rule.number)())
        .chain(more)
        .fold(Set::empty(), Set::with)
}
