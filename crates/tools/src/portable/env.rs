//! s6-env: runs a program with other variables, or prints them.

use chain::{Call, Outcome, Program, Result};

use super::output;

pub(super) const PROGRAM: Program = Program {
    name: "s6-env",
    usage: "[ -i ] [ name=value... ] [ prog... ]",
    summary: "run a program with other variables, or print them",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let mut empty = !call.options("i")?.is_empty();
    // The old way to say -i.
    if call.args.first().is_some_and(|word| word == b"-") {
        empty = true;
        call.args.remove(0);
    }
    if empty {
        call.env.clear();
    }
    while let Some(at) = call
        .args
        .first()
        .and_then(|word| word.iter().position(|byte| *byte == b'='))
    {
        let word = call.args.remove(0);
        call.env.set(&word[..at], &word[at + 1..]);
    }
    let next = call.rest();
    if next.is_empty() {
        let text: Vec<u8> = call
            .env
            .entries()
            .iter()
            .flat_map(|entry| entry.iter().copied().chain([b'\n']))
            .collect();
        output::write(&text)?;
        return Ok(Outcome::Exit(0));
    }
    Ok(Outcome::exec(call, next))
}
