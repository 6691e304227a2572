//! s6-test: the older name of eltest.

use chain::{Call, Outcome, Program, Result};

use crate::expression;

pub(super) const PROGRAM: Program = Program {
    name: "s6-test",
    usage: "expression...",
    summary: "evaluate an expression on files, texts and numbers",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let words = call.rest();
    let truth = expression::evaluate(&words, &call.env)?;
    Ok(Outcome::Exit(u8::from(!truth)))
}
