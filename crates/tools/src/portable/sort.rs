//! s6-sort: sorts the lines of standard input.

use std::cmp::Ordering;

use chain::{Call, Outcome, Program, Result};

use super::output;
use super::read_lines::Lines;

pub(super) const PROGRAM: Program = Program {
    name: "s6-sort",
    usage: "[ -b ] [ -c ] [ -f ] [ -r ] [ -u ] [ -0 ]",
    summary: "sort the lines of standard input",
    run,
};

#[derive(Default)]
struct Order {
    ignore_blanks: bool,
    ignore_case: bool,
    reverse: bool,
}

impl Order {
    fn compare(&self, one: &[u8], other: &[u8]) -> Ordering {
        let key = |line: &[u8]| {
            let line = match self.ignore_blanks {
                true => line.trim_ascii_start(),
                false => line,
            };
            match self.ignore_case {
                true => line.to_ascii_lowercase(),
                false => line.to_vec(),
            }
        };
        let order = key(one).cmp(&key(other));
        if self.reverse { order.reverse() } else { order }
    }
}

fn run(call: &mut Call) -> Result<Outcome> {
    let mut order = Order::default();
    let (mut check, mut unique, mut delimiter) = (false, false, b'\n');
    for option in call.options("bcfru0")? {
        match option.letter {
            b'b' => order.ignore_blanks = true,
            b'c' => check = true,
            b'f' => order.ignore_case = true,
            b'r' => order.reverse = true,
            b'u' => unique = true,
            _ => delimiter = 0,
        }
    }
    let mut lines = Lines::new(delimiter);
    let mut all = Vec::new();
    while let Some(line) = lines.next()? {
        all.push(line);
    }
    let mut sorted = all.clone();
    sorted.sort_by(|one, other| order.compare(one, other));
    if unique {
        sorted.dedup_by(|one, other| order.compare(one, other).is_eq());
    }
    if check {
        return Ok(Outcome::Exit(u8::from(sorted != all)));
    }
    let text: Vec<u8> = sorted
        .into_iter()
        .flat_map(|line| line.into_iter().chain([delimiter]))
        .collect();
    output::write(&text)?;
    Ok(Outcome::Exit(0))
}
