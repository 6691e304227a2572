//! Numbers as Go writes them in source: constants of a template, and Sprig's conversions of text.

use crate::quote;

/// What a constant can be taken as. Where a whole number is meant a float with a whole value
/// will do, and the reverse.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Number {
    /// As a signed integer.
    pub(crate) int: Option<i64>,
    /// As an unsigned integer.
    pub(crate) uint: Option<u64>,
    /// As a float.
    pub(crate) float: Option<f64>,
    /// As a complex number, where it was written as one.
    pub(crate) complex: Option<(f64, f64)>,
    /// Whether it was written as a character.
    pub(crate) is_char: bool,
}

/// Reads a constant; the error is the message.
pub(crate) fn constant(text: &str, is_char: bool) -> Result<Number, String> {
    let mut number = Number {
        int: None,
        uint: None,
        float: None,
        complex: None,
        is_char,
    };
    if is_char {
        let Some(c) = quote::unquote_char(text) else {
            // Go tells two characters from none or a wrong escape.
            let inner = text.trim_matches('\'');
            let several = inner.chars().count() > 1 && !inner.starts_with('\\');
            return Err(if several {
                format!("malformed character constant: {text}")
            } else {
                "invalid syntax".into()
            });
        };
        number.int = Some(i64::from(c as u32));
        number.uint = Some(u64::from(c as u32));
        number.float = Some(f64::from(c as u32));
        return Ok(number);
    }
    if let Some(imaginary) = text.strip_suffix('i')
        && !text.starts_with("0x")
    {
        return complex(imaginary, text).map(|complex| Number {
            complex: Some(complex),
            ..number
        });
    }
    number.uint = parse_uint(text, 0).ok();
    number.int = parse_int(text, 0).ok();
    if let Some(int) = number.int {
        number.float = Some(int as f64);
        if int == 0 {
            number.uint = Some(0);
        }
        return Ok(number);
    }
    if let Some(uint) = number.uint {
        number.float = Some(uint as f64);
        return Ok(number);
    }
    if let Some(float) = parse_float(text) {
        if !text.contains(['.', 'e', 'E', 'p', 'P']) {
            return Err(format!("integer overflow: {}", quote::quote(text)));
        }
        number.float = Some(float);
        if float.fract() == 0.0 && float.abs() < 9.2e18 {
            number.int = Some(float as i64);
            if float >= 0.0 {
                number.uint = Some(float as u64);
            }
        }
        return Ok(number);
    }
    Err(format!("illegal number syntax: {}", quote::quote(text)))
}

fn complex(body: &str, whole: &str) -> Result<(f64, f64), String> {
    let split = body
        .char_indices()
        .rev()
        .find(|(at, c)| {
            let before = body.get(..*at).unwrap_or("");
            *at > 0 && matches!(c, '+' | '-') && !before.ends_with(['e', 'E', 'p', 'P'])
        })
        .map_or(0, |(at, _)| at);
    let (real, imaginary) = body.split_at(split);
    let real = if real.is_empty() {
        Some(0.0)
    } else {
        parse_float(real)
    };
    match (real, parse_float(imaginary)) {
        (Some(real), Some(imaginary)) => Ok((real, imaginary)),
        _ => Err(format!("illegal number syntax: {}", quote::quote(whole))),
    }
}

/// Why a text is not a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NumberError {
    /// It is not written as one.
    Syntax,
    /// It does not fit.
    Range,
}

/// strconv.ParseInt with 64 bits: base 0 reads the prefixes 0x, 0o, 0b, 0 and underscores.
pub(crate) fn parse_int(text: &str, base: u32) -> Result<i64, NumberError> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let value = parse_uint(digits, base)?;
    if negative {
        0i64.checked_sub_unsigned(value).ok_or(NumberError::Range)
    } else {
        i64::try_from(value).map_err(|_| NumberError::Range)
    }
}

