//! The death tally, `supervise/death_tally`: when and how a service ended, oldest
//! first, 14 bytes an entry: a TAI64N label, the exit code (128 and the signal for a
//! killed process), the signal (0 for one that exited).

use crate::{Ending, Tai64n};

/// Bytes of an entry.
pub const ENTRY_SIZE: usize = Tai64n::SIZE + 2;

/// Entries that a tally may hold: what s6's readers take in at once.
pub const MAX_ENTRIES: usize = 4096;

/// Entries kept where the service has no file `max-death-tally`.
pub const DEFAULT_ENTRIES: usize = 100;

/// One end of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Death {
    /// When.
    pub stamp: Tai64n,
    /// How.
    pub ending: Ending,
}

impl Death {
    /// The entry's bytes.
    pub fn encode(&self) -> [u8; ENTRY_SIZE] {
        let mut bytes = [0; ENTRY_SIZE];
        bytes[..Tai64n::SIZE].copy_from_slice(&self.stamp.encode());
        (bytes[12], bytes[13]) = match self.ending {
            Ending::Exited(code) => (code, 0),
            Ending::Killed(signal) => (0x80 | signal, signal),
        };
        bytes
    }

    fn decode(bytes: &[u8; ENTRY_SIZE]) -> Death {
        Death {
            stamp: Tai64n::decode(std::array::from_fn(|i| bytes[i])),
            ending: match bytes[13] {
                0 => Ending::Exited(bytes[12]),
                signal => Ending::Killed(signal),
            },
        }
    }
}

/// A whole tally's bytes.
pub fn encode(deaths: &[Death]) -> Vec<u8> {
    deaths.iter().flat_map(Death::encode).collect()
}

/// From a tally's bytes; the newest [`MAX_ENTRIES`] of a longer one.
///
/// # Errors
/// [`NotATally`] when the length is no multiple of [`ENTRY_SIZE`].
pub fn decode(bytes: &[u8]) -> Result<Vec<Death>, NotATally> {
    let (entries, rest) = bytes.as_chunks::<ENTRY_SIZE>();
    if !rest.is_empty() {
        return Err(NotATally {
            length: bytes.len(),
        });
    }
    let newest = entries.len().saturating_sub(MAX_ENTRIES);
    Ok(entries[newest..].iter().map(Death::decode).collect())
}

/// Bytes that are no death tally.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotATally {
    /// How many there are.
    pub length: usize,
}

impl std::fmt::Display for NotATally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} bytes are no whole number of entries of {ENTRY_SIZE}",
            self.length
        )
    }
}

impl std::error::Error for NotATally {}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Debian's s6-supervise wrote: ended by KILL, then by TERM.
    const TALLY: &[u8] = b"\x40\x00\x00\x00\x6b\x04\xcf\x5f\x36\x97\xe9\x78\x89\x09\
        \x40\x00\x00\x00\x6b\x04\xcf\x61\x0d\x67\x15\x8c\x8f\x0f";

    #[test]
    fn tallies_of_s6_2_11_are_read_and_written_byte_for_byte() {
        let deaths = decode(TALLY).unwrap();
        let endings: Vec<Ending> = deaths.iter().map(|d| d.ending).collect();
        assert_eq!(endings, [Ending::Killed(9), Ending::Killed(15)]);
        assert_eq!(deaths[0].stamp.to_string(), "@400000006b04cf5f3697e978");
        assert_eq!(encode(&deaths), TALLY);
        let exited = Death {
            ending: Ending::Exited(3),
            ..deaths[0]
        };
        assert_eq!(exited.encode()[12..], [3, 0]);
    }

    #[test]
    fn only_the_newest_entries_of_a_long_tally_are_taken() {
        let mut long: Vec<u8> = TALLY[..14].repeat(MAX_ENTRIES);
        long.extend_from_slice(&TALLY[14..]);
        let deaths = decode(&long).unwrap();
        assert_eq!(deaths.len(), MAX_ENTRIES);
        assert_eq!(deaths[MAX_ENTRIES - 1].ending, Ending::Killed(15));
    }

    #[test]
    fn no_bytes_make_it_panic() {
        for length in 0..60 {
            let noise: Vec<u8> = (0..length).map(|i| (i * 89 % 251) as u8 | 0x80).collect();
            assert_eq!(decode(&noise).is_ok(), length % ENTRY_SIZE == 0);
        }
    }
}
