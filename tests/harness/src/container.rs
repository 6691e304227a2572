//! A command booted as PID 1 in bare namespaces over a [`crate::Root`].

use crate::boxed::{self, Boxed};
use crate::exec::{Exec, Output};
use crate::files::Tree;
use crate::log::{Line, Log, Stream};
use crate::orders::{Enter, Program};
use crate::root::done;
use crate::{patience, sys};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A booted container. Dropping it ends everything in it at once.
///
/// Every waiting method fails the test with the whole log when it takes too long.
#[derive(Debug)]
pub struct Container {
    pub(crate) boxed: Boxed,
    pub(crate) reader: Option<JoinHandle<()>>,
    pub(crate) log: Log,
    pub(crate) tree: Tree,
    pub(crate) processes: PathBuf,
    pub(crate) pid: i32,
    pub(crate) started: Duration,
    pub(crate) program: Program,
    pub(crate) user_namespace: bool,
    pub(crate) input: Option<File>,
    /// Open as long as the container lives, for its output's sake.
    pub(crate) _kept: Vec<OwnedFd>,
}

/// A process inside a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its pid in the container.
    pub pid: i32,
    /// Its parent's pid in the container; 0 from outside.
    pub parent: i32,
    /// Its process group.
    pub group: i32,
    /// Its session.
    pub session: i32,
    /// The kernel's name for it, at most 15 bytes.
    pub name: String,
    /// The state's letter: R, S, D, T, Z, …
    pub state: char,
    /// Its arguments; none for a zombie.
    pub arguments: Vec<String>,
}

/// Reads everything a container says, until all of it has ended.
pub(crate) fn collect(log: &Log, streams: [OwnedFd; 2], socket: &OwnedFd) {
    let mut streams: Vec<(Stream, File)> = [Stream::Stdout, Stream::Stderr]
        .into_iter()
        .zip(streams.map(File::from))
        .collect();
    let mut listening = true;
    let mut buffer = vec![0; 64 * 1024];
    while listening || !streams.is_empty() {
        // When the box has ended nobody is left to be kept waiting.
        let paused = listening && log.lock().paused;
        let mut fds: Vec<_> = streams.iter().map(|(_, file)| file.as_fd()).collect();
        if paused {
            fds.clear();
        }
        let watched = fds.len();
        if listening {
            fds.push(socket.as_fd());
        }
        // Whether to read again is asked now and then.
        let limit = (paused && !streams.is_empty()).then_some(Duration::from_millis(5));
        let Ok(ready) = sys::poll(&fds, limit) else {
            break;
        };
        let told = listening && ready[watched];
        let mut ready = ready.into_iter().take(watched);
        streams.retain_mut(|(stream, file)| {
            if !ready.next().unwrap_or(false) {
                return true;
            }
            match file.read(&mut buffer) {
                Ok(0) | Err(_) => {
                    log.end(*stream);
                    false
                }
                Ok(length) => {
                    log.add(*stream, &buffer[..length]);
                    true
                }
            }
        });
        if streams.is_empty() {
            log.change(|state| state.streams_ended = true);
        }
        if told {
            match boxed::receive(socket.as_fd()) {
                Some(message) => log.change(|state| state.messages.push(message)),
                None => {
                    listening = false;
                    log.change(|state| state.messages_ended = true);
                }
            }
        }
    }
}

impl Container {
    /// What the container has written.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// The command's pid as this machine sees it. Not used again while this value lives.
    pub fn machine_pid(&self) -> i32 {
        self.pid
    }

    /// Stops reading what the container writes, or goes on.
    pub fn pause_reading(&self, paused: bool) {
        self.log.change(|state| state.paused = paused);
    }

    /// When the command was executed, on the monotonic clock.
    pub fn started(&self) -> Duration {
        self.started
    }

    /// Waits for a line that contains `part`, also one that is there already.
    #[track_caller]
    pub fn wait_for_line(&self, part: &str) -> Line {
        self.wait_for_nth_line(1, part)
    }

    /// Waits until `count` lines contain `part`: the last of them.
    #[track_caller]
    pub fn wait_for_nth_line(&self, count: usize, part: &str) -> Line {
        let limit = patience(crate::PATIENCE);
        let mut over = false;
        let found = self.log.wait(limit, |state| {
            let mut lines = state.lines.iter().filter(|line| line.text.contains(part));
            let found = lines.nth(count - 1).cloned();
            over = state.streams_ended;
            match found {
                Some(line) => Some(Some(line)),
                None => over.then_some(None),
            }
        });
        match found.flatten() {
            Some(line) => line,
            None if over => self.fail(&format!("the container ended without line {part:?}")),
            None => self.fail(&format!("no line {part:?} ({count} times) in {limit:?}")),
        }
    }

