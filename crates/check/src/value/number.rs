//! Numbers as Go prints and reads them. Reports depend on two styles: that of its JSON encoder
//! and that of `%v`.

use gotemplate::go;

/// Why a text is no number, in the words of Go's `strconv`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotANumber {
    /// It is not written as one.
    Syntax,
    /// It is beyond what a float holds.
    Range,
}

impl std::fmt::Display for NotANumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            NotANumber::Syntax => "invalid syntax",
            NotANumber::Range => "value out of range",
        })
    }
}

/// Go's `%v` of a float: the shortest form, with an exponent below 1e-4 and from 1e6 on.
pub fn general(number: f64) -> String {
    go::shortest_float(number)
}

/// A float as Go's JSON encoder prints it: with an exponent below 1e-6 and from 1e21 on. None
/// where JSON has no such number.
pub fn json(number: f64) -> Option<String> {
    number.is_finite().then(|| go::json_float(number))
}

/// Reads a float as Go's `ParseFloat` does: decimal, hexadecimal with `p`, `inf`, `infinity`,
/// `nan` without a sign, `_` between digits.
///
/// # Errors
/// Where it is no such text.
pub fn parse(text: &[u8]) -> Result<f64, NotANumber> {
    let text = std::str::from_utf8(text).map_err(|_| NotANumber::Syntax)?;
    if text.eq_ignore_ascii_case("nan") {
        return Ok(f64::NAN);
    }
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let infinite = rest.eq_ignore_ascii_case("inf") || rest.eq_ignore_ascii_case("infinity");
    let size = match infinite {
        true => f64::INFINITY,
        false => magnitude(rest)?,
    };
    Ok(if negative { -size } else { size })
}

fn magnitude(text: &str) -> Result<f64, NotANumber> {
    let is_hex = text
        .get(..2)
        .is_some_and(|start| start.eq_ignore_ascii_case("0x"));
    let plain = without_underscores(text, is_hex).ok_or(NotANumber::Syntax)?;
    let number = match is_hex {
        true => hexadecimal(plain.get(2..).unwrap_or_default()).ok_or(NotANumber::Syntax)?,
        false => {
            let starts = |c: char| c.is_ascii_digit() || c == '.';
            let goes_on = |c: char| starts(c) || matches!(c, 'e' | 'E' | '+' | '-');
            match plain.starts_with(starts) && plain.chars().all(goes_on) {
                true => plain.parse().map_err(|_| NotANumber::Syntax)?,
                false => return Err(NotANumber::Syntax),
            }
        }
    };
    match number.is_infinite() {
        true => Err(NotANumber::Range),
        false => Ok(number),
    }
}

/// Takes `_` out; none where one is not between two digits. The prefix counts as one.
fn without_underscores(text: &str, is_hex: bool) -> Option<String> {
    if !text.contains('_') {
        return Some(text.to_string());
    }
    let is_digit = |c: char| match is_hex {
        true => c.is_ascii_hexdigit(),
        false => c.is_ascii_digit(),
    };
    let mut before = '!';
    for (at, c) in text.char_indices() {
        let after_prefix = is_hex && at == 2;
        match c {
            '_' if !(after_prefix || is_digit(before)) => return None,
            '_' => {}
            _ if before == '_' && !is_digit(c) => return None,
            _ => {}
        }
        before = c;
    }
    match before {
        '_' => None,
        _ => Some(text.replace('_', "")),
    }
}

/// `1.8p-3`, the prefix taken off.
fn hexadecimal(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['p', 'P'])?;
    let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // Beyond a million nothing changes any more.
    let far = digits.trim_start_matches('0').len() > 6;
    let size: i64 = if far {
        10_000_000
    } else {
        digits.parse().ok()?
    };
    let mut exponent = if exponent.starts_with('-') {
        -size
    } else {
        size
    };
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && part.is_empty() {
        return None;
    }
    let mut bits: u64 = 0;
    for (at, c) in whole.chars().chain(part.chars()).enumerate() {
        let digit = u64::from(c.to_digit(16)?);
        if bits >> 59 == 0 {
            bits = bits << 4 | digit;
        } else {
            // What no longer fits only says that something is there.
            bits |= u64::from(digit != 0);
            exponent = exponent.saturating_add(4);
        }
        if at >= whole.len() {
            exponent = exponent.saturating_sub(4);
        }
    }
    Some(composed(bits, exponent))
}

