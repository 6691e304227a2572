//! A Docker daemon of the test program's own.
//!
//! It runs in a pid, mount and network namespace of its own, keeps its data on a tmpfs there, and
//! talks through a socket in a private directory. It ends with the test program, however that ends:
//! the box around it then removes its directory and control groups.

use crate::boxed::{Boxed, Streams};
use crate::exec::Output;
use crate::log::{Line, Log, Stream};
use crate::orders::{Guard, Program};
use crate::{Root, patience, scratch, sys};
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::{self, File};
use std::io::Read;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long one command of the client may take.
const CLIENT_PATIENCE: Duration = Duration::from_secs(120);

/// A running Docker daemon.
#[derive(Debug)]
pub struct Engine {
    guard: Boxed,
    directory: PathBuf,
    images: Mutex<HashMap<String, Arc<OnceLock<()>>>>,
}

/// A build that failed, with what it said.
#[derive(Clone, Debug)]
pub struct BuildFailed(pub Output);

impl fmt::Display for BuildFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "docker build: {}", self.0)
    }
}

impl std::error::Error for BuildFailed {}

impl Engine {
    /// The daemon that all tests of this program share; started at the first use.
    ///
    /// # Panics
    /// When it does not start: with its log.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Engine> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    fn start() -> Self {
        assert_eq!(sys::effective_uid(), 0, "the Docker tests need root");
        for program in ["/usr/sbin/dockerd", "/usr/bin/docker"] {
            assert!(
                Path::new(program).exists(),
                "no {program}: run `make setup` (Debian: apt-get install docker.io)"
            );
        }
        let directory = scratch::make("engine");
        let name = directory.file_name().unwrap_or_default().to_string_lossy();
        let at = |name: &str| directory.join(name).into_os_string();
        let option = |name: &str, value: OsString| {
            let mut option = OsString::from(format!("--{name}="));
            option.push(value);
            option
        };
        fs::create_dir(at("client")).expect("make a directory");
        fs::write(at("daemon.json"), "{}").expect("write a file");
        let mut host = OsString::from("unix://");
        host.push(at("socket"));
        let order = Guard {
            directory: directory.clone(),
            control_group: name.clone().into_owned(),
            program: Program {
                arguments: vec![
                    "/usr/sbin/dockerd".into(),
                    option("config-file", at("daemon.json")),
                    option("data-root", at("data/docker")),
                    option("exec-root", at("data/exec")),
                    option("pidfile", at("data/pid")),
                    option("host", host),
                    option("bridge", "none".into()),
                    option("iptables", "false".into()),
                    option("userland-proxy", "false".into()),
                    option("cgroup-parent", format!("/{name}").into()),
                    option("shutdown-timeout", "3".into()),
                ],
                environment: vec!["PATH=/usr/sbin:/usr/bin:/sbin:/bin".into(), "HOME=/".into()],
                ..Program::default()
            },
        };
        let log = File::create(at("log")).expect("make a file");
        let streams = Streams {
            output: log
                .try_clone()
                .expect("a descriptor can be duplicated")
                .into(),
            error: log.into(),
            ..Streams::none()
        };
        let engine = Self {
            guard: Boxed::start("guard", &order.encode(), streams),
            directory,
            images: Mutex::default(),
        };
        engine.wait_until_ready();
        engine
    }

    fn wait_until_ready(&self) {
        let deadline = Instant::now() + patience(Duration::from_secs(60));
        loop {
            if self.directory.join("socket").exists() && self.docker(["version"]).status.success() {
                return;
            }
            let told = self.guard.next(Duration::from_millis(50));
            if let Some((text, _)) = told.filter(|(text, _)| text.starts_with("failed")) {
                panic!("dockerd: {text}\n{}", self.daemon_log());
            }
            let late = Instant::now() > deadline;
            assert!(!late, "dockerd does not answer\n{}", self.daemon_log());
        }
    }

    /// What the daemon has said.
    pub fn daemon_log(&self) -> String {
        let bytes = fs::read(self.directory.join("log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn client<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        self.program("/usr/bin/docker", arguments)
    }

    /// A program that speaks to this daemon.
    fn program<S: AsRef<OsStr>>(
        &self,
        program: &str,
        arguments: impl IntoIterator<Item = S>,
    ) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null());
        self.speak_to(&mut command);
        command
    }

    /// Lets a program that starts `docker` speak to this daemon, with this daemon's own client.
    pub fn speak_to(&self, command: &mut Command) {
        command
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env_remove("DOCKER_CONTEXT")
            .env("DOCKER_CONFIG", self.directory.join("client"))
            .env("DOCKER_BUILDKIT", "0")
            .env("DOCKER_HOST", {
                let mut host = OsString::from("unix://");
                host.push(self.directory.join("socket"));
                host
            });
    }

    /// Runs `docker ARGUMENTS…` against this daemon.
    ///
    /// # Panics
    /// When it takes longer than two minutes.
    #[track_caller]
    pub fn docker<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Output {
        finish(self.client(arguments), CLIENT_PATIENCE)
    }

    /// Runs `docker-compose ARGUMENTS…` against this daemon.
    ///
    /// # Panics
    /// When it is not installed, or takes longer than two minutes.
    #[track_caller]
    pub fn compose<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Output {
        let program = "/usr/bin/docker-compose";
        assert!(
            Path::new(program).exists(),
            "no {program}: run `make setup` (Debian: apt-get install docker-compose)"
        );
        finish(self.program(program, arguments), CLIENT_PATIENCE)
    }

    /// Makes image `name` once in this daemon; others that want it at the same time wait.
    pub fn once(&self, name: &str, make: impl FnOnce()) {
        let mut images = match self.images.lock() {
            Ok(images) => images,
            Err(poisoned) => poisoned.into_inner(),
        };
        let made = Arc::clone(images.entry(name.to_owned()).or_default());
        drop(images);
        made.get_or_init(make);
    }

    /// The image `mainstay-test/busybox`: the tree of [`Root::busybox`].
    pub fn busybox(&self) -> &'static str {
        let name = "mainstay-test/busybox";
        self.once(name, || self.import(&Root::busybox(), name, &[]));
        name
    }

    /// The image `mainstay-test/debian`: the tree of [`Root::debian`].
    pub fn debian(&self) -> &'static str {
        let name = "mainstay-test/debian";
        self.once(name, || self.import(&Root::debian(), name, &[]));
        name
    }

    /// The image `mainstay-test/debian-13`: the tree of [`Root::debian_13`].
    pub fn debian_13(&self) -> &'static str {
        let name = "mainstay-test/debian-13";
        self.once(name, || self.import(&Root::debian_13(), name, &[]));
        name
    }

    /// The image `mainstay-test/alpine`: the tree of [`Root::alpine`].
    pub fn alpine(&self) -> &'static str {
        let name = "mainstay-test/alpine";
        self.once(name, || self.import(&Root::alpine(), name, &[]));
        name
    }

    /// Makes image `name` from a tree, with Dockerfile instructions (`CMD ["/init"]`, `ENV A=b`).
    ///
    /// # Panics
    /// When the daemon refuses.
    #[track_caller]
    pub fn import(&self, root: &Root, name: &str, instructions: &[&str]) {
        // In the engine's own directory, which goes with it.
        let archive = self
            .directory
            .join(format!("{}.tar", name.replace('/', "-")));
        root.archive(&archive);
        let mut arguments: Vec<&OsStr> = vec!["import".as_ref()];
        for instruction in instructions {
            arguments.extend(["--change".as_ref(), OsStr::new(instruction)]);
        }
        arguments.extend([archive.as_os_str(), name.as_ref()]);
        let output = self.docker(arguments);
        let _ = fs::remove_file(&archive);
        assert!(output.status.success(), "docker import: {output}");
    }

    /// Builds image `name` from a directory with a Dockerfile, with the classic builder and
    /// without a network; `arguments` are further ones for `docker build`.
    ///
    /// # Errors
    /// What the builder said when it failed.
    #[track_caller]
    pub fn build(
        &self,
        name: &str,
        directory: &Path,
        arguments: &[&str],
    ) -> Result<Output, BuildFailed> {
        self.build_by("0", "--force-rm", name, directory, arguments)
    }

    /// [`Engine::build`] with BuildKit: only the stages that are needed, mounts in RUN. What the
    /// steps print is in the output.
    ///
    /// # Errors
    /// What the builder said when it failed.
    #[track_caller]
    pub fn build_with_buildkit(
        &self,
        name: &str,
        directory: &Path,
        arguments: &[&str],
    ) -> Result<Output, BuildFailed> {
        self.build_by("1", "--progress=plain", name, directory, arguments)
    }

    #[track_caller]
    fn build_by(
        &self,
        buildkit: &str,
        option: &str,
        name: &str,
        directory: &Path,
        arguments: &[&str],
    ) -> Result<Output, BuildFailed> {
        let mut all: Vec<&OsStr> = ["build", option, "--network", "none", "--tag", name]
            .into_iter()
            .map(OsStr::new)
            .collect();
        all.extend(arguments.iter().map(OsStr::new));
        all.push(directory.as_os_str());
        let mut command = self.client(all);
        command.env("DOCKER_BUILDKIT", buildkit);
        let output = finish(command, Duration::from_secs(600));
        match output.status.success() {
            true => Ok(output),
            false => Err(BuildFailed(output)),
        }
    }

    /// A container that somebody else has made here: Compose, Swarm.
    pub fn adopt(&self, id: &str) -> DockerContainer<'_> {
        let mut container = DockerContainer {
            engine: self,
            id: id.to_owned(),
            log: Log::default(),
            followers: Vec::new(),
        };
        container.follow("all");
        container
    }

    /// Describes a container of `image`.
    pub fn container(&self, image: &str) -> Run<'_> {
        Run {
            engine: self,
            options: ["run", "--detach", "--network", "none"]
                .map(OsString::from)
                .to_vec(),
            image: image.into(),
            command: Vec::new(),
        }
    }
}

