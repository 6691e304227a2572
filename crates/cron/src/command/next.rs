//! `mainstay cron next`: when which job runs next.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use chain::{Environment, Failure, Outcome, Result, Unable, Word, escape};
use cli::words::{Opt, Words, flag, valued, wrong};
use cli::{help, json, similar, words};

use crate::crontab::{self, How, Problem, UserField};
use crate::job::Job;
use crate::schedule::{Seconds, Zone, calendar};

const NAME: &str = "cron next";
const USAGE: &str = "[-n COUNT] [--file FILE]... [--from TIME] [--json] [JOB | FILE]...";
const SUMMARY: &str = "say when jobs of a crontab run next";

const HELP: &str =
    "  -n, --count COUNT  the next COUNT runs; without it the next run of every job, or the next 10
                     of a single one
  --file FILE        a crontab, or a directory like /etc/cron.d; may be given again. A word
                     with a slash is a file too. Without one: /etc/crontab and /etc/cron.d
  --from TIME        after that time instead of now: 2026-03-29, \"2026-03-29 01:30\" (the
                     container's zone), 2026-03-29T01:30:00Z, @1774744200
  --user-field       lines have a user in front of the command; --no-user-field: they have not.
                     Else those of /etc/crontab and of a directory cron.d have one
  --json             one JSON document

Each run is said in the job's zone and in UTC. The exit code is 0, 1 when a line of the files
is no job, 100 when there is no such job.
";

const OPTIONS: &[Opt] = &[
    valued("--count", "-n", "a number"),
    valued("--file", "-f", "a file"),
    valued("--from", "", "a time"),
    flag("--user-field"),
    flag("--no-user-field"),
    flag("--json"),
];

/// More runs than anybody reads.
const MOST: usize = 100_000;

/// A run to come.
struct Run<'a> {
    job: &'a Job,
    at: Seconds,
}

pub(super) fn run(arguments: Vec<Word>, environment: &Environment) -> Result<Outcome> {
    let found = words::read(NAME, OPTIONS, arguments)?;
    if found.help {
        let text = help::text("mainstay cron next", USAGE, SUMMARY, HELP);
        return print(&text, 0);
    }
    let count = count(&found)?;
    let (how, said) = how(NAME, &found, environment)?;
    let from = match found.value("--from") {
        Some(text) => time(text, &how.zone).map_err(|text| wrong(NAME, &text))?,
        None => now(),
    };
    let (paths, names) = files(&found)?;
    let (jobs, problems) = crontab::read(&paths, &how);
    for line in said.into_iter().chain(problems.iter().map(Problem::line)) {
        complain(&line);
    }
    let jobs = chosen(&jobs, &names)?;
    let runs = runs(&jobs, from, count);
    let text = match found.has("--json") {
        true => as_json(&jobs, &runs, from),
        false => table(&jobs, &runs, from),
    };
    print(
        &text,
        u8::from(problems.iter().any(|problem| problem.fatal)),
    )
}

pub(super) fn print(text: &str, code: u8) -> Result<Outcome> {
    kernel::fd::write_all(1, text.as_bytes()).unable("write to", b"standard output")?;
    Ok(Outcome::Exit(code))
}

pub(super) fn complain(line: &str) {
    let _ = kernel::fd::write_all(2, format!("{line}\n").as_bytes());
}

pub(super) fn now() -> Seconds {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs() as Seconds)
}

fn count(words: &Words) -> Result<Option<usize>> {
    let Some(text) = words.value("--count") else {
        return Ok(None);
    };
    let number = std::str::from_utf8(text)
        .ok()
        .and_then(|text| text.parse().ok());
    match number {
        Some(number @ 1..=MOST) => Ok(Some(number)),
        _ => Err(wrong(
            NAME,
            &format!("--count {} is no number from 1 to {MOST}", escape(text)),
        )),
    }
}

/// How files are read, by the words of a verb.
pub(super) fn how(
    verb: &str,
    words: &Words,
    environment: &Environment,
) -> Result<(How, Option<String>)> {
    let (mut how, said) = How::here(environment);
    how.users = match (words.has("--user-field"), words.has("--no-user-field")) {
        (true, true) => {
            return Err(wrong(
                verb,
                "--user-field and --no-user-field exclude each other",
            ));
        }
        (true, false) => UserField::Always,
        (false, true) => UserField::Never,
        (false, false) => UserField::ByPlace,
    };
    Ok((how, said))
}

