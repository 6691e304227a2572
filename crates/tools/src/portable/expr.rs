//! s6-expr: prints the value of an expression of whole numbers (expr(1p), without `:`).

use chain::{Call, Failure, Outcome, Program, Result, Word, escape};
use execline::number;

use super::output;

pub(super) const PROGRAM: Program = Program {
    name: "s6-expr",
    usage: "expression...",
    summary: "print the value of an expression; 1 where it is 0",
    run,
};

/// The exit code of what is no expression (expr(1p)).
const INVALID: u8 = 2;

fn run(call: &mut Call) -> Result<Outcome> {
    let words = call.rest();
    let mut parser = Parser {
        words: &words,
        at: 0,
        depth: 0,
    };
    let value = parser.level(0)?;
    if parser.at < words.len() {
        return Err(parser.unexpected());
    }
    output::line(value.to_string().as_bytes(), true)?;
    Ok(Outcome::Exit(u8::from(value == 0)))
}

/// Operators, those that bind least first.
const LEVELS: [&[&str]; 5] = [
    &["|"],
    &["&"],
    &["=", "!=", "<", "<=", ">", ">="],
    &["+", "-"],
    &["*", "/", "%"],
];

/// Deeper parentheses than anybody writes; the stack has room for many more.
const DEEPEST: u32 = 1000;

struct Parser<'a> {
    words: &'a [Word],
    at: usize,
    depth: u32,
}

impl Parser<'_> {
    /// An expression of operators from this level on, from left to right.
    fn level(&mut self, level: usize) -> Result<i64> {
        let Some(operators) = LEVELS.get(level) else {
            return self.operand();
        };
        let mut value = self.level(level + 1)?;
        while let Some(operator) = self.one_of(operators) {
            let other = self.level(level + 1)?;
            value = apply(operator, value, other).ok_or_else(|| {
                invalid(format!("{value} {operator} {other} is no number of 64 bits"))
            })?;
        }
        Ok(value)
    }

    fn one_of(&mut self, operators: &[&'static str]) -> Option<&'static str> {
        let word = self.words.get(self.at)?;
        let found = operators.iter().find(|known| known.as_bytes() == word)?;
        self.at += 1;
        Some(found)
    }

    fn operand(&mut self) -> Result<i64> {
        if self.one_of(&["("]).is_some() {
            self.depth += 1;
            if self.depth > DEEPEST {
                return Err(invalid(format!("more than {DEEPEST} parentheses deep")));
            }
            let value = self.level(0)?;
            if self.one_of(&[")"]).is_none() {
                return Err(self.unexpected());
            }
            self.depth -= 1;
            return Ok(value);
        }
        let word = self.words.get(self.at);
        let value = word.and_then(|word| number::signed(word));
        let value = value.ok_or_else(|| self.unexpected())?;
        self.at += 1;
        Ok(value)
    }

    fn unexpected(&self) -> Failure {
        invalid(match self.words.get(self.at) {
            Some(word) => format!("unexpected {}", escape(word)),
            None => "it ends too early".to_string(),
        })
    }
}

fn invalid(why: String) -> Failure {
    Failure::Other {
        code: INVALID,
        text: format!("invalid expression: {why}"),
    }
}

fn apply(operator: &str, a: i64, b: i64) -> Option<i64> {
    Some(match operator {
        "|" if a != 0 => a,
        "|" => b,
        "&" if a != 0 && b != 0 => a,
        "&" => 0,
        "=" => i64::from(a == b),
        "!=" => i64::from(a != b),
        "<" => i64::from(a < b),
        "<=" => i64::from(a <= b),
        ">" => i64::from(a > b),
        ">=" => i64::from(a >= b),
        "+" => a.checked_add(b)?,
        "-" => a.checked_sub(b)?,
        "*" => a.checked_mul(b)?,
        "/" => a.checked_div(b)?,
        _ => a.checked_rem(b)?,
    })
}
