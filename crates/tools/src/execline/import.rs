//! import: importas with one name for key and variable. execline dropped it in
//! 2.5.0.0; images written before still call it.

use chain::{Call, Outcome, Program, Result};
use execline::substitution::Substitution;

use super::{importas, substitute};

pub(super) const PROGRAM: Program = Program {
    name: "import",
    usage: "[ -i | -D default ] [ -u ] [ -N | -n ] [ -s ] [ -C | -c ] [ -d delim ] var prog...",
    summary: "substitute the value of a variable under its own name, then run a program",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let mut substitution = Substitution::new();
    directive(call, &mut substitution)?;
    Ok(substitute::become_rest(call, &substitution))
}

/// Takes options and the variable's name.
pub(super) fn directive(call: &mut Call, substitution: &mut Substitution) -> Result<()> {
    importas::import(call, substitution, true)
}
