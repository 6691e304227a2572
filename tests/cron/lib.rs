//! `mainstay cron` with real processes: the tests are in `tests/`, one file per subject.
//!
//! Jobs have seconds in their schedules, so that nobody waits for a minute.
#![forbid(unsafe_code)]

use harness::{Command, Container, Layout, Output, Root};

/// Where the crontab of most tests is.
pub const TAB: &str = "/etc/tab";

/// A BusyBox image with Mainstay and this crontab.
pub fn image(tab: &str) -> Root {
    let root = Root::busybox();
    root.install(Layout::DockerBase);
    root.write(TAB, tab);
    root
}

/// The scheduler as the container's command, PID 1, over that crontab.
pub fn cron<'root>(root: &'root Root, options: &[&str]) -> Command<'root> {
    let words = ["/usr/bin/mainstay", "cron"].into_iter();
    let words = words.chain(options.iter().copied()).chain([TAB]);
    Container::new(root, words).tmpfs("/run")
}

/// What `mainstay cron WORDS` answers inside.
pub fn ask<const N: usize>(container: &Container, words: [&str; N]) -> Output {
    let all = ["/usr/bin/mainstay", "cron"].into_iter().chain(words);
    container.exec(all)
}

/// The cells of a job's line in `mainstay cron status`.
#[track_caller]
pub fn row(container: &Container, job: &str) -> Vec<String> {
    let text = ask(container, ["status", job]).ok().text();
    let found = text
        .lines()
        .find(|line| line.starts_with(&format!("{job} ")));
    let Some(line) = found else {
        container.fail(&format!("no line of {job} in {text}"));
    };
    let cells = line.split("  ").map(str::trim);
    cells
        .filter(|cell| !cell.is_empty())
        .map(str::to_string)
        .collect()
}

/// The columns of such a line.
pub mod column {
    /// The exit code of the last run.
    pub const EXIT: usize = 4;
    /// How many runs there were.
    pub const RUNS: usize = 5;
    /// How many failed.
    pub const FAILED: usize = 6;
    /// How many times were left out.
    pub const LEFT_OUT: usize = 7;
    /// What runs.
    pub const RUNNING: usize = 9;
}

/// Tries every case, all at once: each spends its time waiting for the clock.
pub fn at_once<T: Send>(cases: impl IntoIterator<Item = T>, case: impl Fn(T) + Sync) {
    let case = &case;
    std::thread::scope(|scope| {
        for one in cases {
            scope.spawn(move || case(one));
        }
    });
}
