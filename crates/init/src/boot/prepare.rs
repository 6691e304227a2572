//! What must exist before the boot: the state directories, the environment's files,
//! the scan directory with its control fifo, the socket for people.
//!
//! A container that was kept has what its earlier run has left, and a service's own user
//! may have left a million entries in `event/`. So a child makes the state anew
//! ([`begin_anew`]), and PID 1 opens what it keeps once the child is done ([`open`]).

use std::io;
use std::os::fd::{OwnedFd, RawFd};
use std::path::Path;

use kernel::fs::flags;
use kernel::{errno, fd};
use layouts::Problem;
use layouts::settings::Settings;
use places::{IMAGE_SERVICES, Paths};

use crate::boot::claim;
use crate::launch::Launch;
use crate::messages;
use crate::people::socket::Server;
use crate::service::files;
use crate::service::lock::Lock;

/// What was opened. What could not be is named; the boot goes on without it.
#[derive(Default)]
pub(crate) struct Opened {
    pub(crate) scan_control: Option<OwnedFd>,
    pub(crate) lock: Option<Lock>,
    pub(crate) problems: Vec<String>,
}

/// How the child says that there is no scan directory.
const NO_SCAN_DIR: u8 = 1;

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

/// Makes the state anew, in a child; gives its exit code.
pub(crate) fn begin_anew(paths: &Paths, launch: &Launch, settings: &Settings) -> u8 {
    let mut problems = Vec::new();
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
        let _ = remove_environment(&paths.environment);
    } else {
        let dumped = stage::environment::dump(&paths.environment, &launch.environment)
            .map(|found| problems.extend(found.iter().map(Problem::to_string)));
        note(
            &mut problems,
            &paths.environment,
            "with-contenv will not see the container's variables",
            dumped,
        );
    }
    let scan = fresh_scan_dir(paths, &mut problems);
    let scan = note(&mut problems, &paths.services, NO_CONTROL, scan);
    for problem in problems {
        messages::report(&problem);
    }
    if scan.is_some() { 0 } else { NO_SCAN_DIR }
}

const NO_CONTROL: &str = "services cannot be told to start, stop or rescan from outside";

/// Opens what PID 1 keeps, once the state has been made anew; `code` is the child's.
pub(crate) fn open(paths: &Paths, code: u8) -> Opened {
    let mut opened = Opened::default();
    if paths.is_nowhere() || code == NO_SCAN_DIR {
        return opened;
    }
    let problems = &mut opened.problems;
    let control = files::open_scan_control(&paths.services).map_err(|(_, error)| error);
    opened.scan_control = note(problems, &paths.services, NO_CONTROL, control).map(|control| {
        let replaced = control.replaced.iter();
        problems.extend(replaced.map(|path| files::replaced_line(path)));
        control.fifo
    });
    if opened.scan_control.is_some() {
        let place = paths.scan_control();
        opened.lock = note(
            problems,
            &place.join("lock"),
            "a second supervisor of the same directory would not notice this one",
            Lock::take(&place),
        );
    }
    opened
}

/// The socket for people, at its first place, or at its second once the state there has
/// been made anew.
///
/// # Errors
/// Why the first place could not be had: that says more.
pub(crate) fn listen(paths: &Paths, anew: bool) -> Result<Server, String> {
    let [first, second] = paths.sockets();
    let server = Server::listen(&first).or_else(|error| match anew {
        true => Server::listen(&second).map_err(|_| error),
        false => Err(error),
    });
    server.map_err(|error| {
        let loss = "`mainstay status` and its like will not work";
        line(&first, &error, loss)
    })
}

fn remove_environment(path: &Path) -> io::Result<()> {
    let (Some(above), Some(name)) = (path.parent(), path.file_name()) else {
        return Ok(());
    };
    let above = kernel::fs::open(above, flags::O_PATH | flags::O_DIRECTORY, 0)?;
    kernel::removal::remove(&above, name.as_encoded_bytes())
}

/// Notes what is lost where something could not be done.
fn note<T>(
    problems: &mut Vec<String>,
    what: &Path,
    loss: &str,
    outcome: io::Result<T>,
) -> Option<T> {
    outcome
        .map_err(|error| problems.push(line(what, &error, loss)))
        .ok()
}

fn line(what: &Path, error: &io::Error, loss: &str) -> String {
    format!(
        "{}: {}; {loss}",
        kernel::escape(what.as_os_str().as_encoded_bytes()),
        errno::text(error)
    )
}

/// An empty scan directory with the image's own services in it, and its control fifo: an
/// earlier run of a container that was kept has left its own.
fn fresh_scan_dir(paths: &Paths, problems: &mut Vec<String>) -> io::Result<()> {
    let found = stage::services::prepare(Path::new(IMAGE_SERVICES), &paths.services)?;
    problems.extend(found.iter().map(Problem::to_string));
    let control = files::open_scan_control(&paths.services).map_err(|(_, error)| error)?;
    let replaced = control.replaced.iter();
    problems.extend(replaced.map(|path| files::replaced_line(path)));
    Ok(())
}
