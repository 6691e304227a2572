//! Days and dates of the Gregorian calendar, as numbers. No zone, no leap seconds.

use super::Seconds;

/// Seconds in a day.
pub(crate) const DAY: i64 = 86_400;

/// 1 January of the year 0, and the last second of the year 9999 less a day: in between,
/// every zone has a date.
pub(crate) const FIRST: Seconds = -62_167_219_200;
/// See [`FIRST`].
pub(crate) const LAST: Seconds = 253_402_214_400;

/// A date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Date {
    /// Year.
    pub(crate) year: i64,
    /// Month, 1 to 12.
    pub(crate) month: u32,
    /// Day of the month, from 1.
    pub(crate) day: u32,
}

/// How many days 1970-01-01 is before that date ("days from civil", H. Hinnant, chrono-
/// Compatible Low-Level Date Algorithms).
pub(crate) fn days(date: Date) -> i64 {
    let year = date.year - i64::from(date.month <= 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let month = i64::from((date.month + 9) % 12);
    let of_year = (153 * month + 2) / 5 + i64::from(date.day) - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The date so many days after 1970-01-01.
pub(crate) fn date(days: i64) -> Date {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    Date {
        year: year + era * 400 + i64::from(month <= 2),
        month: month as u32,
        day: day as u32,
    }
}

/// Its day of the week, 0 for Sunday (1970-01-01 was a Thursday).
pub(crate) fn weekday(days: i64) -> u32 {
    (days + 4).rem_euclid(7) as u32
}

/// How many days a month has.
pub(crate) fn length(year: i64, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// `2026-03-29 03:00:00`.
pub(crate) fn show(wall: Seconds) -> String {
    let Date { year, month, day } = date(wall.div_euclid(DAY));
    let second = wall.rem_euclid(DAY);
    format!(
        "{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_the_calendar_has_one_date() {
        let mut expected = Date {
            year: 1,
            month: 1,
            day: 1,
        };
        let first = days(expected);
        assert_eq!(first, -719_162);
        assert_eq!(
            date(0),
            Date {
                year: 1970,
                month: 1,
                day: 1
            }
        );
        assert_eq!((weekday(0), weekday(-1), weekday(3)), (4, 3, 0));
        for day in first..first + 400 * 146_097 / 100 {
            assert_eq!(date(day), expected);
            assert_eq!(days(expected), day);
            expected.day += 1;
            if expected.day > length(expected.year, expected.month) {
                expected.day = 1;
                expected.month = expected.month % 12 + 1;
                expected.year += i64::from(expected.month == 1);
            }
        }
    }

    #[test]
    fn a_moment_is_shown_as_people_write_it() {
        assert_eq!(show(0), "1970-01-01 00:00:00");
        assert_eq!(show(-1), "1969-12-31 23:59:59");
        assert_eq!(show(LAST + DAY - 1), "9999-12-31 23:59:59");
        assert_eq!(show(FIRST), "0000-01-01 00:00:00");
    }
}
