//! Lengths of time as people write them: `90s`, `1h30m`, `2d`.

use std::time::Duration;

use chain::escape;

/// Longer than anything that is meant: 10 years.
const LONGEST: u64 = 10 * 366 * 86_400;

/// Reads a length of time: numbers, each with its unit (`s`, `m`, `h`, `d`, `w`). A number
/// alone is seconds.
///
/// # Errors
/// What is wrong and what to write.
pub(crate) fn read(text: &[u8]) -> Result<Duration, String> {
    let wrong = |why: &str| {
        format!(
            "{} is no length of time: {why}; write one as 90s, 5m or 1h30m",
            escape(text)
        )
    };
    let mut total: u64 = 0;
    let mut rest = text;
    if rest.is_empty() {
        return Err("a length of time is missing; write one as 90s, 5m or 1h30m".to_string());
    }
    while !rest.is_empty() {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let letters = rest[digits..]
            .iter()
            .take_while(|byte| !byte.is_ascii_digit())
            .count();
        let (number, unit) = (&rest[..digits], &rest[digits..digits + letters]);
        if digits == 0 {
            return Err(wrong("it does not begin with a number"));
        }
        let factor = match unit {
            b"" if digits == text.len() => 1,
            b"" => return Err(wrong("its last number has no unit")),
            b"s" | b"sec" => 1,
            b"m" | b"min" => 60,
            b"h" => 3600,
            b"d" => 86_400,
            b"w" => 7 * 86_400,
            b"ms" | b"us" | b"ns" => return Err(wrong("nothing below a second is told apart")),
            unit if unit.starts_with(b".") => return Err(wrong("it has a fraction")),
            unit => return Err(wrong(&format!("there is no unit {}", escape(unit)))),
        };
        let number = std::str::from_utf8(number)
            .ok()
            .and_then(|digits| digits.parse::<u64>().ok());
        let added = number.and_then(|number| number.checked_mul(factor));
        total = match added.and_then(|seconds| total.checked_add(seconds)) {
            Some(total) if total <= LONGEST => total,
            _ => return Err(wrong("it is longer than ten years")),
        };
        rest = &rest[digits + letters..];
    }
    Ok(Duration::from_secs(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_units_are_added_up() {
        for (text, seconds) in [
            ("0", 0),
            ("90", 90),
            ("90s", 90),
            ("1h30m", 5400),
            ("1m30s", 90),
            ("2d", 172_800),
            ("1w", 604_800),
            ("5min", 300),
        ] {
            assert_eq!(
                read(text.as_bytes()),
                Ok(Duration::from_secs(seconds)),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_length_of_time_is_said() {
        for (text, why) in [
            ("", "missing"),
            ("h", "begin with a number"),
            ("-5m", "begin with a number"),
            ("1h30", "no unit"),
            ("5 m", "no unit  m"),
            ("1.5h", "fraction"),
            ("500ms", "below a second"),
            ("5x", "no unit x"),
            ("99999999999999999999s", "ten years"),
            ("9999w", "ten years"),
        ] {
            let said = read(text.as_bytes()).expect_err(text);
            assert!(said.contains(why), "{text}: {said}");
        }
    }
}
