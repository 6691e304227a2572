//! Errors of the kernel, put into Mainstay's own system calls one at a time.
//!
//! [`watch`] follows one process of a container call by call (ptrace(2)) and answers one of its
//! calls with an error; [`calls`] says which errors each call may have; [`case`] boots a container
//! with such an error, restarts a service in it, stops it, and judges what it did.
#![forbid(unsafe_code)]

pub mod calls;
pub mod case;
pub mod watch;
