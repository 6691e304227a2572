//! What must exist before the boot: the state directories, the environment's files,
//! the scan directory with its control fifo, the socket for people.

use std::io;
use std::os::fd::{OwnedFd, RawFd};
use std::path::Path;

use kernel::{errno, fd};
use layouts::settings::Settings;
use layouts::{Problem, overlay2};

use crate::claim;
use crate::control::Server;
use crate::launch::Launch;
use crate::lock::Lock;
use crate::paths::{IMAGE_SERVICES, Paths};
use crate::supervise;

/// What was prepared. What could not be is named; the boot goes on without it.
pub(crate) struct Prepared {
    pub(crate) scan_control: Option<OwnedFd>,
    pub(crate) lock: Option<Lock>,
    pub(crate) server: Option<Server>,
    pub(crate) problems: Vec<String>,
}

/// Descriptors beside the standard three, now closed on exec. At a container's beginning
/// they are what the engine handed over, and the command's alone.
pub(crate) fn keep_open_descriptors() -> Vec<RawFd> {
    fd::open_from(3)
        .into_iter()
        .filter(|number| fd::set_close_on_exec(*number, true).is_ok())
        .collect()
}

/// Lets every user open the container's output by name: `/dev/stdout` of a service that
/// has dropped its privileges leads to PID 1's pipe, which only its owner could open
/// otherwise. Terminals, files and fifos that have a name stay as they are.
pub(crate) fn open_output_to_everybody() {
    for stream in [1, 2] {
        if let Ok(found) = kernel::fs::stat(&stream)
            && fd::is_unnamed_pipe(stream)
            && found.mode & 0o222 != 0o222
        {
            let _ = kernel::fs::set_mode(&stream, found.mode & 0o7777 | 0o222);
        }
    }
}

/// Prepares everything.
pub(crate) fn prepare(paths: &Paths, launch: &Launch, settings: &Settings) -> Prepared {
    let mut problems = Vec::new();
    if paths.is_nowhere() {
        return Prepared {
            scan_control: None,
            lock: None,
            server: None,
            problems,
        };
    }
    if kernel::mount::is_noexec(&paths.state) {
        problems.push(format!(
            "{}: mounted noexec; scripts there are run through their interpreters and \
             programs from where the image keeps them, but a program that a hook writes \
             there cannot run",
            paths.state.display()
        ));
    }
    problems.extend(claim::claim(paths));
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
    let lock = scan_control.as_ref().and_then(|_| {
        let place = paths.scan_control();
        note(
            &mut problems,
            &place.join("lock"),
            "a second supervisor of the same directory would not notice this one",
            Lock::take(&place),
        )
    });
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
        lock,
        server,
        problems,
    }
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
