//! Layouts: a moment as Go's reference time would stand there, Mon Jan 2 15:04:05 MST 2006.

use super::Time;
use std::fmt::Write;

/// A piece of a layout that stands for a part of the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    LongMonth,
    Month,
    NumMonth,
    ZeroMonth,
    LongWeekday,
    Weekday,
    Day,
    UnderDay,
    ZeroDay,
    UnderYearDay,
    ZeroYearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    LongYear,
    Year,
    UpperPm,
    LowerPm,
    ZoneName,
    /// Whether UTC is a Z, whether a colon stands between, and how many numbers (1 to 3).
    Offset(bool, bool, u8),
    /// The point or comma, how many digits, and whether zeros at the end go.
    Fraction(char, usize, bool),
}

/// The words of layouts, longer ones before those that they begin with.
const WORDS: &[(&str, Part)] = &[
    ("January", Part::LongMonth),
    ("Jan", Part::Month),
    ("Monday", Part::LongWeekday),
    ("Mon", Part::Weekday),
    ("MST", Part::ZoneName),
    ("002", Part::ZeroYearDay),
    ("01", Part::ZeroMonth),
    ("02", Part::ZeroDay),
    ("03", Part::ZeroHour12),
    ("04", Part::ZeroMinute),
    ("05", Part::ZeroSecond),
    ("06", Part::Year),
    ("15", Part::Hour),
    ("1", Part::NumMonth),
    ("2006", Part::LongYear),
    ("2", Part::Day),
    ("__2", Part::UnderYearDay),
    ("_2", Part::UnderDay),
    ("3", Part::Hour12),
    ("4", Part::Minute),
    ("5", Part::Second),
    ("PM", Part::UpperPm),
    ("pm", Part::LowerPm),
    ("-07:00:00", Part::Offset(false, true, 3)),
    ("-07:00", Part::Offset(false, true, 2)),
    ("-070000", Part::Offset(false, false, 3)),
    ("-0700", Part::Offset(false, false, 2)),
    ("-07", Part::Offset(false, false, 1)),
    ("Z07:00:00", Part::Offset(true, true, 3)),
    ("Z07:00", Part::Offset(true, true, 2)),
    ("Z070000", Part::Offset(true, false, 3)),
    ("Z0700", Part::Offset(true, false, 2)),
    ("Z07", Part::Offset(true, false, 1)),
];

/// The text before the next part, the part with its text, and the rest.
pub(super) fn next(layout: &str) -> (&str, Option<(Part, &str)>, &str) {
    for (at, _) in layout.char_indices() {
        let rest = layout.get(at..).unwrap_or("");
        if let Some((part, length)) = part_at(rest) {
            let before = layout.get(..at).unwrap_or("");
            let source = rest.get(..length).unwrap_or("");
            return (
                before,
                Some((part, source)),
                rest.get(length..).unwrap_or(""),
            );
        }
    }
    (layout, None, "")
}

fn part_at(rest: &str) -> Option<(Part, usize)> {
    let mark = rest.chars().next()?;
    if matches!(mark, '.' | ',') {
        let digits = rest.get(1..)?;
        let digit = digits.chars().next().filter(|c| matches!(c, '0' | '9'))?;
        let count = digits.len() - digits.trim_start_matches(digit).len();
        let behind = digits.get(count..)?.chars().next();
        if behind.is_some_and(|c| c.is_ascii_digit()) {
            return None;
        }
        return Some((Part::Fraction(mark, count, digit == '9'), count + 1));
    }
    // `_2006` is an underscore and a year.
    if rest.starts_with("_2006") {
        return None;
    }
    let (word, part) = WORDS.iter().find(|(word, _)| rest.starts_with(word))?;
    let is_short_name = matches!(part, Part::Month | Part::Weekday);
    let behind = rest.get(word.len()..)?.chars().next();
    if is_short_name && behind.is_some_and(|c| c.is_ascii_lowercase()) {
        return None;
    }
    Some((*part, word.len()))
}

