//! Points in time in this machine's zone, as RFC 3339 has them.

use std::time::SystemTime;

use jiff::tz::TimeZone;

use crate::value::Timestamp;

/// With as many digits of a second as there are.
pub(super) fn to_the_nanosecond(time: SystemTime) -> String {
    local(time).rfc3339()
}

/// To the second.
pub(super) fn to_the_second(time: SystemTime) -> String {
    let mut local = local(time);
    local.nanoseconds = 0;
    local.rfc3339()
}

fn local(time: SystemTime) -> Timestamp {
    let moment = jiff::Timestamp::try_from(time).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let zone = TimeZone::try_system().unwrap_or(TimeZone::UTC);
    let nanoseconds = moment.as_nanosecond();
    let second = 1_000_000_000;
    Timestamp {
        seconds: i64::try_from(nanoseconds.div_euclid(second)).unwrap_or(0),
        nanoseconds: u32::try_from(nanoseconds.rem_euclid(second)).unwrap_or(0),
        offset: zone.to_offset(moment).seconds(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn a_moment_is_the_same_in_every_zone() {
        let time = UNIX_EPOCH + Duration::new(1_796_048_530, 120_000_000);
        let read = |text: String| text.parse::<jiff::Timestamp>().expect("RFC 3339");
        let moment = jiff::Timestamp::try_from(time).expect("a moment");
        assert_eq!(read(to_the_nanosecond(time)), moment);
        let second = read(to_the_second(time));
        assert_eq!(second.as_second(), moment.as_second());
    }
}
