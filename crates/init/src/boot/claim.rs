//! At the start root takes back what leads its programs. Images that can run as another
//! user give `/var/run/s6` to that user when they are built, and a `/run` that an
//! orchestrator mounts is often everybody's. Run as root, such a container must not let
//! its users put hooks and services of theirs in the place of the image's.

use std::io;
use std::path::Path;

use kernel::fs::{self, flags};
use kernel::{credentials, errno};
use layouts::trust;

use places::Paths;

/// Makes the state's directories root's own, where this process is root. What could not
/// be done is named, with what it leaves open.
pub(crate) fn claim(paths: &Paths) -> Vec<String> {
    if credentials::user() != 0 {
        return Vec::new();
    }
    let mut problems = Vec::new();
    let mut note = |path: &Path, outcome: io::Result<()>| {
        if let Err(error) = outcome {
            problems.push(format!(
                "{}: others can change what is in it, and that cannot be changed: {}; who does \
                 can run programs as root here",
                kernel::escape_path(path),
                errno::text(&error)
            ));
        }
    };
    // Where it really is: the compatibility paths are links.
    let Ok(state) = std::fs::canonicalize(&paths.state) else {
        return problems;
    };
    let parts = [&paths.services, &paths.user_files];
    let parts = parts.map(|path| state.join(path.file_name().unwrap_or_default()));
    if let Some(above) = state.parent() {
        note(above, hold_entries(above));
    }
    note(&state, own(&state));
    for part in parts {
        note(&part, own(&part));
    }
    problems
}

/// Makes a directory root's; one that is not there is made later, as root's.
fn own(path: &Path) -> io::Result<()> {
    let dir = match fs::open(
        path,
        flags::O_RDONLY | flags::O_DIRECTORY | flags::O_NOFOLLOW,
        0,
    ) {
        // A link or a file in its place is replaced by who fills it.
        Err(error)
            if [errno::ENOENT, errno::ENOTDIR, errno::ELOOP]
                .iter()
                .any(|number| errno::is(&error, *number)) =>
        {
            return Ok(());
        }
        other => other?,
    };
    let stat = fs::stat(&dir)?;
    if trust::only_we_write(&stat) {
        return Ok(());
    }
    fs::set_owner(&dir, Some(0), Some(0))?;
    fs::set_mode(&dir, stat.mode & 0o7777 & !0o022 | 0o755)
}

/// Keeps others from moving what root has in a directory that everybody may write to,
/// as `/tmp` does. Their own entries stay theirs.
fn hold_entries(path: &Path) -> io::Result<()> {
    let dir = fs::open(path, flags::O_RDONLY | flags::O_DIRECTORY, 0)?;
    let stat = fs::stat(&dir)?;
    match trust::only_we_write(&stat) || stat.mode & 0o1000 != 0 {
        true => Ok(()),
        false => fs::set_mode(&dir, stat.mode & 0o7777 | 0o1000),
    }
}
