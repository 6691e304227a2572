//! Moments and durations, as Go's package time prints and reads them.

mod civil;
mod duration;
mod layout;
mod read;
mod zone;

pub use civil::{Civil, MONTHS, days_in, seconds};
pub use duration::{parse as parse_duration, text as duration_text};
pub(crate) use read::parse;
pub(crate) use zone::Zone;

use std::fmt;

/// A moment, and where it is told: the zone's offset and abbreviation at that moment.
#[derive(Debug, Clone)]
pub struct Time {
    /// Seconds since 1970.
    seconds: i64,
    nanoseconds: u32,
    /// Seconds east of Greenwich.
    offset: i32,
    zone: String,
}

/// Two are equal when the moments are.
impl PartialEq for Time {
    fn eq(&self, other: &Time) -> bool {
        (self.seconds, self.nanoseconds) == (other.seconds, other.nanoseconds)
    }
}

impl Time {
    /// A moment in UTC.
    pub fn unix(seconds: i64, nanoseconds: u32) -> Time {
        Time {
            seconds,
            nanoseconds: nanoseconds.min(999_999_999),
            offset: 0,
            zone: "UTC".into(),
        }
    }

    /// Now, in the zone of this machine.
    pub fn now() -> Time {
        let since = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
        Time::unix(seconds, since.subsec_nanos()).in_zone(&Zone::local())
    }

    /// A moment at an offset. `zone` is the offset's abbreviation, if it has one.
    pub fn at_offset(seconds: i64, nanoseconds: u32, offset: i32, zone: &str) -> Time {
        Time {
            offset,
            zone: zone.to_owned(),
            ..Time::unix(seconds, nanoseconds)
        }
    }

    /// The same moment told in another zone.
    pub(crate) fn in_zone(&self, zone: &Zone) -> Time {
        let (offset, name) = zone.at(self.seconds);
        Time {
            offset,
            zone: name,
            ..self.clone()
        }
    }

    /// Seconds since 1970.
    pub fn seconds(&self) -> i64 {
        self.seconds
    }

    pub(crate) fn nanoseconds(&self) -> u32 {
        self.nanoseconds
    }

    pub(crate) fn offset(&self) -> i32 {
        self.offset
    }

    pub(crate) fn zone(&self) -> &str {
        &self.zone
    }

    /// The moment a duration later; it stays at the end of time.
    pub(crate) fn plus(&self, nanoseconds: i64) -> Time {
        let total = i128::from(self.seconds) * 1_000_000_000
            + i128::from(self.nanoseconds)
            + i128::from(nanoseconds);
        let seconds = i64::try_from(total.div_euclid(1_000_000_000)).unwrap_or(i64::MAX);
        let nanoseconds = u32::try_from(total.rem_euclid(1_000_000_000)).unwrap_or(0);
        Time {
            seconds,
            nanoseconds,
            ..self.clone()
        }
    }

    /// The same time of day some years, months and days later.
    pub(crate) fn plus_date(&self, years: i64, months: i64, days: i64) -> Time {
        let civil = self.civil();
        let of_day = civil.hour * 3600 + civil.minute * 60 + civil.second;
        let told = civil::seconds(
            civil.year.saturating_add(years),
            civil.month.saturating_add(months),
            civil.day.saturating_add(days),
            of_day,
        );
        Time {
            seconds: told.saturating_sub(i64::from(self.offset)),
            ..self.clone()
        }
    }

    /// The duration since an earlier moment, as long as durations can be.
    pub(crate) fn since(&self, earlier: &Time) -> i64 {
        let total = (i128::from(self.seconds) - i128::from(earlier.seconds)) * 1_000_000_000
            + i128::from(self.nanoseconds)
            - i128::from(earlier.nanoseconds);
        i64::try_from(total).unwrap_or(if total < 0 { i64::MIN } else { i64::MAX })
    }

    /// The moment as date and time of day in its zone.
    pub(crate) fn civil(&self) -> Civil {
        Civil::of(self.seconds.saturating_add(i64::from(self.offset)))
    }

    /// The moment by a layout of Go.
    pub(crate) fn format(&self, layout: &str) -> String {
        layout::format(self, layout)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.format("2006-01-02 15:04:05.999999999 -0700 MST"))
    }
}

/// The month's name, or Go's way to say that there is none.
pub(crate) fn month_name(number: i64) -> String {
    let index = usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
    match civil::MONTHS.get(index) {
        Some(name) => (*name).to_owned(),
        None => format!("%!Month({number})"),
    }
}

/// The day's name, or Go's way to say that there is none.
pub(crate) fn weekday_name(number: i64) -> String {
    let index = usize::try_from(number).unwrap_or(usize::MAX);
    match civil::WEEKDAYS.get(index) {
        Some(name) => (*name).to_owned(),
        None => format!("%!Weekday({number})"),
    }
}
