//! What in crontabs will not do what was meant, although it can be read.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use chain::escape;

use super::{How, Problem, command, file};
use crate::job::Job;
use crate::schedule::{Seconds, calendar};

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// It is as it should be, and worth knowing.
    Note,
    /// It may not do what was meant.
    Warning,
    /// It will not work.
    Error,
}

/// Where things are looked for.
pub(crate) struct Place<'a> {
    /// The image, `/` for this system.
    pub(crate) root: &'a Path,
    /// `PATH` of jobs that set none.
    pub(crate) path: &'a [u8],
    /// From when on times are looked at.
    pub(crate) now: Seconds,
}

/// Words that a shell knows itself (POSIX.1-2024, Shell Command Language, and bash).
const SHELL_WORDS: &[&str] = &[
    "!", ".", ":", "[", "[[", "alias", "bg", "break", "case", "cd", "command", "continue",
    "declare", "echo", "eval", "exec", "exit", "export", "false", "fg", "for", "function",
    "getopts", "hash", "if", "jobs", "kill", "let", "local", "printf", "pushd", "pwd", "read",
    "readonly", "return", "set", "shift", "source", "test", "time", "times", "trap", "true",
    "type", "typeset", "ulimit", "umask", "unalias", "unset", "until", "wait", "while", "{",
];

type Finding = (Severity, Problem);

/// Looks at files and at the jobs that were read from them.
pub(crate) fn review(files: &[PathBuf], jobs: &[Job], how: &How, place: &Place) -> Vec<Finding> {
    let mut found = Vec::new();
    for path in files {
        let own = |job: &&Job| job.place.0 == *path;
        whole_file(path, jobs.iter().any(|job| own(&job)), &mut found);
        shells(jobs.iter().filter(own), place, &mut found);
    }
    for job in jobs {
        times(job, place, &mut found);
        words(job, how, place, &mut found);
    }
    zones(jobs, how, place, &mut found);
    names(jobs, &mut found);
    found
}

fn add(
    found: &mut Vec<Finding>,
    place: &(PathBuf, usize),
    severity: Severity,
    name: &'static str,
    text: String,
) {
    let problem = Problem {
        place: place.clone(),
        column: 0,
        fatal: severity == Severity::Error,
        name,
        text,
    };
    found.push((severity, problem));
}

fn whole_file(path: &Path, has_jobs: bool, found: &mut Vec<Finding>) {
    let Ok(text) = file::contents(path) else {
        return;
    };
    let whole = (path.to_path_buf(), 0);
    if has_jobs && text.last().is_some_and(|last| *last != b'\n') {
        let last = text.split(|byte| *byte == b'\n').count();
        add(
            found,
            &(path.to_path_buf(), last),
            Severity::Warning,
            "no-final-newline",
            "the last line has no line end; here its job runs, and Debian's cron would refuse the \
             file; end it with one"
                .to_string(),
        );
    }
    let says = |line: &[u8]| {
        let line = line.trim_ascii();
        !line.is_empty() && !line.starts_with(b"#")
    };
    if !has_jobs && !text.split(|byte| *byte == b'\n').any(says) {
        let text = "the file has no job; write lines like 0 5 * * * COMMAND";
        add(
            found,
            &whole,
            Severity::Warning,
            "no-jobs",
            text.to_string(),
        );
    }
    let mode = path
        .metadata()
        .map_or(0, |about| about.permissions().mode());
    if mode & 0o002 != 0 {
        add(
            found,
            &whole,
            Severity::Warning,
            "writable",
            "everybody may write to the file, and so decide what its jobs run; \
             chmod o-w it"
                .to_string(),
        );
    }
}

