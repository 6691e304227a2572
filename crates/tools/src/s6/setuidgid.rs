//! s6-setuidgid: becomes a user, then a program.

use chain::{Call, Outcome, Program, Result};

use super::identity;

pub(super) const PROGRAM: Program = Program {
    name: "s6-setuidgid",
    usage: "user[:group] prog...",
    summary: "run a program as another user",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    call.options("")?;
    let word = call.operand()?;
    let next = call.program()?;
    // An empty word changes nothing: scripts pass a variable that may be unset.
    if !word.is_empty() {
        identity::resolve(&identity::accounts()?, &word)?.assume(call.name)?;
    }
    Ok(Outcome::exec(call, next))
}
