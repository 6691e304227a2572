//! The bytes that s6's programs read and write.

use std::time::Duration;

use s6wire::control::{command, letter, scan_command};
use s6wire::death_tally::{self as tally, ENTRY_SIZE, MAX_ENTRIES};
use s6wire::envdir::{self as dir, CLAMP, Rules};
use s6wire::event::{Event, fifo_name, hidden_fifo_name, is_fifo_name};
use s6wire::{Ending, Status, Tai64n};

use crate::input::Input;

fn label(bytes: &[u8]) -> Tai64n {
    Tai64n::decode(std::array::from_fn(|at| {
        bytes.get(at).copied().unwrap_or(0)
    }))
}

/// A record of the right length is read, and survives being written.
pub(crate) fn status(bytes: &[u8]) {
    match Status::decode(bytes) {
        Err(not) => assert!(not.length == bytes.len() && !matches!(bytes.len(), 35 | 43)),
        Ok(status) => {
            assert!(matches!(bytes.len(), 35 | 43));
            let again = status.encode();
            assert_eq!(Status::decode(&again), Ok(status));
            assert_eq!(again[..28], [&bytes[..24], &[0; 4]].concat());
            assert!(!(status.is_up() && status.finishing));
            let ending = status.ending();
            assert_eq!(Ending::from_wait_status(ending.to_wait_status()), ending);
        }
    }
}

/// Whole entries are read, the newest ones, and survive being written.
pub(crate) fn death_tally(bytes: &[u8]) {
    match tally::decode(bytes) {
        Err(not) => assert!(not.length == bytes.len() && !bytes.len().is_multiple_of(ENTRY_SIZE)),
        Ok(deaths) => {
            assert_eq!(deaths.len(), (bytes.len() / ENTRY_SIZE).min(MAX_ENTRIES));
            assert_eq!(tally::decode(&tally::encode(&deaths)), Ok(deaths));
        }
    }
}

/// Every name that is made is known again, open or hidden, and is a plain file name.
pub(crate) fn event_names(bytes: &[u8]) {
    if let [letter] = bytes
        && let Some(event) = Event::of(*letter)
    {
        assert_eq!(event.letter(), *letter);
    }
    if is_fifo_name(bytes) {
        let hidden = [b".", bytes].concat();
        assert!(!is_fifo_name(&hidden) && !is_fifo_name(&bytes[1..]));
    }
    let random = std::array::from_fn(|at| bytes.get(12 + at).copied().unwrap_or(0));
    let name = fifo_name(label(bytes), random);
    assert!(is_fifo_name(name.as_bytes()), "{name}");
    assert!(
        name.bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'/')
    );
    assert!(!is_fifo_name(hidden_fifo_name(&name).as_bytes()));
}

/// Labels keep their bytes and their order; wall time survives the label.
pub(crate) fn tai64n(bytes: &[u8]) {
    let first = label(bytes);
    let second = label(bytes.get(12..).unwrap_or_default());
    let packed = first.encode();
    assert_eq!(Tai64n::decode(packed), first);
    assert!(bytes.len() < 12 || packed == bytes[..12]);
    let hex: String = packed.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(first.to_string(), format!("@{hex}"));
    assert_eq!(first.cmp(&second), packed.cmp(&second.encode()));
    let (ahead, behind) = (first.since(second), second.since(first));
    assert!(ahead.is_zero() || behind.is_zero());
    let wall = first.to_wall();
    assert!(wall.subsec_nanos() < 1_000_000_000);
    // As far as labels go: 2^62 seconds from 1970.
    let seconds = u64::from_be_bytes(std::array::from_fn(|at| packed[at])) & ((1 << 61) - 1);
    let wall = Duration::new(seconds, wall.subsec_nanos());
    assert_eq!(Tai64n::from_wall(wall).to_wall(), wall);
}

/// A byte is one command and a command one byte; all other bytes are nothing.
pub(crate) fn control_letters(bytes: &[u8]) {
    for byte in bytes {
        if let Some(meant) = command(*byte) {
            assert_eq!(letter(meant), Some(*byte));
            assert!(byte.is_ascii_alphanumeric());
        }
        if scan_command(*byte).is_some() {
            assert!(byte.is_ascii_alphanumeric());
        }
    }
}

/// A value has no NUL, is no longer than it may be, and is a part of its file.
pub(crate) fn envdir(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let flags = input.byte();
    let rules = Rules {
        verbatim: flags & 1 != 0,
        keep_trailing: flags & 2 != 0,
        whole: flags & 4 != 0,
        nul: if flags & 8 != 0 { b'_' } else { b'\n' },
    };
    let file = input.rest();
    let value = rules.value(file);
    assert_eq!(value.is_none(), file.is_empty());
    if let Some(value) = value {
        assert!(!value.contains(&0));
        assert!(value.len() <= file.len());
        assert!(rules.whole || value.len() <= CLAMP);
        let same = |(a, b): (&u8, &u8)| a == b || (*b == 0 && *a == rules.nul);
        assert!(value.iter().zip(file).all(same));
        if !rules.verbatim && !rules.keep_trailing {
            assert!(!value.ends_with(b" ") && !value.ends_with(b"\t"));
        }
        // Read once more it stays, where no newline stood in for a NUL.
        let is_shortened_again = rules.verbatim && !rules.keep_trailing;
        if !value.is_empty() && !file.contains(&0) && !is_shortened_again {
            assert_eq!(rules.value(&value), Some(value));
        }
    }
    let value = dir::container_value(file);
    assert!(!value.contains(&0) && file.starts_with(value));
    assert_eq!(dir::container_value(value), value);
    if dir::can_be_file_name(file) {
        assert!(dir::is_variable_file(file) && file.len() <= 255 && !file.contains(&b'/'));
    }
}
