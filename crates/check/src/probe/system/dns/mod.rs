//! Names and what they resolve to: messages, one question to one server, and the system's own
//! way of asking (its file of hosts, then its servers). There is no call of the C library that
//! could be given a time to end by.

mod ask;
mod hosts;
mod message;
mod resolv_conf;
mod resolver;

pub use ask::{Trouble, ask, server};
pub use message::{Kind, Record};
pub use resolver::lookup;

use std::time::{Duration, Instant};

/// A point in time by which something is to be done.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// In so long a time from now.
    pub fn within(patience: Duration) -> Deadline {
        Deadline(Instant::now().checked_add(patience))
    }

    /// What is left; none once it is over.
    pub fn rest(self) -> Option<Duration> {
        match self.0 {
            Some(until) => until
                .checked_duration_since(Instant::now())
                .filter(|rest| !rest.is_zero()),
            None => Some(Duration::MAX),
        }
    }

    /// The earlier of this and so long a time from now.
    pub fn or_within(self, patience: Duration) -> Deadline {
        let other = Deadline::within(patience);
        match (self.0, other.0) {
            (Some(one), Some(other)) => Deadline(Some(one.min(other))),
            (one, other) => Deadline(one.or(other)),
        }
    }
}
