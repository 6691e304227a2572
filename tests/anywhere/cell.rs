//! One cell: a value of each axis, what it does to a container, and what it must do.

use std::fmt;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use harness::{Command, Container, Placement, Root, Scratch, Sink, patience, signal};

use crate::calls;
use crate::image::{LIFE, OUT, TOKEN};

/// Who runs the container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// Root.
    Root,
    /// A user of /etc/passwd.
    Named,
    /// Any uid with gid 0, and no entry in /etc/passwd (OpenShift).
    Arbitrary,
}

/// Where state could be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Files {
    /// Everywhere; /var/run is a link to /run.
    Writable,
    /// The root is read-only, /run is a tmpfs.
    ReadOnlyTmpfsRun,
    /// The root is read-only, /run with it; /dev/shm can be written, as an engine leaves it.
    ReadOnly,
    /// The root is read-only and so is /dev/shm: nowhere.
    Nowhere,
    /// The same, with a tmpfs on /tmp.
    ReadOnlyTmpfsTmp,
    /// There is no /run, and /var/run leads to nothing.
    NoRun,
    /// There is no /var.
    NoVar,
    /// Neither, and the root is read-only.
    NeitherReadOnly,
    /// /run is there and read-only.
    RunReadOnly,
    /// /run is mounted noexec.
    RunNoexec,
    /// /run is mounted noexec, and hooks and services are copied to it.
    RunNoexecCopied,
    /// /run is mounted noexec, the root is read-only.
    RunNoexecReadOnly,
    /// /var/run is a directory of its own.
    TwoRuns,
    /// /run is another user's.
    RunOfAnother,
}

/// What the container may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Powers {
    /// An engine's default.
    Default,
    /// No capability at all, and no_new_privs.
    None,
}

/// What the kernel, or a sandbox before it, answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// Everything.
    New,
    /// ENOSYS to every newer call.
    Old,
    /// EPERM to every newer call.
    Strict,
    /// No epoll at all.
    NoEpoll,
    /// EPERM to kill(2).
    NoKill,
    /// One call answers one errno.
    Without(&'static str, i64, i32),
}

/// The three standard streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Streams {
    /// Open, the output going somewhere.
    To(Sink),
    /// All closed.
    Closed,
}

/// One cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// PID 1 or not.
    pub placement: Placement,
    /// Who.
    pub user: User,
    /// Where state could be written.
    pub files: Files,
    /// What it may do.
    pub powers: Powers,
    /// The standard streams.
    pub streams: Streams,
    /// Whether /proc is there.
    pub proc: bool,
    /// The kernel.
    pub kernel: Kernel,
}

/// The axes' values, the plain one first, then those that take long: the last ones stand in
/// most cells.
pub const PLACEMENTS: [Placement; 2] = [Placement::Pid1, Placement::Child];
/// See [`PLACEMENTS`].
pub const USERS: [User; 3] = [User::Root, User::Named, User::Arbitrary];
/// See [`PLACEMENTS`].
pub const FILES: [Files; 14] = [
    Files::Writable,
    Files::ReadOnlyTmpfsRun,
    Files::ReadOnly,
    Files::Nowhere,
    Files::ReadOnlyTmpfsTmp,
    Files::NoRun,
    Files::NoVar,
    Files::NeitherReadOnly,
    Files::RunReadOnly,
    Files::RunNoexec,
    Files::RunNoexecCopied,
    Files::RunNoexecReadOnly,
    Files::TwoRuns,
    Files::RunOfAnother,
];
/// See [`PLACEMENTS`].
pub const POWERS: [Powers; 2] = [Powers::Default, Powers::None];
/// See [`PLACEMENTS`].
pub const STREAMS: [Streams; 8] = [
    Streams::To(Sink::Log),
    Streams::To(Sink::Blocked),
    Streams::Closed,
    Streams::To(Sink::Gone),
    Streams::To(Sink::Full),
    Streams::To(Sink::HungUp),
    Streams::To(Sink::Socket),
    Streams::To(Sink::File),
];
/// See [`PLACEMENTS`].
pub const PROCS: [bool; 2] = [true, false];
/// See [`PLACEMENTS`].
pub const KERNELS: [Kernel; 5] = [
    Kernel::New,
    Kernel::NoKill,
    Kernel::Old,
    Kernel::Strict,
    Kernel::NoEpoll,
];

