//! Readers: what an image's directories say becomes a plan. Each layout has its own
//! room, and what several share lies beside them; what can be wrong with a file is a [`Problem`], and never the end of a boot.
#![forbid(unsafe_code)]

pub mod environment;
pub mod fix_attrs;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod for_fuzzing;
pub mod handlers;
pub mod hooks;
mod layout;
pub mod overlay2;
mod problem;
pub mod run_d;
pub mod script;
pub mod service;
pub mod services;
pub mod settings;
pub mod trust;
pub mod user_files;
pub mod view;
pub mod walk;
pub mod workers;

pub use layout::Layout;
pub use problem::{Loss, Problem, Rule, Severity};
