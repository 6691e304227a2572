//! s6-grep: prints the lines of standard input that match an expression.

use chain::{Call, Failure, Outcome, Program, Result, Word, escape};
use kernel::regex::{Regex, Syntax};

use super::output;
use super::read_lines::Lines;

pub(super) const PROGRAM: Program = Program {
    name: "s6-grep",
    usage: "[ -E | -F ] [ -i ] [ -c ] [ -n ] [ -q ] [ -v ] pattern",
    summary: "print the lines of standard input that match an expression",
    run,
};

/// What a line is held against.
enum Pattern {
    Text { text: Word, ignore_case: bool },
    Regex(Regex),
}

impl Pattern {
    fn matches(&self, line: &[u8]) -> bool {
        match self {
            Pattern::Regex(regex) => regex.matches(line),
            Pattern::Text { text, .. } if text.is_empty() => true,
            Pattern::Text { text, ignore_case } => line.windows(text.len()).any(|part| {
                part == text || (*ignore_case && part.eq_ignore_ascii_case(text))
            }),
        }
    }
}

fn run(call: &mut Call) -> Result<Outcome> {
    let (mut extended, mut fixed, mut ignore_case) = (false, false, false);
    let (mut count_only, mut numbered, mut quiet, mut inverted) = (false, false, false, false);
    for option in call.options("EFicnqv")? {
        match option.letter {
            b'E' => extended = true,
            b'F' => fixed = true,
            b'i' => ignore_case = true,
            b'c' => count_only = true,
            b'n' => numbered = true,
            b'q' => quiet = true,
            _ => inverted = true,
        }
    }
    let text = call.operand()?;
    let pattern = if fixed {
        Pattern::Text { text, ignore_case }
    } else {
        let syntax = Syntax {
            extended,
            ignore_case,
        };
        Pattern::Regex(Regex::new(&text, syntax).map_err(|why| {
            Failure::Invalid(format!("{} is no regular expression: {why}", escape(&text)))
        })?)
    };
    let mut lines = Lines::new(b'\n');
    let (mut number, mut found) = (0u64, 0u64);
    while let Some(line) = lines.next()? {
        number += 1;
        if pattern.matches(&line) == inverted {
            continue;
        }
        found += 1;
        if !quiet && !count_only {
            let head = if numbered { format!("{number}:") } else { String::new() };
            output::line(&[head.as_bytes(), &line].concat(), true)?;
        }
    }
    if count_only && !quiet {
        output::line(found.to_string().as_bytes(), true)?;
    }
    Ok(Outcome::Exit(u8::from(found == 0)))
}
