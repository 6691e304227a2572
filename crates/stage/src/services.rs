//! The scan directory: which service directories are in it when services start.

use std::io;
use std::path::Path;

use layouts::Problem;
use places::name;

use crate::delivery::Delivery;
use crate::tree::{self, Kind};

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
    let problems = tree::copy(image, &to, Kind::Services);
    // An image with s6-overlay below brings it. Nothing is logged by it here, as there.
    tree::remove(&to, name::CATCH_ALL_LOGGER.as_bytes())?;
    Ok(problems)
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
    Ok(Delivery::open(from, scan)?.copy_all())
}

#[cfg(test)]
mod tests {
    use super::*;
    use temp::{Temp, mode};

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
    fn the_catch_all_logger_of_s6_overlay_is_left_out() {
        let temp = Temp::new();
        temp.script("own/s6-svscan-log/run", "#!/bin/execlineb -P\n");
        temp.write("own/s6-fdholderd/down", "");
        let scan = temp.at("scan");
        assert_eq!(prepare(&temp.at("own"), &scan).unwrap(), []);
        assert!(!scan.join("s6-svscan-log").exists());
        assert!(scan.join("s6-fdholderd/down").exists());
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
