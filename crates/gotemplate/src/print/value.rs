//! Any value by a verb.

use super::{DEEPEST, PrintError, Printer, float, hex};
use crate::quote;
use crate::types::{IntType, ListType, MapType};
use crate::value::{List, Map, Value};

impl Printer {
    /// The value by the verb; what the verb does not fit is printed as Go reports it.
    pub(super) fn value(
        &mut self,
        value: &Value,
        verb: char,
        depth: usize,
    ) -> Result<(), PrintError> {
        if depth > DEEPEST {
            return Err(PrintError::TooDeep);
        }
        let fits = match value {
            Value::Nil => return self.nil(verb, depth),
            Value::Bool(truth) => match verb {
                't' | 'v' => {
                    self.pad(if *truth { "true" } else { "false" })?;
                    true
                }
                _ => false,
            },
            Value::Int(number, kind) => match (named(*number, *kind), verb) {
                (Some(text), 'v' | 's' | 'q' | 'x' | 'X') if !self.flags.sharp_v => {
                    self.string(&text, verb)?
                }
                _ => self.integer(number.unsigned_abs(), *number < 0, verb)?,
            },
            Value::Uint(number, _) if self.flags.sharp_v => {
                let text = format!("{number:#x}");
                self.pad(&text)?;
                true
            }
            Value::Uint(number, _) => self.integer(*number, false, verb)?,
            Value::Float(number) => self.float(*number, verb)?,
            Value::Complex(real, imaginary) => self.complex(*real, *imaginary, verb)?,
            Value::String(text) => self.string(text, verb)?,
            Value::List(list) => {
                self.list(list, verb, depth)?;
                true
            }
            Value::Map(map) => {
                self.map(map, verb, depth)?;
                true
            }
            Value::Time(time) => {
                let text = time.to_string();
                self.string(&text, verb)?
            }
            Value::Version(version) => {
                let text = version.to_string();
                self.string(&text, verb)?
            }
        };
        if fits {
            return Ok(());
        }
        self.misuse(value, verb, depth)
    }

    /// `%!d(string=x)`
    fn misuse(&mut self, value: &Value, verb: char, depth: usize) -> Result<(), PrintError> {
        self.push(&format!("%!{verb}({}=", value.type_name()))?;
        let flags = std::mem::take(&mut self.flags);
        let done = self.value(value, 'v', depth + 1);
        self.flags = flags;
        done?;
        self.push(")")
    }

    fn nil(&mut self, verb: char, depth: usize) -> Result<(), PrintError> {
        match verb {
            'v' if depth > 0 && self.flags.sharp_v => self.push("interface {}(nil)"),
            'v' if depth == 0 => self.pad("<nil>"),
            _ if depth > 0 => self.push("<nil>"),
            _ => self.push(&format!("%!{verb}(<nil>)")),
        }
    }

