//! Formats: verbs with flags, width, precision and argument numbers.

use super::{Flags, PrintError, Printer};
use crate::value::Value;

/// Widths, precisions and argument numbers above this are not taken.
const LARGEST: usize = 1_000_000;

/// fmt.Sprintf
pub(crate) fn printf(format: &str, args: &[Value], limit: usize) -> Result<String, PrintError> {
    let mut run = Run {
        printer: Printer::new(limit),
        rest: format,
        args,
        next: 0,
        reordered: false,
        good_index: true,
    };
    run.all()?;
    Ok(run.printer.out)
}

struct Run<'a> {
    printer: Printer,
    rest: &'a str,
    args: &'a [Value],
    next: usize,
    /// Whether an argument was named by number, after which extra ones are no mistake.
    reordered: bool,
    good_index: bool,
}

impl Run<'_> {
    fn all(&mut self) -> Result<(), PrintError> {
        while let Some(at) = self.rest.find('%') {
            let (text, rest) = self.rest.split_at(at);
            self.printer.push(text)?;
            self.rest = rest.get(1..).unwrap_or("");
            self.verb()?;
        }
        self.printer.push(self.rest)?;
        if !self.reordered && self.next < self.args.len() {
            self.extra()?;
        }
        Ok(())
    }

    fn extra(&mut self) -> Result<(), PrintError> {
        self.printer.flags = Flags::default();
        self.printer.push("%!(EXTRA ")?;
        for (index, value) in self.args.iter().skip(self.next).enumerate() {
            if index > 0 {
                self.printer.push(", ")?;
            }
            if !value.is_nil() {
                self.printer.push(value.type_name())?;
                self.printer.push("=")?;
            }
            self.printer.value(value, 'v', 0)?;
        }
        self.printer.push(")")
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.rest = self.rest.get(c.len_utf8()..).unwrap_or("");
        Some(c)
    }

    /// A number; the error is one that is too large.
    fn number(&mut self) -> Option<Result<usize, ()>> {
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(self.rest.len());
        let digits = self.rest.get(..end).filter(|digits| !digits.is_empty())?;
        self.rest = self.rest.get(end..).unwrap_or("");
        Some(match digits.parse::<usize>() {
            Ok(number) if number <= LARGEST => Ok(number),
            _ => Err(()),
        })
    }

    /// `[3]`: the next argument's number. Whether one stood here.
    fn index(&mut self) -> bool {
        if self.peek() != Some('[') {
            return false;
        }
        self.reordered = true;
        let Some(end) = self.rest.find(']') else {
            self.good_index = false;
            self.bump();
            return false;
        };
        let number = self.rest.get(1..end).and_then(|n| n.parse::<usize>().ok());
        self.rest = self.rest.get(end + 1..).unwrap_or("");
        match number {
            Some(number) if number >= 1 && number <= self.args.len() => {
                self.next = number - 1;
                true
            }
            _ => {
                self.good_index = false;
                true
            }
        }
    }

    /// `*`: a width or a precision that is an argument.
    fn star(&mut self) -> Option<i64> {
        let value = self.args.get(self.next)?;
        self.next += 1;
        match value {
            Value::Int(number, _) if number.unsigned_abs() <= LARGEST as u64 => Some(*number),
            Value::Uint(number, _) if *number <= LARGEST as u64 => i64::try_from(*number).ok(),
            _ => None,
        }
    }

    fn verb(&mut self) -> Result<(), PrintError> {
        self.printer.flags = Flags::default();
        self.good_index = true;
        self.flags();
        let mut after_index = self.index();
        if self.peek() == Some('*') {
            self.bump();
            match self.star() {
                Some(width) => {
                    if width < 0 {
                        self.printer.flags.minus = true;
                        self.printer.flags.zero = false;
                    }
                    self.printer.flags.width = usize::try_from(width.unsigned_abs()).ok();
                }
                None => self.printer.push("%!(BADWIDTH)")?,
            }
            after_index = false;
        } else if let Some(width) = self.number() {
            match width {
                Ok(width) => self.printer.flags.width = Some(width),
                Err(()) => self.printer.push("%!(BADWIDTH)")?,
            }
            if after_index {
                self.good_index = false;
            }
        }
        if self.peek() == Some('.') {
            self.bump();
            if after_index {
                self.good_index = false;
            }
            after_index = self.index();
            if self.peek() == Some('*') {
                self.bump();
                match self.star() {
                    Some(precision) => {
                        self.printer.flags.precision = usize::try_from(precision).ok();
                        if precision < 0 {
                            self.printer.push("%!(BADPREC)")?;
                        }
                    }
                    None => self.printer.push("%!(BADPREC)")?,
                }
                after_index = false;
            } else {
                match self.number() {
                    None => self.printer.flags.precision = Some(0),
                    Some(Ok(precision)) => self.printer.flags.precision = Some(precision),
                    Some(Err(())) => self.printer.push("%!(BADPREC)")?,
                }
            }
        }
        if !after_index {
            self.index();
        }
        let Some(verb) = self.bump() else {
            return self.printer.push("%!(NOVERB)");
        };
        self.print(verb)
    }

    fn flags(&mut self) {
        while let Some(c) = self.peek() {
            let flags = &mut self.printer.flags;
            match c {
                '#' => flags.sharp = true,
                '0' => flags.zero = true,
                '+' => flags.plus = true,
                '-' => flags.minus = true,
                ' ' => flags.space = true,
                _ => return,
            }
            self.bump();
        }
    }

    fn print(&mut self, verb: char) -> Result<(), PrintError> {
        if verb == '%' {
            return self.printer.push("%");
        }
        if !self.good_index {
            return self.printer.push(&format!("%!{verb}(BADINDEX)"));
        }
        let Some(value) = self.args.get(self.next) else {
            return self.printer.push(&format!("%!{verb}(MISSING)"));
        };
        self.next += 1;
        let flags = &mut self.printer.flags;
        if verb == 'v' {
            flags.sharp_v = std::mem::take(&mut flags.sharp);
            flags.plus = false;
        }
        match verb {
            'T' => {
                let name = value.type_name();
                self.printer.pad(name)
            }
            'p' => {
                let name = value.type_name();
                self.printer.push(&format!("%!p({name}="))?;
                self.printer.flags = Flags::default();
                self.printer.value(value, 'v', 0)?;
                self.printer.push(")")
            }
            _ => self.printer.value(value, verb, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(format: &str, args: &[Value]) -> String {
        printf(format, args, 1 << 16).expect("short enough")
    }

    #[test]
    fn verbs_print_as_gos() {
        let (one, two) = (Value::int(1), Value::int(2));
        for (format, args, wanted) in [
            (
                "%5s|%-5s|%.2s",
                vec!["ab".into(), "ab".into(), "abc".into()],
                "   ab|ab   |ab",
            ),
            (
                "%05d|%+d|%x|%#x",
                vec![Value::int(-42), Value::int(5), "hi".into(), Value::int(255)],
                "-0042|+5|6869|0xff",
            ),
            (
                "%d %s %v",
                vec!["x".into(), Value::int(5), Value::Nil],
                "%!d(string=x) %!s(int=5) <nil>",
            ),
            (
                "%d %s",
                vec![Value::Nil, Value::Nil],
                "%!d(<nil>) %!s(<nil>)",
            ),
            ("%z %d", vec![one.clone()], "%!z(int=1) %!d(MISSING)"),
            ("%[2]d %[1]d", vec![one.clone(), two.clone()], "2 1"),
            ("%*d|", vec![Value::int(5), Value::int(42)], "   42|"),
            ("%-*d|", vec![Value::int(5), Value::int(42)], "42   |"),
            ("%", vec![one.clone()], "%!(NOVERB)%!(EXTRA int=1)"),
            (
                "%[5]d|%[x]d",
                vec![one.clone()],
                "%!d(BADINDEX)|%!d(BADINDEX)",
            ),
            (
                "%q|%#q|%+q",
                vec!["a\"b".into(), "ab".into(), "é".into()],
                "\"a\\\"b\"|`ab`|\"\\u00e9\"",
            ),
            (
                "%U|%#U|%c",
                vec![Value::int(0x1F600); 3],
                "U+1F600|U+1F600 '😀'|😀",
            ),
            (
                "%08b|%o|%#o|%O",
                vec![Value::int(5), Value::int(8), Value::int(8), Value::int(8)],
                "00000101|10|010|0o10",
            ),
            (
                "%6.2f|%08.3f|%+.3e",
                vec![1.0.into(), (-1.5).into(), 12345.678.into()],
                "  1.00|-001.500|+1.235e+04",
            ),
            ("%t|%5t", vec![true.into(), false.into()], "true|false"),
            (
                "% x|%# x|%X",
                vec!["hi".into(), "hi".into(), Value::int(-255)],
                "68 69|0x68 0x69|-FF",
            ),
            ("%.d|%.0d|%3.d|", vec![Value::int(0); 3], "||   |"),
            ("%T %T", vec![Value::Nil, 1.0.into()], "<nil> float64"),
            ("%5%|%d", vec![one.clone()], "%|1"),
        ] {
            assert_eq!(run(format, &args), wanted, "{format}");
        }
    }

    #[test]
    fn lists_and_maps_pass_the_verb_on() {
        let list = Value::list(vec![Value::int(1), "a".into(), Value::Nil]);
        assert_eq!(
            run("%s %d %v", &[list.clone(), list.clone(), list.clone()]),
            "[%!s(int=1) a <nil>] [1 %!d(string=a) <nil>] [1 a <nil>]"
        );
        let map = Value::map([("b", Value::Nil), ("a", list)]);
        assert_eq!(
            run("%v %#v", &[map.clone(), map]),
            "map[a:[1 a <nil>] b:<nil>] map[string]interface {}{\"a\":[]interface {}{1, \"a\", interface {}(nil)}, \"b\":interface {}(nil)}"
        );
    }

    #[test]
    fn huge_widths_do_not_take_memory() {
        assert_eq!(
            printf("%999999d", &[Value::int(1)], 100),
            Err(PrintError::TooLong)
        );
        assert_eq!(
            printf("%.999999f", &[Value::Float(1.0)], 100),
            Err(PrintError::TooLong)
        );
        assert_eq!(run("%9999999d", &[Value::int(1)]), "%!(BADWIDTH)1");
    }
}
