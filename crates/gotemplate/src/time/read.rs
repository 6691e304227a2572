//! Reading a moment by a layout.

use super::civil::{self, MONTHS, WEEKDAYS};
use super::layout::{Part, next};
use super::{Time, Zone};
use crate::quote::quote;

/// What has been read of a moment.
#[derive(Default)]
struct Read {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanoseconds: u32,
    pm: Option<bool>,
    offset: Option<i32>,
    utc: bool,
    zone: String,
}

/// Reads a moment; without a zone of its own it is in `local`.
pub(crate) fn parse(layout: &str, value: &str, local: &Zone) -> Result<Time, String> {
    let whole = |message: String| format!("parsing time {}{message}", quote(value));
    let mut read = Read::default();
    let mut rest = value;
    let mut pattern = layout;
    loop {
        let (before, part, behind) = next(pattern);
        let failed = |rest: &str, source: &str| {
            whole(format!(
                " as {}: cannot parse {} as {}",
                quote(layout),
                quote(rest),
                quote(source)
            ))
        };
        rest = match skip(rest, before) {
            Some(rest) => rest,
            None => return Err(failed(rest, before)),
        };
        let Some((part, source)) = part else {
            if !rest.is_empty() {
                return Err(whole(format!(": extra text: {}", quote(rest))));
            }
            break;
        };
        let after_fraction_follows = matches!(next(behind), ("", Some((Part::Fraction(..), _)), _));
        match take(&mut read, part, rest, after_fraction_follows) {
            Ok(behind) => rest = behind,
            Err(Bad::Syntax) => return Err(failed(rest, source)),
            Err(Bad::Range(what)) => return Err(whole(format!(": {what} out of range"))),
        }
        pattern = behind;
    }
    finish(read, local).map_err(|what| whole(format!(": {what} out of range")))
}

/// Steps over a layout's own text: blanks in it match any number of blanks.
fn skip<'v>(mut value: &'v str, mut prefix: &str) -> Option<&'v str> {
    while let Some(c) = prefix.chars().next() {
        if c == ' ' {
            if !value.is_empty() && !value.starts_with(' ') {
                return None;
            }
            prefix = prefix.trim_start_matches(' ');
            value = value.trim_start_matches(' ');
            continue;
        }
        value = value.strip_prefix(c)?;
        prefix = prefix.get(c.len_utf8()..)?;
    }
    Some(value)
}

enum Bad {
    Syntax,
    Range(&'static str),
}

fn digits(value: &str, least: usize, most: usize) -> Result<(i64, &str), Bad> {
    let count = value
        .bytes()
        .take(most)
        .take_while(u8::is_ascii_digit)
        .count();
    if count < least {
        return Err(Bad::Syntax);
    }
    let (number, rest) = value.split_at(count);
    Ok((number.parse().map_err(|_| Bad::Syntax)?, rest))
}

fn within(number: i64, least: i64, most: i64, what: &'static str) -> Result<i64, Bad> {
    if (least..=most).contains(&number) {
        Ok(number)
    } else {
        Err(Bad::Range(what))
    }
}

/// A name of a table, in any case; its first letters where `length` says so.
fn name<'v>(value: &'v str, table: &[&str], length: usize) -> Result<(i64, &'v str), Bad> {
    for (index, name) in table.iter().enumerate() {
        let name = name.get(..length.min(name.len())).unwrap_or(name);
        if value
            .get(..name.len())
            .is_some_and(|v| v.eq_ignore_ascii_case(name))
        {
            let rest = value.get(name.len()..).unwrap_or("");
            return Ok((i64::try_from(index).unwrap_or(0), rest));
        }
    }
    Err(Bad::Syntax)
}

