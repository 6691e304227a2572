//! `mainstay cron`: jobs at times.
//!
//! `schedule` says when (pure but for reading tzdata), `crontab` reads and checks files,
//! `mind` decides what happens at which moment (pure: state, event, now → actions), `runner`
//! carries it out, and `command` has what people type. Always a process of its own, never PID 1.
#![forbid(unsafe_code)]

mod command;
mod crontab;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod for_fuzzing;
mod job;
mod mind;
mod runner;
mod schedule;

use chain::Program;

/// `mainstay cron …`.
pub const COMMAND: Program = command::COMMAND;