/// A container that is being described; [`Run::start`] starts it.
#[derive(Debug)]
pub struct Run<'engine> {
    engine: &'engine Engine,
    options: Vec<OsString>,
    image: OsString,
    command: Vec<OsString>,
}

impl<'engine> Run<'engine> {
    /// Adds options of `docker run`.
    pub fn options<S: AsRef<OsStr>>(mut self, options: impl IntoIterator<Item = S>) -> Self {
        let options = options.into_iter().map(|one| one.as_ref().to_owned());
        self.options.extend(options);
        self
    }

    /// Sets a variable.
    pub fn env(self, name: &str, value: &str) -> Self {
        self.options(["--env".to_owned(), format!("{name}={value}")])
    }

    /// Gives it a command instead of the image's.
    pub fn command<S: AsRef<OsStr>>(mut self, command: impl IntoIterator<Item = S>) -> Self {
        self.command = command
            .into_iter()
            .map(|one| one.as_ref().to_owned())
            .collect();
        self
    }

    /// Starts it.
    ///
    /// # Panics
    /// When Docker cannot.
    #[track_caller]
    pub fn start(self) -> DockerContainer<'engine> {
        match self.try_start() {
            Ok(container) => container,
            Err(output) => panic!("docker run: {output}"),
        }
    }

    /// Starts it.
    ///
    /// # Errors
    /// What the client said when Docker cannot.
    #[track_caller]
    pub fn try_start(self) -> Result<DockerContainer<'engine>, Output> {
        let words = self.options.into_iter().chain([self.image]);
        let output = self.engine.docker(words.chain(self.command));
        // A container that could not be started exists all the same; its id is in the output.
        let id = output.text().lines().last().unwrap_or_default().to_owned();
        if id.is_empty() {
            return Err(output);
        }
        let mut container = DockerContainer {
            engine: self.engine,
            id,
            log: Log::default(),
            followers: Vec::new(),
        };
        if !output.status.success() {
            return Err(output);
        }
        container.follow("all");
        Ok(container)
    }

    /// Starts it and waits for its end: the exit code and the log.
    #[track_caller]
    pub fn run(self) -> (i32, Log) {
        let container = self.start();
        let code = container.wait();
        (code, container.log().clone())
    }
}

