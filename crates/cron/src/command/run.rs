//! `mainstay cron run JOB`: a job at once, by the scheduler that has it, or here.

use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use chain::{Environment, Failure, Outcome, Result, Word, escape};
use cli::words::{self, Opt, flag, valued, wrong};
use cli::{help, similar};

use super::ask::{self, Scheduler};
use super::status;
use crate::crontab::UserField;
use crate::runner::environment::{Setting, start_directory};
use crate::runner::{Files, run_here};

const NAME: &str = "cron run";
const USAGE: &str = "[--file FILE] JOB";
const SUMMARY: &str = "run a job now, and wait for its end";

const OPTIONS: &[Opt] = &[
    valued("--file", "-f", "a file"),
    flag("--user-field"),
    flag("--no-user-field"),
];

const HELP: &str = "\
The scheduler that has the job runs it as at its time: with its user, its environment, its
time-out and its overlap policy; what it writes is in the scheduler's output, and here.

  --file FILE        the job of this crontab. Where no scheduler has read it, the job runs here,
                     with the same user and environment, and writes to this terminal
  --user-field, --no-user-field
                     as with `mainstay cron`

Exit code: the job's; 1 it did not run: no scheduler, no such job, it runs already.
";

pub(super) fn run(arguments: Vec<Word>, environment: &Environment) -> Result<Outcome> {
    let found = words::read(NAME, OPTIONS, arguments)?;
    if found.help {
        let text = help::text("mainstay cron run", USAGE, SUMMARY, HELP);
        let _ = kernel::fd::write_all(1, text.as_bytes());
        return Ok(Outcome::Exit(0));
    }
    let names = [found.operands.as_slice(), &found.behind].concat();
    let [name] = &names[..] else {
        return Err(wrong(NAME, "which job? One is run at a time"));
    };
    let file = found.value("--file");
    let users = match (found.has("--user-field"), found.has("--no-user-field")) {
        (true, _) => UserField::Always,
        (_, true) => UserField::Never,
        _ => UserField::ByPlace,
    };
    let all = ask::all(environment);
    let shown = file.map(escape);
    let reads = |scheduler: &&Scheduler| match &shown {
        Some(file) => scheduler.files.iter().any(|read| is_same(read, file)),
        None => true,
    };
    let asked: Vec<&Scheduler> = all.iter().filter(reads).collect();
    if let (Some(file), true) = (file, asked.is_empty()) {
        return here(name, file, users, environment);
    }
    if asked.is_empty() {
        return Err(match status::none() {
            Failure::Other { code, text } => Failure::Other {
                code,
                text: format!("{text}. With --file FILE the job runs here"),
            },
            other => other,
        });
    }
    let has = |scheduler: &&&Scheduler| {
        let mut jobs = scheduler.jobs.iter();
        jobs.any(|job| job.name.as_bytes() == name && job.remark != "gone")
    };
    let mut able: Vec<&&Scheduler> = asked.iter().filter(has).collect();
    // Another user may say to have any job: root's order is for one of its own, if one has it.
    if able.iter().any(|one| one.is_trusted()) {
        able.retain(|one| one.is_trusted());
    }
    match able[..] {
        [] => {
            let known = asked.iter().flat_map(|scheduler| &scheduler.jobs);
            Err(status::unknown(name, known.map(|job| job.name.as_str())))
        }
        [one] => one.run(name).map(Outcome::Exit),
        _ => {
            let places: Vec<String> = able
                .iter()
                .map(|one| format!("process {} ({})", one.pid, one.files.join(" ")))
                .collect();
            Err(Failure::Other {
                code: 1,
                text: format!(
                    "several schedulers have a job {}: {}; --file says which",
                    escape(name),
                    places.join(", ")
                ),
            })
        }
    }
}

/// Whether two names lead to the same file, or one lies in the directory that is the other.
fn is_same(read: &str, file: &str) -> bool {
    let real = |path: &str| std::fs::canonicalize(path).unwrap_or_else(|_| PathBuf::from(path));
    real(file).starts_with(real(read))
}

/// Becomes the job.
fn here(name: &[u8], file: &[u8], users: UserField, environment: &Environment) -> Result<Outcome> {
    let path = PathBuf::from(std::ffi::OsStr::from_bytes(file));
    let content = Files::new(vec![path], users).read(environment);
    let Some(job) = content.jobs.iter().find(|job| job.name.as_bytes() == name) else {
        // What is wrong with the file may be why.
        for line in &content.lines {
            let _ = kernel::fd::write_all(2, format!("cron: {line}\n").as_bytes());
        }
        let known = content.jobs.iter().map(|job| job.name.as_str());
        let known: Vec<&str> = known.collect();
        let hint = match similar::nearest(name, known.iter().copied()) {
            Some(near) => format!("; did you mean {near}?"),
            None if known.is_empty() => "; it has no jobs".to_string(),
            None => format!("; there are {}", known.join(", ")),
        };
        return Err(Failure::Other {
            code: 1,
            text: format!("{} has no job {}{hint}", escape(file), escape(name)),
        });
    };
    let start = start_directory(environment);
    let failure = |text| Failure::Other { code: 1, text };
    let setting = Setting::of(job, environment, start.as_deref()).map_err(failure)?;
    for remark in &setting.remarks {
        let line = format!("cron: {}: {remark}\n", job.name);
        let _ = kernel::fd::write_all(2, line.as_bytes());
    }
    let text = run_here(job, &setting);
    Err(Failure::Other {
        code: chain::exit::NOT_EXECUTABLE,
        text,
    })
}
