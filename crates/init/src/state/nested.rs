//! Being started where a container is supervised already: `/init` as entry point and as
//! command, or by hand in a running container. Two supervisors would take each other's
//! services apart; the second one only runs what it was asked to run.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kernel::{clock, credentials, errno, process, signal, socket};
use places::Paths;

use crate::child::environment;
use crate::child::handed;
use crate::launch::{Launch, Workers};
use crate::messages;
use crate::signals::{self, Response, When};

/// Who else supervises here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Other {
    Nobody,
    /// The supervisor of this container.
    Ours(i32),
    /// Another container's, which shares its /run with this one.
    Neighbour,
}

/// Asks the socket for people, if one is there. `silent`: whether the places where it can
/// be do not answer; nobody else can be found then.
pub(crate) fn look(launch: &Launch, silent: bool) -> Other {
    if silent {
        return Other::Nobody;
    }
    let found = Paths::find(|name| launch.variable(name.as_bytes()).map(<[u8]>::to_vec));
    let standard = Paths::standard();
    [found, standard]
        .iter()
        .flat_map(Paths::sockets)
        .map(|socket| answer(&socket))
        .find(|other| *other != Other::Nobody)
        .unwrap_or(Other::Nobody)
}

/// How long a queue of clients may be full before its owner counts as one that does not
/// answer.
const PATIENCE: Duration = Duration::from_millis(200);

/// A connection to the socket at `path`. Nothing is waited for without end: whoever listens
/// there may be another container's, and answer nobody.
fn connect(path: &Path) -> io::Result<UnixStream> {
    let until = clock::monotonic() + PATIENCE;
    loop {
        match socket::connect_now(path) {
            Err(error) if errno::is(&error, errno::EAGAIN) && clock::monotonic() < until => {
                clock::sleep(Duration::from_millis(5));
            }
            other => return other,
        }
    }
}

fn answer(path: &Path) -> Other {
    let peer = match connect(path) {
        Ok(stream) => socket::peer(&stream),
        // Somebody listens there and does not say who: it is not to be disturbed. Of this
        // container it could only be one that hangs.
        Err(error) if errno::is(&error, errno::EAGAIN) => {
            use std::os::unix::fs::MetadataExt;
            let owner = std::fs::symlink_metadata(path).map(|found| found.uid());
            return match owner {
                Ok(uid) if uid == 0 || uid == credentials::user() => Other::Neighbour,
                _ => Other::Nobody,
            };
        }
        Err(error) => Err(error),
    };
    let Ok(peer) = peer else {
        return Other::Nobody;
    };
    if peer.uid != 0 && peer.uid != credentials::user() {
        // Not a supervisor that this process would take for its own.
        return Other::Nobody;
    }
    let mounts = |pid: &str| std::fs::read_link(PathBuf::from(format!("/proc/{pid}/ns/mnt"))).ok();
    match peer.pid {
        own if own == process::id() => Other::Nobody,
        // Outside of this PID namespace.
        0 => Other::Neighbour,
        pid => match (mounts("self"), mounts(&pid.to_string())) {
            (Some(own), Some(its)) if own != its => Other::Neighbour,
            _ => Other::Ours(pid),
        },
    }
}

/// Runs what was asked for, under the supervisor that there is. Gives the exit code.
pub(crate) fn run(launch: &Launch, supervisor: i32) -> u8 {
    let said = |what: &str| {
        messages::report(&format!(
            "this container is supervised already, by process {supervisor}; {what}"
        ));
    };
    if let Some(workers) = &launch.workers {
        let paths = Paths::find(|name| launch.variable(name.as_bytes()).map(<[u8]>::to_vec));
        let there = stage::workers::numbers(&paths.services).unwrap_or_default();
        if !there.is_empty() {
            // Written anew, the directories of those that run would go.
            let there = kernel::words::count(there.len(), "worker");
            said(&format!(
                "it has {there} already: `mainstay workers scale {}` changes their number",
                workers.count
            ));
            return 1;
        }
        said("the workers are added to its services");
        return add_workers(launch, &paths, workers).unwrap_or_else(wait_for_stop);
    }
    if launch.command.is_empty() {
        said("there is nothing to do until a signal ends this process");
        return wait_for_stop();
    }
    said("only the command is run");
    signal::set_mask(&signal::Set::empty());
    handed::give_back();
    let env = environment::vector(&launch.environment);
    let error = process::exec(
        &launch.command,
        &env,
        environment::path(&launch.environment),
    );
    messages::report(&format!(
        "cannot run the command {}: {}",
        kernel::escape(&launch.command[0]),
        errno::text(&error)
    ));
    crate::child::code_of(&error)
}

/// Adds a worker pool to the supervisor that there is; an exit code when that failed.
fn add_workers(launch: &Launch, paths: &Paths, workers: &Workers) -> Option<u8> {
    let variable = |name: &str| launch.variable(name.as_bytes()).map(<[u8]>::to_vec);
    let (settings, _) = layouts::settings::Settings::read(variable);
    if let Err((path, error)) = workers.write(&paths.services, &settings) {
        messages::report(&format!("{}: {}", path.display(), errno::text(&error)));
        return Some(111);
    }
    crate::boot::ask_for_scan(paths);
    None
}

/// Waits for a signal that stops a container.
fn wait_for_stop() -> u8 {
    let received = signals::received();
    loop {
        match signal::wait(&received, None).and_then(signals::rule) {
            Some(rule) if rule.response(When::Up) == Response::Stop => return 0,
            Some(_) | None => {}
        }
    }
}