/// Where crontabs are when none is named.
const USUAL: [&str; 2] = ["/etc/crontab", "/etc/cron.d"];

/// Files and names of jobs among the words.
fn files(words: &Words) -> Result<(Vec<PathBuf>, Vec<Word>)> {
    let as_path = |word: &[u8]| PathBuf::from(std::ffi::OsStr::from_bytes(word));
    let given = words.options.iter().filter(|(name, _)| *name == "--file");
    let mut paths: Vec<PathBuf> = given.map(|(_, path)| as_path(path)).collect();
    let operands = words.operands.iter().chain(&words.behind).cloned();
    let (more, names): (Vec<Word>, Vec<Word>) = operands.partition(|word| word.contains(&b'/'));
    paths.extend(more.iter().map(|word| as_path(word)));
    if paths.is_empty() {
        paths = USUAL
            .iter()
            .map(PathBuf::from)
            .filter(|path| path.exists())
            .collect();
    }
    match paths.is_empty() {
        false => Ok((paths, names)),
        true => {
            let meant = names.iter().find(|name| as_path(name).exists());
            Err(wrong(
                NAME,
                &match meant {
                    Some(name) => format!(
                        "no crontab is named; for the file write --file {}",
                        escape(name)
                    ),
                    None => format!(
                        "no crontab is named, and there is no {}",
                        USUAL.join(" and no ")
                    ),
                },
            ))
        }
    }
}

fn chosen<'a>(jobs: &'a [Job], names: &[Word]) -> Result<Vec<&'a Job>> {
    for name in names {
        if jobs.iter().all(|job| job.name.as_bytes() != name) {
            let known = jobs.iter().map(|job| job.name.as_str());
            let text = match (similar::nearest(name, known.clone()), jobs.len()) {
                (Some(near), _) => format!("; did you mean {near}?"),
                (None, 0) => "; the crontab has no jobs".to_string(),
                (None, _) => {
                    let known: Vec<&str> = known.take(10).collect();
                    let more = if jobs.len() > known.len() {
                        ", …"
                    } else {
                        ""
                    };
                    format!("; there are {}{more}", known.join(", "))
                }
            };
            return Err(Failure::Invalid(format!(
                "there is no job {}{text}",
                escape(name)
            )));
        }
    }
    let wanted =
        |job: &&Job| names.is_empty() || names.iter().any(|name| job.name.as_bytes() == name);
    Ok(jobs.iter().filter(wanted).collect())
}

/// The first runs of all jobs, in order; without a count the next of each, or ten of one.
fn runs<'a>(jobs: &[&'a Job], from: Seconds, count: Option<usize>) -> Vec<Run<'a>> {
    let due = |(index, job): (usize, &&Job)| Some(Reverse((job.schedule.after(from)?, index)));
    let mut next: BinaryHeap<_> = jobs.iter().enumerate().filter_map(due).collect();
    let each_once = count.is_none() && jobs.len() > 1;
    let count = count.unwrap_or(if each_once { MOST } else { 10 });
    let mut runs = Vec::new();
    while runs.len() < count
        && let Some(Reverse((at, index))) = next.pop()
    {
        runs.push(Run {
            job: jobs[index],
            at,
        });
        let again = jobs[index].schedule.after(at).filter(|_| !each_once);
        next.extend(again.map(|at| Reverse((at, index))));
    }
    runs
}

/// Jobs without a run to come: those at the start, and those whose time never comes.
fn without<'a>(jobs: &[&'a Job], from: Seconds, at_start: bool) -> Vec<&'a Job> {
    let never =
        |job: &&Job| job.schedule.is_at_start() == at_start && job.schedule.after(from).is_none();
    jobs.iter().copied().filter(never).collect()
}

fn place(job: &Job) -> String {
    format!("{}:{}", kernel::escape_path(&job.place.0), job.place.1)
}

