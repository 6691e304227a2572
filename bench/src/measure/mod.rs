//! What is measured, one file each.

pub(crate) mod boot;
pub(crate) mod crash_loop;
pub(crate) mod idle;
pub(crate) mod image;
pub(crate) mod orphans;
pub(crate) mod restart;
pub(crate) mod size;
pub(crate) mod validator;

use std::time::Duration;

use crate::contestant::{Contestant, Places};
use crate::results::Results;

/// What a measurement works with.
pub(crate) struct Bench<'a> {
    pub(crate) places: &'a Places,
    /// Who takes part, in the order in which they take turns.
    pub(crate) contestants: Vec<&'a Contestant>,
    /// How often each thing is measured.
    pub(crate) rounds: usize,
    /// Fewer and shorter.
    pub(crate) quick: bool,
    pub(crate) results: Results,
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
