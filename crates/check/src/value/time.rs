//! Points in time as Go prints them.

use std::fmt;

use gotemplate::go::{Civil, MONTHS};

use super::Timestamp;

/// The date and the time of day in the timestamp's own zone.
fn civil(timestamp: &Timestamp) -> Civil {
    let offset = i64::from(timestamp.offset);
    Civil::of(timestamp.seconds.saturating_add(offset))
}

impl Timestamp {
    fn fraction(&self) -> String {
        match self.nanoseconds {
            0 => String::new(),
            some => format!(".{some:09}").trim_end_matches('0').to_string(),
        }
    }

    /// `+02:00` with `between` ahead of the minutes.
    fn zone(&self, between: &str) -> String {
        let sign = if self.offset < 0 { '-' } else { '+' };
        let minutes = self.offset.unsigned_abs() / 60;
        format!("{sign}{:02}{between}{:02}", minutes / 60, minutes % 60)
    }

    /// The date, what stands between, and the time with as many digits of a second as there are.
    fn date_and_time(&self, between: char) -> String {
        let civil = civil(self);
        format!(
            "{:04}-{:02}-{:02}{between}{:02}:{:02}:{:02}{}",
            civil.year,
            civil.month,
            civil.day,
            civil.hour,
            civil.minute,
            civil.second,
            self.fraction()
        )
    }

    /// As RFC 3339 has it, with as many digits of a second as there are.
    pub fn rfc3339(&self) -> String {
        let zone = match self.offset {
            0 => "Z".to_string(),
            _ => self.zone(":"),
        };
        self.date_and_time('T') + &zone
    }

    /// As Go's own syntax has it.
    pub(super) fn go_syntax(&self) -> String {
        let civil = civil(self);
        let month = usize::try_from(civil.month - 1).ok();
        let month = month.and_then(|month| MONTHS.get(month)).unwrap_or(&"");
        let zone = match self.offset {
            0 => "time.UTC",
            _ => "time.Location(\"\")",
        };
        format!(
            "time.Date({}, time.{month}, {}, {}, {}, {}, {}, {zone})",
            civil.year, civil.day, civil.hour, civil.minute, civil.second, self.nanoseconds
        )
    }
}

impl fmt::Display for Timestamp {
    /// As Go's `%v` has it: a zone without a name is named by its distance once more.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let zone = match self.offset {
            0 => "+0000 UTC".to_string(),
            _ => format!("{0} {0}", self.zone("")),
        };
        write!(f, "{} {zone}", self.date_and_time(' '))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_print_in_three_ways() {
        let time = Timestamp {
            seconds: 981_187_872,
            nanoseconds: 500_000_000,
            offset: 7200,
        };
        assert_eq!(time.to_string(), "2001-02-03 10:11:12.5 +0200 +0200");
        assert_eq!(time.rfc3339(), "2001-02-03T10:11:12.5+02:00");
        assert_eq!(
            time.go_syntax(),
            "time.Date(2001, time.February, 3, 10, 11, 12, 500000000, time.Location(\"\"))"
        );
        let leap = Timestamp {
            seconds: 951_782_400,
            nanoseconds: 0,
            offset: 0,
        };
        assert_eq!(leap.to_string(), "2000-02-29 00:00:00 +0000 UTC");
        let old = Timestamp {
            seconds: -62_135_596_800,
            nanoseconds: 0,
            offset: 0,
        };
        assert_eq!(old.rfc3339(), "0001-01-01T00:00:00Z");
    }
}
