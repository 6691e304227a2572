//! runblock: becomes a block that the script was given as arguments.

use chain::{Call, Failure, Outcome, Program, Result};
use execline::{block, number};

use super::positionals;

pub(super) const PROGRAM: Program = Program {
    name: "runblock",
    usage: "[ -P ] [ -n argshift ] [ -r ] n cmd...",
    summary: "run a block that the script was given",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let (mut keep_frame, mut remainder, mut skipped) = (false, false, 0);
    for option in call.options("Prn:")? {
        match option.letter {
            b'P' => keep_frame = true,
            b'r' => remainder = true,
            _ => skipped = number::unsigned(&option.value).ok_or_else(|| call.misuse())?,
        }
    }
    let word = call.operand()?;
    let wanted = number::unsigned(&word)
        .filter(|wanted| *wanted > 0 || remainder)
        .ok_or_else(|| call.misuse())?;
    let args = positionals::read(call)?.args;
    let mut rest = args.get(skipped as usize..).ok_or_else(too_few)?;
    let mut chosen = Vec::new();
    for _ in 0..wanted {
        let block = block::read(rest).ok_or_else(too_few)?;
        rest = &rest[block.used..];
        chosen = block.words;
    }
    if remainder {
        chosen = rest.to_vec();
    }
    let mut argv = call.rest();
    argv.append(&mut chosen);
    if !keep_frame {
        positionals::pop(&mut call.env);
    }
    Ok(Outcome::exec_or_exit(call, argv))
}

fn too_few() -> Failure {
    Failure::Invalid("too few arguments: there are not so many blocks".to_string())
}
