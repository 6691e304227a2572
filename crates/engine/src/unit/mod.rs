//! One unit's machine: state × event → state, actions.
//!
//! [`record`] holds what a unit is and the one door through which its state changes.
//! The other files hold one method per event; each meets every state by name.

mod health;
mod process;
mod record;
mod request;
mod stop;

pub(crate) use health::Health;
pub use record::UnitState;
pub(crate) use record::{Footing, Turn};

/// The signals that the engine itself sends, with their numbers on Linux (the same on
/// all architectures but MIPS, Alpha and SPARC, for STOP and CONT).
pub(crate) mod signal {
    pub(crate) const HUP: u8 = 1;
    pub(crate) const KILL: u8 = 9;
    pub(crate) const TERM: u8 = 15;
    pub(crate) const CONT: u8 = 18;
    pub(crate) const STOP: u8 = 19;

    /// INT, QUIT, ABRT, KILL and TERM: who sends one of these wants an end. HUP, USR1 and
    /// their like mean something else.
    pub(crate) const END: [u8; 5] = [2, 3, 6, KILL, TERM];
}
