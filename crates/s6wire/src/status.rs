//! The status record of a service, `supervise/status`: what `s6-svstat`, `s6-svwait`
//! and their library read.
//!
//! | offset | bytes | content, big-endian |
//! | --- | --- | --- |
//! | 0 | 12 | TAI64N label of the last change between up and down |
//! | 12 | 12 | TAI64N label of the last readiness |
//! | 24 | 8 | pid of the service; 0 when it is down |
//! | 32 | 2 | wait status of the last end |
//! | 34 | 1 | flags: 1 paused, 2 finishing, 4 wanted up, 8 ready |
//!
//! s6 2.12 and later put the process group (8 bytes) between pid and wait status, 43
//! bytes in all; [`Status::decode`] reads both.

use crate::{Ending, Tai64n};

const PAUSED: u8 = 1;
const FINISHING: u8 = 2;
const WANT_UP: u8 = 4;
const READY: u8 = 8;

/// What a supervisor says of its service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// When the service last went up or down.
    pub stamp: Tai64n,
    /// When it last became ready: to serve when it is up, to be started when down.
    pub ready_stamp: Tai64n,
    /// The process: `run`, or `finish` while that runs; 0 when there is none.
    pub pid: i32,
    /// How `run` ended last, as waitpid(2) packs it.
    pub wstat: u16,
    /// The process is stopped.
    pub paused: bool,
    /// The process is `finish`, so the service is down.
    pub finishing: bool,
    /// The service is started again when it is down.
    pub want_up: bool,
    /// Up: it has said so. Down: it can be started.
    pub ready: bool,
}

/// Bytes that are no status record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAStatus {
    /// How many there are; 35 and 43 are expected.
    pub length: usize,
}

impl std::fmt::Display for NotAStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "a status record has {} or {} bytes, not {}",
            Status::SIZE,
            SIZE_WITH_GROUP,
            self.length
        )
    }
}

impl std::error::Error for NotAStatus {}

const SIZE_WITH_GROUP: usize = 43;

impl Status {
    /// Bytes of the record.
    pub const SIZE: usize = 35;

    /// Whether `run` runs.
    pub fn is_up(&self) -> bool {
        self.pid != 0 && !self.finishing
    }

    /// How `run` ended last. Of a service that never ran, exit code 0.
    pub fn ending(&self) -> Ending {
        Ending::from_wait_status(self.wstat)
    }

    /// The record's bytes.
    pub fn encode(&self) -> [u8; Status::SIZE] {
        let mut bytes = [0; Status::SIZE];
        bytes[..12].copy_from_slice(&self.stamp.encode());
        bytes[12..24].copy_from_slice(&self.ready_stamp.encode());
        bytes[24..32].copy_from_slice(&u64::from(self.pid.cast_unsigned()).to_be_bytes());
        bytes[32..34].copy_from_slice(&self.wstat.to_be_bytes());
        let flag = |on: bool, bit: u8| if on { bit } else { 0 };
        bytes[34] = flag(self.paused, PAUSED)
            | flag(self.finishing, FINISHING)
            | flag(self.want_up, WANT_UP)
            | flag(self.ready, READY);
        bytes
    }

    /// From a record's bytes, of either length.
    ///
    /// # Errors
    /// [`NotAStatus`] when there are more or fewer.
    pub fn decode(bytes: &[u8]) -> Result<Status, NotAStatus> {
        let length = bytes.len();
        let tail = match length {
            Status::SIZE => 32,
            SIZE_WITH_GROUP => 40,
            _ => return Err(NotAStatus { length }),
        };
        let take = |at: usize| -> [u8; 12] { std::array::from_fn(|i| bytes[at + i]) };
        let pid: [u8; 4] = std::array::from_fn(|i| bytes[28 + i]);
        let flags = bytes[tail + 2];
        Ok(Status {
            stamp: Tai64n::decode(take(0)),
            ready_stamp: Tai64n::decode(take(12)),
            pid: i32::from_be_bytes(pid),
            wstat: u16::from_be_bytes([bytes[tail], bytes[tail + 1]]),
            paused: flags & PAUSED != 0,
            finishing: flags & FINISHING != 0,
            want_up: flags & WANT_UP != 0,
            ready: flags & READY != 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Debian's s6-supervise wrote for a service that was ended by TERM while
    /// wanted down, and for one that runs as pid 11.
    const DOWN: &str = "400000006b04cf610d67158c400000006b04cf610d71a3120000000000000000000f08";
    const UP: &str = "400000006b04cf091bbbb85c400000006b04cf091bb14faa000000000000000b000004";

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect()
    }

    #[test]
    fn records_of_s6_2_11_are_read_and_written_byte_for_byte() {
        let down = Status::decode(&bytes(DOWN)).unwrap();
        assert!(!down.is_up() && down.ready && !down.want_up);
        assert_eq!(down.ending(), Ending::Killed(15));
        assert_eq!(down.encode()[..], bytes(DOWN));
        let up = Status::decode(&bytes(UP)).unwrap();
        assert!(up.is_up() && up.want_up && !up.ready);
        assert_eq!(up.pid, 11);
        assert_eq!(up.encode()[..], bytes(UP));
    }

    #[test]
    fn a_record_with_a_process_group_is_read_too() {
        let mut long = bytes(UP);
        long.splice(32..32, [0, 0, 0, 0, 0, 0, 0, 11]);
        assert_eq!(Status::decode(&long), Status::decode(&bytes(UP)));
    }

    #[test]
    fn every_flag_has_its_own_bit() {
        for bits in 0..16u8 {
            let mut record = bytes(UP);
            record[34] = bits;
            let status = Status::decode(&record).unwrap();
            assert_eq!(status.encode()[34], bits);
        }
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let mut seed = 1u32;
        for length in 0..100 {
            let noise: Vec<u8> = (0..length)
                .map(|_| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (seed >> 24) as u8
                })
                .collect();
            match Status::decode(&noise) {
                Ok(status) => {
                    let _ = (status.ending(), status.is_up(), status.encode());
                }
                Err(error) => assert_eq!(error.length, length),
            }
        }
    }
}
