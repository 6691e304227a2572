//! What people and programs say to PID 1 over its socket, and what it says back.

pub(crate) mod caller;
pub(crate) mod order;
pub(crate) mod own_service;
pub(crate) mod socket;
