//! The client's side of PID 1's socket for people: to find it, to see who listens there,
//! to ask. The words and the other side are `init`'s.
#![forbid(unsafe_code)]

mod ask;
mod own_service;

pub use ask::{Answer, ask, first_that_listens, is_pid_1, say};
pub use own_service::OwnService;
