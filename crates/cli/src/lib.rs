//! The commands for people: `mainstay COMMAND`.
#![forbid(unsafe_code)]

mod client;
#[doc(hidden)]
pub mod for_fuzzing;
mod help;
pub mod inspect;
pub mod install;
mod json;
mod service;
mod status;
mod stop_container;
mod trial;

use chain::Program;

/// The commands, as `mainstay --help` lists them.
pub const COMMANDS: &[&Program] = &[
    &status::COMMAND,
    &service::START,
    &service::STOP,
    &service::RESTART,
    &service::SIGNAL,
    &stop_container::COMMAND,
    &trial::COMMAND,
];
