//! Durations as Go writes them: `1m30s`, `500ms`, `0`.

use std::time::Duration;

use gotemplate::go;

/// A duration that may be negative, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct GoDuration(pub i64);

impl GoDuration {
    /// Reads Go's form (`time.ParseDuration`): numbers with units; only 0 needs none.
    pub fn parse(text: &str) -> Option<GoDuration> {
        go::parse_duration(text).ok().map(GoDuration)
    }

    /// As a wait; nothing where it is negative.
    pub fn to_std(self) -> Duration {
        Duration::from_nanos(u64::try_from(self.0).unwrap_or(0))
    }
}

impl std::fmt::Display for GoDuration {
    /// Go's form (`Duration.String`): the largest units that it needs, no unit ahead of them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&go::duration_text(self.0))
    }
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
