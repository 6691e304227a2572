//! The supervisor's mind: `(state, event, now) → (state, actions)`.
//!
//! [`Engine::handle`] takes what has happened and says what is to be done. It reads no
//! clock, makes no system call and knows no randomness, so every order of events can
//! be simulated; its whole state is one value that survives as bytes.
//!
//! Where what stands: the interface in `api`; the state as a whole in `state`; one unit's
//! machine in `unit`; who needs whom in `names`, what one unit's change means for the others
//! in `neighbours`; one unit meets one event in `step`. On these stand the order in which
//! units end (`turns`), requests for units with all that they concern (`closure`) and the
//! stop of the container (`stop`), and on all of them `engine`, which takes each event to
//! whom it concerns. Waits are in `backoff`, moments in `timers`, the bytes in `codec`.
//! `TRANSITIONS.md` is the machine's whole table, written by a test.
#![forbid(unsafe_code)]
#![deny(clippy::wildcard_enum_match_arm)]

mod api;
mod backoff;
mod closure;
mod codec;
mod engine;
mod names;
mod neighbours;
mod state;
mod step;
mod stop;
mod timers;
mod turns;
mod unit;

pub use api::*;
pub use codec::DecodeError;
pub use state::Engine;
pub use unit::UnitState;
