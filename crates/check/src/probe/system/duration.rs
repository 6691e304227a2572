//! Durations: milliseconds of a file, and Go's words for them.

use std::time::Duration;

/// A number of milliseconds; a negative one is none at all.
pub fn of(milliseconds: i64) -> Duration {
    Duration::from_millis(u64::try_from(milliseconds).unwrap_or(0))
}

/// A duration as Go prints it: `1m30s`, `1.5s`, `150ms`, `0s`.
pub fn words(duration: Duration) -> String {
    let nanoseconds = duration.as_nanos();
    if nanoseconds == 0 {
        return "0s".to_string();
    }
    if nanoseconds < 1_000_000_000 {
        let (unit, name) = match nanoseconds {
            1_000_000.. => (1_000_000, "ms"),
            1_000.. => (1_000, "µs"),
            _ => (1, "ns"),
        };
        return format!("{}{name}", decimal(nanoseconds, unit));
    }
    let seconds = duration.as_secs();
    let rest = decimal(nanoseconds % 60_000_000_000, 1_000_000_000);
    match (seconds / 3600, seconds / 60 % 60) {
        (0, 0) => format!("{rest}s"),
        (0, minutes) => format!("{minutes}m{rest}s"),
        (hours, minutes) => format!("{hours}h{minutes}m{rest}s"),
    }
}

fn decimal(value: u128, unit: u128) -> String {
    let whole = value / unit;
    let width = unit.ilog10() as usize;
    let fraction = format!("{:0width$}", value % unit);
    match fraction.trim_end_matches('0') {
        "" => whole.to_string(),
        fraction => format!("{whole}.{fraction}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_printed_as_go_prints_them() {
        let rows = [
            (0, "0s"),
            (1, "1ms"),
            (150, "150ms"),
            (1000, "1s"),
            (1500, "1.5s"),
            (60_000, "1m0s"),
            (90_050, "1m30.05s"),
            (3_600_000, "1h0m0s"),
            (3_661_001, "1h1m1.001s"),
        ];
        for (milliseconds, wanted) in rows {
            assert_eq!(words(of(milliseconds)), wanted);
        }
        assert_eq!(words(Duration::from_nanos(1_500)), "1.5µs");
        assert_eq!(words(Duration::from_nanos(15)), "15ns");
    }
}
