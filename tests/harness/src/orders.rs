//! What the tests ask of `harness-box`, as bytes in a file: NUL-terminated `key=value` records.
//!
//! Values are any bytes without a NUL, which is what argv, environment and paths can hold.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

/// Where the order file is when `harness-box` starts.
pub const ORDERS_FD: i32 = 3;
/// Where the socket to the test is when `harness-box` starts. Its end ends everything.
pub const SOCKET_FD: i32 = 4;

/// How the command stands in its pid namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// The command is PID 1.
    Pid1,
    /// The command is a child of a tiny reaper that is PID 1, as under `docker run --init`
    /// or in a shared pid namespace. It is not marked as a subreaper: that is its own business.
    Child,
}

/// What is mounted over a directory or file of the container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mount {
    /// A fresh tmpfs with these options (`mode=755,noexec`), as in mount(8).
    Tmpfs(PathBuf, String),
    /// What is at the first path (the machine's) shows at the second; read-only if asked.
    Bind(PathBuf, PathBuf, bool),
    /// A file system that takes so many milliseconds for each name: see
    /// [`crate::Command::hung`].
    Slow(PathBuf, u64),
}

/// One process: what is executed and in which state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program {
    /// The arguments; the first is the program, looked up in `environment`'s PATH.
    pub arguments: Vec<OsString>,
    /// The whole environment, `NAME=value`.
    pub environment: Vec<OsString>,
    /// Where it starts; `/` when empty.
    pub directory: PathBuf,
    /// User, group and further groups.
    pub user: Option<(u32, u32, Vec<u32>)>,
    /// The capabilities that remain in the bounding set; `None` leaves all.
    pub capabilities: Option<Vec<u32>>,
    /// Sets no_new_privs.
    pub no_new_privileges: bool,
    /// Standard streams that are closed at the start.
    pub closed: Vec<i32>,
    /// Descriptors that are open at the start, on a file of the container: for reading and
    /// writing unless it is on a read-only file system.
    pub opened: Vec<(i32, PathBuf)>,
    /// Resource, soft and hard limit.
    pub limits: Vec<(u32, u64, u64)>,
    /// The file mode creation mask; 022 unless set.
    pub umask: Option<u32>,
    /// Signals ignored at the start.
    pub ignored: Vec<i32>,
    /// Signals blocked at the start.
    pub blocked: Vec<i32>,
    /// System calls that answer with an errno instead of being carried out.
    pub denied: Vec<(i64, i32)>,
}

/// A container: its file system, its namespaces and its first program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boot {
    /// The directory below which the boxes mount.
    pub cache: PathBuf,
    /// The process that holds the root tree.
    pub holder: i32,
    /// The read-only tree below the root's own changes.
    pub base: PathBuf,
    /// Whether changes go to the root itself instead of a layer that is thrown away.
    pub keep_changes: bool,
    /// Whether the root is mounted read-only.
    pub read_only: bool,
    /// Whether /proc is there.
    pub proc: bool,
    /// What is removed before anything is mounted.
    pub removed: Vec<PathBuf>,
    /// Further mounts, in order. A mount point that is missing is made as a directory.
    pub mounts: Vec<Mount>,
    /// The host name.
    pub host_name: OsString,
    /// Whether the command is PID 1.
    pub placement: Placement,
    /// Whether everything happens in a user namespace.
    pub user_namespace: bool,
    /// The command.
    pub program: Program,
}

/// A tree that is held mounted while the test has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The directory below which the boxes mount.
    pub cache: PathBuf,
    /// The read-only tree below.
    pub base: PathBuf,
    /// Whether a user namespace is made first.
    pub user_namespace: bool,
}

/// A program executed inside what another process lives in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enter {
    /// The process whose namespaces are joined.
    pub target: i32,
    /// The namespaces, as they are called in /proc/PID/ns.
    pub namespaces: Vec<String>,
    /// What is executed.
    pub program: Program,
}

/// A daemon that must not outlive the test nor reach beyond its own processes and mounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    /// Its own directory: a tmpfs is mounted on `data` in it, and all of it is removed at the end.
    pub directory: PathBuf,
    /// Control groups of this name are removed at the end.
    pub control_group: String,
    /// What is executed.
    pub program: Program,
}

struct Writer(Vec<u8>);

impl Writer {
    fn put(&mut self, key: &str, value: impl AsRef<OsStr>) {
        self.0.extend_from_slice(key.as_bytes());
        self.0.push(b'=');
        self.0.extend_from_slice(value.as_ref().as_bytes());
        self.0.push(0);
    }

    fn put_flag(&mut self, key: &str, value: bool) {
        if value {
            self.put(key, "");
        }
    }