/// A Docker container; removed when dropped.
#[derive(Debug)]
pub struct DockerContainer<'engine> {
    engine: &'engine Engine,
    id: String,
    log: Log,
    followers: Vec<(Child, [JoinHandle<()>; 2])>,
}

impl DockerContainer<'_> {
    fn follow(&mut self, tail: &str) {
        let mut command = self
            .engine
            .client(["logs", "--follow", "--tail", tail, &self.id]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("docker can be started");
        let read = |stream: Stream, from: Option<Box<dyn Read + Send>>| {
            let log = self.log.clone();
            thread::spawn(move || {
                let mut from = from.expect("a pipe");
                let mut buffer = [0; 8192];
                while let Ok(length @ 1..) = from.read(&mut buffer) {
                    log.add(stream, &buffer[..length]);
                }
                log.end(stream);
            })
        };
        let out = child.stdout.take().map(|pipe| Box::new(pipe) as _);
        let err = child.stderr.take().map(|pipe| Box::new(pipe) as _);
        let readers = [read(Stream::Stdout, out), read(Stream::Stderr, err)];
        self.followers.push((child, readers));
    }

    /// The container's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What it has written, with the times at which that was read.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Waits for a line that contains `part`, also one that is there already.
    #[track_caller]
    pub fn wait_for_line(&self, part: &str) -> Line {
        let limit = patience(crate::PATIENCE);
        let found = self.log.wait(limit, |state| {
            let mut lines = state.lines.iter();
            lines.find(|line| line.text.contains(part)).cloned()
        });
        match found {
            Some(line) => line,
            None => panic!("no line {part:?} in {limit:?}\n{}", self.log.report(None)),
        }
    }

    /// Waits until `condition` holds; it is asked up to some hundred times a second.
    #[track_caller]
    pub fn wait_for(&self, what: &str, mut condition: impl FnMut() -> bool) {
        let deadline = Instant::now() + patience(crate::PATIENCE);
        while !condition() {
            let late = Instant::now() > deadline;
            assert!(!late, "not so in time: {what}\n{}", self.log.report(None));
            self.log.wait(Duration::from_millis(10), |_| None::<()>);
        }
    }

    /// Executes a program inside: `docker exec`.
    #[track_caller]
    pub fn exec<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Output {
        let start = ["exec", &self.id].map(OsString::from).into_iter();
        let arguments = arguments.into_iter().map(|one| one.as_ref().to_owned());
        self.engine.docker(start.chain(arguments))
    }

    /// Sends a signal by its name or number: `docker kill`.
    #[track_caller]
    pub fn kill(&self, signal: &str) {
        self.expect(["kill", "--signal", signal, &self.id]);
    }

    /// `docker stop`: how long it took. The daemon kills what is left after `seconds`.
    #[track_caller]
    pub fn stop(&self, seconds: u32) -> Duration {
        let start = Instant::now();
        self.expect(["stop", "--time", &seconds.to_string(), &self.id]);
        start.elapsed()
    }

    /// `docker start`: the same container once more. The log then begins again with what was
    /// written the first time.
    #[track_caller]
    pub fn start_again(&mut self) {
        self.end_following();
        // The engine repeats what was written before.
        self.log = Log::default();
        self.expect(["start", &self.id]);
        self.follow("all");
    }

    /// Waits for its end and the end of its log: the exit code, 128 + n after signal n.
    #[track_caller]
    pub fn wait(&self) -> i32 {
        let output = finish(self.engine.client(["wait", &self.id]), crate::PATIENCE * 2);
        let text = output.text();
        let Ok(code) = text.parse() else {
            panic!("docker wait: {output}\n{}", self.log.report(None));
        };
        self.wait_for("the end of the log", || {
            let mut followers = self.followers.iter();
            followers.all(|(_, readers)| readers.iter().all(JoinHandle::is_finished))
        });
        code
    }

    /// A value from `docker inspect --format`.
    #[track_caller]
    pub fn inspect(&self, format: &str) -> String {
        self.expect(["inspect", "--format", format, &self.id])
            .text()
    }

    #[track_caller]
    fn expect<const N: usize>(&self, arguments: [&str; N]) -> Output {
        let output = self.engine.docker(arguments);
        let words = arguments.join(" ");
        assert!(output.status.success(), "docker {words}: {output}");
        output
    }

    fn end_following(&mut self) {
        for (mut child, readers) in self.followers.drain(..) {
            let _ = child.kill();
            let _ = child.wait();
            for reader in readers {
                let _ = reader.join();
            }
        }
    }
}

