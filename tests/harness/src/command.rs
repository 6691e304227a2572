//! A container before it runs: its command, its namespaces, what is mounted.

use crate::boxed::{Boxed, Streams};
use crate::container::{Container, collect};
use crate::files::Tree;
use crate::log::Log;
use crate::orders::{Boot, Mount, Placement, Program};
use crate::{Root, bases, patience, sys};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::marker::PhantomData;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

/// Capability numbers, from capabilities(7).
pub mod capability {
    /// What Docker gives a container unless told otherwise.
    pub const DOCKER: &[u32] = &[0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31];
    /// CHOWN: change owners.
    pub const CHOWN: u32 = 0;
    /// KILL: signal processes of other users.
    pub const KILL: u32 = 5;
    /// SETGID.
    pub const SETGID: u32 = 6;
    /// SETUID.
    pub const SETUID: u32 = 7;
    /// SYS_PTRACE.
    pub const SYS_PTRACE: u32 = 19;
    /// SYS_ADMIN: mount, among much else.
    pub const SYS_ADMIN: u32 = 21;
}

/// Where a container's standard output and error go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sink {
    /// To the test's log.
    #[default]
    Log,
    /// To pipes that nobody reads any more: EPIPE.
    Gone,
    /// To /dev/full: ENOSPC.
    Full,
    /// To a full pipe whose reader never reads.
    Blocked,
    /// To a terminal that has been hung up: EIO.
    HungUp,
    /// To one end of a stream socket, which cannot be opened by name.
    Socket,
    /// To a file.
    File,
}

/// A container that is being described; [`Command::boot`] starts it.
///
/// As it stands: PID 1 (see `MAINSTAY_TEST_PLACEMENT`), root with Docker's capabilities, host name
/// `box`, `PATH` as Docker sets it, `/proc` and `/dev` fresh, a writable layer that is thrown away,
/// no `/run` of its own, standard input from /dev/null.
#[derive(Debug)]
pub struct Command<'root> {
    root: PhantomData<&'root Root>,
    boot: Boot,
    input: bool,
    one_stream: bool,
    sink: Sink,
}

impl Container {
    /// Describes a container that runs `command` over `root`.
    #[expect(
        clippy::new_ret_no_self,
        reason = "a builder, as std's Command is for Child"
    )]
    pub fn new<S: AsRef<OsStr>>(root: &Root, command: impl IntoIterator<Item = S>) -> Command<'_> {
        let arguments = command.into_iter().map(|one| one.as_ref().to_owned());
        let placement = match std::env::var("MAINSTAY_TEST_PLACEMENT").as_deref() {
            Ok("child") => Placement::Child,
            Ok("pid1") | Err(_) => Placement::Pid1,
            Ok(other) => panic!("MAINSTAY_TEST_PLACEMENT={other}: neither pid1 nor child"),
        };
        let user_namespace = root.user_namespace();
        let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        Command {
            root: PhantomData,
            boot: Boot {
                cache: bases::cache().to_path_buf(),
                holder: root.holder(),
                base: root.base().to_path_buf(),
                keep_changes: false,
                read_only: false,
                proc: true,
                removed: Vec::new(),
                mounts: Vec::new(),
                host_name: "box".into(),
                placement,
                user_namespace,
                program: Program {
                    arguments: arguments.collect(),
                    environment: vec![path.into(), "HOSTNAME=box".into(), "HOME=/root".into()],
                    capabilities: Some(capability::DOCKER.to_vec()),
                    ..Program::default()
                },
            },
            input: false,
            one_stream: false,
            sink: Sink::Log,
        }
    }
}

