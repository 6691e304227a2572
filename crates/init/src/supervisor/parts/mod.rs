//! What PID 1's loop keeps, each value in a file of its own. None of them knows the loop or
//! another one.

mod again;
mod children;
mod container;
mod ending;
mod handlers;
mod kin;
mod mind;
mod progress;
mod refused;
mod scanning;
mod services;

pub(crate) use again::Task;
pub(crate) use children::Children;
pub(crate) use container::Container;
pub(crate) use ending::{Ending, FINISH_MARKERS, FinishMarker, Killed, Stopping};
pub(crate) use handlers::{Handler, Handlers};
pub(crate) use kin::COMMAND;
pub(crate) use mind::{Mind, now};
pub(crate) use progress::{Phase, Progress};
pub(crate) use scanning::Scanning;
pub(crate) use services::Services;