fn times(job: &Job, place: &Place, found: &mut Vec<Finding>) {
    let schedule = &job.schedule;
    let next = schedule.after(place.now);
    if next.is_none() && !schedule.is_at_start() {
        let text = "the job never runs, since no such date comes; correct day and month";
        add(
            found,
            &job.place,
            Severity::Error,
            "never",
            text.to_string(),
        );
    }
    let Some(fields) = schedule.fields() else {
        return;
    };
    if let Some(hour) = fields.whole_hour() {
        let text = format!(
            "the job runs at every minute from {hour}:00 to {hour}:59; for once a day write a \
             minute instead of the first *: 0 {hour}"
        );
        add(
            found,
            &job.place,
            Severity::Warning,
            "every-minute-of-an-hour",
            text,
        );
    } else if fields.is_every_minute() {
        let text = "the job runs every minute; if that is not meant, write a minute instead of \
                    the first *";
        add(
            found,
            &job.place,
            Severity::Note,
            "every-minute",
            text.to_string(),
        );
    }
    if fields.has_both_days() {
        let text = "day of the month and day of the week are both chosen, and either is enough \
                    (crontab(5)); if both must hold, write * for one and test it in the command, \
                    or use fri#2 and its like";
        add(
            found,
            &job.place,
            Severity::Warning,
            "both-days",
            text.to_string(),
        );
    }
    if let Some(moment) = schedule.first_disturbed(place.now) {
        let zone = schedule.zone();
        let wall = calendar::show(moment.wall);
        let text = match moment.is_skipped {
            true => format!(
                "{wall} does not exist in {}, where the clock is set forward: the job runs at {} \
                 instead; choose another hour, or CRON_TZ=UTC, if that matters",
                zone.name(),
                zone.show(moment.at)
            ),
            false => format!(
                "{wall} comes twice in {}, where the clock is set back: the job runs the first \
                 time only; choose another hour, or CRON_TZ=UTC, if that matters",
                zone.name()
            ),
        };
        add(found, &job.place, Severity::Note, "clock-change", text);
    }
    if let Some(next) = next
        && let Some(second) = schedule.after(next)
        && job.policy.jitter.as_secs() as i64 >= second - next
    {
        let text = format!(
            "CRON_JITTER is {} s, and the job's times are {} s apart: a run may begin when the \
             next is due; make it shorter",
            job.policy.jitter.as_secs(),
            second - next
        );
        add(found, &job.place, Severity::Warning, "long-jitter", text);
    }
}

/// Each zone that this system knows and the image does not, at the first job that is meant
/// in it.
fn zones(jobs: &[Job], how: &How, place: &Place, found: &mut Vec<Finding>) {
    let mut seen = vec!["UTC", how.zone.name()];
    for job in jobs {
        let name = job.schedule.zone().name();
        if place.root == Path::new("/") || seen.contains(&name) {
            continue;
        }
        seen.push(name);
        if !is_there(place.root, format!("/usr/share/zoneinfo/{name}").as_bytes()) {
            let text = format!(
                "the image does not have the time zone {name}, so jobs of it do not run; install \
                 the package tzdata, or use UTC"
            );
            add(found, &job.place, Severity::Error, "unknown-zone", text);
        }
    }
}

fn variable<'a>(job: &'a Job, wanted: &[u8]) -> Option<&'a [u8]> {
    let entry = job.environment.iter().find(|(name, _)| name == wanted);
    entry.map(|(_, value)| value.as_slice())
}

/// Each shell that does not exist, at the first job that would run by it.
fn shells<'a>(jobs: impl Iterator<Item = &'a Job>, place: &Place, found: &mut Vec<Finding>) {
    let mut seen: Vec<&[u8]> = Vec::new();
    for job in jobs {
        let Some(shell) = variable(job, b"SHELL") else {
            continue;
        };
        if seen.contains(&shell) || seen.len() > 100 {
            continue;
        }
        seen.push(shell);
        if !is_there(place.root, shell) {
            let text = format!(
                "SHELL {} does not exist, so no job below it can run; install it, or use /bin/sh",
                escape(shell)
            );
            add(found, &job.place, Severity::Error, "shell-missing", text);
        }
    }
}

