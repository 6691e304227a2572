//! s6-svlink: links a service directory into a scan directory, and waits until it is
//! supervised.

use std::fs;

use chain::{Call, Failure, Outcome, Program, Result, Unable, Word, escape, warn};
use kernel::{credentials, errno};
use s6wire::event::Event;

use super::link::{self, Waiting};
use super::{mkfifodir, supervisor, words};

pub(super) const PROGRAM: Program = Program {
    name: "s6-svlink",
    usage: "[ -d | -D ] [ -f ] [ -P ] [ -t timeout ] scandir servicedir [ name ]",
    summary: "link a service directory into a scan directory and wait until it is supervised",
    run,
};

/// When its supervisor did not come in time.
const TIMED_OUT: u8 = 99;

/// Whether the service starts with its supervisor.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    /// Unless it has a file `down`.
    AsItSays,
    /// Not this time (`-d`).
    NotNow,
    /// Not at all (`-D`).
    Never,
}

fn run(call: &mut Call) -> Result<Outcome> {
    let (mut start, mut force, mut public, mut limit) = (Start::AsItSays, false, false, None);
    for option in call.options("dDfPt:")? {
        match option.letter {
            b'd' => start = Start::NotNow,
            b'D' => start = Start::Never,
            b'f' => force = true,
            b'P' => public = true,
            _ => limit = words::time_limit(&option.value).ok_or_else(|| call.misuse())?,
        }
    }
    let scan = call.operand()?;
    let service = call.operand()?;
    let name = match call.rest().into_iter().next() {
        Some(name) => name,
        None => last_component(&service),
    };
    let run = supervisor::below(&service, "run");
    fs::metadata(&run).unable("stat", run.as_os_str().as_encoded_bytes())?;
    if !link::is_held(&scan, places::name::SCAN_LOCK).unable("look for the supervisor of", &scan)? {
        return Err(Failure::Other {
            code: chain::exit::USAGE,
            text: format!("no supervisor scans {}", escape(&scan)),
        });
    }
    let dirs = link::directories(&service);
    let mut missing = Vec::new();
    for dir in &dirs {
        if link::is_supervised(dir) {
            warn(call.name, &format!("supervisor already running on {}", escape(dir)));
            continue;
        }
        let events = supervisor::below(dir, "event");
        let listeners = (!public).then(credentials::group);
        mkfifodir::make(events.as_os_str().as_encoded_bytes(), force, listeners)
            .unable("make a directory of events in", dir)?;
        missing.push(dir);
    }
    let down = supervisor::below(&service, "down");
    if start != Start::AsItSays {
        fs::File::create(&down).unable("make", down.as_os_str().as_encoded_bytes())?;
    }
    let waiting = Waiting::begin(missing.into_iter())?;
    let entry = [&scan[..], b"/", &name].concat();
    make_link(&service, &entry).unable("make link", &entry)?;
    supervisor::tell(&scan, places::name::SCAN_CONTROL_FIFO, b"a", chain::exit::USAGE)?;
    if !waiting.finish(Event::Begun, limit)? {
        return Err(Failure::Other {
            code: TIMED_OUT,
            text: "timed out while waiting for the supervisor to start".to_string(),
        });
    }
    if start == Start::NotNow {
        fs::remove_file(&down).unable("remove", down.as_os_str().as_encoded_bytes())?;
    }
    Ok(Outcome::Exit(0))
}

/// The link; one that is there and leads to the same directory is good.
fn make_link(service: &[u8], entry: &[u8]) -> std::io::Result<()> {
    let (service, entry) = (supervisor::path(service), supervisor::path(entry));
    match std::os::unix::fs::symlink(service, entry) {
        Err(error)
            if errno::is(&error, errno::EEXIST)
                && fs::read_link(entry).is_ok_and(|target| target == service) =>
        {
            Ok(())
        }
        other => other,
    }
}

fn last_component(path: &[u8]) -> Word {
    let mut components = path.split(|byte| *byte == b'/').filter(|part| !part.is_empty());
    components.next_back().unwrap_or_default().to_vec()
}