fn take<'v>(read: &mut Read, part: Part, value: &'v str, fraction: bool) -> Result<&'v str, Bad> {
    let (number, rest) = match part {
        Part::LongYear => digits(value, 4, 4)?,
        Part::LongMonth => name(value, &MONTHS, 20)?,
        Part::Month => name(value, &MONTHS, 3)?,
        Part::LongWeekday => name(value, &WEEKDAYS, 20)?,
        Part::Weekday => name(value, &WEEKDAYS, 3)?,
        Part::NumMonth | Part::Day | Part::Hour12 | Part::Minute | Part::Second => {
            digits(value, 1, 2)?
        }
        Part::Hour => digits(value, 1, 2)?,
        Part::ZeroMonth
        | Part::ZeroDay
        | Part::ZeroHour12
        | Part::ZeroMinute
        | Part::ZeroSecond
        | Part::Year => digits(value, 2, 2)?,
        Part::UnderDay => digits(value.strip_prefix(' ').unwrap_or(value), 1, 2)?,
        Part::ZeroYearDay => digits(value, 3, 3)?,
        Part::UnderYearDay => digits(value.trim_start_matches(' '), 1, 3)?,
        Part::UpperPm | Part::LowerPm => {
            let wanted = value.get(..2).ok_or(Bad::Syntax)?;
            let same_case = match part {
                Part::UpperPm => wanted.to_ascii_uppercase(),
                _ => wanted.to_ascii_lowercase(),
            };
            if same_case != wanted {
                return Err(Bad::Syntax);
            }
            read.pm = match same_case.to_ascii_lowercase().as_str() {
                "am" => Some(false),
                "pm" => Some(true),
                _ => return Err(Bad::Syntax),
            };
            (0, value.get(2..).unwrap_or(""))
        }
        Part::ZoneName => {
            if let Some(rest) = value.strip_prefix("UTC") {
                read.utc = true;
                return Ok(rest);
            }
            let count = value.bytes().take_while(u8::is_ascii_uppercase).count();
            if !(3..=5).contains(&count) {
                return Err(Bad::Syntax);
            }
            let (zone, rest) = value.split_at(count);
            read.zone = zone.to_owned();
            (0, rest)
        }
        Part::Offset(z, ..) if z && value.starts_with('Z') => {
            read.utc = true;
            (0, value.get(1..).unwrap_or(""))
        }
        Part::Offset(_, colon, numbers) => {
            let (seconds, rest) = parse_offset(value, colon, numbers)?;
            read.offset = Some(seconds);
            (0, rest)
        }
        Part::Fraction(_, count, trim) => {
            if trim && !value.starts_with(['.', ',']) {
                return Ok(value);
            }
            let rest = value.strip_prefix(['.', ',']).ok_or(Bad::Syntax)?;
            let here = rest.bytes().take_while(u8::is_ascii_digit).count();
            if (!trim && here != count) || here == 0 {
                return Err(Bad::Syntax);
            }
            return take_fraction(read, value);
        }
    };
    match part {
        Part::LongYear => read.year = number,
        Part::Year => {
            read.year = if number >= 69 {
                1900 + number
            } else {
                2000 + number
            }
        }
        Part::LongMonth | Part::Month => read.month = Some(number + 1),
        Part::NumMonth | Part::ZeroMonth => read.month = Some(within(number, 1, 12, "month")?),
        Part::Day | Part::UnderDay | Part::ZeroDay => read.day = Some(number),
        Part::ZeroYearDay | Part::UnderYearDay => read.year_day = Some(number),
        Part::Hour => read.hour = within(number, 0, 23, "hour")?,
        Part::Hour12 | Part::ZeroHour12 => read.hour = within(number, 0, 12, "hour")?,
        Part::Minute | Part::ZeroMinute => read.minute = within(number, 0, 59, "minute")?,
        Part::Second | Part::ZeroSecond => {
            read.second = within(number, 0, 59, "second")?;
            // A fraction may stand behind the seconds although the layout has none.
            let digit = rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
            if !fraction && rest.starts_with(['.', ',']) && digit {
                return take_fraction(read, rest);
            }
        }
        _ => {}
    }
    Ok(rest)
}

fn take_fraction<'v>(read: &mut Read, value: &'v str) -> Result<&'v str, Bad> {
    let rest = value.get(1..).unwrap_or("");
    let count = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = rest.split_at(count);
    let nine: String = digits.chars().chain("000000000".chars()).take(9).collect();
    read.nanoseconds = nine.parse().map_err(|_| Bad::Syntax)?;
    Ok(rest)
}

