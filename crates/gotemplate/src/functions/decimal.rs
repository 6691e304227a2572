//! Decimal numbers of up to 38 digits, for the arithmetic that must not show binary fractions.

/// `mantissa` times ten to the `exponent`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Decimal {
    mantissa: i128,
    exponent: i32,
}

/// How many digits behind the point a division gives.
const DIVISION: i32 = 16;

impl Decimal {
    /// The number with the fewest digits that reads back as the float.
    pub(super) fn of(number: f64) -> Option<Decimal> {
        if !number.is_finite() {
            return None;
        }
        let text = format!("{number:e}");
        let (digits, exponent) = text.split_once('e')?;
        let behind = digits.split_once('.').map_or(0, |(_, behind)| behind.len());
        let mantissa = digits.replace('.', "").parse().ok()?;
        let exponent = exponent.parse::<i32>().ok()?;
        Some(Decimal {
            mantissa,
            exponent: exponent.checked_sub(i32::try_from(behind).ok()?)?,
        })
    }

    /// The nearest float.
    pub(super) fn float(self) -> f64 {
        format!("{}e{}", self.mantissa, self.exponent)
            .parse()
            .unwrap_or(0.0)
    }

    /// Both mantissas at the lesser exponent.
    fn aligned(self, other: Decimal) -> Option<(i128, i128, i32)> {
        let exponent = self.exponent.min(other.exponent);
        let scale = |number: Decimal| {
            if number.mantissa == 0 {
                return Some(0);
            }
            let by = u32::try_from(number.exponent - exponent).ok()?;
            number.mantissa.checked_mul(10i128.checked_pow(by)?)
        };
        Some((scale(self)?, scale(other)?, exponent))
    }

    pub(super) fn plus(self, other: Decimal) -> Option<Decimal> {
        let (a, b, exponent) = self.aligned(other)?;
        Some(Decimal {
            mantissa: a.checked_add(b)?,
            exponent,
        })
    }

    pub(super) fn minus(self, other: Decimal) -> Option<Decimal> {
        let (a, b, exponent) = self.aligned(other)?;
        Some(Decimal {
            mantissa: a.checked_sub(b)?,
            exponent,
        })
    }

    pub(super) fn times(self, other: Decimal) -> Option<Decimal> {
        Some(Decimal {
            mantissa: self.mantissa.checked_mul(other.mantissa)?,
            exponent: self.exponent.checked_add(other.exponent)?,
        })
    }

    /// Rounded half away from zero at the last digit.
    pub(super) fn over(self, other: Decimal) -> Option<Decimal> {
        let by = self
            .exponent
            .checked_sub(other.exponent)?
            .checked_add(DIVISION)?;
        let (mut a, mut b) = (self.mantissa, other.mantissa);
        let power = 10i128.checked_pow(by.unsigned_abs())?;
        if by >= 0 {
            a = a.checked_mul(power)?;
        } else {
            b = b.checked_mul(power)?;
        }
        let quotient = a.checked_div(b)?;
        let twice = a.checked_rem(b)?.checked_mul(2)?;
        let away = if (a < 0) == (b < 0) { 1 } else { -1 };
        let rounded = if twice.unsigned_abs() >= b.unsigned_abs() {
            quotient.checked_add(away)?
        } else {
            quotient
        };
        Some(Decimal {
            mantissa: rounded,
            exponent: -DIVISION,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_show_no_binary_fractions() {
        let number = |n| Decimal::of(n).expect("finite");
        let float = |n: Option<Decimal>| n.expect("fits").float();
        assert_eq!(float(number(0.1).plus(number(0.2))), 0.3);
        assert_eq!(float(number(1.1).times(number(1.1))), 1.21);
        assert_eq!(float(number(10.0).over(number(4.0))), 2.5);
        assert_eq!(float(number(2.0).over(number(3.0))), 0.6666666666666667);
        assert!(number(1e300).plus(number(1e-300)).is_none());
        assert!(Decimal::of(f64::NAN).is_none());
    }
}
