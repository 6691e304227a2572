//! Points in time as Go prints them.

use std::fmt;

use super::Timestamp;

/// A date and a time of day in the timestamp's own zone.
struct Civil {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
}

/// Days since 1970-01-01 to a date of the Gregorian calendar: months are counted from March, so
/// that the day of a leap year is the last.
fn civil(timestamp: &Timestamp) -> Civil {
    let seconds = timestamp
        .seconds
        .saturating_add(i64::from(timestamp.offset));
    let of_day = seconds.rem_euclid(86_400);
    let days = seconds.div_euclid(86_400).saturating_add(719_468);
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    Civil {
        year: year_of_era + era * 400 + i64::from(month <= 2),
        month,
        day: of_year - (153 * from_march + 2) / 5 + 1,
        hour: of_day / 3600,
        minute: of_day / 60 % 60,
        second: of_day % 60,
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

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

    /// As RFC 3339 has it, with as many digits of a second as there are.
    pub fn rfc3339(&self) -> String {
        let civil = civil(self);
        let zone = match self.offset {
            0 => "Z".to_string(),
            _ => self.zone(":"),
        };
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}{zone}",
            civil.year,
            civil.month,
            civil.day,
            civil.hour,
            civil.minute,
            civil.second,
            self.fraction()
        )
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
        let civil = civil(self);
        let zone = match self.offset {
            0 => "+0000 UTC".to_string(),
            _ => format!("{0} {0}", self.zone("")),
        };
        write!(
            f,
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02}{} {zone}",
            civil.year,
            civil.month,
            civil.day,
            civil.hour,
            civil.minute,
            civil.second,
            self.fraction()
        )
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
