//! Whole numbers by a verb.

use super::{PrintError, Printer};

impl Printer {
    /// The number by a verb of whole numbers; false if it is none.
    pub(super) fn integer(
        &mut self,
        magnitude: u64,
        negative: bool,
        verb: char,
    ) -> Result<bool, PrintError> {
        match verb {
            'v' | 'd' => self.digits(magnitude, negative, 10, false)?,
            'b' => self.digits(magnitude, negative, 2, false)?,
            'o' | 'O' => self.octal(magnitude, negative, verb == 'O')?,
            'x' => self.digits(magnitude, negative, 16, false)?,
            'X' => self.digits(magnitude, negative, 16, true)?,
            'c' => {
                let c = character(magnitude, negative);
                self.pad(c.encode_utf8(&mut [0; 4]))?;
            }
            'q' => {
                let c = character(magnitude, negative);
                let text = c.encode_utf8(&mut [0; 4]).to_owned();
                let text = crate::quote::quoted(&text, '\'', self.flags.plus);
                self.pad(&text)?;
            }
            'U' => self.code_point(magnitude, negative)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn octal(&mut self, magnitude: u64, negative: bool, prefix: bool) -> Result<(), PrintError> {
        let sharp = self.flags.sharp;
        if prefix {
            self.flags.sharp = false;
        }
        let mut digits = format!("{magnitude:o}");
        if prefix {
            digits.insert_str(0, "0o");
        } else if sharp && !digits.starts_with('0') {
            digits.insert(0, '0');
        }
        let done = self.number(&digits, "", negative);
        self.flags.sharp = sharp;
        done
    }

    fn digits(
        &mut self,
        magnitude: u64,
        negative: bool,
        radix: u32,
        upper: bool,
    ) -> Result<(), PrintError> {
        let (digits, prefix) = match (radix, upper) {
            (2, _) => (format!("{magnitude:b}"), "0b"),
            (16, false) => (format!("{magnitude:x}"), "0x"),
            (16, true) => (format!("{magnitude:X}"), "0X"),
            _ => (magnitude.to_string(), ""),
        };
        let prefix = if self.flags.sharp { prefix } else { "" };
        self.number(&digits, prefix, negative)
    }

    /// Digits with zeros up to the precision, prefix, sign, and blanks up to the width.
    fn number(&mut self, digits: &str, prefix: &str, negative: bool) -> Result<(), PrintError> {
        let flags = self.flags;
        let sign = match (negative, flags.plus, flags.space) {
            (true, ..) => "-",
            (false, true, _) => "+",
            (false, false, true) => " ",
            _ => "",
        };
        let mut zeros = 0;
        if let Some(precision) = flags.precision {
            if precision == 0 && digits == "0" {
                let zero = std::mem::take(&mut self.flags.zero);
                let done = self.pad("");
                self.flags.zero = zero;
                return done;
            }
            zeros = precision.saturating_sub(digits.len());
        } else if flags.zero && !flags.minus {
            let width = flags.width.unwrap_or(0);
            zeros = width.saturating_sub(digits.len() + sign.len());
        }
        if zeros > self.limit {
            return Err(PrintError::TooLong);
        }
        let text = format!("{sign}{prefix}{}{digits}", "0".repeat(zeros));
        let zero = std::mem::take(&mut self.flags.zero);
        let done = self.pad(&text);
        self.flags.zero = zero;
        done
    }

    fn code_point(&mut self, magnitude: u64, negative: bool) -> Result<(), PrintError> {
        let number = if negative {
            magnitude.wrapping_neg()
        } else {
            magnitude
        };
        let digits = self.flags.precision.unwrap_or(4).clamp(4, 64);
        let mut text = format!("U+{number:0digits$X}");
        if self.flags.sharp
            && let Some(c) = u32::try_from(number).ok().and_then(char::from_u32)
            && crate::quote::is_print(c)
        {
            text.push_str(&format!(" '{c}'"));
        }
        self.pad(&text)
    }
}

fn character(magnitude: u64, negative: bool) -> char {
    let number = if negative {
        None
    } else {
        u32::try_from(magnitude).ok()
    };
    number
        .and_then(char::from_u32)
        .unwrap_or(char::REPLACEMENT_CHARACTER)
}
