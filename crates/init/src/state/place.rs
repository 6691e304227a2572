//! Choosing where the state is: the originals' places, else a private folder, else
//! nowhere. Whatever it is, the boot goes on; one line says what is lost.

use std::fs::{DirBuilder, File};
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use kernel::fs::Use;
use kernel::process::{self, Fork};
use kernel::{credentials, errno, fd, fs, poll, signal};
use places::{Paths, RUN, SCAN_DIR_OF_V3, STANDARD, STANDARD_PARTS, VAR_RUN, name, private};

use crate::launch::Launch;
use crate::state::answers;
use crate::state::platform::{self, Platform};

/// Where the state is.
pub(crate) struct Place {
    pub(crate) paths: Paths,
    /// What is lost, where something is.
    pub(crate) loss: Option<String>,
    /// Held while the private folder is used: no other container takes it for its own.
    lock: Option<OwnedFd>,
}

impl Place {
    /// Whether one of the places where the state can be does not answer.
    pub(crate) fn is_silent(launch: &Launch) -> bool {
        let mut paths = STANDARD_PARTS.map(Path::new).to_vec();
        let folders = private::folders(launch.variable(b"XDG_RUNTIME_DIR"), credentials::user());
        paths.extend(folders.iter().map(PathBuf::as_path));
        answers::silent(&paths)
    }

    /// The first place that can be written. `shared`: the standard places are another
    /// container's. `silent`: not all answer, and each is asked.
    pub(crate) fn choose(launch: &Launch, shared: bool, silent: bool) -> Place {
        let mut reason = None;
        // Asked only where something is lost: it reads what is mounted.
        let remedy = || to_have_a_place(&platform::of(launch, silent));
        if shared {
            reason = Some(format!("{} is another container's", STANDARD[0]));
        } else if silent && answers::silent(&STANDARD_PARTS.map(Path::new)) {
            reason = Some(format!("{}: its file system does not answer", STANDARD[0]));
        } else {
            for state in STANDARD.map(Path::new) {
                match make_standard(state) {
                    Ok(()) => {
                        return Place {
                            paths: Paths::standard_at(state),
                            loss: reason.map(|reason| not_in_the_first(&reason, state)),
                            lock: None,
                        };
                    }
                    Err(error) => {
                        reason.get_or_insert(format!(
                            "{}: {}",
                            state.display(),
                            errno::text(&error)
                        ));
                    }
                }
            }
        }
        let reason = reason.unwrap_or_default();
        let runtime_dir = launch.variable(b"XDG_RUNTIME_DIR");
        for folder in private::folders(runtime_dir, credentials::user()) {
            if silent && answers::silent(&[&folder]) {
                continue;
            }
            if let Ok(lock) = take(&folder) {
                return Place {
                    paths: Paths::within(&folder),
                    loss: Some(format!(
                        "{reason}; the state is in {} instead, and scripts that name {} \
                         themselves will miss it; to have it there {}",
                        folder.display(),
                        STANDARD[0],
                        remedy()
                    )),
                    lock: Some(lock),
                };
            }
        }
        Place {
            paths: Paths::nowhere(&launch_etc(launch)),
            loss: Some(format!(
                "{reason}, and no other place can be written; hooks and services run from \
                 where the image keeps them, with the variables that the container came \
                 with, and cannot be told anything from outside; to have a place {}",
                remedy()
            )),
            lock: None,
        }
    }

    /// The place of an earlier program of this process, which children are told of in
    /// `launch`. `lock` is still open.
    pub(crate) fn resumed(launch: &Launch, lock: Option<RawFd>) -> Place {
        let variable = |name: &str| launch.variable(name.as_bytes()).map(<[u8]>::to_vec);
        Place {
            paths: Paths::find(variable),
            loss: None,
            lock: lock.filter(|number| fd::is_open(*number)).map(fd::own),
        }
    }

    /// What holds the private folder's lock.
    pub(crate) fn lock_descriptor(&self) -> Option<RawFd> {
        let number = self.lock.as_ref().map(AsRawFd::as_raw_fd);
        if let Some(number) = number {
            kernel::crash::note_descriptor(number);
        }
        number
    }

