//! s6-false: fails.

use chain::{Outcome, Program};

pub(super) const PROGRAM: Program = Program {
    name: "s6-false",
    usage: "",
    summary: "exit 1",
    run: |_| Ok(Outcome::Exit(1)),
};
