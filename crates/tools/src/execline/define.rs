//! define: lets a key stand for a value.

use chain::{Call, Outcome, Program, Result};
use execline::substitution::Substitution;

use super::substitute;

pub(super) const PROGRAM: Program = Program {
    name: "define",
    usage: "[ -N | -n ] [ -s ] [ -C | -c ] [ -d delim ] key value prog...",
    summary: "substitute a value, then run a program",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let mut substitution = Substitution::new();
    directive(call, &mut substitution)?;
    Ok(substitute::become_rest(call, &substitution))
}

/// Takes options, key and value.
pub(super) fn directive(call: &mut Call, substitution: &mut Substitution) -> Result<()> {
    let options = call.options(execline::transform::OPTIONS)?;
    let transform = substitute::transform(options, |_| Ok(()))?;
    let key = call.operand()?;
    let value = call.operand()?;
    let words = substitute::words(&transform, &value)?;
    substitute::add(substitution, &key, words)
}
