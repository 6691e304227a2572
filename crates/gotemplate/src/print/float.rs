//! Floats as text (strconv.FormatFloat).

/// More digits than any float64 has behind its point; further ones are zeros.
const MOST_DIGITS: usize = 1100;

/// `%v`: the fewest digits that read back as the same number.
pub fn shortest(number: f64) -> String {
    format(number, 'g', None)
}

/// The number by `verb` (e, E, f, F, g, G) with so many digits, or as few as needed. No plus sign.
pub(crate) fn format(number: f64, verb: char, precision: Option<usize>) -> String {
    if number.is_nan() {
        return "NaN".into();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.into();
    }
    let text = match verb {
        'f' | 'F' => fixed(number, precision),
        'e' | 'E' => exponent(number, precision),
        _ => general(number, precision),
    };
    if verb.is_ascii_uppercase() {
        text.to_ascii_uppercase()
    } else {
        text
    }
}

fn fixed(number: f64, precision: Option<usize>) -> String {
    match precision {
        None => format!("{number}"),
        Some(digits) => {
            let shown = digits.min(MOST_DIGITS);
            format!("{number:.shown$}{}", "0".repeat(digits - shown))
        }
    }
}

/// Mantissa digits and exponent, as Rust writes them.
fn scientific(number: f64, precision: Option<usize>) -> (String, i32) {
    let text = match precision {
        None => format!("{number:e}"),
        Some(digits) => format!("{number:.*e}", digits.min(MOST_DIGITS)),
    };
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    (mantissa.to_owned(), exponent.parse().unwrap_or(0))
}

fn with_exponent(mantissa: &str, exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
}

fn exponent(number: f64, precision: Option<usize>) -> String {
    let (mut mantissa, exponent) = scientific(number, precision);
    if let Some(digits) = precision {
        mantissa.push_str(&"0".repeat(digits.saturating_sub(MOST_DIGITS)));
    }
    with_exponent(&mantissa, exponent)
}

/// The shorter of both: with an exponent when that is below -4 or not below the precision,
/// which counts as 6 where none is given.
fn general(number: f64, precision: Option<usize>) -> String {
    let digits = precision.map(|digits| digits.max(1));
    let (mantissa, exponent) = scientific(number, digits.map(|digits| digits - 1));
    let trimmed = if mantissa.contains('.') {
        mantissa.trim_end_matches('0').trim_end_matches('.')
    } else {
        &mantissa
    };
    let count = trimmed.bytes().filter(u8::is_ascii_digit).count();
    let before_point = i64::from(exponent) + 1;
    let limit = match digits {
        None => 6,
        Some(digits) if digits > count && count as i64 >= before_point => count as i64,
        Some(digits) => digits as i64,
    };
    if exponent < -4 || i64::from(exponent) >= limit {
        return with_exponent(trimmed, exponent);
    }
    let behind = (count as i64 - before_point).max(0);
    fixed(number, Some(usize::try_from(behind).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_read_as_go_prints_them() {
        for (number, verb, precision, wanted) in [
            (0.0, 'g', None, "0"),
            (1.5, 'g', None, "1.5"),
            (100000.0, 'g', None, "100000"),
            (1000000.0, 'g', None, "1e+06"),
            (12345678.0, 'g', None, "1.2345678e+07"),
            (0.0001, 'g', None, "0.0001"),
            (0.00001, 'g', None, "1e-05"),
            (-2.5e-7, 'g', None, "-2.5e-07"),
            (1e100, 'g', None, "1e+100"),
            (100.0, 'g', Some(3), "100"),
            (100.0, 'g', Some(2), "1e+02"),
            (1.23456, 'g', Some(3), "1.23"),
            (1.23456, 'f', Some(2), "1.23"),
            (2.5, 'f', Some(0), "2"),
            (1e6, 'f', None, "1000000"),
            (1.23456, 'e', Some(2), "1.23e+00"),
            (1e-10, 'E', Some(1), "1.0E-10"),
            (f64::INFINITY, 'g', None, "+Inf"),
            (f64::NAN, 'g', None, "NaN"),
        ] {
            assert_eq!(format(number, verb, precision), wanted, "{number} %{verb}");
        }
        assert_eq!(fixed(1.0, Some(100_000)).len(), 100_002);
    }
}
