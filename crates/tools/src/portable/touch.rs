//! s6-touch: opens files for appending, so that they exist.

use chain::{Call, Outcome, Program, Result, Unable};
use kernel::fs::{self, flags};

use super::files;

pub(super) const PROGRAM: Program = Program {
    name: "s6-touch",
    usage: "file...",
    summary: "make files exist",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    if call.args.is_empty() {
        return Err(call.misuse());
    }
    for file in call.rest() {
        let how = flags::O_WRONLY | flags::O_CREAT | flags::O_APPEND | flags::O_NONBLOCK;
        fs::open(files::path(&file), how, 0o666).unable("open", &file)?;
    }
    Ok(Outcome::Exit(0))
}
