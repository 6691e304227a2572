//! s6-true: succeeds.

use chain::{Outcome, Program};

pub(super) const PROGRAM: Program = Program {
    name: "s6-true",
    usage: "",
    summary: "exit 0",
    run: |_| Ok(Outcome::Exit(0)),
};