impl Cell {
    /// The plain cell: nothing is missing.
    pub const PLAIN: Cell = Cell {
        placement: Placement::Pid1,
        user: User::Root,
        files: Files::Writable,
        powers: Powers::Default,
        streams: Streams::To(Sink::Log),
        proc: true,
        kernel: Kernel::New,
    };

    /// The sizes of the axes, for [`crate::pairs::pairwise`].
    pub const SIZES: [usize; 7] = [
        PLACEMENTS.len(),
        USERS.len(),
        FILES.len(),
        POWERS.len(),
        STREAMS.len(),
        PROCS.len(),
        KERNELS.len(),
    ];

    /// The cell of a row of [`crate::pairs::pairwise`].
    pub fn of(row: &[usize]) -> Cell {
        Cell {
            placement: PLACEMENTS[row[0]],
            user: USERS[row[1]],
            files: FILES[row[2]],
            powers: POWERS[row[3]],
            streams: STREAMS[row[4]],
            proc: PROCS[row[5]],
            kernel: KERNELS[row[6]],
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cell {
            placement,
            user,
            files,
            powers,
            streams,
            proc,
            kernel,
        } = self;
        let proc = if *proc { "proc" } else { "no proc" };
        write!(
            f,
            "{placement:?}, {user:?}, {files:?}, powers {powers:?}, streams {streams:?}, {proc}, \
             kernel {kernel:?}"
        )
    }
}

/// Prepares the tree, which other cells use too: each change is undone by `keep_changes` not
/// being asked for.
fn files(command: Command<'_>, files: Files) -> Command<'_> {
    match files {
        Files::Writable => command,
        Files::ReadOnlyTmpfsRun => command.read_only().tmpfs_with("/run", "mode=1777"),
        Files::ReadOnly => command.read_only(),
        Files::Nowhere => command.read_only().tmpfs_with("/dev/shm", "mode=755,ro"),
        Files::ReadOnlyTmpfsTmp => command.read_only().tmpfs_with("/tmp", "mode=1777,noexec"),
        Files::NoRun => command.without("/run"),
        Files::NoVar => command.without("/var"),
        Files::NeitherReadOnly => command.without("/run").without("/var").read_only(),
        Files::RunReadOnly => command.tmpfs_with("/run", "mode=755,ro"),
        Files::RunNoexec => command.tmpfs_with("/run", "mode=1777,noexec"),
        Files::RunNoexecCopied => command
            .tmpfs_with("/run", "mode=1777,noexec")
            .env("S6_READ_ONLY_ROOT", "1"),
        Files::RunNoexecReadOnly => command.read_only().tmpfs_with("/run", "mode=1777,noexec"),
        Files::TwoRuns => command
            .without("/var/run")
            .tmpfs_with("/var/run", "mode=1777")
            .tmpfs_with("/run", "mode=1777"),
        Files::RunOfAnother => command.tmpfs_with("/run", "mode=755,uid=4242"),
    }
}

fn kernel(command: Command<'_>, kernel: Kernel) -> Command<'_> {
    match kernel {
        Kernel::New => command,
        Kernel::Old | Kernel::Strict => {
            let errno = match kernel {
                Kernel::Old => libc::ENOSYS,
                _ => libc::EPERM,
            };
            calls::NEWER
                .iter()
                .fold(command, |command, (_, call)| command.denied(*call, errno))
        }
        Kernel::NoEpoll => calls::EPOLL
            .iter()
            .fold(command, |command, call| command.denied(*call, libc::EPERM)),
        Kernel::Without(_, call, errno) => command.denied(call, errno),
        Kernel::NoKill => command
            .denied(libc::SYS_kill, libc::EPERM)
            .env("S6_SERVICES_GRACETIME", "300")
            .env("S6_KILL_GRACETIME", "300"),
    }
}

impl Cell {
    fn command<'root>(&self, root: &'root Root, out: &Scratch) -> Command<'root> {
        let command = Container::new(root, ["/init"])
            .placement(self.placement)
            .bind(out.path(), OUT)
            .env(TOKEN.0, TOKEN.1);
        let mut command = kernel(files(command, self.files), self.kernel);
        command = match self.user {
            User::Root => command,
            User::Named => command.user(1000, 1000),
            User::Arbitrary => command.user(12345, 0),
        };
        if self.powers == Powers::None {
            command = command.capabilities(&[]).no_new_privileges();
        }
        if !self.proc {
            command = command.without_proc();
        }
        match self.streams {
            Streams::To(sink) => command.sink(sink),
            Streams::Closed => (0..3).fold(command, Command::closed),
        }
    }

    /// Boots and stops; an error says what was not as it must be.
    ///
    /// # Errors
    /// What went wrong, with the log.
    pub fn live(&self, root: &Root) -> Result<(), String> {
        let out = Scratch::new();
        let everybody = std::fs::Permissions::from_mode(0o777);
        std::fs::set_permissions(out.path(), everybody).map_err(|error| error.to_string())?;
        let container = self.command(root, &out).try_boot()?;
        // Somebody else's process in the same PID namespace.
        let stranger = (self.placement == Placement::Child)
            .then(|| container.prepare(["/usr/bin/stranger"]))
            .map(|stranger| stranger.limit(Duration::from_secs(600)).spawn());
        let outcome = self.check(&container, &out);
        drop(stranger);
        outcome.map_err(|why| {
            let said = std::fs::read_to_string(out.path().join("log")).unwrap_or_default();
            let log = container.log().report(Some(container.started()));
            let processes: Vec<String> = container
                .processes()
                .iter()
                .map(|one| format!("{} {} {:?}", one.pid, one.state, one.arguments))
                .collect();
            format!(
                "{self}: {why}\nsaid:\n{said}\n{log}\n{}",
                processes.join("\n")
            )
        })
    }

    fn check(&self, container: &Container, out: &Scratch) -> Result<(), String> {
        let said = || std::fs::read_to_string(out.path().join("log")).unwrap_or_default();
        let wait = |what: &str, condition: &dyn Fn() -> bool| {
            let deadline = Instant::now() + patience(harness::PATIENCE);
            while !condition() {
                if container.ended() || Instant::now() > deadline {
                    return Err(format!("not so: {what}"));
                }
                std::thread::sleep(Duration::from_millis(2));
            }
            Ok(())
        };
        wait("the script runs", &|| said().contains(LIFE[1]))?;
        wait("the program runs", &|| out.path().join("program").exists())?;
        if self.placement == Placement::Child {
            wait("the stranger is there", &|| {
                out.path().join("stranger").exists()
            })?;
        }
        container.signal(signal::TERM);
        wait("the container ends", &|| container.ended())
            .or_else(|why| container.ended().then_some(()).ok_or(why))?;
        let status = container.wait();
        if status.code() != Some(0) {
            return Err(format!("it ended with {status:?}"));
        }
        let said = said();
        let [boot, stop] = [&LIFE[..2], &LIFE[2..]];
        let up = boot
            .iter()
            .try_fold(0, |at, line| Some(at + said[at..].find(line)?));
        let Some(up) = up else {
            return Err(format!("the boot was not {boot:?}"));
        };
        // A stop hook runs beside services that end.
        for line in stop {
            let impossible = self.kernel == Kernel::NoKill && *line == "web ends";
            if !impossible && !said[up..].contains(line) {
                return Err(format!("{line:?} is missing after the boot"));
            }
        }
        let mut left = container.left_running();
        let all = left.len();
        left.retain(|one| !one.ends_with(" stranger"));
        if self.placement == Placement::Child && all == left.len() {
            return Err("the stranger was ended".into());
        }
        // Without a way to end a process nobody can be ended; a PID 1 takes them with it.
        if !left.is_empty() && self.kernel != Kernel::NoKill {
            return Err(format!("left running: {left:?}"));
        }
        Ok(())
    }
}