/// The first job of each file whose command begins with a user. That is what a crontab for
/// Debian's `/etc/cron.d` looks like under another name, so a scheduler says it too: a shell would
/// only say that there is no such program.
pub(crate) fn users_as_programs(jobs: &[Job], how: &How, place: &Place) -> Vec<Problem> {
    let mut found: Vec<Problem> = Vec::new();
    for job in jobs {
        let is_told = found.last().is_some_and(|last| last.place.0 == job.place.0);
        if !is_told && let Some(problem) = user_as_program(job, how, place) {
            found.push(problem);
        }
    }
    found
}

fn user_as_program(job: &Job, how: &How, place: &Place) -> Option<Problem> {
    let word = command::program(&job.command);
    let is_user = word == b"root" || how.accounts.user(word).is_some();
    if !is_user || how.has_users(&job.place.0) || !job.command.starts_with(word) {
        return None;
    }
    let path = variable(job, b"PATH").unwrap_or(place.path);
    if find(place.root, path, word) {
        return None;
    }
    let shown = escape(word);
    Some(Problem {
        place: job.place.clone(),
        column: 0,
        fatal: true,
        name: "user-field",
        text: format!(
            "the command begins with {shown}, which is a user and no program: lines of this file \
             have no field for users; remove it and write CRON_USER={shown} in front, or call \
             with --user-field"
        ),
    })
}

fn words(job: &Job, how: &How, place: &Place, found: &mut Vec<Finding>) {
    let path = variable(job, b"PATH").unwrap_or(place.path);
    let word = command::program(&job.command);
    let shown = escape(word);
    let special = |byte: &u8| b"$`\"'(){}<>|;&*?~\\#=".contains(byte);
    if word.is_empty() || word.iter().any(special) {
        return;
    }
    if let Some(problem) = user_as_program(job, how, place) {
        return found.push((Severity::Error, problem));
    }
    let is_found = find(place.root, path, word);
    if SHELL_WORDS.iter().any(|known| known.as_bytes() == word) {
        return;
    }
    if word.contains(&b'/') && !word.starts_with(b"/") {
        let text = format!(
            "{shown} is looked for in the directory in which jobs run; write its whole path, or \
             cd to its directory first"
        );
        return add(
            found,
            &job.place,
            Severity::Warning,
            "relative-command",
            text,
        );
    }
    if !is_found {
        let text = match word.starts_with(b"/") {
            true => format!("{shown} does not exist; correct the path, or install it"),
            false => format!(
                "{shown} is not on the PATH of the job, {}; install it, write its whole path, or \
                 set PATH above",
                escape(path)
            ),
        };
        add(
            found,
            &job.place,
            Severity::Warning,
            "command-missing",
            text,
        );
    }
}

fn is_there(root: &Path, path: &[u8]) -> bool {
    let inner = path.strip_prefix(b"/").unwrap_or(path);
    // A link counts as it is: where it leads is the image's business.
    root.join(OsStr::from_bytes(inner))
        .symlink_metadata()
        .is_ok()
}

fn find(root: &Path, path: &[u8], word: &[u8]) -> bool {
    if word.starts_with(b"/") {
        return is_there(root, word);
    }
    path.split(|byte| *byte == b':')
        .any(|folder| folder.starts_with(b"/") && is_there(root, &[folder, b"/", word].concat()))
}

/// Jobs that are called alike but for a number: it changes when a line is put above.
fn names(jobs: &[Job], found: &mut Vec<Finding>) {
    let first: HashMap<&str, &Job> = jobs
        .iter()
        .rev()
        .map(|job| (job.name.as_str(), job))
        .collect();
    for job in jobs {
        let Some((name, number)) = job.name.rsplit_once('-') else {
            continue;
        };
        let Some(other) = first.get(name) else {
            continue;
        };
        if number.parse::<usize>().is_err() {
            continue;
        }
        let text = format!(
            "the job is called {}, since {name} is the one at line {} of {}; CRON_NAME=… in front \
             of the schedule gives it a name that stays",
            job.name,
            other.place.1,
            kernel::escape_path(&other.place.0)
        );
        add(found, &job.place, Severity::Note, "same-name", text);
    }
}

#[cfg(test)]
mod tests;
