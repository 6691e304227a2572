//! A program of the image in the place of what a signal means. One that cannot be run takes
//! the place of nothing: the signal then does what it does without it.

use std::io;
use std::os::fd::RawFd;
use std::path::Path;

use kernel::fd;
use kernel::process::ExecVector;
use layouts::view::View;
use layouts::{Problem, handlers, script};

use crate::child::refusal::Refusal;
use crate::child::{handed, noexec, origin};
use crate::messages;
use places::Paths;

/// In the child: runs the handler in the scan directory.
pub(crate) fn become_it(paths: &Paths, program: &Path, env: &ExecVector, refusals: RawFd) -> u8 {
    let error = match std::env::set_current_dir(&paths.services) {
        Err(error) => error,
        Ok(()) => {
            handed::give_back();
            let words = [program.as_os_str().as_encoded_bytes().to_vec()];
            noexec::exec(program, &words, env, || noexec::sources_of_handler(program))
        }
    };
    refuse(paths, program, &error, refusals)
}

/// In a child: says why a handler that was executed ended as what cannot be run does.
pub(crate) fn explain(paths: &Paths, name: &str, code: u8) -> u8 {
    let path = paths.scan_control().join(name);
    let problem = script::diagnose(&path).unwrap_or_else(|| {
        let cause =
            format!("exited {code}: something that it was to run is not there or cannot be");
        Problem::new(&path, cause, "correct it")
    });
    messages::report(&of_handler(paths, &path, problem).to_string());
    0
}

fn refuse(paths: &Paths, program: &Path, error: &io::Error, refusals: RawFd) -> u8 {
    let why = origin::reason(program, error);
    let cause = of_handler(paths, program, why).to_string();
    let pid = kernel::process::id();
    let _ = fd::write_all(refusals, &Refusal::Worded { pid, cause }.encode());
    crate::child::code_of(error)
}

/// What is wrong with a handler, as of the file that was written, with what becomes of the
/// signal.
fn of_handler(paths: &Paths, path: &Path, problem: Problem) -> Problem {
    handlers::with_consequence(origin::problem(paths, problem), path)
}

/// At the boot, in a child: says which of the image's handlers cannot be run.
pub(crate) fn check(paths: &Paths) {
    if paths.is_nowhere() {
        return;
    }
    let (handlers, passed_over) = handlers::list_in(&View::live(), &paths.scan_control());
    for problem in passed_over {
        messages::report(&origin::problem(paths, problem).to_string());
    }
    for path in handlers {
        if let Some(problem) = script::diagnose(&path) {
            messages::report(&of_handler(paths, &path, problem).to_string());
        }
    }
}
