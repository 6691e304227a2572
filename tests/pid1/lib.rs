//! Mainstay as PID 1 in bare namespaces: the tests are in `tests/`, one file per subject.
//!
//! [`Image`] is a root tree as an image author makes it: hooks and services in shell. What
//! happens is read from one stream of lines, so their order is the order of events.
#![forbid(unsafe_code)]

use harness::{Command, Container, Layout, Output, Root};
use std::ops::Deref;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

/// The line that says that the boot is over.
pub const BOOTED: &str = "[services.d] done.";

/// Far less than any default grace (3000 ms): a stop that waited for one takes longer.
pub const PROMPT: Duration = Duration::from_millis(1000);

/// Shell that waits for ever without a child: signals are trapped at once, and none can hit a
/// program between its fork and its exec.
pub const IDLE: &str = ". /idle.sh";

/// Shell for a logger that writes each line as `logged: LINE`.
pub const LOGGER: &str = "while read -r line; do echo \"logged: $line\"; done";

/// A service's directory where it is supervised.
pub fn place(name: &str) -> String {
    format!("/var/run/s6/services/{name}")
}

/// A script for BusyBox' shell.
pub fn sh(body: &str) -> String {
    format!("#!/bin/sh\n{body}\n")
}

/// The body of a script that says NAME got SIGNAL for each of `signals` and lives on.
pub fn deaf(name: &str, signals: &[&str]) -> String {
    let mut body = String::new();
    for signal in signals {
        body.push_str(&format!("trap 'echo {name} got {signal}' {signal}\n"));
    }
    body.push_str(&format!("echo {name} up\n"));
    body.push_str(IDLE);
    body
}

/// An image in the docker-base layout over BusyBox, with `/bin/bash` and nothing of its own.
pub struct Image {
    root: Root,
}

impl Deref for Image {
    type Target = Root;

    fn deref(&self) -> &Root {
        &self.root
    }
}

impl Default for Image {
    fn default() -> Self {
        Self::new()
    }
}

impl Image {
    /// An image without hooks and services.
    pub fn new() -> Self {
        let root = Root::busybox();
        // run.d is bash's by contract; BusyBox' shell does for these tests.
        root.write_script("/bin/bash", sh(r#"exec /bin/sh "$@""#));
        root.install(Layout::DockerBase);
        // Again and again: a signal that comes between the shell's look at its traps and its
        // read is met at the next.
        let idle = "mkfifo /idle.$$; while :; do read -t 0.1 line <>/idle.$$; done\n";
        root.write("/idle.sh", idle);
        Self { root }
    }

    /// A hook of /etc/cont-init.d.
    pub fn hook(&self, name: &str, body: &str) -> &Self {
        self.write_script(Path::new("/etc/cont-init.d").join(name), sh(body));
        self
    }

    /// A hook of /etc/cont-finish.d.
    pub fn stop_hook(&self, name: &str, body: &str) -> &Self {
        self.write_script(Path::new("/etc/cont-finish.d").join(name), sh(body));
        self
    }

    /// A script of /run.d.
    pub fn run_d(&self, name: &str, body: &str) -> &Self {
        self.write(Path::new("/run.d").join(name), format!("{body}\n"));
        self
    }

    /// The run script of a service of /etc/services.d.
    pub fn service(&self, name: &str, body: &str) -> &Self {
        self.service_file(name, "run", sh(body))
    }

    /// The run script of a service that is off until it is linked into /etc/services.d.
    pub fn service_available(&self, name: &str, body: &str) -> &Self {
        let path = Path::new("/etc/services-available").join(name).join("run");
        self.write_script(path, sh(body));
        self
    }

    /// The finish script of a service.
    pub fn finish(&self, name: &str, body: &str) -> &Self {
        self.service_file(name, "finish", sh(body))
    }

    /// A file of a service's directory, executable.
    pub fn service_file(&self, name: &str, file: &str, text: impl AsRef<[u8]>) -> &Self {
        let path = Path::new("/etc/services.d").join(name).join(file);
        self.write_script(path, text);
        self
    }

    /// A container that runs `/init` with these words.
    pub fn init<const N: usize>(&self, command: [&str; N]) -> Command<'_> {
        self.command("/init", &command)
    }

    /// A container that runs `program` with these words, its two output streams as one.
    pub fn command(&self, program: &str, words: &[&str]) -> Command<'_> {
        let words = [program].into_iter().chain(words.iter().copied());
        Container::new(&self.root, words).one_stream()
    }

    /// Boots `/init` without a command and waits until the boot is over.
    #[track_caller]
    pub fn up(&self) -> Container {
        let container = self.init([]).boot();
        container.wait_for_line(BOOTED);
        container
    }
}

/// Asks the container to stop, as `docker stop` does, and gives its end.
#[track_caller]
pub fn stop(container: &Container) -> ExitStatus {
    container.signal(harness::signal::TERM);
    container.wait()
}

/// Fails unless these parts of lines stand in the log in this order.
#[track_caller]
pub fn assert_order(container: &Container, parts: &[&str]) {
    let lines = container.log().lines();
    let mut at = 0;
    for part in parts {
        match lines[at..].iter().position(|line| line.text.contains(part)) {
            Some(found) => at += found + 1,
            None => container.fail(&format!("{part:?} is not where {parts:?} has it")),
        }
    }
}

/// Fails when a line of the log contains `part`.
#[track_caller]
pub fn assert_none(container: &Container, part: &str) {
    if container.log().count(part) > 0 {
        container.fail(&format!("there is a line with {part:?}"));
    }
}

/// Fails unless exactly one line of the log contains `part`.
#[track_caller]
pub fn assert_once(container: &Container, part: &str) {
    let count = container.log().count(part);
    if count != 1 {
        container.fail(&format!("{count} lines contain {part:?}, not one"));
    }
}

/// The exit code of a container that ended by itself.
#[track_caller]
pub fn code(container: &Container) -> i32 {
    match container.wait().code() {
        Some(code) => code,
        None => container.fail("it was killed"),
    }
}

/// The last line of the log: what PID 1 says about the stop.
pub fn last_line(container: &Container) -> String {
    container.wait();
    let lines = container.log().lines();
    lines
        .last()
        .map(|line| line.text.clone())
        .unwrap_or_default()
}

/// What `mainstay` answers inside, called with these words as root.
#[track_caller]
pub fn mainstay<const N: usize>(container: &Container, words: [&str; N]) -> Output {
    container.exec(["mainstay"].into_iter().chain(words))
}

/// The columns of a service's line of `mainstay status`.
#[track_caller]
pub fn row(container: &Container, name: &str) -> Vec<String> {
    let table = mainstay(container, ["status"]).ok().text();
    let row = table
        .lines()
        .find(|line| line.split_whitespace().next() == Some(name));
    let row = row.unwrap_or_else(|| container.fail(&format!("no {name} in {table}")));
    row.split_whitespace().map(str::to_owned).collect()
}