fn parse_offset(value: &str, colon: bool, numbers: u8) -> Result<(i32, &str), Bad> {
    let negative = value.starts_with('-');
    let mut rest = value.strip_prefix(['+', '-']).ok_or(Bad::Syntax)?;
    let mut seconds = 0;
    let mut unit = 3600;
    for index in 0..numbers {
        if colon && index > 0 {
            rest = rest.strip_prefix(':').ok_or(Bad::Syntax)?;
        }
        let (number, behind) = digits(rest, 2, 2)?;
        let most = if index == 0 { 24 } else { 60 };
        if number > most {
            return Err(Bad::Range("time zone offset"));
        }
        seconds += i32::try_from(number).unwrap_or(0) * unit;
        unit /= 60;
        rest = behind;
    }
    Ok((if negative { -seconds } else { seconds }, rest))
}

fn finish(read: Read, local: &Zone) -> Result<Time, &'static str> {
    let mut hour = read.hour;
    match read.pm {
        Some(true) if hour < 12 => hour += 12,
        Some(false) if hour == 12 => hour = 0,
        _ => {}
    }
    let (mut month, mut day) = (read.month.unwrap_or(1), read.day.unwrap_or(1));
    if let Some(year_day) = read.year_day {
        let most = 337 + civil::days_in(read.year, 2);
        if !(1..=most).contains(&year_day) {
            return Err("day-of-year");
        }
        month = 1;
        day = year_day;
    } else if !(1..=civil::days_in(read.year, month)).contains(&day) {
        return Err("day");
    }
    let of_day = hour * 3600 + read.minute * 60 + read.second;
    let told = civil::seconds(read.year, month, day, of_day);
    if read.utc {
        return Ok(Time::unix(told, read.nanoseconds));
    }
    if let Some(offset) = read.offset {
        let seconds = told.saturating_sub(i64::from(offset));
        // An offset that is the local zone's at that moment has the local name.
        let (here, name) = local.at(seconds);
        let zone = if here == offset && (read.zone.is_empty() || read.zone == name) {
            name
        } else {
            read.zone
        };
        return Ok(Time::at_offset(seconds, read.nanoseconds, offset, &zone));
    }
    if !read.zone.is_empty() {
        let offset = match read.zone.strip_prefix("GMT") {
            Some(hours) => hours.parse::<i32>().unwrap_or(0) * 3600,
            None => 0,
        };
        let seconds = told.saturating_sub(i64::from(offset));
        return Ok(Time::at_offset(
            seconds,
            read.nanoseconds,
            offset,
            &read.zone,
        ));
    }
    // The offset depends on the moment and the moment on the offset: two looks settle it.
    let (guess, _) = local.at(told);
    let (offset, _) = local.at(told.saturating_sub(i64::from(guess)));
    let seconds = told.saturating_sub(i64::from(offset));
    Ok(Time::unix(seconds, read.nanoseconds).in_zone(local))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_read_as_gos() {
        let read = |layout, value| parse(layout, value, &Zone::Utc).map(|time| time.to_string());
        for (layout, value, wanted) in [
            ("2006-01-02", "2024-02-29", "2024-02-29 00:00:00 +0000 UTC"),
            (
                "2006-01-02T15:04:05Z07:00",
                "2001-02-03T04:05:06.5+02:00",
                "2001-02-03 04:05:06.5 +0200 +0200",
            ),
            (
                "2006-01-02T15:04:05Z07:00",
                "2001-02-03T04:05:06Z",
                "2001-02-03 04:05:06 +0000 UTC",
            ),
            (
                "Jan 2 2006 3:04PM",
                "feb 3 2001 12:05AM",
                "2001-02-03 00:05:00 +0000 UTC",
            ),
            ("2006 002", "2024 366", "2024-12-31 00:00:00 +0000 UTC"),
        ] {
            assert_eq!(read(layout, value).as_deref(), Ok(wanted), "{value}");
        }
        for (layout, value, wanted) in [
            (
                "2006-01-02",
                "x",
                "parsing time \"x\" as \"2006-01-02\": cannot parse \"x\" as \"2006\"",
            ),
            (
                "2006-01-02",
                "2023-02-29",
                "parsing time \"2023-02-29\": day out of range",
            ),
            (
                "2006-01-02",
                "2023-13-29",
                "parsing time \"2023-13-29\": month out of range",
            ),
            ("2006", "20245", "parsing time \"20245\": extra text: \"5\""),
        ] {
            assert_eq!(read(layout, value), Err(wanted.to_owned()), "{value}");
        }
    }
}
