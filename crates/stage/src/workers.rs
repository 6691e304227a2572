//! The service directories of a worker pool, written where services are.

use std::fs;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use kernel::fs::{flags, open_entry};
use kernel::{dir, errno};
use layouts::Problem;
use layouts::workers::{self, Kept, keeper_script, run_script};
use places::name::{WORKER_KEEPER, WORKER_LIVES, WORKER_MARK as MARK};

use crate::tree;

/// A pool, as `/worker.sh` is asked for it.
#[derive(Clone, Copy, Debug)]
pub struct Pool<'a> {
    /// How many workers.
    pub count: u32,
    /// What each runs.
    pub argv: &'a [Vec<u8>],
    /// As whom.
    pub user: Option<&'a [u8]>,
    /// What the keeper does; without anything there is none.
    pub kept: Kept,
}

/// What went wrong, and at which path.
pub type Wrong = (PathBuf, io::Error);

/// Writes the service directories `worker-1` … of a pool into `services` (the scan
/// directory) and gives their paths. What an earlier start wrote is written anew, and
/// workers that it had more of are removed; directories that somebody else made under these
/// names get our `run` and keep the rest.
///
/// # Errors
/// The first path that cannot be written, with the reason.
pub fn write(services: &Path, pool: &Pool) -> Result<Vec<PathBuf>, Wrong> {
    let script = run_script(pool.argv, pool.user, pool.kept);
    at(services, fs::create_dir_all(services))?;
    let scan = at(services, tree::open_dir(services))?;
    at(services, remove_surplus(&scan, pool.count))?;
    write_keeper(services, &scan, pool.kept)?;
    (1..=pool.count)
        .map(|number| {
            let name = format!("worker-{number}");
            let dir = services.join(&name);
            let worker = at(&dir, make_dir(&scan, name.as_bytes()))?;
            at(&dir.join(MARK), replace(&worker, MARK, b"", 0o644))?;
            at(&dir.join("run"), replace(&worker, "run", &script, 0o755))?;
            at(&dir, write_variables(&worker, number, pool.count))?;
            Ok(dir)
        })
        .collect()
}

/// The keeper's own service directory; without anything to do it goes.
fn write_keeper(services: &Path, scan: &OwnedFd, kept: Kept) -> Result<(), Wrong> {
    let path = services.join(WORKER_KEEPER);
    let name = WORKER_KEEPER.as_bytes();
    if !kept.any() {
        return match is_ours(scan, name) {
            true => at(&path, tree::remove(scan, name)),
            false => Ok(()),
        };
    }
    let keeper = at(&path, make_dir(scan, name))?;
    at(&path, replace(&keeper, MARK, b"", 0o644))?;
    // A worker's fifos are for its own user and root.
    let lives = at(&path, make_dir(&keeper, WORKER_LIVES.as_bytes()))?;
    let mode = dir::set_mode(&keeper, WORKER_LIVES.as_bytes(), 0o700);
    at(&path.join(WORKER_LIVES), mode)?;
    drop(lives);
    at(
        &path.join("run"),
        replace(&keeper, "run", &keeper_script(), 0o755),
    )
}

