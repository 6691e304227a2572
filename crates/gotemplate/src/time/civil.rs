//! Days of the Gregorian calendar, backwards and forwards without end.

/// The names of the months.
pub const MONTHS: [&str; 12] = [
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
pub(super) const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

const DAY: i64 = 86_400;
/// Days of 400 years, after which the calendar repeats.
const ERA: i64 = 146_097;
/// Days from March 1 of year 0 to 1970.
const EPOCH: i64 = 719_468;

/// A date and a time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Civil {
    /// Of the Gregorian calendar, also where there was none.
    pub year: i64,
    /// From 1.
    pub month: i64,
    /// From 1.
    pub day: i64,
    /// From 0 to 23.
    pub hour: i64,
    /// From 0 to 59.
    pub minute: i64,
    /// From 0 to 59.
    pub second: i64,
    /// From 0, Sunday.
    pub weekday: i64,
    /// From 1, in the year.
    pub year_day: i64,
}

impl Civil {
    /// The date of local seconds since 1970. Years count from March here, so that the
    /// leap day is the last one.
    pub fn of(seconds: i64) -> Civil {
        let days = seconds.div_euclid(DAY);
        let of_day = seconds.rem_euclid(DAY);
        let shifted = days + EPOCH;
        let era = shifted.div_euclid(ERA);
        let of_era = shifted.rem_euclid(ERA);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / (ERA - 1)) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 {
            shifted_month + 3
        } else {
            shifted_month - 9
        };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Civil {
            year,
            month,
            day,
            hour: of_day / 3600,
            minute: of_day / 60 % 60,
            second: of_day % 60,
            weekday: (days + 4).rem_euclid(7),
            year_day: days - days_before(year, 1, 1) + 1,
        }
    }
}

/// The local seconds since 1970 of a date and time; each part may exceed its range.
pub fn seconds(year: i64, month: i64, day: i64, of_day: i64) -> i64 {
    days_before(year, month, day)
        .saturating_mul(DAY)
        .saturating_add(of_day)
}

/// The days from 1970 to a date.
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let month = month.saturating_sub(1);
    let year = year.saturating_add(month.div_euclid(12));
    let month = month.rem_euclid(12) + 1;
    let year = if month <= 2 {
        year.saturating_sub(1)
    } else {
        year
    };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * shifted_month + 2) / 5;
    let days = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    era.saturating_mul(ERA)
        .saturating_add(days)
        .saturating_add(day.saturating_sub(1))
        .saturating_sub(EPOCH)
}

/// How many days a month has.
pub fn days_in(year: i64, month: i64) -> i64 {
    days_before(year, month.saturating_add(1), 1).saturating_sub(days_before(year, month, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_seconds_go_both_ways() {
        for (seconds_since, year, month, day, weekday, year_day) in [
            (0, 1970, 1, 1, 4, 1),
            (951_782_400, 2000, 2, 29, 2, 60),
            (1_735_603_200, 2024, 12, 31, 2, 366),
            (-62_135_596_800, 1, 1, 1, 1, 1),
            (-1, 1969, 12, 31, 3, 365),
        ] {
            let civil = Civil::of(seconds_since);
            assert_eq!((civil.year, civil.month, civil.day), (year, month, day));
            assert_eq!((civil.weekday, civil.year_day), (weekday, year_day));
            let of_day = civil.hour * 3600 + civil.minute * 60 + civil.second;
            assert_eq!(seconds(year, month, day, of_day), seconds_since);
        }
        for day in [-800_000, -1, 0, 59, 60, 11_016, 11_017, 2_000_000] {
            let civil = Civil::of(day * DAY);
            assert_eq!(seconds(civil.year, civil.month, civil.day, 0), day * DAY);
        }
        assert_eq!(days_in(2024, 2), 29);
        assert_eq!(days_in(1900, 2), 28);
        assert_eq!(Civil::of(i64::MAX).second, 7);
        assert!(Civil::of(i64::MIN).year < 0);
    }
}
