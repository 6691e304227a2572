//! The programs that run in the place of what a signal means.

use crate::service::Told;

/// A handler that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Handler {
    pub(crate) pid: i32,
    /// The signal that it was started for.
    pub(crate) signal: i32,
}

/// All of them.
#[derive(Default)]
pub(crate) struct Handlers {
    pub(crate) running: Vec<Handler>,
    /// What was said of those that cannot be run, so that it is said once.
    pub(crate) told: Told,
}
