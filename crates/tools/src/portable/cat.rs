//! s6-cat: copies standard input to standard output.

use chain::{Call, Outcome, Program, Result};

use super::output;

pub(super) const PROGRAM: Program = Program {
    name: "s6-cat",
    usage: "",
    summary: "copy standard input to standard output",
    run,
};

fn run(_: &mut Call) -> Result<Outcome> {
    output::copy(0, b"standard input")?;
    Ok(Outcome::Exit(0))
}
