//! s6-mkfifodir: makes a directory of events.

use std::os::unix::fs::DirBuilderExt;

use chain::{Call, Outcome, Program, Result, Unable};
use kernel::fs::{self, flags};
use kernel::{credentials, errno};
use s6wire::event::{DIRECTORY_MODE, PUBLIC_DIRECTORY_MODE};

use super::{supervisor, words};

pub(super) const PROGRAM: Program = Program {
    name: "s6-mkfifodir",
    usage: "[ -f ] [ -g gid ] fifodir",
    summary: "make a directory of events",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let mut force = false;
    let mut listeners = None;
    for option in call.options("fg:")? {
        match option.letter {
            b'f' => force = true,
            _ => {
                let group = words::number32(&option.value).ok_or_else(|| call.misuse())?;
                listeners = Some(group);
            }
        }
    }
    let dir = call.operand()?;
    make(&dir, force, listeners).unable("make a directory of events at", &dir)?;
    Ok(Outcome::Exit(0))
}

pub(super) fn make(dir: &[u8], force: bool, listeners: Option<u32>) -> std::io::Result<()> {
    let path = supervisor::path(dir);
    let made = std::fs::DirBuilder::new().mode(0o700).create(path);
    let exists = matches!(&made, Err(error) if errno::is(error, errno::EEXIST));
    if !exists {
        made?;
    }
    // By descriptor: what is changed is what was looked at.
    let opened = fs::open(path, flags::O_RDONLY | flags::O_DIRECTORY, 0)?;
    if exists && fs::stat(&opened)?.uid != credentials::user() {
        return Err(errno::from(errno::EACCES));
    }
    if exists && !force {
        return Ok(());
    }
    if let Some(group) = listeners {
        fs::set_owner(&opened, None, Some(group))?;
    }
    let mode = if listeners.is_some() {
        DIRECTORY_MODE
    } else {
        PUBLIC_DIRECTORY_MODE
    };
    fs::set_mode(&opened, mode)
}
