//! The supervisor's mind: `(state, event, now) → (state, actions)`.
//!
//! [`Engine::handle`] takes what has happened and says what is to be done. It reads no
//! clock, makes no system call and knows no randomness, so every order of events can
//! be simulated; its whole state is one value that survives as bytes.
//!
//! Where what stands: the interface in `api`; one unit's machine in `unit`; the stop of
//! the container in `stop`; who needs whom in `names`; waits in `backoff`; moments in
//! `timers`; what one unit's change means for the others in `neighbours`; the bytes in
//! `codec`. `TRANSITIONS.md` is the machine's whole table, written by a test.
#![forbid(unsafe_code)]
#![deny(clippy::wildcard_enum_match_arm)]

mod api;
mod backoff;
mod codec;
mod engine;
mod names;
mod neighbours;
mod stop;
mod timers;
mod unit;

pub use api::*;
pub use codec::DecodeError;
pub use engine::Engine;
pub use unit::UnitState;
