//! s6-svunlink: removes the link to a service directory from a scan directory, and waits
//! until it is not supervised any more.

use std::fs;
use std::os::unix::ffi::OsStrExt;

use chain::{Call, Outcome, Program, Result, Unable};
use kernel::errno;
use s6wire::event::Event;

use super::link::{self, Waiting};
use super::{supervisor, words};

pub(super) const PROGRAM: Program = Program {
    name: "s6-svunlink",
    usage: "[ -X ] [ -t timeout ] scandir name",
    summary: "remove a service from a scan directory and wait until its supervisor has left",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let (mut waits, mut limit) = (true, None);
    for option in call.options("Xt:")? {
        match option.letter {
            b'X' => waits = false,
            _ => limit = words::time_limit(&option.value).ok_or_else(|| call.misuse())?,
        }
    }
    let scan = call.operand()?;
    let name = call.operand()?;
    let entry = [&scan[..], b"/", &name].concat();
    // Where the link leads stays when the link goes.
    let service = match fs::canonicalize(supervisor::path(&entry)) {
        Err(error) if errno::is(&error, errno::ENOENT) => return Ok(Outcome::Exit(0)),
        found => found.unable("find", &entry)?,
    };
    let dirs = link::directories(service.as_os_str().as_bytes());
    let supervised = dirs.iter().filter(|dir| waits && link::is_supervised(dir));
    let waiting = Waiting::begin(supervised)?;
    fs::remove_file(supervisor::path(&entry)).unable("remove", &entry)?;
    supervisor::tell(&scan, places::name::SCAN_CONTROL_FIFO, b"an", chain::exit::USAGE)?;
    // It is gone from the directory either way.
    waiting.finish(Event::Left, limit)?;
    Ok(Outcome::Exit(0))
}
