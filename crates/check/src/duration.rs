//! Durations as Go writes them: `1m30s`, `500ms`, `0`.

use std::time::Duration;

/// A duration that may be negative, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct GoDuration(pub i64);

/// The units, the longest word first where one begins another.
const UNITS: &[(&str, i64)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

impl GoDuration {
    /// Reads Go's form (`time.ParseDuration`): numbers with units; only 0 needs none.
    pub fn parse(text: &str) -> Option<GoDuration> {
        let (negative, mut rest) = match text.strip_prefix(['-', '+']) {
            Some(rest) => (text.starts_with('-'), rest),
            None => (false, text),
        };
        if rest == "0" {
            return Some(GoDuration(0));
        }
        let mut total: i64 = 0;
        if rest.is_empty() {
            return None;
        }
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
            let (number, behind) = rest.split_at(digits);
            let unit = behind.find(|c: char| c.is_ascii_digit() || c == '.');
            let (unit, behind) = behind.split_at(unit.unwrap_or(behind.len()));
            let (_, size) = UNITS.iter().find(|(name, _)| *name == unit)?;
            total = total.checked_add(scaled(number, *size)?)?;
            rest = behind;
        }
        Some(GoDuration(if negative { -total } else { total }))
    }

    /// As a wait; nothing where it is negative.
    pub fn to_std(self) -> Duration {
        Duration::from_nanos(u64::try_from(self.0).unwrap_or(0))
    }
}

/// `number` times `size`: digits with at most one point.
fn scaled(number: &str, size: i64) -> Option<i64> {
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && part.is_empty() {
        return None;
    }
    let whole: i64 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let mut value = whole.checked_mul(size)?;
    let mut unit = size;
    for digit in part.chars() {
        unit /= 10;
        value = value.checked_add(i64::from(digit.to_digit(10)?) * unit)?;
    }
    Some(value)
}

impl std::fmt::Display for GoDuration {
    /// Go's form (`Duration.String`): the largest units that it needs, no unit ahead of them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let nanos = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "-" } else { "" };
        let part = |value: u64, unit: u64| {
            let text = format!(
                "{}.{:0width$}",
                value / unit,
                value % unit,
                width = zeros(unit)
            );
            match unit {
                1 => value.to_string(),
                _ => text.trim_end_matches('0').trim_end_matches('.').to_string(),
            }
        };
        match nanos {
            0 => f.write_str("0s"),
            1..1_000 => write!(f, "{sign}{nanos}ns"),
            1_000..1_000_000 => write!(f, "{sign}{}µs", part(nanos, 1_000)),
            1_000_000..1_000_000_000 => write!(f, "{sign}{}ms", part(nanos, 1_000_000)),
            _ => {
                let (minutes, rest) = (nanos / 60_000_000_000, nanos % 60_000_000_000);
                f.write_str(sign)?;
                if minutes >= 60 {
                    write!(f, "{}h", minutes / 60)?;
                }
                if minutes > 0 {
                    write!(f, "{}m", minutes % 60)?;
                }
                write!(f, "{}s", part(rest, 1_000_000_000))
            }
        }
    }
}

/// How many digits stand behind the point of a unit.
fn zeros(unit: u64) -> usize {
    unit.checked_ilog10().unwrap_or(0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_the_same() {
        for (text, again) in [
            ("0", "0s"),
            ("500ms", "500ms"),
            ("1m30s", "1m30s"),
            ("90s", "1m30s"),
            ("1.5s", "1.5s"),
            ("2h", "2h0m0s"),
            ("-1s", "-1s"),
            ("+3ms", "3ms"),
            ("1us", "1µs"),
            ("1500ns", "1.5µs"),
            (".5s", "500ms"),
            ("1h1ns", "1h0m0.000000001s"),
        ] {
            let read = GoDuration::parse(text).map(|duration| duration.to_string());
            assert_eq!(read.as_deref(), Some(again), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in [
            "",
            "5",
            "s",
            "1x",
            "1s2",
            "1..2s",
            ".s",
            "1 s",
            "--1s",
            "99999999999h",
        ] {
            assert_eq!(GoDuration::parse(text), None, "{text}");
        }
    }
}
