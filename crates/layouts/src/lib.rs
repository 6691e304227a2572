//! Readers: what an image's directories say becomes a plan. Each layout has its own
//! room; what can be wrong with a file is a [`Problem`], and never the end of a boot.
#![forbid(unsafe_code)]

pub mod environment;
#[doc(hidden)]
pub mod for_fuzzing;
pub mod overlay2;
mod problem;
pub mod run_d;
pub mod settings;
pub mod trust;
pub mod view;
pub mod walk;
pub mod workers;

pub use problem::{Loss, Problem, Rule, Severity};
