//! YAML's timestamps, as yaml.v3 knows them: a date, or a date and a time of day with `T` and a
//! zone or with a blank and none.

use gotemplate::go::{days_in, seconds};

use crate::value::Timestamp;

/// Reads a timestamp.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let mut rest = Rest(text.as_bytes());
    let year = rest.digits(4, 4)?;
    rest.take(b'-')?;
    let month = rest.digits(1, 2)?;
    rest.take(b'-')?;
    let day = rest.digits(1, 2)?;
    if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
        return None;
    }
    let midnight = seconds(year, month, day, 0);
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
            let read = parse(text).map(|time| time.rfc3339());
            assert_eq!(read.as_deref(), written, "{text}");
        }
    }
}
