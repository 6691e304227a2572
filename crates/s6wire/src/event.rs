//! Events of a service: single bytes written to every fifo in its directory `event`.
//!
//! A listener makes a fifo there under a hidden name, opens it, renames it to its
//! final name, and removes it when done. Whoever tells an event writes to every
//! entry whose name has the form of [`is_fifo_name`] and removes those that nobody
//! reads.

use crate::Tai64n;

/// What a supervisor tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// The supervisor has begun.
    Begun,
    /// `run` has been started.
    Up,
    /// The service says that it is ready.
    Ready,
    /// `run` has ended.
    Down,
    /// `finish` has ended: the service can be started.
    ReallyDown,
    /// `finish` asked that it is not started again. Comes before [`Event::ReallyDown`].
    PermanentFailure,
    /// The supervisor leaves.
    Left,
}

/// Every event and its byte.
pub const EVENTS: &[(u8, Event)] = &[
    (b's', Event::Begun),
    (b'u', Event::Up),
    (b'U', Event::Ready),
    (b'd', Event::Down),
    (b'D', Event::ReallyDown),
    (b'O', Event::PermanentFailure),
    (b'x', Event::Left),
];

impl Event {
    /// Its byte.
    pub const fn letter(self) -> u8 {
        match self {
            Event::Begun => b's',
            Event::Up => b'u',
            Event::Ready => b'U',
            Event::Down => b'd',
            Event::ReallyDown => b'D',
            Event::PermanentFailure => b'O',
            Event::Left => b'x',
        }
    }

    /// The event of a byte; other bytes mean nothing to s6.
    pub fn of(letter: u8) -> Option<Event> {
        EVENTS
            .iter()
            .find_map(|(known, event)| (*known == letter).then_some(*event))
    }
}

/// The mode of a supervisor's `event` directory: members of its group may listen.
pub const DIRECTORY_MODE: u32 = 0o3730;

/// The mode of a directory of events that anybody may listen to.
pub const PUBLIC_DIRECTORY_MODE: u32 = 0o1733;

const PREFIX: &[u8] = b"ftrig1:@";
const LABEL: usize = 24;
const UNIQUE: usize = 6;
const LENGTH: usize = PREFIX.len() + LABEL + 1 + UNIQUE;

/// The name of a listener's fifo: when it was made, and six letters that make it
/// unique, drawn from `random`.
pub fn fifo_name(now: Tai64n, random: [u8; UNIQUE]) -> String {
    const ALPHABET: &[u8; 64] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    let unique: String = random
        .iter()
        .map(|byte| ALPHABET[usize::from(byte & 63)] as char)
        .collect();
    format!("ftrig1:{now}:{unique}")
}

/// The name under which a listener makes its fifo, before it is open.
pub fn hidden_fifo_name(name: &str) -> String {
    format!(".{name}")
}

/// Whether an entry of a directory of events is a listener's fifo, by its name.
pub fn is_fifo_name(name: &[u8]) -> bool {
    name.len() == LENGTH && name.starts_with(PREFIX) && name[PREFIX.len() + LABEL] == b':'
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn every_event_has_one_letter() {
        for (letter, event) in EVENTS {
            assert_eq!(event.letter(), *letter);
            assert_eq!(Event::of(*letter), Some(*event));
        }
        let known = (0..=255).filter(|b| Event::of(*b).is_some()).count();
        assert_eq!(known, EVENTS.len());
    }

    #[test]
    fn names_have_the_form_that_s6_makes() {
        let name = fifo_name(
            Tai64n::from_wall(Duration::from_secs(9)),
            [0, 63, 64, 255, 7, 9],
        );
        assert!(is_fifo_name(name.as_bytes()), "{name}");
        assert!(!is_fifo_name(hidden_fifo_name(&name).as_bytes()));
        assert!(is_fifo_name(b"ftrig1:@400000006b04d20019689633:d9STgX"));
        for other in [
            &b"ftrig1"[..],
            b"",
            b"ftrig1:@",
            b"ftrig1:@400000006b04d20019689633xd9STgX",
        ] {
            assert!(!is_fifo_name(other));
        }
    }
}
