//! The scan directory: which service directories are in it when services start.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use kernel::{errno, escape};

use super::tree::{self, Kind};
use crate::view::View;
use crate::{Loss, Problem, Rule};

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
    let name = path.file_name()?;
    let above = path.parent()?;
    let above_name = above.file_name()?;
    if stat.is_fifo() && name == "control" && above_name == ".s6-svscan" && stat.mode & 0o022 != 0 {
        let cause = format!(
            "others may write to it (mode {:04o}), and so stop the container",
            stat.mode & 0o7777
        );
        let remedy = "remove it from the image; PID 1 makes its own";
        return Some(Problem::new(path, cause, remedy).of(&CONTROL_FIFO));
    }
    let in_service = |dir: &Path| dir.ends_with("services.d") || dir.ends_with("s6/services");
    let service = above.parent().is_some_and(in_service);
    if stat.is_dir() && service && (name == "supervise" || name == "event") {
        let cause = "a supervisor has left it here; it is not copied";
        let remedy = "remove it from the image";
        return Some(Problem::new(path, cause, remedy).of(&SUPERVISORS_LEFT));
    }
    None
}

/// Entries of a directory of services that are passed over although it looks as if it should not
/// be: [`copy`] says nothing of it.
pub fn passed_over_in(view: &View, dir: &Path) -> Vec<Problem> {
    let mut problems = Vec::new();
    for name in view.names(dir).unwrap_or_default() {
        let path = dir.join(OsStr::from_bytes(&name));
        let hidden = name.starts_with(b".");
        let (rule, cause, remedy) = match view.stat(&path) {
            Ok(found) if found.is_dir() => {
                // What belongs to the scan directory itself.
                if !hidden || name == b".s6-svscan" || !view.exists(&path.join("run")) {
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
                problems.push(problem.of(&super::scripts::UNREADABLE));
                continue;
            }
        };
        problems.push(Problem::new(&path, cause, remedy).of(rule));
    }
    problems
}

/// Begins the scan directory anew, with the services that the image keeps for the
/// supervisor itself (`/etc/s6/services`), `.s6-svscan` among them. Everything that an
/// earlier run of the container left there goes: fifos, sockets and supervise
/// directories of processes that are no more, perhaps another user's.
///
/// # Errors
/// When the scan directory cannot be made or emptied.
pub fn prepare(image: &Path, scan: &Path) -> io::Result<Vec<Problem>> {
    let to = tree::fresh_dir(scan)?;
    if tree::is_absent_dir(image) {
        return Ok(Vec::new());
    }
    Ok(tree::copy(image, &to, Kind::Services))
}

/// Copies each service directory of `from` (`/var/run/s6/etc/services.d`) into the
/// scan directory, over what hooks may have put there. Links to service directories
/// are followed; hidden files inside belong to the service; what a supervisor left in
/// `supervise` and `event` does not, so an image that brings them has fresh ones.
/// Names that begin with a dot are no services, and neither is what is no directory.
///
/// # Errors
/// When one of the two cannot be opened; a `from` that does not exist has none.
pub fn copy(from: &Path, scan: &Path) -> io::Result<Vec<Problem>> {
    if tree::is_absent_dir(from) {
        return Ok(Vec::new());
    }
    let to = tree::open_dir(scan)?;
    let mut problems = Vec::new();
    let source = tree::open_dir(from)?;
    for name in kernel::dir::names(&source)? {
        let path = from.join(OsStr::from_bytes(&name));
        if name.starts_with(b".") {
            continue;
        }
        match tree::open_dir(&path) {
            Ok(service) => problems.extend(tree::copy_service(&service, &path, &name, &to)),
            // No directory: no service. What is one for stat(2) is one.
            Err(error) if errno::is(&error, errno::ENOTDIR) && !path.is_dir() => {}
            Err(error) if errno::is(&error, errno::ENOENT) && !path.exists() => {
                problems.extend(dead_link(&View::live(), &path));
            }
            Err(error) => {
                let remedy = "this service is not started";
                problems.push(
                    Problem::refused(&path, "open it", &error, remedy).that_loses(Loss::Whole),
                );
            }
        }
    }
    Ok(problems)
}

/// A service that was switched on by a link to a directory that does not exist.
fn dead_link(view: &View, path: &Path) -> Option<Problem> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Temp, mode};

    fn image() -> Temp {
        let temp = Temp::new();
        temp.script("services.d/web/run", "#!/bin/sh\n");
        temp.write("services.d/web/.command", "x");
        temp.link("/bin/true", "services.d/web/finish");
        temp.script("services.d/web/log/run", "#!/bin/sh\n");
        temp.script("services.d/web/data/check", "#!/bin/sh\n");
        temp.write("services.d/web/supervise/status", "old");
        kernel::fs::make_fifo(&temp.at("services.d/web/supervise/control"), 0o620).unwrap();
        temp.dir("services.d/web/event");
        temp.dir("services.d/web/log/supervise");
        temp.script("available/db/run", "#!/bin/sh\n");
        temp.link("../available/db", "services.d/db");
        temp.write("services.d/.gitkeep", "");
        temp.dir("services.d/.hidden");
        temp.write("services.d/file", "");
        temp.link("/nowhere", "services.d/dead");
        temp.dir("scan");
        temp
    }

    #[test]
    fn service_directories_are_copied_without_what_supervisors_left() {
        let temp = image();
        let scan = temp.at("scan");
        let problems = copy(&temp.at("services.d"), &scan).unwrap();
        let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(
            lines[0].contains("services.d/dead: it is a link to /nowhere"),
            "{lines:?}"
        );
        for name in [
            "web/run",
            "web/.command",
            "web/log/run",
            "web/data/check",
            "db/run",
        ] {
            assert!(scan.join(name).exists(), "{name}");
        }
        assert_eq!(mode(&scan.join("web/run")), 0o755);
        assert_eq!(
            std::fs::read_link(scan.join("web/finish")).unwrap(),
            Path::new("/bin/true")
        );
        for name in [
            "web/supervise",
            "web/event",
            "web/log/supervise",
            ".gitkeep",
            ".hidden",
            "file",
            "dead",
        ] {
            assert!(scan.join(name).symlink_metadata().is_err(), "{name}");
        }
        // The place of a linked service is in the scan directory, not where it came from.
        assert_eq!(
            std::fs::canonicalize(scan.join("db")).unwrap(),
            std::fs::canonicalize(&scan).unwrap().join("db")
        );
    }

    #[test]
    fn a_restart_of_the_container_drops_what_the_last_run_left() {
        let temp = image();
        let scan = temp.at("scan");
        copy(&temp.at("services.d"), &scan).unwrap();
        temp.write("scan/web/supervise/lock", "");
        temp.write("scan/gone/run", "");
        temp.script("own/.s6-svscan/SIGUSR1", "#!/bin/sh\n");
        temp.write("own/helper/down", "");
        assert_eq!(prepare(&temp.at("own"), &scan).unwrap(), []);
        assert!(!scan.join("gone").exists() && !scan.join("web").exists());
        assert!(scan.join(".s6-svscan/SIGUSR1").exists());
        copy(&temp.at("services.d"), &scan).unwrap();
        assert!(scan.join("web/run").exists() && scan.join("helper/down").exists());
    }

    #[test]
    fn what_hooks_put_into_the_scan_directory_stays_under_the_copy() {
        let temp = image();
        temp.write("scan/web/env/EXTRA", "1");
        temp.dir("scan/web/run");
        copy(&temp.at("services.d"), &temp.at("scan")).unwrap();
        assert!(temp.at("scan/web/env/EXTRA").exists());
        assert!(temp.at("scan/web/run").is_file());
    }

    #[test]
    fn nothing_to_copy_is_fine() {
        let temp = Temp::new();
        assert_eq!(copy(&temp.at("none"), &temp.at("scan")).unwrap(), []);
        assert_eq!(prepare(&temp.at("none"), &temp.at("scan")).unwrap(), []);
        assert!(temp.at("scan").is_dir());
    }
}
