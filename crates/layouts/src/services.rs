//! A directory of service directories, as an image has it: what can be wrong with it.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use kernel::escape;
use places::name;

use crate::view::View;
use crate::{Problem, Rule};

/// What can be wrong with a directory of service directories.
pub const RULES: &[&Rule] = &[
    &DEAD_SERVICE,
    &SERVICE_PASSED_OVER,
    &CONTROL_FIFO,
    &SUPERVISORS_LEFT,
];

const DEAD_SERVICE: Rule = Rule::error(
    "dead-service-link",
    "A link in `services.d` leads to nothing. No service is started for it.",
    "Correct the link: an absolute one begins at the image's root, a relative one at `services.d` itself (`../services-available/NAME`).",
)
.with_the_image();
const SERVICE_PASSED_OVER: Rule = Rule::warning(
    "service-passed-over",
    "An entry of `services.d` is no service: a file, or a service directory whose name begins with a dot.",
    "A service is a directory `NAME/` with `run` in it.",
);

const CONTROL_FIFO: Rule = Rule::error(
    "control-fifo",
    "The image brings the scan directory's control fifo, and others than its owner may write to it. It is used as it is: whoever can write to it can stop the container.",
    "Remove it from the image: PID 1 makes its own, for its user alone.",
);
const SUPERVISORS_LEFT: Rule = Rule::warning(
    "supervise-left",
    "A service directory of the image holds `supervise` or `event`, which a supervisor has left there. They are not copied: every service begins with fresh ones, with their own modes.",
    "Remove them from the image.",
);

/// What is wrong with an entry of the image at `path`, wherever it is.
pub fn check_entry(path: &Path, stat: &kernel::fs::Stat) -> Option<Problem> {
    let entry = path.file_name()?;
    let above = path.parent()?;
    let above_name = above.file_name()?;
    if stat.is_fifo()
        && entry == "control"
        && above_name == name::SCAN_CONTROL
        && stat.mode & 0o022 != 0
    {
        let cause = format!(
            "others may write to it (mode {:04o}), and so stop the container",
            stat.mode & 0o7777
        );
        let remedy = "remove it from the image; PID 1 makes its own";
        return Some(Problem::new(path, cause, remedy).of(&CONTROL_FIFO));
    }
    let in_service = |dir: &Path| dir.ends_with(name::SERVICES) || dir.ends_with("s6/services");
    let service = above.parent().is_some_and(in_service);
    if stat.is_dir() && service && (entry == "supervise" || entry == "event") {
        let cause = "a supervisor has left it here; it is not copied";
        let remedy = "remove it from the image";
        return Some(Problem::new(path, cause, remedy).of(&SUPERVISORS_LEFT));
    }
    None
}

/// Entries of a directory of services that are passed over although it looks as if it should not
/// be: the boot says nothing of it.
pub fn passed_over_in(view: &View, dir: &Path) -> Vec<Problem> {
    let mut problems = Vec::new();
    for entry in view.names(dir).unwrap_or_default() {
        let path = dir.join(OsStr::from_bytes(&entry));
        let hidden = entry.starts_with(b".");
        let (rule, cause, remedy) = match view.stat(&path) {
            Ok(found) if found.is_dir() => {
                // What belongs to the scan directory itself.
                if !hidden
                    || entry == name::SCAN_CONTROL.as_bytes()
                    || !view.exists(&path.join("run"))
                {
                    continue;
                }
                let cause = "its name begins with a dot, so it is not started";
                (&SERVICE_PASSED_OVER, cause, "rename it if it should be")
            }
            Ok(_) if hidden => continue,
            Ok(_) => {
                let cause = "it is no directory, so it is no service";
                let remedy = "make a directory NAME/ with run in it, or move the file elsewhere";
                (&SERVICE_PASSED_OVER, cause, remedy)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                problems.extend(dead_link(view, &path));
                continue;
            }
            Err(error) => {
                let remedy = "this service is not started";
                let problem = Problem::refused(&path, "open it", &error, remedy);
                problems.push(problem.of(&crate::script::UNREADABLE));
                continue;
            }
        };
        problems.push(Problem::new(&path, cause, remedy).of(rule));
    }
    problems
}

/// A service that was switched on by a link to a directory that does not exist.
pub fn dead_link(view: &View, path: &Path) -> Option<Problem> {
    let target = view.read_link(path).ok()?;
    let problem = Problem::new(
        path,
        format!(
            "it is a link to {}, which does not exist",
            escape(target.as_os_str().as_bytes())
        ),
        "correct the link; this service is not started",
    );
    Some(problem.of(&DEAD_SERVICE))
}