    /// Waits until `condition` holds; it is asked a few hundred times a second.
    #[track_caller]
    pub fn wait_for(&self, what: &str, mut condition: impl FnMut() -> bool) {
        let deadline = Instant::now() + patience(crate::PATIENCE);
        while !condition() {
            if Instant::now() > deadline {
                self.fail(&format!("not so in time: {what}"));
            }
            // Woken early by anything the container writes.
            let seen = self.log.lock().lines.len();
            let pause = Duration::from_millis(3);
            self.log
                .wait(pause, |state| (state.lines.len() != seen).then_some(()));
        }
    }

    /// Sends a signal to the command, from outside of its pid namespace as `docker kill` does.
    #[track_caller]
    pub fn signal(&self, signal: i32) {
        if let Err(error) = sys::kill(self.pid, signal) {
            self.fail(&format!("cannot send signal {signal}: {error}"));
        }
    }

    /// Sends a signal to a process by its pid in the container.
    #[track_caller]
    pub fn signal_process(&self, pid: i32, signal: i32) {
        let arguments = ["/bin/kill".into(), format!("-{signal}"), pid.to_string()];
        let output = self.exec(arguments);
        // What the signal sets off may end the sender before it has ended itself.
        if output.status.code().is_some_and(|code| code != 0) {
            self.fail(&format!("cannot send signal {signal} to {pid}: {output}"));
        }
    }

    /// Executes a program inside, as `docker exec` does, with the command's first environment,
    /// as root.
    #[track_caller]
    pub fn exec<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Output {
        self.prepare(arguments).run()
    }

    /// Executes a shell script inside: `sh -c SCRIPT`.
    #[track_caller]
    pub fn shell(&self, script: &str) -> Output {
        self.exec(["/bin/sh", "-c", script])
    }

    /// A program to be executed inside with more to say about it.
    pub fn prepare<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Exec {
        let names = ["user", "ipc", "uts", "net", "pid", "mnt"].iter();
        let names = names.filter(|name| self.user_namespace || **name != "user");
        let arguments = arguments.into_iter().map(|one| one.as_ref().to_owned());
        Exec::new(Enter {
            target: self.pid,
            namespaces: names.map(ToString::to_string).collect(),
            program: Program {
                arguments: arguments.collect(),
                environment: self.program.environment.clone(),
                capabilities: self.program.capabilities.clone(),
                ..Program::default()
            },
        })
    }

    /// Writes to the command's standard input ([`crate::Command::piped_input`]).
    #[track_caller]
    pub fn write_input(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("booted with piped_input");
        input.write_all(bytes).expect("write to the container");
    }

    /// Ends the command's standard input.
    pub fn end_input(&mut self) {
        self.input = None;
    }

    /// The processes in the container, zombies included, by pid. In [`crate::Placement::Child`] the tiny
    /// reaper is pid 1.
    pub fn processes(&self) -> Vec<Process> {
        let entries = std::fs::read_dir(&self.processes).into_iter().flatten();
        let pids = entries.flatten().filter_map(|entry| {
            let name = entry.file_name();
            name.to_str()?.parse::<i32>().ok()
        });
        let mut list: Vec<Process> = pids.filter_map(|pid| self.process(pid)).collect();
        list.sort_by_key(|process| process.pid);
        list
    }

    /// One process by its pid in the container.
    pub fn process(&self, pid: i32) -> Option<Process> {
        let directory = self.processes.join(pid.to_string());
        let stat = std::fs::read(directory.join("stat")).ok()?;
        let stat = String::from_utf8_lossy(&stat);
        // "PID (NAME) STATE PARENT GROUP SESSION …": the name may hold anything.
        let (front, back) = stat.rsplit_once(')')?;
        let mut fields = back.split_ascii_whitespace();
        let state = fields.next()?.chars().next()?;
        let mut number = || fields.next()?.parse::<i32>().ok();
        let (parent, group, session) = (number()?, number()?, number()?);
        let arguments = std::fs::read(directory.join("cmdline")).unwrap_or_default();
        let arguments = arguments.split_inclusive(|byte| *byte == 0);
        Some(Process {
            pid,
            parent,
            group,
            session,
            name: front.split_once('(')?.1.to_owned(),
            state,
            arguments: arguments
                .map(|one| String::from_utf8_lossy(one).trim_end_matches('\0').into())
                .collect(),
        })
    }