fn table(jobs: &[&Job], runs: &[Run], from: Seconds) -> String {
    let mut rows: Vec<[String; 5]> = Vec::new();
    if !runs.is_empty() {
        rows.push(["LOCAL", "UTC", "IN", "JOB", "LINE"].map(str::to_string));
    }
    for Run { job, at } in runs {
        let moved = if job.schedule.is_moved(*at) {
            " (its time is skipped that day)"
        } else {
            ""
        };
        rows.push([
            job.schedule.zone().show(*at),
            calendar::show(*at),
            distance(at - from),
            job.name.clone(),
            format!("{}{moved}", place(job)),
        ]);
    }
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths = [width(0), width(1), width(2), width(3)];
    let mut text = String::new();
    for [local, utc, within, name, place] in &rows {
        let [a, b, c, d] = widths;
        text.push_str(&format!(
            "{local:a$}  {utc:b$}  {within:c$}  {name:d$}  {place}\n"
        ));
    }
    for job in without(jobs, from, true) {
        text.push_str(&format!(
            "{} ({}) runs when the scheduler starts, and then no more\n",
            job.name,
            place(job)
        ));
    }
    for job in without(jobs, from, false) {
        text.push_str(&format!(
            "{} ({}) never runs: no such date comes\n",
            job.name,
            place(job)
        ));
    }
    if jobs.is_empty() {
        text.push_str("there are no jobs\n");
    }
    text
}

/// `45 s`, `12 min`, `5 h 3 min`, `4 days`.
fn distance(seconds: i64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", seconds / 60),
        7200..=172_799 => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
        _ => kernel::words::count((seconds / 86_400).unsigned_abs(), "day"),
    }
}

fn as_json(jobs: &[&Job], runs: &[Run], from: Seconds) -> String {
    let run = |Run { job, at }: &Run| {
        format!(
            "{{{},\"at\":{at},\"utc\":\"{}Z\",\"local\":{},\"zone\":{},\"moved\":{}}}",
            about(job),
            calendar::show(*at).replace(' ', "T"),
            json::string(&job.schedule.zone().show(*at)),
            json::string(job.schedule.zone().name()),
            job.schedule.is_moved(*at),
        )
    };
    let list = |jobs: Vec<&Job>| {
        let jobs: Vec<String> = jobs
            .into_iter()
            .map(|job| format!("{{{}}}", about(job)))
            .collect();
        jobs.join(",")
    };
    let runs: Vec<String> = runs.iter().map(run).collect();
    format!(
        "{{\"version\":1,\"from\":{from},\"runs\":[{}],\"at_start\":[{}],\"never\":[{}]}}\n",
        runs.join(","),
        list(without(jobs, from, true)),
        list(without(jobs, from, false)),
    )
}

fn about(job: &Job) -> String {
    format!(
        "\"job\":{},\"file\":{},\"line\":{}",
        json::string(&job.name),
        json::string(&kernel::escape_path(&job.place.0)),
        job.place.1
    )
}

/// A time that somebody writes.
///
/// # Errors
/// A sentence when it is none.
fn time(text: &[u8], zone: &Zone) -> std::result::Result<Seconds, String> {
    let wrong = || {
        format!(
            "--from {} is no time: write 2026-03-29, \"2026-03-29 01:30\", 2026-03-29T01:30:00Z or \
             @ and seconds since 1970",
            escape(text)
        )
    };
    let text = std::str::from_utf8(text).map_err(|_| wrong())?;
    if let Some(seconds) = text.strip_prefix('@') {
        return seconds
            .parse()
            .ok()
            .filter(|seconds| (calendar::FIRST..=calendar::LAST).contains(seconds))
            .ok_or_else(wrong);
    }
    let (text, is_utc) = match text.strip_suffix('Z') {
        Some(text) => (text, true),
        None => (text, false),
    };
    let (date, clock) = text.split_once(['T', ' ']).unwrap_or((text, "00:00"));
    let numbers = |text: &str, between: char| -> Option<Vec<u32>> {
        let all_digits = |part: &str| {
            !part.is_empty() && part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit())
        };
        text.split(between)
            .map(|part| all_digits(part).then(|| part.parse().ok())?)
            .collect()
    };
    let (date, clock) = numbers(date, '-')
        .zip(numbers(clock, ':'))
        .ok_or_else(wrong)?;
    let &[year, month @ 1..=12, day] = &date[..] else {
        return Err(wrong());
    };
    let (hour, minute, second) = match clock[..] {
        [hour, minute] => (hour, minute, 0),
        [hour, minute, second] => (hour, minute, second),
        _ => return Err(wrong()),
    };
    let year = i64::from(year);
    if day == 0 || day > calendar::length(year, month) || hour > 23 || minute > 59 || second > 59 {
        return Err(wrong());
    }
    let days = calendar::days(calendar::Date { year, month, day });
    let wall = days * calendar::DAY + i64::from(hour * 3600 + minute * 60 + second);
    Ok(if is_utc { wall } else { zone.moment(wall) })
}
