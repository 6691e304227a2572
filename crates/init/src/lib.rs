//! PID 1 as a library.
//!
//! One thread, one epoll. [`run`] sets up what the image's scripts rely on, then
//! turns the kernel's news into events for the engine and carries its actions out.
//! Everything that reads what users can write (boot hooks, service directories, stop
//! hooks) happens in children, so that nothing they do can hold the loop up.
#![forbid(unsafe_code)]

mod boot;
mod child;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod for_fuzzing;
mod launch;
mod messages;
mod people;
mod service;
mod signals;
mod state;
mod stop;
mod supervisor;
mod survival;

pub use boot::{STEPS, boot_step, run_d};
pub use launch::{Launch, Workers};
pub use signals::{Response, SIGNALS, SignalRule, When};
pub use supervisor::run;
pub use survival::VARIABLE as RESUME;