/// `bits` × 2^`exponent`, rounded to the nearest float, to even where two are as near.
fn composed(bits: u64, exponent: i64) -> f64 {
    if bits == 0 {
        return 0.0;
    }
    let length = 64 - i64::from(bits.leading_zeros());
    // The exponent of the highest bit.
    let top = exponent.saturating_add(length - 1);
    if top > 1023 {
        return f64::INFINITY;
    }
    // What the lowest bit of the float is worth.
    let lowest = (top - 52).max(-1074);
    let drop = lowest.saturating_sub(exponent);
    let kept = if drop <= 0 {
        bits.checked_shl(u32::try_from(-drop).unwrap_or(u32::MAX))
            .unwrap_or(0)
    } else if drop > 64 {
        0
    } else {
        let wide = u128::from(bits);
        let kept = wide >> drop;
        let rest = wide & ((1 << drop) - 1);
        let half = 1_u128 << (drop - 1);
        let up = rest > half || rest == half && kept & 1 == 1;
        u64::try_from(kept + u128::from(up)).unwrap_or(0)
    };
    // A power of two is exact: two steps, since the smallest ones are no normal floats.
    let power = |exponent: i64| 2.0_f64.powi(i32::try_from(exponent).unwrap_or(0));
    let step = lowest / 2;
    kept as f64 * power(step) * power(lowest - step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_print_in_two_styles() {
        for (number, as_v, as_json) in [
            (0.0, "0", "0"),
            (0.1, "0.1", "0.1"),
            (100_000.0, "100000", "100000"),
            (12_345_678.9, "1.23456789e+07", "12345678.9"),
            (1.5e300, "1.5e+300", "1.5e+300"),
            (1.0, "1", "1"),
            (-0.0, "-0", "-0"),
            (128.3, "128.3", "128.3"),
            (999_999.0, "999999", "999999"),
            (1e6, "1e+06", "1000000"),
            (1_000_000.5, "1.0000005e+06", "1000000.5"),
            (1e20, "1e+20", "100000000000000000000"),
            (1e21, "1e+21", "1e+21"),
            (1e-4, "0.0001", "0.0001"),
            (1e-5, "1e-05", "0.00001"),
            (1e-6, "1e-06", "0.000001"),
            (1.5e-7, "1.5e-07", "1.5e-7"),
            (1e-10, "1e-10", "1e-10"),
            (-2.5e30, "-2.5e+30", "-2.5e+30"),
        ] {
            assert_eq!(general(number), as_v);
            assert_eq!(json(number).as_deref(), Some(as_json));
        }
        assert_eq!(general(f64::NEG_INFINITY), "-Inf");
        assert_eq!(json(f64::NAN), None);
    }

    #[test]
    fn floats_are_read_as_parse_float_reads_them() {
        for (text, number) in [
            ("42", 42.0),
            ("1_0.5_5", 10.55),
            ("1e1_0", 1e10),
            (".5", 0.5),
            ("5.", 5.0),
            ("0x1p4", 16.0),
            ("0x_1.8p1", 3.0),
            ("0x1_0p1_0", 16384.0),
            ("-0X.8P1", -1.0),
            ("0x1.fffffffffffff8p1", 4.0),
            ("0x1p-1074", 5e-324),
            ("0x1p-1075", 0.0),
            ("0x1.8p-1075", 5e-324),
            ("0x1p-2000", 0.0),
            ("0x0p999999999999999999999", 0.0),
            ("0x1.00000000000000000000000000000001p0", 1.0),
            ("0x1p1023", 8.98846567431158e307),
            ("1e-400", 0.0),
            ("-Infinity", f64::NEG_INFINITY),
        ] {
            assert_eq!(parse(text.as_bytes()), Ok(number), "{text}");
        }
        for text in [
            "", ".", "+", "abc", "0x80", "0x", "0xp1", "0x1p", "1e", "1e+", "1__0", "1_", "_1",
            "1_e5", "1._5", "0x1_p4", "+nan", "--5", "infinit", "e5", "5 5",
        ] {
            assert_eq!(parse(text.as_bytes()), Err(NotANumber::Syntax), "{text}");
        }
        for text in ["1e400", "0x1p1024", "0x1p99999999999999999999"] {
            assert_eq!(parse(text.as_bytes()), Err(NotANumber::Range), "{text}");
        }
    }
}
