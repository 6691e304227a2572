//! The service directories of a worker pool, written where services are.

use std::fs;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use kernel::dir;
use kernel::fs::{flags, open_entry};
use layouts::workers::run_script;
use places::name::WORKER_MARK as MARK;

use crate::tree;

/// Writes `count` service directories `worker-1` … into `services` (`/etc/services.d`)
/// and gives their paths. What an earlier start wrote is written anew, and workers
/// that it had more of are removed; directories that somebody else made under these
/// names get our `run` and keep the rest.
///
/// # Errors
/// The first path that cannot be written, with the reason.
pub fn write(
    services: &Path,
    count: u32,
    argv: &[Vec<u8>],
    user: Option<&[u8]>,
) -> Result<Vec<PathBuf>, (PathBuf, io::Error)> {
    let script = run_script(argv, user);
    at(services, fs::create_dir_all(services))?;
    let scan = at(services, tree::open_dir(services))?;
    at(services, remove_surplus(&scan, count))?;
    (1..=count)
        .map(|number| {
            let name = format!("worker-{number}");
            let dir = services.join(&name);
            let worker = at(&dir, make_dir(&scan, name.as_bytes()))?;
            at(&dir.join(MARK), replace(&worker, MARK, b"", 0o644))?;
            at(&dir.join("run"), replace(&worker, "run", &script, 0o755))?;
            Ok(dir)
        })
        .collect()
}

fn at<T>(path: &Path, outcome: io::Result<T>) -> Result<T, (PathBuf, io::Error)> {
    outcome.map_err(|error| (path.to_path_buf(), error))
}

/// Removes the directories of an earlier start whose number is beyond `count`.
fn remove_surplus(scan: &OwnedFd, count: u32) -> io::Result<()> {
    for name in dir::names(scan)? {
        let number = std::str::from_utf8(&name)
            .ok()
            .and_then(|name| name.strip_prefix("worker-"))
            .and_then(|number| number.parse::<u32>().ok());
        if number.is_some_and(|number| number > count) && is_ours(scan, &name) {
            tree::remove(scan, &name)?;
        }
    }
    Ok(())
}

fn is_ours(scan: &OwnedFd, name: &[u8]) -> bool {
    let as_dir = flags::O_PATH | flags::O_DIRECTORY;
    let worker = open_entry(scan.as_raw_fd(), name, as_dir);
    worker.is_ok_and(|dir| open_entry(dir.as_raw_fd(), MARK.as_bytes(), flags::O_PATH).is_ok())
}

/// Opens a directory, which is made where it is missing; a link in its place is no
/// directory.
fn make_dir(scan: &OwnedFd, name: &[u8]) -> io::Result<OwnedFd> {
    match dir::make(scan, name, 0o755) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    open_entry(scan.as_raw_fd(), name, flags::O_PATH | flags::O_DIRECTORY)
}

/// Writes a file in place of what is there, also in place of a link.
fn replace(dir: &OwnedFd, name: &str, content: &[u8], mode: u32) -> io::Result<()> {
    match dir::remove(dir, name.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = dir::create(dir, name.as_bytes(), mode)?;
    file.write_all(content)?;
    kernel::fs::set_mode(&file, mode)
}

#[cfg(test)]
mod tests {
    use super::*;
    use temp::{Temp, mode};

    fn words(all: &[&str]) -> Vec<Vec<u8>> {
        all.iter().map(|word| word.as_bytes().to_vec()).collect()
    }

    #[test]
    fn a_second_start_rewrites_and_removes_its_own_surplus() {
        let temp = Temp::new();
        let services = temp.at("services.d");
        let dirs = write(&services, 3, &words(&["old"]), None).unwrap();
        assert_eq!(dirs.len(), 3);
        assert_eq!(mode(&dirs[2].join("run")), 0o755);
        temp.write("services.d/worker-9/run", "somebody else's");
        temp.write("services.d/worker-1/finish", "kept");
        write(&services, 2, &words(&["new"]), None).unwrap();
        assert!(!services.join("worker-3").exists());
        assert!(services.join("worker-9/run").exists());
        assert!(services.join("worker-1/finish").exists());
        let run = fs::read(services.join("worker-1/run")).unwrap();
        assert_eq!(run, run_script(&words(&["new"]), None));
    }

    #[test]
    fn links_in_the_place_of_files_lead_nowhere() {
        let temp = Temp::new();
        temp.write("kept", "kept");
        for name in [MARK, "run"] {
            temp.link("../../kept", &format!("services.d/worker-1/{name}"));
        }
        write(&temp.at("services.d"), 1, &words(&["x"]), None).unwrap();
        assert_eq!(fs::read(temp.at("kept")).unwrap(), b"kept");
        temp.dir("elsewhere");
        temp.link("../elsewhere", "services.d/worker-2");
        assert!(write(&temp.at("services.d"), 2, &words(&["x"]), None).is_err());
        assert_eq!(fs::read_dir(temp.at("elsewhere")).unwrap().count(), 0);
    }

    #[test]
    fn the_path_that_cannot_be_written_is_named() {
        let temp = Temp::new();
        let file = temp.write("services.d", "a file");
        let (path, _) = write(&file, 1, &words(&["x"]), None).unwrap_err();
        assert_eq!(path, file);
    }
}
