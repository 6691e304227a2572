//! YAML's timestamps, as yaml.v3 knows them: a date, or a date and a time of day with `T` and a
//! zone or with a blank and none.

use crate::value::Timestamp;

/// Reads a timestamp.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let mut rest = Rest(text.as_bytes());
    let year = rest.digits(4, 4)?;
    rest.take(b'-')?;
    let month = rest.digits(1, 2)?;
    rest.take(b'-')?;
    let day = rest.digits(1, 2)?;
    if !(1..=12).contains(&month) || day < 1 || day > month_length(year, month) {
        return None;
    }
    let midnight = days_since_1970(year, month, day).checked_mul(86_400)?;
    let zoned = match rest.next() {
        None => return Some(timestamp(midnight, 0, 0)),
        Some(b'T' | b't') => true,
        Some(b' ') => false,
        Some(_) => return None,
    };
    let hour = rest.digits(1, 2)?;
    rest.take(b':')?;
    let minute = rest.digits(1, 2)?;
    rest.take(b':')?;
    let second = rest.digits(1, 2)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let nanoseconds = rest.fraction()?;
    let offset = if zoned { rest.zone()? } else { 0 };
    rest.0.is_empty().then_some(())?;
    let seconds = midnight + hour * 3600 + minute * 60 + second - i64::from(offset);
    Some(timestamp(seconds, nanoseconds, offset))
}

fn timestamp(seconds: i64, nanoseconds: u32, offset: i32) -> Timestamp {
    Timestamp {
        seconds,
        nanoseconds,
        offset,
    }
}

/// What is left to read.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    /// A number of `least` to `most` digits.
    fn digits(&mut self, least: usize, most: usize) -> Option<i64> {
        let digit = |byte: &&u8| byte.is_ascii_digit();
        let count = self.0.iter().take(most).take_while(digit).count();
        if count < least {
            return None;
        }
        let (number, rest) = self.0.split_at(count);
        self.0 = rest;
        std::str::from_utf8(number).ok()?.parse().ok()
    }

    /// Nanoseconds behind a point or, as Go has it, a comma; digits beyond the ninth are dropped.
    fn fraction(&mut self) -> Option<u32> {
        let Some((b'.' | b',', rest)) = self.0.split_first() else {
            return Some(0);
        };
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 {
            return None;
        }
        let (digits, rest) = rest.split_at(count);
        self.0 = rest;
        let nine = digits
            .iter()
            .copied()
            .chain(std::iter::repeat(b'0'))
            .take(9);
        Some(nine.fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
    }

    /// `Z`, or hours and minutes behind a sign, in seconds.
    fn zone(&mut self) -> Option<i32> {
        let sign = match self.next()? {
            b'Z' => return Some(0),
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let hours = self.digits(2, 2)?;
        self.take(b':')?;
        let minutes = self.digits(2, 2)?;
        if hours > 24 || minutes > 60 {
            return None;
        }
        i32::try_from(sign * (hours * 3600 + minutes * 60)).ok()
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn month_length(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The proleptic Gregorian calendar, with years that begin in March so that the leap day is last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The date of a day since 1970: year, month, day.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// A timestamp as RFC 3339 writes it, with as many digits of its fraction as it needs: what
/// yaml.v3 and encoding/json write.
pub(crate) fn rfc3339(time: Timestamp) -> String {
    let local = time.seconds.saturating_add(i64::from(time.offset));
    let (year, month, day) = date(local.div_euclid(86_400));
    let second = local.rem_euclid(86_400);
    let mut text = format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}",
        second / 3600,
        second / 60 % 60,
        second % 60
    );
    if time.nanoseconds != 0 {
        let fraction = format!(".{:09}", time.nanoseconds);
        text.push_str(fraction.trim_end_matches('0'));
    }
    match time.offset {
        0 => text.push('Z'),
        offset => {
            let sign = if offset < 0 { '-' } else { '+' };
            let minutes = offset.unsigned_abs() / 60;
            text.push_str(&format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_one_and_what_not() {
        for (text, written) in [
            ("2001-02-03", Some("2001-02-03T00:00:00Z")),
            ("2001-2-3", Some("2001-02-03T00:00:00Z")),
            ("2001-02-03 10:10:10", Some("2001-02-03T10:10:10Z")),
            ("2001-02-03 1:2:3.5", Some("2001-02-03T01:02:03.5Z")),
            ("2001-02-03T10:10:10Z", Some("2001-02-03T10:10:10Z")),
            (
                "2001-02-03t10:10:10.25+05:30",
                Some("2001-02-03T10:10:10.25+05:30"),
            ),
            (
                "1969-12-31T23:59:59-01:00",
                Some("1969-12-31T23:59:59-01:00"),
            ),
            ("2000-02-29", Some("2000-02-29T00:00:00Z")),
            ("1900-02-29", None),
            ("2001-13-01", None),
            ("2001-00-01", None),
            ("2001-02-03T10:10:10", None),
            ("2001-02-03 10:10:10Z", None),
            ("2001-02-03 24:00:00", None),
            ("2001-02", None),
            ("01-02-03", None),
            ("20010-02-03", None),
            ("2001-02-03x", None),
        ] {
            let read = parse(text).map(rfc3339);
            assert_eq!(read.as_deref(), written, "{text}");
        }
    }

    #[test]
    fn days_are_counted_from_1970() {
        assert_eq!(days_since_1970(1970, 1, 1), 0);
        assert_eq!(days_since_1970(2000, 3, 1), 11_017);
        for days in [-800_000, -1, 0, 59, 60, 11_016, 11_017, 2_000_000] {
            let (year, month, day) = date(days);
            assert_eq!(days_since_1970(year, month, day), days);
        }
    }
}