    /// What `/proc/PID/NAME` says for a pid of the container.
    ///
    /// # Errors
    /// The kernel's.
    pub fn process_file(&self, pid: i32, name: &str) -> io::Result<String> {
        let bytes = std::fs::read(self.processes.join(pid.to_string()).join(name))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Waits for a process whose arguments, joined by blanks, contain `part`.
    #[track_caller]
    pub fn wait_for_process(&self, part: &str) -> Process {
        let mut found = None;
        self.wait_for(&format!("a process like {part:?}"), || {
            let mut list = self.processes().into_iter();
            found = list.find(|process| process.arguments.join(" ").contains(part));
            found.is_some()
        });
        found.expect("waited for")
    }

    /// A file of the container, links followed inside of it. Mounts that the container made itself
    /// do not show here.
    ///
    /// # Errors
    /// The kernel's.
    pub fn read(&self, path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
        self.tree.read(path.as_ref())
    }

    /// A file's text; bytes that are not UTF-8 are replaced.
    #[track_caller]
    pub fn text(&self, path: impl AsRef<Path>) -> String {
        let path = path.as_ref();
        String::from_utf8_lossy(&done(path, self.tree.read(path))).into_owned()
    }

    /// Whether there is something at `path`, links followed.
    pub fn exists(&self, path: impl AsRef<Path>) -> bool {
        self.tree.exists(path.as_ref())
    }

    /// What stat(2) says of `path`, a link at its end not followed.
    ///
    /// # Errors
    /// The kernel's.
    pub fn metadata(&self, path: impl AsRef<Path>) -> io::Result<std::fs::Metadata> {
        self.tree.metadata(path.as_ref())
    }

    /// The names in a directory, sorted.
    ///
    /// # Errors
    /// The kernel's.
    pub fn list(&self, path: impl AsRef<Path>) -> io::Result<Vec<String>> {
        self.tree.list(path.as_ref())
    }

    /// Writes a file of the container, mode 0644.
    #[track_caller]
    pub fn write(&self, path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
        let path = path.as_ref();
        done(path, self.tree.write(path, bytes.as_ref(), 0o644));
    }

    /// Writes an executable file of the container, mode 0755.
    #[track_caller]
    pub fn write_script(&self, path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
        let path = path.as_ref();
        done(path, self.tree.write(path, bytes.as_ref(), 0o755));
    }

    /// Whether the command has ended.
    pub fn ended(&self) -> bool {
        self.end().is_some()
    }

    /// The command's end and its time on the monotonic clock.
    fn end(&self) -> Option<(ExitStatus, Duration)> {
        end_of(&self.log.lock().messages)
    }

    /// Waits until the command has ended and everything it wrote has been read.
    ///
    /// # Panics
    /// When it takes longer than 20 s, with the whole log.
    #[track_caller]
    pub fn wait(&self) -> ExitStatus {
        self.wait_at_most(crate::PATIENCE)
    }

    /// As [`Container::wait`], with a time limit of the test's own.
    #[track_caller]
    pub fn wait_at_most(&self, limit: Duration) -> ExitStatus {
        let limit = patience(limit);
        let ended = self.log.wait(limit, |state| {
            if let Some((text, _)) = state
                .messages
                .iter()
                .find(|(text, _)| text.starts_with("failed "))
            {
                return Some(Err(text.clone()));
            }
            let end = end_of(&state.messages);
            let end = end
                .filter(|_| state.streams_ended)
                .map(|(status, _)| Ok(status));
            let lost = state
                .messages_ended
                .then(|| Err("the box died".to_string()));
            end.or(lost)
        });
        match ended {
            Some(Ok(status)) => status,
            Some(Err(why)) => self.fail(&why),
            None => self.fail(&format!("still running after {limit:?}")),
        }
    }

    /// When the command ended, on the monotonic clock, exactly.
    #[track_caller]
    pub fn ended_at(&self) -> Duration {
        self.wait();
        self.end().expect("ended").1
    }

    /// The processes that were left when the command ended, as `PID NAME`: those that an init
    /// should have ended first. Waits for the command's end.
    ///
    /// # Panics
    /// When this kernel keeps no process accounts (`CONFIG_BSD_PROCESS_ACCT_V3`, as root).
    #[track_caller]
    pub fn left_running(&self) -> Vec<String> {
        self.wait();
        let state = self.log.lock();
        let told = state
            .messages
            .iter()
            .find_map(|(text, _)| text.strip_prefix("left "));
        let told = told.unwrap_or_default().to_owned();
        drop(state);
        assert_ne!(
            told, "?",
            "what PID 1 left running cannot be known: it needs root and CONFIG_BSD_PROCESS_ACCT_V3"
        );
        told.lines().map(str::to_owned).collect()
    }

    /// Fails the test with `why`, the processes and the log.
    #[track_caller]
    pub fn fail(&self, why: &str) -> ! {
        let list = self.processes().into_iter().map(|one| {
            let words = one.arguments.join(" ");
            format!(
                "{:6} {:6} {} {} | {words}",
                one.pid, one.parent, one.state, one.name
            )
        });
        let list: Vec<String> = list.collect();
        let log = self.log.report(Some(self.started));
        panic!("{why}\n--- processes ---\n{}\n{log}", list.join("\n"));
    }
}

fn end_of(messages: &[(String, i32)]) -> Option<(ExitStatus, Duration)> {
    let mut told = messages
        .iter()
        .filter_map(|(text, _)| text.strip_prefix("ended "));
    let (status, time) = told.next()?.split_once(' ')?;
    let status = ExitStatus::from_raw(status.parse().ok()?);
    Some((status, Duration::from_nanos(time.parse().ok()?)))
}

impl Drop for Container {
    fn drop(&mut self) {
        self.boxed.end();
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}
