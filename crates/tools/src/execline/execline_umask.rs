//! execline-umask: the other name of umask, where a distribution gives that to POSIX.

use chain::Program;

use super::umask;

pub(super) const PROGRAM: Program = Program {
    name: "execline-umask",
    usage: umask::PROGRAM.usage,
    summary: umask::PROGRAM.summary,
    run: umask::run,
};