/// The numbers of the workers of the pool that is in `services`, in order.
///
/// # Errors
/// As opendir(3).
pub fn numbers(services: &Path) -> io::Result<Vec<u32>> {
    let scan = match tree::open_dir(services) {
        Err(error) if errno::is(&error, errno::ENOENT) => return Ok(Vec::new()),
        other => other?,
    };
    let names = dir::names(&scan)?;
    let mut numbers: Vec<u32> = names
        .iter()
        .filter(|name| is_ours(&scan, name))
        .filter_map(|name| workers::number(name))
        .collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// Adds worker `number` as a copy of worker `model`: its `run`, and whatever files a hook
/// has put beside that. It is there as a whole or not at all. What could not be copied is
/// told.
///
/// # Errors
/// The path that cannot be written, with the reason.
pub fn add(services: &Path, model: u32, number: u32, count: u32) -> Result<Vec<Problem>, Wrong> {
    let scan = at(services, tree::open_dir(services))?;
    let from = services.join(format!("worker-{model}"));
    let source = at(&from, tree::open_dir(&from))?;
    let name = format!("worker-{number}");
    let (path, half) = (services.join(&name), format!(".{name}"));
    match tree::remove(&scan, half.as_bytes()) {
        Err(error) if !errno::is(&error, errno::ENOENT) => return Err((path, error)),
        _ => {}
    }
    let problems = tree::copy_service(&source, &from, half.as_bytes(), &scan);
    let as_dir = flags::O_PATH | flags::O_DIRECTORY;
    let worker = at(&path, open_entry(scan.as_raw_fd(), half.as_bytes(), as_dir))?;
    at(&path, write_variables(&worker, number, count))?;
    at(
        &path,
        dir::rename(&scan, half.as_bytes(), &scan, name.as_bytes()),
    )?;
    Ok(problems)
}

/// Tells worker `number` how many there are: it sees it when it is started next.
///
/// # Errors
/// The path that cannot be written, with the reason.
pub fn set_count(services: &Path, number: u32, count: u32) -> Result<(), Wrong> {
    let path = services.join(format!("worker-{number}"));
    let worker = at(&path, tree::open_dir(&path))?;
    at(&path, write_variables(&worker, number, count))
}

/// Removes the directory of worker `number`.
///
/// # Errors
/// The path, with the reason.
pub fn remove(services: &Path, number: u32) -> Result<(), Wrong> {
    let scan = at(services, tree::open_dir(services))?;
    let name = format!("worker-{number}");
    at(
        &services.join(&name),
        tree::remove(&scan, name.as_bytes()).map(drop),
    )
}

/// The variables that only this worker has. A reader has the old value or the new one.
fn write_variables(worker: &OwnedFd, number: u32, count: u32) -> io::Result<()> {
    let dir = make_dir(worker, workers::VARIABLES.as_bytes())?;
    for (name, value) in [(workers::ID, number), (workers::COUNT, count)] {
        // A name with a dot in front is no variable (s6-envdir(8)).
        let half = format!(".{name}");
        replace(&dir, &half, value.to_string().as_bytes(), 0o644)?;
        dir::rename(&dir, half.as_bytes(), &dir, name.as_bytes())?;
    }
    Ok(())
}

fn at<T>(path: &Path, outcome: io::Result<T>) -> Result<T, (PathBuf, io::Error)> {
    outcome.map_err(|error| (path.to_path_buf(), error))
}

/// Removes the directories of an earlier start whose number is beyond `count`.
fn remove_surplus(scan: &OwnedFd, count: u32) -> io::Result<()> {
    for name in dir::names(scan)? {
        if workers::number(&name).is_some_and(|number| number > count) && is_ours(scan, &name) {
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

    fn write(services: &Path, count: u32, argv: &[Vec<u8>]) -> Result<Vec<PathBuf>, Wrong> {
        pool(services, count, argv, Kept::default())
    }

    fn pool(
        services: &Path,
        count: u32,
        argv: &[Vec<u8>],
        kept: Kept,
    ) -> Result<Vec<PathBuf>, Wrong> {
        let user = None;
        super::write(
            services,
            &Pool {
                count,
                argv,
                user,
                kept,
            },
        )
    }

    fn words(all: &[&str]) -> Vec<Vec<u8>> {
        all.iter().map(|word| word.as_bytes().to_vec()).collect()
    }

    #[test]
    fn a_second_start_rewrites_and_removes_its_own_surplus() {
        let temp = Temp::new();
        let services = temp.at("services.d");
        let dirs = write(&services, 3, &words(&["old"])).unwrap();
        assert_eq!(dirs.len(), 3);
        assert_eq!(mode(&dirs[2].join("run")), 0o755);
        temp.write("services.d/worker-9/run", "somebody else's");
        temp.write("services.d/worker-1/finish", "kept");
        write(&services, 2, &words(&["new"])).unwrap();
        assert!(!services.join("worker-3").exists());
        assert!(services.join("worker-9/run").exists());
        assert!(services.join("worker-1/finish").exists());
        let run = fs::read(services.join("worker-1/run")).unwrap();
        assert_eq!(run, run_script(&words(&["new"]), None, Kept::default()));
    }

    #[test]
    fn links_in_the_place_of_files_lead_nowhere() {
        let temp = Temp::new();
        temp.write("kept", "kept");
        for name in [MARK, "run"] {
            temp.link("../../kept", &format!("services.d/worker-1/{name}"));
        }
        write(&temp.at("services.d"), 1, &words(&["x"])).unwrap();
        assert_eq!(fs::read(temp.at("kept")).unwrap(), b"kept");
        temp.dir("elsewhere");
        temp.link("../elsewhere", "services.d/worker-2");
        assert!(write(&temp.at("services.d"), 2, &words(&["x"])).is_err());
        assert_eq!(fs::read_dir(temp.at("elsewhere")).unwrap().count(), 0);
    }

    #[test]
    fn the_path_that_cannot_be_written_is_named() {
        let temp = Temp::new();
        let file = temp.write("services.d", "a file");
        let (path, _) = write(&file, 1, &words(&["x"])).unwrap_err();
        assert_eq!(path, file);
    }

    #[test]
    fn each_worker_has_its_number_and_the_count() {
        let temp = Temp::new();
        let services = temp.at("services");
        write(&services, 2, &words(&["x"])).unwrap();
        temp.write("services/worker-1/notification-fd", "3");
        temp.write("services/worker-1/supervise/status", "");
        temp.write("services/worker-09/run", "somebody else's");
        temp.write("services/worker-7/run", "somebody else's");
        assert_eq!(numbers(&services).unwrap(), [1, 2]);
        assert!(add(&services, 1, 3, 3).unwrap().is_empty());
        set_count(&services, 1, 3).unwrap();
        let read = |path: &str| fs::read_to_string(services.join(path)).unwrap();
        assert_eq!(read("worker-3/env/WORKER_ID"), "3");
        assert_eq!(read("worker-3/env/WORKER_COUNT"), "3");
        assert_eq!(read("worker-2/env/WORKER_COUNT"), "2");
        assert_eq!(read("worker-1/env/WORKER_COUNT"), "3");
        assert_eq!(read("worker-1/env/WORKER_ID"), "1");
        assert_eq!(read("worker-3/notification-fd"), "3");
        assert_eq!(read("worker-3/run"), read("worker-1/run"));
        assert!(!services.join("worker-3/supervise").exists());
        assert_eq!(numbers(&services).unwrap(), [1, 2, 3]);
        remove(&services, 3).unwrap();
        assert_eq!(numbers(&services).unwrap(), [1, 2]);
        assert_eq!(numbers(&temp.at("nothing")).unwrap(), [] as [u32; 0]);
    }

    #[test]
    fn a_keeper_is_there_only_where_it_has_something_to_do() {
        let temp = Temp::new();
        let services = temp.at("services");
        let kept = Kept {
            limits: false,
            prefix: true,
        };
        pool(&services, 1, &words(&["x"]), kept).unwrap();
        assert_eq!(mode(&services.join("worker-keeper/run")), 0o755);
        assert_eq!(mode(&services.join("worker-keeper/lives")), 0o700);
        assert_eq!(numbers(&services).unwrap(), [1]);
        write(&services, 1, &words(&["x"])).unwrap();
        assert!(!services.join("worker-keeper").exists());
    }
}
