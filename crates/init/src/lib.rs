//! PID 1 as a library.
//!
//! One thread, one epoll. [`run`] sets up what the image's scripts rely on, then
//! turns the kernel's news into events for the engine and carries its actions out.
//! Everything that reads what users can write (boot hooks, service directories, stop
//! hooks) happens in children, so that nothing they do can hold the loop up.
#![forbid(unsafe_code)]

mod again;
mod answers;
mod boot;
mod bring_down;
mod bring_up;
mod caller;
mod child;
mod claim;
mod command;
mod control;
mod environment;
#[doc(hidden)]
pub mod for_fuzzing;
mod handed;
mod handlers;
mod health;
mod hook;
mod kin;
mod launch;
mod listeners;
mod lock;
mod messages;
mod nested;
mod noexec;
mod order;
mod origin;
mod own_service;
mod paths;
mod perform;
mod place;
mod platform;
mod prepare;
mod reach;
mod refused;
mod requests;
mod rescan;
mod scan;
mod service;
mod signals;
mod stop;
mod supervise;
mod supervisor;
mod survival;
mod token;

pub use boot::{STEPS, boot_step, run_d};
pub use environment::{FULL_PATH, SMALL_PATH};
pub use launch::{Launch, Workers};
pub use own_service::OwnService;
pub use paths::{FIXATTRS, IMAGE_ENVIRONMENT, IMAGE_SERVICES, Paths, RUN_D, STAGE2};
pub use signals::{Response, SIGNALS, SignalRule, When};
pub use supervisor::run;
pub use survival::VARIABLE as RESUME;
