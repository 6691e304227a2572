//! Values as text, by the rules of Go's fmt.

mod float;
mod integer;
mod printf;
mod value;

pub(crate) use float::format as format_float;
pub use float::shortest;
pub(crate) use printf::printf;

use crate::value::Value;
use std::fmt::Write;

/// How deep a printed value may nest: a map can hold itself.
const DEEPEST: usize = 100;

/// Why something could not be printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PrintError {
    /// The text would exceed the limit.
    TooLong,
    /// The value nests too deep.
    TooDeep,
}

impl std::fmt::Display for PrintError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PrintError::TooLong => out.write_str("the printed text is too long"),
            PrintError::TooDeep => {
                write!(out, "a value nests deeper than {DEEPEST} or holds itself")
            }
        }
    }
}

/// What is being printed, the flags of its verb, and how much there may be.
pub(crate) struct Printer {
    pub(crate) out: String,
    limit: usize,
    flags: Flags,
}

/// The flags, width and precision of a verb.
#[derive(Debug, Clone, Copy, Default)]
struct Flags {
    width: Option<usize>,
    precision: Option<usize>,
    minus: bool,
    plus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    /// `%#v`: the flag belongs to the verb and not to its numbers.
    sharp_v: bool,
}

impl Printer {
    pub(crate) fn new(limit: usize) -> Printer {
        Printer {
            out: String::new(),
            limit,
            flags: Flags::default(),
        }
    }

    fn push(&mut self, text: &str) -> Result<(), PrintError> {
        if self.out.len().saturating_add(text.len()) > self.limit {
            return Err(PrintError::TooLong);
        }
        self.out.push_str(text);
        Ok(())
    }

    /// The text filled up to the width.
    fn pad(&mut self, text: &str) -> Result<(), PrintError> {
        let width = self.flags.width.unwrap_or(0);
        let missing = width.saturating_sub(text.chars().count());
        if missing == 0 {
            return self.push(text);
        }
        if missing > self.limit {
            return Err(PrintError::TooLong);
        }
        // Zeros only stand in front.
        let fill = if self.flags.zero && !self.flags.minus {
            "0"
        } else {
            " "
        };
        let filling = fill.repeat(missing);
        if self.flags.minus {
            self.push(text)?;
            self.push(&filling)
        } else {
            self.push(&filling)?;
            self.push(text)
        }
    }
}

/// `%v` of a value.
pub(crate) fn display(value: &Value, limit: usize) -> Result<String, PrintError> {
    if let Value::String(text) = value {
        return Ok(text.to_string());
    }
    let mut printer = Printer::new(limit);
    printer.value(value, 'v', 0)?;
    Ok(printer.out)
}

/// fmt.Sprint: a blank between two values of which neither is a string.
pub(crate) fn print(values: &[Value], limit: usize) -> Result<String, PrintError> {
    let mut printer = Printer::new(limit);
    let mut before_is_string = true;
    for value in values {
        let is_string = matches!(value, Value::String(_));
        if !before_is_string && !is_string {
            printer.push(" ")?;
        }
        before_is_string = is_string;
        printer.value(value, 'v', 0)?;
    }
    Ok(printer.out)
}

/// fmt.Sprintln: a blank between any two values, and a line end.
pub(crate) fn println(values: &[Value], limit: usize) -> Result<String, PrintError> {
    let mut printer = Printer::new(limit);
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            printer.push(" ")?;
        }
        printer.value(value, 'v', 0)?;
    }
    printer.push("\n")?;
    Ok(printer.out)
}

/// The bytes of a text as hexadecimal digits.
fn hex(bytes: &[u8], upper: bool, flags: &Flags) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    let prefix = match (flags.sharp, upper) {
        (false, _) => "",
        (true, false) => "0x",
        (true, true) => "0X",
    };
    for (index, byte) in bytes.iter().enumerate() {
        if index > 0 && flags.space {
            out.push(' ');
        }
        if index == 0 || flags.space {
            out.push_str(prefix);
        }
        // Writing to a string does not fail.
        let _ = if upper {
            write!(out, "{byte:02X}")
        } else {
            write!(out, "{byte:02x}")
        };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_stand_between_values_that_are_not_strings() {
        let values = [
            Value::int(1),
            Value::int(2),
            Value::from("a"),
            Value::int(3),
            Value::Nil,
            Value::Nil,
        ];
        assert_eq!(print(&values, 100).as_deref(), Ok("1 2a3 <nil> <nil>"));
        assert_eq!(
            println(&values, 100).as_deref(),
            Ok("1 2 a 3 <nil> <nil>\n")
        );
        assert_eq!(print(&values, 3), Err(PrintError::TooLong));
    }

    #[test]
    fn a_map_that_holds_itself_is_an_error() {
        let map = Value::map::<crate::Key, _>([]);
        if let Value::Map(inner) = &map {
            inner.set("a".into(), map.clone());
        }
        assert_eq!(display(&map, 1 << 20), Err(PrintError::TooDeep));
        if let Value::Map(inner) = &map {
            inner.unset(&"a".into());
        }
    }
}
