//! One container: a root tree booted in namespaces of its own, with a fresh /run.

use std::fs;
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use kernel::fs::flags;
use kernel::mount;
use kernel::namespace::{self, New};
use kernel::process::{self, ExecVector, Fork};
use kernel::{clock, fd, signal};

use crate::groups::Groups;
use crate::stamps::{self, Kind, Stamp, Stamps};
use crate::{processes, tree};

/// The variables that a container is started with.
pub(crate) const ENVIRONMENT: [(&str, &str); 1] = [(
    "PATH",
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
)];

/// The programs that are services.
const SERVICES: [&str; 3] = ["/bench/service", "/bench/crash", "/bench/orphans"];

/// How long anything may take before it counts as not happening.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// How long a stop may take: an engine kills after this (`docker stop`).
pub(crate) const STOP_LIMIT: Duration = Duration::from_secs(10);

/// How often to look whether something has happened; coarse, so that looking costs
/// nothing. What is measured is stamped by who does it.
const LOOK: Duration = Duration::from_millis(2);

/// Each container's groups have a name of their own.
static NEXT: AtomicU32 = AtomicU32::new(0);

/// A running container. Dropping it kills it.
pub(crate) struct Container {
    /// Process 1, seen from here.
    pub(crate) pid: i32,
    pub(crate) groups: Groups,
    pub(crate) stamps: Stamps,
    gone: bool,
}

impl Container {
    /// Boots `argv` over `root`. What lies in the root's `bench/scan` is laid out at
    /// /run/service first, for supervisors that write into it.
    ///
    /// # Errors
    /// When namespaces or groups cannot be made.
    pub(crate) fn boot(root: &Path, argv: &[String]) -> io::Result<Container> {
        let stamps = Stamps::begin(root)?;
        let groups = Groups::new(&format!(
            "mainstay-bench-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        ));
        match namespace::fork_into(New::CONTAINER)? {
            Fork::Parent(pid) => Ok(Container {
                pid,
                groups,
                stamps,
                gone: false,
            }),
            Fork::Child => {
                let error = match enter(root, &groups) {
                    Ok(()) => execute(argv),
                    Err(error) => error,
                };
                eprintln!("bench: {}: {error}", argv[0]);
                process::exit_now(127)
            }
        }
    }

    /// Waits until `count` services have started, and gives all stamps.
    ///
    /// # Errors
    /// When that does not happen.
    pub(crate) fn started(&self, count: usize) -> Result<Vec<Stamp>, String> {
        // One more: the stamp of PID 1's execution.
        self.wait_for(|stamps| stamps.count() > count)
            .map_err(|why| format!("{why}: {} of {count} services started", self.services()))?;
        self.stamps.read().map_err(|error| error.to_string())
    }

    fn services(&self) -> usize {
        self.stamps.count().saturating_sub(1)
    }

    /// Waits until `done` says so.
    ///
    /// # Errors
    /// When it does not.
    pub(crate) fn wait_for(&self, done: impl Fn(&Stamps) -> bool) -> Result<(), String> {
        let begun = clock::monotonic();
        while !done(&self.stamps) {
            if clock::monotonic() > begun + PATIENCE {
                return Err("nothing more happens".into());
            }
            if processes::program(self.pid).is_none() {
                return Err("it has ended".into());
            }
            clock::sleep(LOOK);
        }
        Ok(())
    }

    /// Waits for a stamp of this kind among those from the `from`th on.
    ///
    /// # Errors
    /// When there is none in time.
    pub(crate) fn stamp(&self, kind: Kind, from: usize) -> Result<Stamp, String> {
        self.wait_for(|stamps| stamps.find(kind, from).is_some())?;
        self.stamps
            .find(kind, from)
            .ok_or_else(|| "the stamp is gone".into())
    }

    /// A process that runs this program, by its pid here.
    pub(crate) fn runs(&self, program: &str) -> Option<i32> {
        let mut members = self.groups.members().into_iter();
        members.find(|pid| processes::program(*pid).is_some_and(|path| path == Path::new(program)))
    }

    /// Everybody but the services: process 1 and what works for it.
    pub(crate) fn supervisors(&self) -> Vec<i32> {
        let mut members = self.groups.members();
        members.retain(|pid| {
            processes::program(*pid)
                .is_some_and(|path| !SERVICES.iter().any(|service| path == Path::new(service)))
        });
        members
    }

    /// Sends `number` to process 1 and gives the time until it is gone; none when it
    /// was not in time and had to be killed.
    pub(crate) fn stop(mut self, number: i32) -> Option<Duration> {
        let begun = clock::monotonic();
        let _ = signal::send(self.pid, number);
        let ended = self.wait(STOP_LIMIT);
        let time = clock::monotonic() - begun;
        ended.then_some(time)
    }

    fn wait(&mut self, limit: Duration) -> bool {
        let children = signal::Set::empty().with(signal::SIGCHLD);
        let until = clock::monotonic() + limit;
        loop {
            if !matches!(process::try_wait(self.pid), Ok(None)) {
                self.gone = true;
                return true;
            }
            let left = until.saturating_sub(clock::monotonic());
            if left.is_zero() {
                return false;
            }
            signal::wait(&children, Some(left));
        }
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        if !self.gone {
            let _ = signal::send(self.pid, signal::SIGKILL);
            self.wait(PATIENCE);
        }
    }
}

/// In the child: into the groups and the root.
fn enter(root: &Path, groups: &Groups) -> io::Result<()> {
    process::set_parent_death_signal(signal::SIGKILL)?;
    groups.enter()?;
    mount::make_all_private()?;
    mount::bind(root, root, true)?;
    mount::mount("tmpfs", &root.join("run"), 0, b"mode=755")?;
    let none = mount::flags::MS_NOSUID | mount::flags::MS_NODEV | mount::flags::MS_NOEXEC;
    mount::mount("proc", &root.join("proc"), none, b"")?;
    for device in tree::DEVICES {
        mount::bind(
            &Path::new("/dev").join(device),
            &root.join("dev").join(device),
            false,
        )?;
    }
    let scan = root.join("bench/scan");
    if scan.is_dir() {
        tree::copy(&scan, &root.join("run/service"))?;
    }
    let log = flags::O_WRONLY | flags::O_CREAT | flags::O_TRUNC;
    let output = kernel::fs::open(&root.join("bench/log"), log, 0o644)?;
    let input = kernel::fs::open(Path::new("/dev/null"), flags::O_RDONLY, 0)?;
    mount::change_root(root)?;
    process::new_session()?;
    fd::copy(input.as_raw_fd(), 0)?;
    fd::copy(output.as_raw_fd(), 1)?;
    fd::copy(output.as_raw_fd(), 2)?;
    signal::reset_all();
    // What this process was started with is nobody else's.
    fd::close_from(3);
    Ok(())
}

fn execute(argv: &[String]) -> io::Error {
    let env = ENVIRONMENT.map(|(name, value)| format!("{name}={value}"));
    let vectors = ExecVector::new(argv).and_then(|argv| Ok((argv, ExecVector::new(env)?)));
    match (vectors, fs::metadata(&argv[0])) {
        (Ok((words, env)), Ok(_)) => match stamps::executed() {
            Ok(()) => process::execve(argv[0].as_bytes(), &words, &env),
            Err(error) => error,
        },
        (Err(error), _) | (_, Err(error)) => error,
    }
}
