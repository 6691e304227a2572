//! shift: drops positional parameters.

use chain::{Call, Failure, Outcome, Program, Result};
use execline::{block, number};

use super::positionals;

pub(super) const PROGRAM: Program = Program {
    name: "shift",
    usage: "[ -n arg# ] [ -b block# ] prog...",
    summary: "drop positional parameters, then run a program",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let (mut words, mut blocks) = (None, None);
    for option in call.options("n:b:")? {
        let count = number::unsigned(&option.value).ok_or_else(|| call.misuse())?;
        match option.letter {
            b'n' => words = Some(count),
            _ => blocks = Some(count),
        }
    }
    let words = words.unwrap_or(if blocks.is_none() { 1 } else { 0 });
    let next = call.program()?;
    let args = positionals::read(call)?.args;
    let mut at = args.len().min(words as usize);
    for _ in 0..blocks.unwrap_or(0) {
        let block = block::read(&args[at..]).ok_or_else(|| {
            Failure::Invalid("too few arguments: there is no whole block to drop".to_string())
        })?;
        at += block.used;
    }
    positionals::write(&mut call.env, &args[at..], args.len());
    Ok(Outcome::exec(call, next))
}
