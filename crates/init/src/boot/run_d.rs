//! docker-base's /run.d: scripts that run ahead of everything.

use std::path::{Path, PathBuf};

use kernel::process::ExecVector;

use super::run_script;
use crate::messages;
use crate::paths::{Paths, RUN_D};

/// What docker-base runs them with.
const BASH: &str = "/bin/bash";

/// Runs every `*.sh` of /run.d in name order under `bash -e`, with the container's
/// environment, in the process group `group`. Gives 0, or the exit code of the first
/// script that failed; nothing after it is run.
pub fn run_d(env: &ExecVector, group: i32) -> u8 {
    for script in scripts(Path::new(RUN_D)) {
        messages::say(&format!(
            "[init] executing {}",
            kernel::escape_path(&script)
        ));
        let bash = Path::new(BASH);
        let argv = [bash, Path::new("-e"), script.as_path()];
        let code = if bash.exists() {
            run_script(&Paths::standard(), &argv, env, group)
        } else {
            messages::report(&format!(
                "{}: it runs under {BASH}, which does not exist in this image; install bash",
                kernel::escape_path(&script)
            ));
            127
        };
        if code != 0 {
            messages::say(&format!(
                "[init] failed executing - {} (exit code {code})",
                kernel::escape_path(&script)
            ));
            return code;
        }
    }
    0
}

/// The scripts of a directory, in byte order; hidden ones are none.
fn scripts(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return Vec::new();
    };
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            use std::os::unix::ffi::OsStrExt;
            let name = path.file_name().map_or(&b""[..], OsStrExt::as_bytes);
            name.ends_with(b".sh") && !name.starts_with(b".") && path.is_file()
        })
        .collect();
    found.sort();
    found
}
