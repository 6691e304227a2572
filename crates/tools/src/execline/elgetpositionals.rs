//! elgetpositionals: substitutes the positional parameters.

use chain::{Call, Outcome, Program, Result};
use execline::number;
use execline::substitution::Substitution;

use super::{execlineb, positionals, substitute};

pub(super) const PROGRAM: Program = Program {
    name: "elgetpositionals",
    usage: "[ -P sharp ] prog...",
    summary: "substitute the positional parameters, then run a program",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let mut substitution = Substitution::new();
    directive(call, &mut substitution)?;
    Ok(substitute::become_rest(call, &substitution))
}

/// Takes its options.
pub(super) fn directive(call: &mut Call, substitution: &mut Substitution) -> Result<()> {
    let mut least = 0;
    for option in call.options("P:")? {
        least = number::unsigned(&option.value).ok_or_else(|| call.misuse())?;
    }
    let parameters = positionals::read(call)?;
    execlineb::add(substitution, &parameters.zeroth, &parameters.args, least)?;
    substitute::add(substitution, b"@", parameters.args)
}
