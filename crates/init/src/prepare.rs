//! What must exist before the boot: the state directories, the environment's files,
//! the scan directory with its control fifo, the socket for people.

use std::io;
use std::os::fd::{OwnedFd, RawFd};
use std::os::unix::fs::symlink;
use std::path::Path;

use kernel::{credentials, errno, fd};
use layouts::settings::Settings;
use layouts::{Problem, overlay2};

use crate::control::Server;
use crate::launch::Launch;
use crate::paths::{IMAGE_SERVICES, Paths, exists};
use crate::supervise;

/// What was prepared. What could not be is named; the boot goes on without it.
pub(crate) struct Prepared {
    pub(crate) scan_control: Option<OwnedFd>,
    pub(crate) server: Option<Server>,
    pub(crate) problems: Vec<String>,
}

/// Descriptors beside the standard three that the engine handed over, now closed on
/// exec: they are the command's alone.
pub(crate) fn keep_passed_descriptors() -> Vec<RawFd> {
    let Ok(entries) = std::fs::read_dir("/proc/self/fd") else {
        return Vec::new();
    };
    let numbers: Vec<RawFd> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|number| *number > 2)
        .collect();
    // The directory that was just read is among the numbers, and closed by now.
    numbers
        .into_iter()
        .filter(|number| fd::set_close_on_exec(*number, true).is_ok())
        .collect()
}

/// Prepares everything.
pub(crate) fn prepare(paths: &Paths, launch: &Launch, settings: &Settings) -> Prepared {
    let mut problems = Vec::new();
    if let Err(error) = make_state(paths) {
        // All that follows lies below it: one line says it for everything.
        problems.push(no_state(&paths.state, &error));
        return Prepared {
            scan_control: None,
            server: paths
                .sockets()
                .iter()
                .find_map(|path| Server::listen(path).ok()),
            problems,
        };
    }
    if settings.keep_env {
        // What an earlier run left there would be taken for this one's.
        let _ = std::fs::remove_dir_all(&paths.environment);
    } else {
        let dumped = layouts::environment::dump(&paths.environment, &launch.environment)
            .map(|found| problems.extend(found.iter().map(Problem::to_string)));
        note(
            &mut problems,
            &paths.environment,
            "with-contenv will not see the container's variables",
            dumped,
        );
    }
    let control = fresh_scan_dir(paths, &mut problems);
    let scan_control = note(
        &mut problems,
        &paths.services,
        "services cannot be told to start, stop or rescan from outside",
        control,
    );
    let [first, second] = paths.sockets();
    let server = note(
        &mut problems,
        &first,
        "`mainstay status` and its like will not work",
        // Why the first place could not be had says more.
        Server::listen(&first).or_else(|error| Server::listen(&second).map_err(|_| error)),
    );
    Prepared {
        scan_control,
        server,
        problems,
    }
}

/// Why nothing of the image can be run, and how to give it a place.
fn no_state(state: &Path, error: &io::Error) -> String {
    let place = match credentials::user() {
        0 => "docker run --tmpfs /run:exec".to_string(),
        user => format!("docker run --tmpfs /run:exec,uid={user}"),
    };
    let remedy = if errno::is(error, errno::EROFS) {
        format!("give the container a place there: {place} -e S6_READ_ONLY_ROOT=1")
    } else {
        format!("make /run and /var/run writable to the container's user, or start it with {place}")
    };
    format!(
        "{}: {}; without it no hooks and no services run; {remedy}",
        state.display(),
        errno::text(error)
    )
}

/// Notes what is lost where something could not be done.
fn note<T>(
    problems: &mut Vec<String>,
    what: &Path,
    loss: &str,
    outcome: io::Result<T>,
) -> Option<T> {
    outcome
        .map_err(|error| {
            problems.push(format!(
                "{}: {}; {loss}",
                kernel::escape(what.as_os_str().as_encoded_bytes()),
                errno::text(&error)
            ));
        })
        .ok()
}

/// `/var/run/s6`, and the names by which scripts of other releases reach it.
fn make_state(paths: &Paths) -> io::Result<()> {
    let run = Path::new("/var/run");
    if !run.is_dir() && !exists(run) && Path::new("/run").is_dir() {
        std::fs::create_dir_all("/var")?;
        symlink("/run", run)?;
    }
    std::fs::create_dir_all(&paths.state)?;
    // Where /var/run is no link to /run, both names are in use (s6-overlay v2 and v3).
    let other = Path::new("/run/s6");
    if !exists(other) {
        let _ = symlink(&paths.state, other);
    }
    let service = Path::new("/run/service");
    if !exists(service) {
        let _ = symlink(&paths.services, service);
    }
    Ok(())
}

/// An empty scan directory with the image's own services in it: an earlier run of a
/// container that was kept has left its own.
fn fresh_scan_dir(paths: &Paths, problems: &mut Vec<String>) -> io::Result<OwnedFd> {
    let found = overlay2::services::prepare(Path::new(IMAGE_SERVICES), &paths.services)?;
    problems.extend(found.iter().map(Problem::to_string));
    let control = supervise::open_scan_control(&paths.services).map_err(|(_, error)| error)?;
    let replaced = control.replaced.iter();
    problems.extend(replaced.map(|path| supervise::replaced_line(path)));
    Ok(control.fifo)
}
