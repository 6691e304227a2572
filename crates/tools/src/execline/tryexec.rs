//! tryexec: becomes a block, or the rest where that cannot be executed.

use chain::{Call, Exec, Outcome, Program, Result};

use super::{blocks, exec};

pub(super) const PROGRAM: Program = Program {
    name: "tryexec",
    usage: "[ -n ] [ -c ] [ -l ] [ -a argv0 ] { command... } prog...",
    summary: "run a block, or a program if the block cannot be executed",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let mut options = call.options("ncla:")?;
    let reversed = options.iter().any(|option| option.letter == b'n');
    options.retain(|option| option.letter != b'n');
    let block = blocks::take_command(call, "block")?;
    let rest = call.rest();
    let (first, second) = if reversed { (rest, block) } else { (block, rest) };
    let fallback = match second.is_empty() {
        true => None,
        false => Some(Box::new(exec::dressed(call, &[], second))),
    };
    Ok(Outcome::Exec(Exec {
        fallback,
        ..exec::dressed(call, &options, first)
    }))
}
