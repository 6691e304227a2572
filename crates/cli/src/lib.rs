//! The commands for people: `mainstay COMMAND`.
#![forbid(unsafe_code)]

#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod for_fuzzing;
pub mod help;
pub mod inspect;
pub mod install;
pub mod json;
mod paint;
mod places;
mod service;
mod setenv;
pub mod similar;
mod status;
mod stop_container;
mod target;
mod trial;
pub mod words;
mod workers;

use chain::Program;

/// The commands, as `mainstay --help` lists them.
pub const COMMANDS: &[&Program] = &[
    &status::COMMAND,
    &service::START,
    &service::STOP,
    &service::RESTART,
    &service::SIGNAL,
    &stop_container::COMMAND,
    &workers::COMMAND,
    &workers::JOB_DONE,
    &setenv::COMMAND,
    &places::COMMAND,
    &trial::COMMAND,
];