    fn program(&mut self, program: &Program) {
        program
            .arguments
            .iter()
            .for_each(|one| self.put("arg", one));
        program
            .environment
            .iter()
            .for_each(|one| self.put("env", one));
        self.put("directory", &program.directory);
        if let Some((uid, gid, groups)) = &program.user {
            self.put("user", numbers([uid, gid].into_iter().chain(groups)));
        }
        if let Some(kept) = &program.capabilities {
            self.put("capabilities", numbers(kept));
        }
        self.put_flag("no_new_privileges", program.no_new_privileges);
        self.put("closed", numbers(&program.closed));
        for (number, path) in &program.opened {
            let mut value = OsString::from(format!("{number} "));
            value.push(path);
            self.put("opened", value);
        }
        for (resource, soft, hard) in &program.limits {
            self.put("limit", format!("{resource} {soft} {hard}"));
        }
        if let Some(mask) = program.umask {
            self.put("umask", mask.to_string());
        }
        self.put("ignored", numbers(&program.ignored));
        self.put("blocked", numbers(&program.blocked));
        for (call, errno) in &program.denied {
            self.put("denied", format!("{call} {errno}"));
        }
    }
}

fn numbers<T: ToString>(list: impl IntoIterator<Item = T>) -> String {
    let words: Vec<String> = list.into_iter().map(|one| one.to_string()).collect();
    words.join(" ")
}

fn parse<T: std::str::FromStr>(value: &OsStr) -> Vec<T> {
    let text = value.to_string_lossy();
    let words = text.split_ascii_whitespace();
    words.filter_map(|word| word.parse().ok()).collect()
}

fn pair<T: std::str::FromStr + Copy>(value: &OsStr) -> Option<(T, T)> {
    match parse(value).as_slice() {
        [first, second] => Some((*first, *second)),
        _ => None,
    }
}

/// The records of an order file.
fn records(bytes: &[u8]) -> impl Iterator<Item = (&str, &OsStr)> {
    bytes.split(|byte| *byte == 0).filter_map(|record| {
        let at = record.iter().position(|byte| *byte == b'=')?;
        let key = std::str::from_utf8(&record[..at]).ok()?;
        Some((key, OsStr::from_bytes(&record[at + 1..])))
    })
}

fn text(value: &OsStr) -> String {
    value.to_string_lossy().into_owned()
}

impl Program {
    fn take(&mut self, key: &str, value: &OsStr) {
        match key {
            "arg" => self.arguments.push(value.to_owned()),
            "env" => self.environment.push(value.to_owned()),
            "directory" => self.directory = value.into(),
            "user" => {
                if let [uid, gid, groups @ ..] = parse::<u32>(value).as_slice() {
                    self.user = Some((*uid, *gid, groups.to_vec()));
                }
            }
            "capabilities" => self.capabilities = Some(parse(value)),
            "no_new_privileges" => self.no_new_privileges = true,
            "closed" => self.closed = parse(value),
            "opened" => {
                let bytes = value.as_bytes();
                let at = bytes.iter().position(|byte| *byte == b' ').unwrap_or(0);
                let number = parse(OsStr::from_bytes(&bytes[..at]));
                let path = OsString::from_vec(bytes[at + 1..].to_vec());
                self.opened
                    .extend(number.first().map(|fd| (*fd, path.into())));
            }
            "limit" => {
                if let [resource, soft, hard] = parse::<u64>(value).as_slice() {
                    self.limits.push((*resource as u32, *soft, *hard));
                }
            }
            "umask" => self.umask = parse(value).first().copied(),
            "ignored" => self.ignored = parse(value),
            "blocked" => self.blocked = parse(value),
            "denied" => {
                let denied = pair::<i64>(value);
                self.denied
                    .extend(denied.map(|(call, errno)| (call, errno as i32)));
            }
            _ => {}
        }
    }
}

