//! TAI64N labels: instants as 12 bytes or as `@` and 24 hex digits.
//!
//! The label of a second is 2^62 plus the TAI seconds since 1970-01-01 00:00:00 TAI
//! (<https://cr.yp.to/libtai/tai64.html>). Wall clocks count UTC, so the difference
//! of the two scales is added: 10 s and one for each leap second (IERS Bulletin C).
//! s6's programs do the same, and `s6-svstat` subtracts: without the leap seconds it
//! would show every service as 27 seconds older.

use std::time::Duration;

/// 2^62: the label of the epoch.
const EPOCH: u64 = 1 << 62;

/// TAI was ahead of UTC by this in 1970, in seconds.
const BASE_OFFSET: u64 = 10;

/// UTC seconds since the epoch from which one leap second more counts.
const LEAPS: [u64; 27] = [
    78_796_800,    // 1972-07-01
    94_694_400,    // 1973-01-01
    126_230_400,   // 1974-01-01
    157_766_400,   // 1975-01-01
    189_302_400,   // 1976-01-01
    220_924_800,   // 1977-01-01
    252_460_800,   // 1978-01-01
    283_996_800,   // 1979-01-01
    315_532_800,   // 1980-01-01
    362_793_600,   // 1981-07-01
    394_329_600,   // 1982-07-01
    425_865_600,   // 1983-07-01
    489_024_000,   // 1985-07-01
    567_993_600,   // 1988-01-01
    631_152_000,   // 1990-01-01
    662_688_000,   // 1991-01-01
    709_948_800,   // 1992-07-01
    741_484_800,   // 1993-07-01
    773_020_800,   // 1994-07-01
    820_454_400,   // 1996-01-01
    867_715_200,   // 1997-07-01
    915_148_800,   // 1999-01-01
    1_136_073_600, // 2006-01-01
    1_230_768_000, // 2009-01-01
    1_341_100_800, // 2012-07-01
    1_435_708_800, // 2015-07-01
    1_483_228_800, // 2017-01-01
];

/// An instant with nanoseconds. Order is the order of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tai64n {
    label: u64,
    nanoseconds: u32,
}

impl Tai64n {
    /// Bytes of the packed form.
    pub const SIZE: usize = 12;

    /// From wall time since the epoch, in UTC as CLOCK_REALTIME counts it.
    pub fn from_wall(wall: Duration) -> Tai64n {
        let utc = wall.as_secs();
        let leaps = LEAPS.partition_point(|leap| *leap <= utc) as u64;
        Tai64n {
            label: EPOCH
                .saturating_add(utc)
                .saturating_add(BASE_OFFSET + leaps),
            nanoseconds: wall.subsec_nanos(),
        }
    }

    /// Wall time since the epoch in UTC; an inserted leap second itself reads as the
    /// second after it, and labels before 1970 read as 1970.
    pub fn to_wall(self) -> Duration {
        let tai = self.label.saturating_sub(EPOCH + BASE_OFFSET);
        // Leap `i` (from 0) began to count at LEAPS[i] + i TAI seconds.
        let leaps = LEAPS
            .iter()
            .enumerate()
            .take_while(|(passed, leap)| **leap + *passed as u64 <= tai)
            .count() as u64;
        Duration::new(tai - leaps.min(tai), self.nanoseconds.min(999_999_999))
    }

    /// How long after `earlier` this is; nothing when it is not after it.
    pub fn since(self, earlier: Tai64n) -> Duration {
        let nanoseconds =
            |t: Tai64n| u128::from(t.label) * 1_000_000_000 + u128::from(t.nanoseconds);
        let difference = nanoseconds(self).saturating_sub(nanoseconds(earlier));
        Duration::new(
            (difference / 1_000_000_000) as u64,
            (difference % 1_000_000_000) as u32,
        )
    }

    /// The packed form: label and nanoseconds, big-endian.
    pub fn encode(self) -> [u8; Tai64n::SIZE] {
        let mut bytes = [0; Tai64n::SIZE];
        bytes[..8].copy_from_slice(&self.label.to_be_bytes());
        bytes[8..].copy_from_slice(&self.nanoseconds.to_be_bytes());
        bytes
    }

    /// From the packed form. Any 12 bytes are a label: readers show what is there.
    pub fn decode(bytes: [u8; Tai64n::SIZE]) -> Tai64n {
        let [a, b, c, d, e, f, g, h, i, j, k, l] = bytes;
        Tai64n {
            label: u64::from_be_bytes([a, b, c, d, e, f, g, h]),
            nanoseconds: u32::from_be_bytes([i, j, k, l]),
        }
    }
}

/// `@` and 24 lower-case hex digits.
impl std::fmt::Display for Tai64n {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "@{:016x}{:08x}", self.label, self.nanoseconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> String {
        Tai64n::from_wall(Duration::from_secs(seconds)).to_string()
    }

    #[test]
    fn labels_count_leap_seconds() {
        assert_eq!(at(0), "@400000000000000a00000000");
        assert_eq!(
            at(78_796_799),
            format!("@{:016x}00000000", EPOCH + 78_796_809)
        );
        assert_eq!(
            at(78_796_800),
            format!("@{:016x}00000000", EPOCH + 78_796_811)
        );
        assert_eq!(
            at(1_483_228_800),
            format!("@{:016x}00000000", EPOCH + 1_483_228_837)
        );
    }

    #[test]
    fn wall_time_survives_the_label() {
        for leap in LEAPS {
            for second in leap - 2..leap + 3 {
                let wall = Duration::new(second, 5);
                assert_eq!(Tai64n::from_wall(wall).to_wall(), wall);
            }
        }
        assert!(LEAPS.is_sorted());
    }

    #[test]
    fn differences_never_go_below_nothing() {
        let early = Tai64n::from_wall(Duration::new(5, 900_000_000));
        let late = Tai64n::from_wall(Duration::new(7, 100_000_000));
        assert_eq!(late.since(early), Duration::from_millis(1200));
        assert_eq!(early.since(late), Duration::ZERO);
        let _ = Tai64n::decode([255; 12]).since(Tai64n::default());
        let _ = Tai64n::decode([255; 12]).to_wall();
        let _ = Tai64n::from_wall(Duration::MAX);
        assert_eq!(Tai64n::default().to_wall(), Duration::ZERO);
    }

    #[test]
    fn packed_labels_keep_every_byte() {
        let bytes: [u8; 12] = std::array::from_fn(|i| (i as u8).wrapping_mul(37));
        assert_eq!(Tai64n::decode(bytes).encode(), bytes);
    }
}