impl Drop for DockerContainer<'_> {
    fn drop(&mut self) {
        let _ = self
            .engine
            .client(["rm", "--force", "--volumes", &self.id])
            .output();
        self.end_following();
    }
}

/// Runs a command of the machine to its end.
#[track_caller]
fn finish(mut command: Command, limit: Duration) -> Output {
    let limit = patience(limit);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("docker can be started");
    let (mut out, mut err) = (child.stdout.take(), child.stderr.take());
    let collect = |from: Option<&mut dyn Read>| {
        let mut bytes = Vec::new();
        let read = from.map(|from| from.read_to_end(&mut bytes));
        read.expect("a pipe").expect("read a program's output");
        bytes
    };
    let (late, stdout, stderr) = thread::scope(|scope| {
        let out = scope.spawn(|| collect(out.as_mut().map(|pipe| pipe as _)));
        let err = scope.spawn(|| collect(err.as_mut().map(|pipe| pipe as _)));
        let ended = sys::process_descriptor(child.id() as i32).expect("pidfd_open");
        let ready = sys::poll(&[ended.as_fd()], Some(limit)).expect("poll");
        if !ready[0] {
            let _ = child.kill();
        }
        let read = |thread: thread::ScopedJoinHandle<Vec<u8>>| thread.join().unwrap_or_default();
        (!ready[0], read(out), read(err))
    });
    let output = Output {
        status: child.wait().expect("a child can be waited for"),
        stdout,
        stderr,
        ended: sys::monotonic(),
    };
    assert!(!late, "{command:?} took longer than {limit:?}\n{output}");
    output
}
