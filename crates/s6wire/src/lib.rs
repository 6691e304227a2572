//! Bytes that other programs read and write: s6's status record, control letters,
//! death tally, event names, and the environment directory. Pure.
//!
//! Forms and letters are those of s6 2.11.3, the set that Debian 12 ships, as its
//! programs write and read them, with the additions that s6's documentation names
//! for releases up to 2.15.
#![forbid(unsafe_code)]

pub mod control;
pub mod death_tally;
pub mod envdir;
pub mod event;
pub mod status;
pub mod tai64n;

pub use status::Status;
pub use tai64n::Tai64n;

/// How a process ended, in the two forms that s6's records have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// By itself, with this code.
    Exited(u8),
    /// By this signal (1 to 127).
    Killed(u8),
}

impl Ending {
    /// As waitpid(2) packs it on Linux: code << 8, or the signal. The core-dump bit
    /// is never set: s6's readers ignore it.
    pub fn to_wait_status(self) -> u16 {
        match self {
            Ending::Exited(code) => u16::from(code) << 8,
            Ending::Killed(signal) => u16::from(signal & 0x7f),
        }
    }

    /// From what waitpid(2) gives.
    pub fn from_wait_status(raw: u16) -> Ending {
        match (raw & 0x7f) as u8 {
            // 0x7f marks a stop, which no record of an end holds; read it as its code.
            0 | 0x7f => Ending::Exited((raw >> 8) as u8),
            signal => Ending::Killed(signal),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Ending;

    #[test]
    fn endings_survive_their_packing() {
        for code in 0..=255 {
            let ending = Ending::Exited(code);
            assert_eq!(Ending::from_wait_status(ending.to_wait_status()), ending);
        }
        for signal in 1..127 {
            let ending = Ending::Killed(signal);
            assert_eq!(Ending::from_wait_status(ending.to_wait_status()), ending);
        }
        assert_eq!(
            Ending::from_wait_status(0x8b),
            Ending::Killed(11),
            "core bit"
        );
    }
}
