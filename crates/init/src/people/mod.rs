//! What people and programs say to PID 1 over its socket, and what it says back.

pub(crate) mod order;
pub(crate) mod socket;
