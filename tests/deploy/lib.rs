//! `deploy/` as its reader would use it: the image, the files, and a client that never pauses.
#![forbid(unsafe_code)]

pub mod cluster;

use harness::{Engine, Scratch, workspace};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Once;
use std::time::{Duration, Instant};

/// The image that the files of `deploy/` name, as versions 1 and 2, and a third that never becomes
/// ready; and `test/load`, a container that runs `load.py`. All are in `engine` afterwards.
///
/// # Panics
/// When one cannot be built.
pub fn images(engine: &Engine) {
    static MADE: Once = Once::new();
    MADE.call_once(|| {
        let base = image_tests::example_base(engine);
        for version in ["1", "2"] {
            let arguments = [
                "--build-arg",
                &format!("BASE={base}"),
                "--build-arg",
                &format!("VERSION={version}"),
            ];
            let name = format!("example/app:{version}");
            let built = engine.build(&name, &deploy("app"), &arguments);
            built.unwrap_or_else(|why| panic!("{why}"));
        }
        // The mistake of an update: everything runs, and nginx never says that it is ready.
        let files = Scratch::new();
        files.write(
            "Dockerfile",
            "FROM example/app:1\nENV APP_VERSION=3\n\
             RUN echo '#!/bin/sh' >/etc/services-available/nginx/data/check; \
             echo 'exit 1' >>/etc/services-available/nginx/data/check\n",
        );
        let built = engine.build("example/app:3", files.path(), &[]);
        built.unwrap_or_else(|why| panic!("{why}"));
        files.write(
            "Dockerfile",
            format!("FROM {base}\nCOPY load.py /load.py\n"),
        );
        files.write("load.py", read(&here("load.py")));
        let built = engine.build("test/load", files.path(), &[]);
        built.unwrap_or_else(|why| panic!("{why}"));
    });
}

/// A file or folder of `deploy/`.
pub fn deploy(name: &str) -> PathBuf {
    workspace().join("deploy").join(name)
}

/// A file of these tests.
pub fn here(name: &str) -> PathBuf {
    workspace().join("tests/deploy").join(name)
}

/// The text of a file.
///
/// # Panics
/// When it cannot be read.
#[track_caller]
pub fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Whether the long forms are asked for: `MAINSTAY_TEST_NIGHTLY` is set.
pub fn night() -> bool {
    std::env::var_os("MAINSTAY_TEST_NIGHTLY").is_some_and(|value| !value.is_empty())
}

/// Says something past the capture of the test's output: what was not run is never silent.
pub fn loudly(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Runs a command to its end, at most ten minutes.
///
/// # Panics
/// When it cannot be started.
#[track_caller]
pub fn run<S: AsRef<OsStr>>(
    program: impl AsRef<OsStr>,
    arguments: impl IntoIterator<Item = S>,
    with: impl FnOnce(&mut Command),
) -> Output {
    let mut command = Command::new("timeout");
    command
        .args(["--kill-after=5", "600"])
        .arg(program)
        .args(arguments);
    command.stdin(Stdio::null());
    with(&mut command);
    let output = command.output();
    output.unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// What a command has written to its standard output.
///
/// # Panics
/// When it failed: with everything that it said.
#[track_caller]
pub fn text(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    let (out, err) = (String::from_utf8_lossy(out), String::from_utf8_lossy(err));
    assert!(output.status.success(), "{}\n{out}{err}", output.status);
    out.trim_end().to_owned()
}

/// Waits until `condition` gives something; it is asked five times a second.
///
/// # Panics
/// When that takes too long: with what `report` says.
#[track_caller]
pub fn wait<T>(
    what: &str,
    seconds: u64,
    mut condition: impl FnMut() -> Option<T>,
    report: impl FnOnce() -> String,
) -> T {
    let limit = harness::patience(Duration::from_secs(seconds));
    let deadline = Instant::now() + limit;
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(
            Instant::now() < deadline,
            "not in {limit:?}: {what}\n{}",
            report()
        );
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// What `load.py` has said last.
#[derive(Clone, Debug, Default)]
pub struct Load {
    /// The line itself.
    pub line: String,
}

impl Load {
    /// Of everything that it has written.
    pub fn last(output: &str) -> Self {
        let mut lines = output.lines().rev();
        let line = lines.find(|line| line.contains("\"answered\""));
        Self {
            line: line.unwrap_or_default().to_owned(),
        }
    }

    fn number(&self, name: &str) -> u64 {
        let from = self.line.split(&format!("\"{name}\": ")).nth(1);
        let digits = from
            .unwrap_or_default()
            .split(|c: char| !c.is_ascii_digit());
        digits
            .into_iter()
            .next()
            .unwrap_or_default()
            .parse()
            .unwrap_or(0)
    }

    /// How many requests were answered.
    pub fn answered(&self) -> u64 {
        self.number("answered")
    }

    /// How many of those that take two seconds were answered in full.
    pub fn slow(&self) -> u64 {
        self.number("slow")
    }

    /// How many were answered by this version of the application.
    pub fn version(&self, version: &str) -> u64 {
        self.number(version)
    }

    /// # Panics
    /// When a request has failed, or none was made.
    #[track_caller]
    pub fn has_not_failed(&self) {
        assert!(self.answered() > 0, "nothing was answered: {}", self.line);
        assert!(self.line.contains("\"failed\": 0,"), "{}", self.line);
    }
}

/// Every job that a worker has begun is done.
///
/// # Panics
/// When one was cut, or none was begun.
#[track_caller]
pub fn no_job_was_cut(log: &str) {
    let jobs = log.lines().filter(|line| line.contains("[worker]"));
    let count = |word| jobs.clone().filter(|line| line.ends_with(word)).count();
    assert!(count(" begins") > 0, "no job: {log}");
    assert_eq!(count(" begins"), count(" done"), "{log}");
}

/// What the image's stop takes at most, in milliseconds: what `mainstay explain` says of
/// `deploy/app` with the variables of its Dockerfile.
///
/// # Panics
/// When it says none.
pub fn longest_stop() -> u64 {
    let said = explain();
    let number = said.split("All together: at most ").nth(1);
    let number = number.and_then(|rest| rest.split(' ').next());
    match number.and_then(|digits| digits.parse().ok()) {
        Some(milliseconds) => milliseconds,
        None => panic!("no sum in what explain says:\n{said}"),
    }
}

/// What `mainstay explain` says of `deploy/app`.
pub fn explain() -> String {
    let mut words = vec!["explain".to_owned()];
    for (name, value) in variables() {
        words.extend(["--env".to_owned(), format!("{name}={value}")]);
    }
    words.push(deploy("app/root").to_string_lossy().into_owned());
    text(&run(harness::mainstay(), words, |_| {}))
}

/// The variables that the image's Dockerfile sets.
pub fn variables() -> Vec<(String, String)> {
    let file = read(&deploy("app/Dockerfile")).replace("\\\n", " ");
    let lines = file.lines().filter_map(|line| line.strip_prefix("ENV "));
    let words = lines.flat_map(str::split_whitespace);
    let pairs = words.filter_map(|word| word.split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
