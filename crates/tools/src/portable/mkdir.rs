//! s6-mkdir: makes directories.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;

use chain::{Call, Outcome, Program, Result, escape, exit, warn};
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
    let how = How {
        name: call.name,
        mode,
        verbose,
    };
    // One that cannot be made does not keep the others from being made.
    let mut code = 0;
    for dir in call.rest() {
        let made = match parents {
            true => how.with_parents(&dir),
            false => how.one(&dir),
        };
        if let Err(error) = made {
            code = exit::SYSTEM;
            let (dir, why) = (escape(&dir), errno::text(&error));
            warn(call.name, &format!("unable to mkdir {dir}: {why}"));
        }
    }
    Ok(Outcome::Exit(code))
}

struct How {
    name: &'static str,
    mode: Option<u32>,
    verbose: bool,
}

impl How {
    fn one(&self, dir: &[u8]) -> io::Result<()> {
        let path = files::path(dir);
        fs::create_dir(path)?;
        if let Some(mode) = self.mode {
            fs::set_permissions(path, Permissions::from_mode(mode))?;
        }
        if self.verbose {
            let line = format!("{}: info: created directory {}\n", self.name, escape(dir));
            let _ = fd::write_all(2, line.as_bytes());
        }
        Ok(())
    }

    /// Every component that is missing, all with the same mode; whatever is there
    /// already stays.
    fn with_parents(&self, dir: &[u8]) -> io::Result<()> {
        let ends = (1..dir.len()).filter(|at| dir[*at] == b'/' && dir[*at - 1] != b'/');
        for end in ends.chain([dir.len()]) {
            match self.one(&dir[..end]) {
                Err(error) if errno::is(&error, errno::EEXIST) => {}
                other => other?,
            }
        }
        Ok(())
    }
}
