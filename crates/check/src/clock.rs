//! Times as text.

use std::time::{SystemTime, UNIX_EPOCH};

use gotemplate::go::Civil;

/// RFC 3339 in UTC, to the second.
pub fn utc(time: SystemTime) -> String {
    let seconds = time
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let civil = Civil::of(i64::try_from(seconds).unwrap_or(0));
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        civil.year, civil.month, civil.day, civil.hour, civil.minute, civil.second
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_moment_is_written_to_the_second() {
        let time = UNIX_EPOCH + Duration::from_secs(1_796_048_530);
        assert_eq!(utc(time), "2026-11-30T14:22:10Z");
    }
}