    fn string(&mut self, text: &str, verb: char) -> Result<bool, PrintError> {
        let cut: String;
        let shown = match self.flags.precision {
            Some(precision) if matches!(verb, 'v' | 's' | 'q') => {
                cut = text.chars().take(precision).collect();
                &cut
            }
            _ => text,
        };
        match verb {
            'v' if self.flags.sharp_v => self.pad(&quote::quote(shown))?,
            'v' | 's' => self.pad(shown)?,
            'q' => {
                let raw = self.flags.sharp
                    && !shown.contains(|c: char| c == '`' || (c.is_control() && c != '\t'));
                let text = if raw {
                    format!("`{shown}`")
                } else {
                    quote::quoted(shown, '"', self.flags.plus)
                };
                self.pad(&text)?;
            }
            'x' | 'X' => {
                let bytes = text.as_bytes();
                let length = self.flags.precision.unwrap_or(bytes.len());
                let bytes = bytes.get(..length).unwrap_or(bytes);
                if bytes.len() > self.limit {
                    return Err(PrintError::TooLong);
                }
                let text = hex(bytes, verb == 'X', &self.flags);
                self.pad(&text)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn float(&mut self, number: f64, verb: char) -> Result<bool, PrintError> {
        let precision = self.flags.precision;
        let text = match verb {
            'v' => float::format(number, 'g', precision),
            'e' | 'E' | 'f' | 'F' => float::format(number, verb, precision.or(Some(6))),
            'g' | 'G' => float::format(number, verb, precision),
            _ => return Ok(false),
        };
        if text.len() > self.limit {
            return Err(PrintError::TooLong);
        }
        let (mut sign, digits) = match text.strip_prefix(['-', '+']) {
            Some(digits) => (text.get(..1).unwrap_or(""), digits),
            None => ("+", text.as_str()),
        };
        let finite = number.is_finite();
        if sign == "+" && !self.flags.plus {
            sign = match (self.flags.space, number.is_infinite()) {
                (true, _) => " ",
                // Go prints the sign of an infinity always.
                (false, true) => "+",
                (false, false) => "",
            };
        }
        let missing = match self.flags.width {
            Some(width) if self.flags.zero && !self.flags.minus && finite => {
                width.saturating_sub(sign.len() + digits.len())
            }
            _ => 0,
        };
        if missing > self.limit {
            return Err(PrintError::TooLong);
        }
        let text = format!("{sign}{}{digits}", "0".repeat(missing));
        let zero = std::mem::take(&mut self.flags.zero);
        let done = self.pad(&text);
        self.flags.zero = zero;
        done.map(|()| true)
    }

    fn complex(&mut self, real: f64, imaginary: f64, verb: char) -> Result<bool, PrintError> {
        if !matches!(verb, 'v' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G') {
            return Ok(false);
        }
        self.push("(")?;
        self.float(real, verb)?;
        let plus = std::mem::replace(&mut self.flags.plus, true);
        self.float(imaginary, verb)?;
        self.flags.plus = plus;
        self.push("i)")?;
        Ok(true)
    }

    fn list(&mut self, list: &List, verb: char, depth: usize) -> Result<(), PrintError> {
        if list.kind() == ListType::Bytes && matches!(verb, 's' | 'q' | 'x' | 'X') {
            let bytes: Vec<u8> = list
                .items()
                .iter()
                .filter_map(|item| match item {
                    Value::Uint(byte, _) => u8::try_from(*byte).ok(),
                    _ => None,
                })
                .collect();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            return self.string(&text, verb).map(|_| ());
        }
        let (open, between, close) = if self.flags.sharp_v {
            self.push(list.kind().name())?;
            ("{", ", ", "}")
        } else {
            ("[", " ", "]")
        };
        self.push(open)?;
        for (index, item) in list.items().iter().enumerate() {
            if index > 0 {
                self.push(between)?;
            }
            self.value(item, verb, depth + 1)?;
        }
        self.push(close)
    }

    fn map(&mut self, map: &Map, verb: char, depth: usize) -> Result<(), PrintError> {
        let is_struct = matches!(map.kind(), MapType::Struct(_));
        let (open, between, close) = match (is_struct, self.flags.sharp_v) {
            // A pointer to a struct shows its ampersand where fmt gets it, the template's own
            // printing follows the pointer first (see the interpreter).
            (true, false) => ("&{", " ", "}"),
            (true, true) => ("&{", ", ", "}"),
            (false, false) => ("map[", " ", "]"),
            (false, true) => {
                self.push(map.kind().name())?;
                ("{", ", ", "}")
            }
        };
        self.push(open)?;
        let mut first = true;
        for (key, value) in map.entries().iter() {
            if is_struct && matches!(key, crate::Key::String(name) if name.ends_with("()")) {
                continue;
            }
            if !std::mem::take(&mut first) {
                self.push(between)?;
            }
            if !is_struct {
                self.value(&key.value(), verb, depth + 1)?;
                self.push(":")?;
            }
            self.value(value, verb, depth + 1)?;
        }
        self.push(close)
    }
}

/// The text of a number whose type has a String method.
fn named(number: i64, kind: IntType) -> Option<String> {
    match kind {
        IntType::Duration => Some(crate::time::duration_text(number)),
        IntType::Month => Some(crate::time::month_name(number)),
        IntType::Weekday => Some(crate::time::weekday_name(number)),
        IntType::Int | IntType::Int32 | IntType::Int64 => None,
    }
}