impl Command<'_> {
    /// Says where the command stands, whatever `MAINSTAY_TEST_PLACEMENT` says.
    pub fn placement(mut self, placement: Placement) -> Self {
        self.boot.placement = placement;
        self
    }

    /// Sets a variable of the environment.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        let start = format!("{name}=");
        let mut entry = OsString::from(&start);
        entry.push(value);
        let environment = &mut self.boot.program.environment;
        environment.retain(|one| !one.as_encoded_bytes().starts_with(start.as_bytes()));
        environment.push(entry);
        self
    }

    /// Adds a variable whose name may hold any bytes but `=` and NUL.
    pub fn env_bytes(mut self, name: &[u8], value: &[u8]) -> Self {
        use std::os::unix::ffi::OsStringExt;
        let entry = [name, b"=", value].concat();
        let environment = &mut self.boot.program.environment;
        environment.push(OsString::from_vec(entry));
        self
    }

    /// Starts from an empty environment.
    pub fn env_clear(mut self) -> Self {
        self.boot.program.environment.clear();
        self
    }

    /// Starts in this directory.
    pub fn directory(mut self, path: impl AsRef<Path>) -> Self {
        self.boot.program.directory = path.as_ref().into();
        self
    }

    /// Runs as this user and group, with no further groups.
    pub fn user(self, uid: u32, gid: u32) -> Self {
        self.user_with_groups(uid, gid, &[])
    }

    /// Runs as this user, group and further groups.
    pub fn user_with_groups(mut self, uid: u32, gid: u32, groups: &[u32]) -> Self {
        assert!(
            !self.boot.user_namespace,
            "a container with another user needs root: run the tests as root"
        );
        self.boot.program.user = Some((uid, gid, groups.to_vec()));
        self
    }

    /// Only these capabilities can be had.
    pub fn capabilities(mut self, kept: &[u32]) -> Self {
        self.boot.program.capabilities = Some(kept.to_vec());
        self
    }

    /// All capabilities, as with `--privileged`.
    pub fn all_capabilities(mut self) -> Self {
        self.boot.program.capabilities = None;
        self
    }

    /// Sets no_new_privs.
    pub fn no_new_privileges(mut self) -> Self {
        self.boot.program.no_new_privileges = true;
        self
    }

    /// Mounts the root read-only, as `docker run --read-only` does.
    pub fn read_only(mut self) -> Self {
        self.boot.read_only = true;
        self
    }

    /// Changes go to the [`Root`] itself and are there at the next boot, as in a container that is
    /// started again.
    pub fn keep_changes(mut self) -> Self {
        self.boot.keep_changes = true;
        self
    }

    /// Mounts a fresh tmpfs, mode 0755, on this directory.
    pub fn tmpfs(self, path: &str) -> Self {
        self.tmpfs_with(path, "mode=755")
    }

    /// Mounts a fresh tmpfs with options as in mount(8): `mode=755,noexec,nosuid,nodev,size=1m`.
    pub fn tmpfs_with(mut self, path: &str, options: &str) -> Self {
        self.boot
            .mounts
            .push(Mount::Tmpfs(path.into(), options.into()));
        self
    }

    /// Mounts a file system on `path` that takes so long for every name that is looked up or made
    /// in it. It holds a script, `run`, and a service directory, `svc`, with the same one; its
    /// server is no process of the container. Needs root and /dev/fuse.
    pub fn hung(mut self, path: &str, delay: Duration) -> Self {
        let delay = delay.as_millis() as u64;
        self.boot.mounts.push(Mount::Slow(path.into(), delay));
        self
    }

    /// Shows a directory or file of the machine at `path`, read-only.
    pub fn bind_read_only(mut self, source: impl AsRef<Path>, path: &str) -> Self {
        let bind = Mount::Bind(source.as_ref().into(), path.into(), true);
        self.boot.mounts.push(bind);
        self
    }

    /// Shows a directory or file of the machine at `path`. Have it be the test's own.
    pub fn bind(mut self, source: impl AsRef<Path>, path: &str) -> Self {
        let bind = Mount::Bind(source.as_ref().into(), path.into(), false);
        self.boot.mounts.push(bind);
        self
    }

    /// Removes what is at `path`, before anything is mounted.
    pub fn without(mut self, path: &str) -> Self {
        self.boot.removed.push(path.into());
        self
    }

    /// Leaves /proc out.
    pub fn without_proc(mut self) -> Self {
        self.boot.proc = false;
        self
    }

    /// Sets the host name.
    pub fn host_name(mut self, name: &str) -> Self {
        self.boot.host_name = name.into();
        self
    }

    /// Closes this standard stream (0, 1 or 2) at the start.
    pub fn closed(mut self, number: i32) -> Self {
        self.boot.program.closed.push(number);
        self
    }

    /// Starts with `path` of the container open for reading and writing as descriptor `number`,
    /// as an engine's extra descriptors are.
    pub fn opened(mut self, number: i32, path: &str) -> Self {
        self.boot.program.opened.push((number, path.into()));
        self
    }

    /// Sets a resource limit (`libc::RLIMIT_*`), soft and hard.
    pub fn limit(mut self, resource: u32, soft: u64, hard: u64) -> Self {
        self.boot.program.limits.push((resource, soft, hard));
        self
    }

    /// Sets the file mode creation mask; 022 otherwise.
    pub fn umask(mut self, mask: u32) -> Self {
        self.boot.program.umask = Some(mask);
        self
    }

    /// Starts with these signals ignored.
    pub fn ignored(mut self, signals: &[i32]) -> Self {
        self.boot.program.ignored.extend(signals);
        self
    }

    /// Starts with these signals blocked.
    pub fn blocked(mut self, signals: &[i32]) -> Self {
        self.boot.program.blocked.extend(signals);
        self
    }

    /// System call `number` (`libc::SYS_*`) answers `errno`, as an old kernel or a sandbox does.
    pub fn denied(mut self, number: i64, errno: i32) -> Self {
        self.boot.program.denied.push((number, errno));
        self
    }

    /// Makes standard input a pipe: see [`Container::write_input`].
    pub fn piped_input(mut self) -> Self {
        self.input = true;
        self
    }

    /// Sends standard output and error into one pipe, so that the order of all lines is exact.
    pub fn one_stream(mut self) -> Self {
        self.one_stream = true;
        self
    }

    /// Says where its output goes; anywhere but to the log it is lost.
    pub fn sink(mut self, sink: Sink) -> Self {
        self.sink = sink;
        self
    }

    /// Starts the container, runs it to its end and gives its end and log.
    #[track_caller]
    pub fn run(self) -> (ExitStatus, Log) {
        let container = self.boot();
        let status = container.wait();
        (status, container.log().clone())
    }

    /// Starts the container; returns when the command has been executed.
    ///
    /// # Panics
    /// When it cannot be, with the reason.
    #[track_caller]
    pub fn boot(self) -> Container {
        match self.try_boot() {
            Ok(container) => container,
            Err(why) => panic!("cannot boot a container: {why}"),
        }
    }

    /// As [`Command::boot`], with the reason for a failure as the answer.
    ///
    /// # Errors
    /// Why the command was not executed.
    pub fn try_boot(self) -> Result<Container, String> {
        let pipe = || sys::pipe().expect("a pipe");
        let null = || OwnedFd::from(File::open("/dev/null").expect("/dev/null opens"));
        // What must stay open for the sink to stay as it is.
        let mut kept = Vec::new();
        let (out, stdout) = match self.sink {
            Sink::Log => pipe(),
            Sink::Gone => (null(), pipe().1),
            Sink::Full => {
                let full = File::options().write(true).open("/dev/full");
                (null(), full.expect("/dev/full opens").into())
            }
            Sink::Blocked => {
                let (reader, writer) = pipe();
                sys::fill(writer.as_fd()).expect("fill a pipe");
                kept.push(reader);
                (null(), writer)
            }
            Sink::HungUp => {
                let (_master, terminal) = sys::terminal().expect("a terminal");
                (null(), terminal)
            }
            Sink::Socket => {
                let (ours, theirs) = UnixStream::pair().expect("a pair of sockets");
                (ours.into(), theirs.into())
            }
            Sink::File => (null(), sys::memory_file().expect("a file")),
        };
        let (err, stderr) = match self.one_stream || self.sink != Sink::Log {
            false => pipe(),
            true => (
                null(),
                stdout.try_clone().expect("a descriptor can be duplicated"),
            ),
        };
        let (stdin, input) = match self.input {
            true => {
                let (theirs, ours) = pipe();
                (Stdio::from(theirs), Some(File::from(ours)))
            }
            false => (Stdio::null(), None),
        };
        let streams = Streams {
            input: stdin,
            output: stdout.into(),
            error: stderr.into(),
        };
        let boxed = Boxed::start("boot", &self.boot.encode(), streams);
        let log = Log::default();
        let reader = {
            let (log, socket) = (log.clone(), boxed.reader());
            thread::spawn(move || collect(&log, [out, err], &socket))
        };
        let limit = patience(Duration::from_secs(20));
        let seen = log.wait(limit, |state| {
            let told = |start: &str| {
                let found = state
                    .messages
                    .iter()
                    .find(|(text, _)| text.starts_with(start));
                found.cloned()
            };
            if let Some((text, _)) = told("failed ") {
                return Some(Err(text));
            }
            if told("started").is_some() {
                return Some(Ok((told("outer")?.1, told("command")?.1)));
            }
            let over = state.messages_ended;
            over.then(|| Err("the box ended without a word".into()))
        });
        let (outer, pid) = match seen {
            Some(Ok(pids)) => pids,
            Some(Err(why)) => return Err(why.trim_start_matches("failed ").into()),
            None => return Err(format!("not started within {limit:?}")),
        };
        let at = self.boot.cache.join("mounts/box");
        let at = at.strip_prefix("/").unwrap_or(&at);
        let way = PathBuf::from(format!("/proc/{outer}/root")).join(at);
        Ok(Container {
            boxed,
            reader: Some(reader),
            log,
            tree: Tree::open(&way.join("root")).map_err(|error| error.to_string())?,
            processes: way.join("proc"),
            pid,
            started: sys::monotonic(),
            program: self.boot.program,
            user_namespace: self.boot.user_namespace,
            input,
            _kept: kept,
        })
    }
}