/// strconv.ParseUint with 64 bits.
pub(crate) fn parse_uint(text: &str, base: u32) -> Result<u64, NumberError> {
    let mut digits = text;
    let mut radix = base;
    let mut prefixed = false;
    if base == 0 {
        let lower = text.get(..2).unwrap_or("").to_ascii_lowercase();
        radix = match lower.as_str() {
            "0x" => 16,
            "0o" => 8,
            "0b" => 2,
            _ => 10,
        };
        if radix != 10 {
            digits = text.get(2..).unwrap_or("");
            prefixed = true;
        } else if text.len() > 1 && text.starts_with('0') {
            radix = 8;
            digits = text.get(1..).unwrap_or("");
            prefixed = true;
        }
    }
    if digits.is_empty() {
        return Err(NumberError::Syntax);
    }
    let mut value: u64 = 0;
    let mut overflow = false;
    // An underscore stands between digits, or between prefix and digit.
    let mut digit_before = prefixed;
    for c in digits.chars() {
        if c == '_' && base == 0 {
            if !digit_before {
                return Err(NumberError::Syntax);
            }
            digit_before = false;
            continue;
        }
        let digit = c.to_digit(radix).ok_or(NumberError::Syntax)?;
        digit_before = true;
        match value
            .checked_mul(u64::from(radix))
            .and_then(|v| v.checked_add(u64::from(digit)))
        {
            Some(next) => value = next,
            None => overflow = true,
        }
    }
    if !digit_before {
        return Err(NumberError::Syntax);
    }
    if overflow {
        return Err(NumberError::Range);
    }
    Ok(value)
}

/// strconv.ParseFloat with 64 bits; None also for what is out of range.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    let negative = text.starts_with('-');
    let lower = body.to_ascii_lowercase();
    let value = match lower.as_str() {
        "inf" | "infinity" => f64::INFINITY,
        "nan" => f64::NAN,
        _ if lower.starts_with("0x") => hex_float(lower.get(2..)?)?,
        _ => {
            let mark = |b: u8| matches!(b, b'.' | b'e' | b'E' | b'+' | b'-');
            let plain = body
                .bytes()
                .all(|b| b.is_ascii_digit() || b == b'_' || mark(b));
            if !plain || !underscores_separate(body) {
                return None;
            }
            let value: f64 = body.replace('_', "").parse().ok()?;
            if value.is_infinite() {
                return None;
            }
            value
        }
    };
    Some(if negative { -value } else { value })
}

/// Whether each underscore stands between two digits.
fn underscores_separate(body: &str) -> bool {
    let digit = |at: Option<usize>| {
        let byte = at.and_then(|at| body.as_bytes().get(at));
        byte.is_some_and(u8::is_ascii_digit)
    };
    body.match_indices('_')
        .all(|(at, _)| digit(at.checked_sub(1)) && digit(at.checked_add(1)))
}

/// A float with a hexadecimal mantissa and a binary exponent, which must be there.
fn hex_float(body: &str) -> Option<f64> {
    let (mantissa, exponent) = body.split_once('p')?;
    let exponent: i32 = exponent.parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value = 0f64;
    let mut scale = exponent;
    for c in whole.chars().filter(|c| *c != '_') {
        value = value * 16.0 + f64::from(c.to_digit(16)?);
    }
    for c in fraction.chars() {
        value = value * 16.0 + f64::from(c.to_digit(16)?);
        scale = scale.checked_sub(4)?;
    }
    let value = value * 2f64.powi(scale);
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_have_gos_prefixes_and_underscores() {
        for (text, wanted) in [
            ("0", Ok(0)),
            ("0x1F", Ok(31)),
            ("0b11", Ok(3)),
            ("0o17", Ok(15)),
            ("017", Ok(15)),
            ("1_000", Ok(1000)),
            ("0_7", Ok(7)),
            ("-5", Ok(-5)),
            ("+5", Ok(5)),
            ("-9223372036854775808", Ok(i64::MIN)),
            ("9223372036854775808", Err(NumberError::Range)),
            ("1__0", Err(NumberError::Syntax)),
            ("_1", Err(NumberError::Syntax)),
            ("1_", Err(NumberError::Syntax)),
            ("08", Err(NumberError::Syntax)),
            ("", Err(NumberError::Syntax)),
            ("é", Err(NumberError::Syntax)),
        ] {
            assert_eq!(parse_int(text, 0), wanted, "{text}");
        }
        assert_eq!(parse_int("1_0", 10), Err(NumberError::Syntax));
    }

    #[test]
    fn constants_are_whole_and_broken_at_once() {
        let one = constant("1.0", false).expect("a float");
        assert_eq!((one.int, one.float), (Some(1), Some(1.0)));
        assert_eq!(constant("'a'", true).expect("a char").int, Some(97));
        assert!(constant("0x1p4", false).expect("hex").float == Some(16.0));
        assert!(constant("1e", false).is_err());
        assert_eq!(
            constant("1+2i", false).expect("complex").complex,
            Some((1.0, 2.0))
        );
        assert_eq!(
            constant("99999999999999999999", false),
            Err("integer overflow: \"99999999999999999999\"".into())
        );
    }
}
