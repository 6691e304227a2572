//! s6-mkdir: makes directories.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use chain::{Call, Outcome, Program, Result, Unable, escape};
use kernel::{errno, fd};

use super::files;

pub(super) const PROGRAM: Program = Program {
    name: "s6-mkdir",
    usage: "[ -p ] [ -v ] [ -m mode ] dir...",
    summary: "make directories",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let (mut parents, mut verbose, mut mode) = (false, false, None);
    for option in call.options("pvm:")? {
        match option.letter {
            b'p' => parents = true,
            b'v' => verbose = true,
            _ => mode = Some(files::mode(call, &option.value)?),
        }
    }
    for dir in call.rest() {
        let path = files::path(&dir);
        if parents && let Some(parent) = path.parent() {
            fs::create_dir_all(parent).unable("mkdir", parent.as_os_str().as_encoded_bytes())?;
        }
        match fs::create_dir(path) {
            Err(error) if parents && errno::is(&error, errno::EEXIST) && path.is_dir() => continue,
            other => other.unable("mkdir", &dir)?,
        }
        if let Some(mode) = mode {
            fs::set_permissions(path, Permissions::from_mode(mode)).unable("chmod", &dir)?;
        }
        if verbose {
            let line = format!("{}: info: created directory {}\n", call.name, escape(&dir));
            let _ = fd::write_all(2, line.as_bytes());
        }
    }
    Ok(Outcome::Exit(0))
}
