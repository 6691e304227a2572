//! s6-rmrf: removes trees.

use std::fs;

use chain::{Call, Outcome, Program, Result, Unable};
use kernel::errno;

use super::files;

pub(super) const PROGRAM: Program = Program {
    name: "s6-rmrf",
    usage: "file...",
    summary: "remove files and trees",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    // A word with a dash is a name as any other: nothing is an option.
    if call.args.is_empty() {
        return Err(call.misuse());
    }
    for word in call.rest() {
        let path = files::path(&word);
        let removed = match fs::symlink_metadata(path) {
            Ok(data) if data.is_dir() => fs::remove_dir_all(path),
            Ok(_) => fs::remove_file(path),
            Err(error) => Err(error),
        };
        match removed {
            Err(error) if errno::is(&error, errno::ENOENT) => {}
            other => other.unable("remove", &word)?,
        }
    }
    Ok(Outcome::Exit(0))
}
