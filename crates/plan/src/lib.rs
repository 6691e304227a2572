//! The picture of an image: which units it has, what each needs, and what is to
//! happen when one ends.
//!
//! Every layout (s6-overlay directories, worker arguments, Mainstay's own files)
//! is read into a [`Plan`]; the engine, `lint`, `explain` and `status` know only
//! the plan. Nothing here touches a file, a process or a clock.
#![forbid(unsafe_code)]

pub mod bytes;
mod check;
mod codec;
mod group;
pub mod handover;
pub mod pieces;
mod problem;
mod program;
mod unit;

pub use check::check;
pub use group::Group;
pub use problem::Problem;
pub use program::{Entry, Program, Words};
pub use unit::{Backoff, Criticality, Kind, Limit, OnLimit, Readiness, Restart, Unit, When};

/// All units and groups of one image, in the order in which their reader found them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The units. Names are unique once [`check`] has found nothing.
    pub units: Vec<Unit>,
    /// The groups. They share the names of the units.
    pub groups: Vec<Group>,
}