    /// The launch as it is with this place: children learn where the state is, where they
    /// would not find it.
    pub(crate) fn launch(&self, launch: &Launch) -> Launch {
        let mut launch = launch.clone();
        launch.unset(private::VARIABLE.as_bytes());
        if let Some(value) = self.paths.told() {
            launch.set(private::VARIABLE.as_bytes(), &value);
        }
        if self.paths.is_nowhere() {
            // What cannot be dumped is handed on.
            launch.set(b"S6_KEEP_ENV", b"1");
        }
        launch
    }

    /// At the end: a private folder goes. What cannot be removed, or not in a moment,
    /// stays: the end of the container does not wait for it.
    pub(crate) fn leave(&self) {
        let Some(folder) = self.paths.private_folder() else {
            return;
        };
        let Ok((read, write)) = fd::pipe() else {
            return;
        };
        match process::fork() {
            Ok(Fork::Child) => {
                let _ = remove(folder);
                process::exit_now(0)
            }
            Ok(Fork::Parent(pid)) => {
                drop(write);
                // Its copy of the pipe is closed when the child is done.
                let done = poll::poll_readable(&[read.as_raw_fd()], Some(LAST_PATIENCE));
                if done.is_ok_and(|ready| !ready.is_empty()) {
                    let _ = process::wait(pid);
                } else {
                    let _ = signal::send(pid, signal::SIGKILL);
                }
            }
            Err(_) => {}
        }
    }
}

/// What gives the state a place in /run.
fn to_have_a_place(platform: &Platform) -> String {
    match platform {
        Platform::Kubernetes => "mount an emptyDir at /run".to_string(),
        Platform::Other => format!(
            "make /run writable to the container's user, or start it with docker run \
             --tmpfs /run:exec,uid={}",
            credentials::user()
        ),
    }
}

/// What is lost where the second of the originals' places had to do.
fn not_in_the_first(reason: &str, state: &Path) -> String {
    format!(
        "{reason}; the state is in {} instead, and scripts that name {} will miss it; to have it \
         under both names, in the Dockerfile: RUN rm -rf /var/run && ln -s /run /var/run",
        state.display(),
        STANDARD[0]
    )
}

/// How long the container's end waits for the private folder to go.
const LAST_PATIENCE: Duration = Duration::from_millis(500);

/// Removes a folder, however much there is in it.
fn remove(folder: &Path) -> io::Result<()> {
    let as_dir = fs::flags::O_PATH | fs::flags::O_DIRECTORY | fs::flags::O_NOFOLLOW;
    kernel::removal::empty(&fs::open(folder, as_dir, 0)?)?;
    std::fs::remove_dir(folder)
}

/// Where the image's hooks and services are.
fn launch_etc(launch: &Launch) -> PathBuf {
    let profile = launch.variable(b"S6_RUNTIME_PROFILE");
    places::user_files(
        Path::new(places::ETC),
        profile.filter(|name| !name.is_empty()),
    )
}

/// `/var/run/s6` or `/run/s6`, and the names by which scripts of other releases reach
/// them.
fn make_standard(state: &Path) -> io::Result<()> {
    let run = Path::new(VAR_RUN);
    if state.starts_with(run) && !run.is_dir() && !exists(run) && Path::new(RUN).is_dir() {
        std::fs::create_dir_all("/var")?;
        symlink(RUN, run)?;
    }
    std::fs::create_dir_all(state)?;
    // Without this one no service could run: where it cannot be made, another place is better.
    match std::fs::create_dir(state.join(name::SCAN_DIR)) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    // What an earlier start has left may be another user's.
    for path in [state.to_path_buf()]
        .into_iter()
        .chain(name::STATE.map(|part| state.join(part)))
    {
        writable(&path)?;
    }
    // Where /var/run is no link to /run, both names are in use (s6-overlay v2 and v3).
    for (link, target) in [
        (STANDARD[1], state.to_path_buf()),
        (SCAN_DIR_OF_V3, state.join(name::SCAN_DIR)),
    ] {
        if !exists(Path::new(link)) {
            let _ = symlink(target, link);
        }
    }
    Ok(())
}