/// The moment by the layout.
pub(super) fn format(time: &Time, layout: &str) -> String {
    let civil = time.civil();
    let mut out = String::new();
    let mut rest = layout;
    while !rest.is_empty() {
        let (before, part, behind) = next(rest);
        out.push_str(before);
        rest = behind;
        let Some((part, _)) = part else { break };
        let hour12 = match civil.hour % 12 {
            0 => 12,
            hour => hour,
        };
        // Writing to a string does not fail.
        let _ = match part {
            Part::LongMonth => write!(out, "{}", super::month_name(civil.month)),
            Part::Month => write!(out, "{:.3}", super::month_name(civil.month)),
            Part::NumMonth => write!(out, "{}", civil.month),
            Part::ZeroMonth => write!(out, "{:02}", civil.month),
            Part::LongWeekday => write!(out, "{}", super::weekday_name(civil.weekday)),
            Part::Weekday => write!(out, "{:.3}", super::weekday_name(civil.weekday)),
            Part::Day => write!(out, "{}", civil.day),
            Part::UnderDay => write!(out, "{:2}", civil.day),
            Part::ZeroDay => write!(out, "{:02}", civil.day),
            Part::UnderYearDay => write!(out, "{:3}", civil.year_day),
            Part::ZeroYearDay => write!(out, "{:03}", civil.year_day),
            Part::Hour => write!(out, "{:02}", civil.hour),
            Part::Hour12 => write!(out, "{hour12}"),
            Part::ZeroHour12 => write!(out, "{hour12:02}"),
            Part::Minute => write!(out, "{}", civil.minute),
            Part::ZeroMinute => write!(out, "{:02}", civil.minute),
            Part::Second => write!(out, "{}", civil.second),
            Part::ZeroSecond => write!(out, "{:02}", civil.second),
            Part::LongYear if civil.year < 0 => write!(out, "-{:04}", civil.year.unsigned_abs()),
            Part::LongYear => write!(out, "{:04}", civil.year),
            Part::Year => write!(out, "{:02}", civil.year.rem_euclid(100)),
            Part::UpperPm => write!(out, "{}", if civil.hour >= 12 { "PM" } else { "AM" }),
            Part::LowerPm => write!(out, "{}", if civil.hour >= 12 { "pm" } else { "am" }),
            Part::ZoneName if time.zone().is_empty() => {
                out.push_str(&offset(time.offset(), false, 2));
                Ok(())
            }
            Part::ZoneName => write!(out, "{}", time.zone()),
            Part::Offset(true, ..) if time.offset() == 0 => write!(out, "Z"),
            Part::Offset(_, colon, numbers) => {
                out.push_str(&offset(time.offset(), colon, numbers));
                Ok(())
            }
            Part::Fraction(mark, digits, trim) => {
                let all = std::format!("{:09}", time.nanoseconds());
                let mut shown: String = all.chars().take(digits).collect();
                if trim {
                    shown.truncate(shown.trim_end_matches('0').len());
                } else {
                    shown.push_str(&"0".repeat(digits.saturating_sub(9)));
                }
                if !(trim && shown.is_empty()) {
                    out.push(mark);
                    out.push_str(&shown);
                }
                Ok(())
            }
        };
    }
    out
}

fn offset(seconds: i32, colon: bool, numbers: u8) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let total = seconds.unsigned_abs();
    let between = if colon { ":" } else { "" };
    let mut out = std::format!("{sign}{:02}", total / 3600);
    if numbers >= 2 {
        out.push_str(&std::format!("{between}{:02}", total / 60 % 60));
    }
    if numbers >= 3 {
        out.push_str(&std::format!("{between}{:02}", total % 60));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_print_as_gos() {
        let time = Time::at_offset(1_136_239_445, 120_000_000, -25_200, "MST");
        for (layout, wanted) in [
            (
                "Mon Jan _2 15:04:05 MST 2006",
                "Mon Jan  2 15:04:05 MST 2006",
            ),
            (
                "Monday, 02-January-06 03:04PM",
                "Monday, 02-January-06 03:04PM",
            ),
            ("2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05-07:00"),
            ("3:4:5 pm 1/2 002 __2 -07", "3:4:5 pm 1/2 002   2 -07"),
            ("15:04:05.000 .999 ,9", "15:04:05.120 .12 ,1"),
            ("Januaryx Janet Mond _2006", "Januaryx Janet Mond _2006"),
            ("é", "é"),
        ] {
            assert_eq!(format(&time, layout), wanted, "{layout}");
        }
    }
}
