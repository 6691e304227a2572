//! forstdin: runs a program for each line of standard input.

use chain::{Call, Outcome, Program, Result};

use super::import_value;
use super::read_lines::Lines;

pub(super) const PROGRAM: Program = Program {
    name: "forstdin",
    usage: "[ -E | -e ] [ -p | -P maxpar ] [ -o okcode,okcode,... | -x breakcode,breakcode,... ] [ -N | -n ] [ -C | -c ] [ -0 | -d delim ] variable prog...",
    summary: "run a program for each line of standard input",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let (mut each, lines) = Lines::from_words(call)?;
    each.body = call.program()?;
    import_value::check_name(&each.variable)?;
    lines.run(call, &mut each, 0)
}
