//! What is wrong with a file below the state, said of the file that its author wrote.

use std::io;
use std::path::Path;

use kernel::errno;
use layouts::{Problem, script};
use places::Paths;

pub(crate) use places::origin::of;

/// The problem as one of the file that was written.
pub(crate) fn problem(paths: &Paths, problem: Problem) -> Problem {
    let written = of(paths, &problem.path);
    let problem = problem.moved_to(&written);
    if problem.rule == Some(&script::NOT_EXECUTABLE) {
        // Where the author's file is mounted from elsewhere, chmod does not reach it.
        let remedy = script::to_make_executable(&written);
        return Problem { remedy, ..problem };
    }
    problem
}

/// Why the script at `path` could not be executed, in one line with a remedy.
pub(crate) fn why_not(paths: &Paths, path: &Path, error: &io::Error) -> String {
    problem(paths, reason(path, error)).to_string()
}

/// Why the script at `path` could not be executed, with a remedy.
pub(crate) fn reason(path: &Path, error: &io::Error) -> Problem {
    let why = script::diagnose(path).or_else(|| script::on_noexec(path));
    why.unwrap_or_else(|| {
        Problem::new(
            path,
            format!("cannot be executed: {}", errno::text(error)),
            "is the file whole, and made for this machine?",
        )
    })
}
