//! Floats as Go writes them.

/// Go's shortest `g`, as yaml.v3 and `%v` write floats: with an exponent below 1e-4 and from 1e6.
pub(super) fn general(number: f64) -> String {
    let (digits, exponent) = shortest(number);
    match exponent {
        -4..=5 => plain(number),
        _ => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
        }
    }
}

/// As encoding/json writes floats: with an exponent below 1e-6 and from 1e21.
pub(super) fn json(number: f64) -> String {
    let (digits, exponent) = shortest(number);
    match exponent {
        -6..=20 => plain(number),
        _ => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{}", exponent.unsigned_abs())
        }
    }
}

/// The fewest digits that mean this number, and the exponent of the first.
fn shortest(number: f64) -> (String, i32) {
    let text = format!("{number:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    (digits.to_string(), exponent.parse().unwrap_or(0))
}

fn plain(number: f64) -> String {
    format!("{number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_styles() {
        for (number, in_yaml, in_json) in [
            (0.0, "0", "0"),
            (-0.0, "-0", "-0"),
            (1.0, "1", "1"),
            (0.1, "0.1", "0.1"),
            (100_000.0, "100000", "100000"),
            (1e6, "1e+06", "1000000"),
            (12_345_678.9, "1.23456789e+07", "12345678.9"),
            (0.0001, "0.0001", "0.0001"),
            (1e-5, "1e-05", "0.00001"),
            (1e-7, "1e-07", "1e-7"),
            (1e20, "1e+20", "100000000000000000000"),
            (1e21, "1e+21", "1e+21"),
            (1.5e300, "1.5e+300", "1.5e+300"),
        ] {
            assert_eq!(general(number), in_yaml);
            assert_eq!(json(number), in_json);
        }
    }
}
