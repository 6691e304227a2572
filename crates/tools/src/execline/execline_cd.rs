//! execline-cd: the other name of cd, where a distribution gives that to POSIX.

use chain::Program;

use super::cd;

pub(super) const PROGRAM: Program = Program {
    name: "execline-cd",
    usage: cd::PROGRAM.usage,
    summary: cd::PROGRAM.summary,
    run: cd::run,
};