impl Boot {
    /// The order as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer(Vec::new());
        out.put("cache", &self.cache);
        out.put("holder", self.holder.to_string());
        out.put("base", &self.base);
        out.put_flag("keep_changes", self.keep_changes);
        out.put_flag("read_only", self.read_only);
        out.put_flag("proc", self.proc);
        for path in &self.removed {
            out.put("removed", path);
        }
        for mount in &self.mounts {
            match mount {
                Mount::Tmpfs(path, options) => {
                    out.put("tmpfs", path);
                    out.put("options", options);
                }
                Mount::Bind(source, target, read_only) => {
                    out.put("bind", source);
                    out.put(if *read_only { "at_ro" } else { "at" }, target);
                }
                Mount::Slow(path, delay) => {
                    out.put("slow", path);
                    out.put("delay", delay.to_string());
                }
            }
        }
        out.put("host_name", &self.host_name);
        out.put_flag("child", self.placement == Placement::Child);
        out.put_flag("user_namespace", self.user_namespace);
        out.program(&self.program);
        out.0
    }

    /// The order in `bytes`.
    pub fn decode(bytes: &[u8]) -> Self {
        let mut boot = Self {
            cache: PathBuf::new(),
            holder: 0,
            base: PathBuf::new(),
            keep_changes: false,
            read_only: false,
            proc: false,
            removed: Vec::new(),
            mounts: Vec::new(),
            host_name: OsString::new(),
            placement: Placement::Pid1,
            user_namespace: false,
            program: Program::default(),
        };
        let mut open = PathBuf::new();
        for (key, value) in records(bytes) {
            match key {
                "cache" => boot.cache = value.into(),
                "holder" => boot.holder = parse(value).first().copied().unwrap_or(0),
                "base" => boot.base = value.into(),
                "keep_changes" => boot.keep_changes = true,
                "read_only" => boot.read_only = true,
                "proc" => boot.proc = true,
                "removed" => boot.removed.push(value.into()),
                "tmpfs" | "bind" | "slow" => open = value.into(),
                "delay" => boot.mounts.push(Mount::Slow(
                    std::mem::take(&mut open),
                    parse(value).first().copied().unwrap_or(0),
                )),
                "options" => boot
                    .mounts
                    .push(Mount::Tmpfs(std::mem::take(&mut open), text(value))),
                "at" | "at_ro" => boot.mounts.push(Mount::Bind(
                    std::mem::take(&mut open),
                    value.into(),
                    key == "at_ro",
                )),
                "host_name" => boot.host_name = value.to_owned(),
                "child" => boot.placement = Placement::Child,
                "user_namespace" => boot.user_namespace = true,
                _ => boot.program.take(key, value),
            }
        }
        boot
    }
}

impl Hold {
    /// The order as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer(Vec::new());
        out.put("cache", &self.cache);
        out.put("base", &self.base);
        out.put_flag("user_namespace", self.user_namespace);
        out.0
    }

    /// The order in `bytes`.
    pub fn decode(bytes: &[u8]) -> Self {
        let mut hold = Self {
            cache: PathBuf::new(),
            base: PathBuf::new(),
            user_namespace: false,
        };
        for (key, value) in records(bytes) {
            match key {
                "cache" => hold.cache = value.into(),
                "base" => hold.base = value.into(),
                "user_namespace" => hold.user_namespace = true,
                _ => {}
            }
        }
        hold
    }
}

impl Enter {
    /// The order as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer(Vec::new());
        out.put("target", self.target.to_string());
        self.namespaces
            .iter()
            .for_each(|name| out.put("namespace", name));
        out.program(&self.program);
        out.0
    }

    /// The order in `bytes`.
    pub fn decode(bytes: &[u8]) -> Self {
        let mut enter = Self {
            target: 0,
            namespaces: Vec::new(),
            program: Program::default(),
        };
        for (key, value) in records(bytes) {
            match key {
                "target" => enter.target = parse(value).first().copied().unwrap_or(0),
                "namespace" => enter.namespaces.push(text(value)),
                _ => enter.program.take(key, value),
            }
        }
        enter
    }
}

impl Guard {
    /// The order as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer(Vec::new());
        out.put("guard_directory", &self.directory);
        out.put("control_group", &self.control_group);
        out.program(&self.program);
        out.0
    }

    /// The order in `bytes`.
    pub fn decode(bytes: &[u8]) -> Self {
        let mut guard = Self {
            directory: PathBuf::new(),
            control_group: String::new(),
            program: Program::default(),
        };
        for (key, value) in records(bytes) {
            match key {
                "guard_directory" => guard.directory = value.into(),
                "control_group" => guard.control_group = text(value),
                _ => guard.program.take(key, value),
            }
        }
        guard
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boot_order_survives_its_file() {
        let boot = Boot {
            cache: "/cache".into(),
            holder: 42,
            base: "/cache/base".into(),
            keep_changes: true,
            read_only: true,
            proc: true,
            removed: vec!["/var".into()],
            mounts: vec![
                Mount::Tmpfs("/run".into(), "mode=755,noexec".into()),
                Mount::Bind("/a".into(), "/b".into(), true),
                Mount::Bind("/c".into(), "/d".into(), false),
                Mount::Slow("/slow".into(), 5000),
            ],
            host_name: "box".into(),
            placement: Placement::Child,
            user_namespace: true,
            program: Program {
                arguments: vec!["a=b".into(), OsString::from_vec(vec![0xff, b'\n'])],
                environment: vec!["X=1=2".into(), "EMPTY=".into()],
                directory: "/tmp".into(),
                user: Some((1, 2, vec![3, 4])),
                capabilities: Some(vec![]),
                no_new_privileges: true,
                closed: vec![0, 2],
                opened: vec![(7, "/a b".into())],
                limits: vec![(7, 10, u64::MAX)],
                umask: Some(0o27),
                ignored: vec![13],
                blocked: vec![1, 15],
                denied: vec![(435, 38)],
            },
        };
        assert_eq!(Boot::decode(&boot.encode()), boot);
    }
}
