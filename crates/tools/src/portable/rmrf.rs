//! s6-rmrf: removes trees.

use std::fs;
use std::io;
use std::path::Path;

use chain::{Call, Outcome, Program, Result, Unable};
use kernel::fs::flags;
use kernel::{errno, removal};

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
            Ok(data) if data.is_dir() => remove_tree(path),
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

/// A directory with all that is below it, however deep.
fn remove_tree(path: &Path) -> io::Result<()> {
    // An empty one that cannot be listed can be removed.
    if fs::remove_dir(path).is_ok() {
        return Ok(());
    }
    let as_dir = flags::O_PATH | flags::O_DIRECTORY | flags::O_NOFOLLOW;
    removal::empty(&kernel::fs::open(path, as_dir, 0)?)?;
    fs::remove_dir(path)
}