/// Whether a directory can be changed; one that is not there yet can.
fn writable(path: &Path) -> io::Result<()> {
    if !path.is_dir() || (fs::may(path, Use::Write) && fs::may(path, Use::Execute)) {
        return Ok(());
    }
    // Made for the error alone: access(2)'s answer would be the same for each cause.
    let probe = path.join(".mainstay-probe");
    // What is there already, somebody else has made: it is not opened.
    File::create_new(&probe)?;
    std::fs::remove_file(&probe)
}

/// Makes the private folder and takes its lock; one that a dead PID 1 left is emptied.
fn take(folder: &Path) -> io::Result<OwnedFd> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    // Made in advance by somebody else, or opened to others: not ours to trust.
    if !private::is_private(folder, credentials::user()) {
        return Err(errno::from(errno::EACCES));
    }
    let flags = fs::flags::O_RDWR | fs::flags::O_CREAT | fs::flags::O_NOFOLLOW;
    // A fifo or a device in its place is nothing to wait for.
    let flags = flags | fs::flags::O_NONBLOCK | fs::flags::O_NOCTTY;
    let lock = fs::open(&folder.join(private::LOCK), flags, 0o600)?;
    fs::try_lock(&lock)?;
    let namespace = folder.join(private::NAMESPACE);
    match std::fs::remove_file(&namespace) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    File::create_new(&namespace)?.write_all(&private::own_namespace())?;
    let within = folder.join(private::WITHIN);
    match std::fs::create_dir(&within) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => writable(&within)?,
        other => other?,
    }
    Ok(lock)
}

/// Whether something is at `path`, without following a link there.
fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn launch(entries: &[&str]) -> Launch {
        Launch {
            run_d: false,
            workers: None,
            command: Vec::new(),
            argv: Vec::new(),
            resume: None,
            environment: entries.iter().map(|e| e.as_bytes().to_vec()).collect(),
        }
    }

    fn temp(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("init-place-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a directory");
        dir
    }

    #[test]
    fn a_private_folder_is_taken_once_and_again_after_its_owner_died() {
        let dir = temp("taken");
        let folder = dir.join("mainstay-0");
        let first = take(&folder).expect("fresh");
        assert!(take(&folder).is_err(), "held by another container");
        drop(first);
        take(&folder).expect("left by a dead one");
        std::fs::remove_dir_all(&dir).expect("removed");
    }

    #[test]
    fn a_folder_that_somebody_made_in_advance_is_refused() {
        let dir = temp("advance");
        let open = dir.join("open");
        std::fs::create_dir(&open).expect("a directory");
        assert!(take(&open).is_err());
        symlink(&dir, dir.join("link")).expect("a link");
        assert!(take(&dir.join("link")).is_err());
        std::fs::remove_dir_all(&dir).expect("removed");
    }

    #[test]
    fn children_are_told_only_what_they_would_not_find() {
        let given = launch(&["A=1", "MAINSTAY_STATE=/stale"]);
        let place = |paths| Place {
            paths,
            loss: None,
            lock: None,
        };
        let standard = place(Paths::standard_at(Path::new("/var/run/s6")));
        assert_eq!(standard.launch(&given).environment, [b"A=1".to_vec()]);
        let private = place(Paths::within(Path::new("/tmp/mainstay-0")));
        assert_eq!(
            private.launch(&given).environment,
            [b"A=1".to_vec(), b"MAINSTAY_STATE=/tmp/mainstay-0".to_vec()]
        );
        let nowhere = place(Paths::nowhere(Path::new("/etc"))).launch(&given);
        assert_eq!(nowhere.variable(b"MAINSTAY_STATE"), Some(&b"none"[..]));
        assert_eq!(nowhere.variable(b"S6_KEEP_ENV"), Some(&b"1"[..]));
    }
}
