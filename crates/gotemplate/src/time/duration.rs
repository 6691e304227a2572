//! Durations as text: 1h2m3.5s.

/// The duration as Go writes it (`Duration.String`): the largest units that it needs.
pub fn text(nanoseconds: i64) -> String {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let total = nanoseconds.unsigned_abs();
    let (unit, name) = match total {
        0 => return "0s".into(),
        1..1_000 => (1, "ns"),
        1_000..1_000_000 => (1_000, "µs"),
        1_000_000..1_000_000_000 => (1_000_000, "ms"),
        _ => (1_000_000_000, "s"),
    };
    let digits = match unit {
        1 => 0,
        1_000 => 3,
        1_000_000 => 6,
        _ => 9,
    };
    let mut fraction = format!("{:0digits$}", total % unit);
    fraction.truncate(fraction.trim_end_matches('0').len());
    if digits == 0 {
        fraction.clear();
    }
    if !fraction.is_empty() {
        fraction.insert(0, '.');
    }
    let whole = total / unit;
    if name != "s" {
        return format!("{sign}{whole}{fraction}{name}");
    }
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 {
        format!("{sign}{hours}h{minutes}m{seconds}{fraction}s")
    } else if minutes > 0 {
        format!("{sign}{minutes}m{seconds}{fraction}s")
    } else {
        format!("{sign}{seconds}{fraction}s")
    }
}

/// Reads a duration, in nanoseconds (`time.ParseDuration`).
///
/// # Errors
/// In Go's words.
pub fn parse(source: &str) -> Result<i64, String> {
    let shown = crate::quote::quote(source);
    let invalid = || format!("time: invalid duration {shown}");
    let negative = source.starts_with('-');
    let mut rest = source.strip_prefix(['-', '+']).unwrap_or(source);
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: u128 = 0;
    while !rest.is_empty() {
        let end = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let (number, behind) = rest.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return Err(invalid());
        }
        let whole = whole.trim_start_matches('0');
        if whole.len() > 19 {
            return Err(invalid());
        }
        let end = behind
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(behind.len());
        let (name, behind) = behind.split_at(end);
        let unit: u128 = match name {
            "" => return Err(format!("time: missing unit in duration {shown}")),
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => {
                let name = crate::quote::quote(name);
                return Err(format!("time: unknown unit {name} in duration {shown}"));
            }
        };
        let whole: u128 = if whole.is_empty() {
            0
        } else {
            whole.parse().map_err(|_| invalid())?
        };
        total = total.saturating_add(whole.saturating_mul(unit));
        // More digits than this are below a nanosecond of an hour.
        let fraction = fraction.get(..fraction.len().min(18)).unwrap_or("");
        if !fraction.is_empty() {
            let scale = 10u128.pow(u32::try_from(fraction.len()).unwrap_or(0));
            let part: u128 = fraction.parse().map_err(|_| invalid())?;
            total = total.saturating_add(part.saturating_mul(unit) / scale);
        }
        rest = behind;
    }
    let total = i128::try_from(total).map_err(|_| invalid())?;
    i64::try_from(if negative { -total } else { total }).map_err(|_| invalid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_go_both_ways() {
        for (nanoseconds, wanted) in [
            (0, "0s"),
            (1, "1ns"),
            (1_500, "1.5µs"),
            (2_000_000, "2ms"),
            (95_000_000_000, "1m35s"),
            (-3_600_000_000_000, "-1h0m0s"),
            (3_723_500_000_000, "1h2m3.5s"),
            (i64::MIN, "-2562047h47m16.854775808s"),
        ] {
            assert_eq!(text(nanoseconds), wanted);
            assert_eq!(parse(wanted), Ok(nanoseconds));
        }
        assert_eq!(parse("0000000000000000000001s"), Ok(1_000_000_000));
        assert_eq!(parse("1.5h"), Ok(5_400_000_000_000));
        assert!(parse("5").is_err() && parse("5x").is_err() && parse("").is_err());
        assert!(parse("99999999999h").is_err() && parse(".s").is_err());
    }
}
