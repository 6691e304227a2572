//! `mainstay cron status`: the running schedulers and their jobs.

use chain::{Environment, Failure, Outcome, Result, Unable, Word};
use cli::words::{self, Opt, flag};
use cli::{help, json, similar};

use super::ask::{self, Job, Scheduler};
use crate::runner::voice::span;
use crate::schedule::calendar;

const NAME: &str = "cron status";
const USAGE: &str = "[--json] [JOB...]";
const SUMMARY: &str = "show the running schedulers and their jobs";
const OPTIONS: &[Opt] = &[flag("--json")];

const HELP: &str = "\
NEXT and LAST START are in the job's zone. EXIT is the code of the last run that has ended, 128
and the signal's number for one that a signal ended. LEFT OUT counts times at which it still ran,
MISSED those at which the machine slept or the clock jumped.

  --json             the same for programs, with times in seconds since 1970

Exit code: 0; 1 no scheduler runs that this user may ask (with --json that is an empty list
and 0), or there is no such job.
";

pub(super) fn run(arguments: Vec<Word>, environment: &Environment) -> Result<Outcome> {
    let found = words::read(NAME, OPTIONS, arguments)?;
    if found.help {
        let text = help::text("mainstay cron status", USAGE, SUMMARY, HELP);
        return print(&text);
    }
    let mut all = ask::all(environment);
    if all.is_empty() && !found.has("--json") {
        return Err(none());
    }
    let names = [found.operands.as_slice(), &found.behind].concat();
    for name in &names {
        let known = || all.iter().flat_map(|scheduler| &scheduler.jobs);
        if !known().any(|job| job.name.as_bytes() == name) {
            return Err(unknown(name, known().map(|job| job.name.as_str())));
        }
    }
    if !names.is_empty() {
        for scheduler in &mut all {
            let wanted = |job: &Job| names.iter().any(|name| job.name.as_bytes() == name);
            scheduler.jobs.retain(wanted);
        }
        all.retain(|scheduler| !scheduler.jobs.is_empty());
    }
    match found.has("--json") {
        true => print(&as_json(&all)),
        false => print(&table(&all)),
    }
}

/// Nobody is there to ask.
pub(super) fn none() -> Failure {
    Failure::Other {
        code: 1,
        text: "no scheduler runs here that this user may ask; `mainstay cron FILE` is one, as a \
               service or as the container's command"
            .to_string(),
    }
}

pub(super) fn unknown<'a>(name: &[u8], known: impl Iterator<Item = &'a str>) -> Failure {
    Failure::Other {
        code: 1,
        text: format!(
            "there is no job {}{}",
            kernel::escape(name),
            match similar::nearest(name, known) {
                Some(near) => format!("; did you mean {near}?"),
                None => "; `mainstay cron status` lists them".to_string(),
            }
        ),
    }
}

fn print(text: &str) -> Result<Outcome> {
    kernel::fd::write_all(1, text.as_bytes()).unable("write to", b"standard output")?;
    Ok(Outcome::Exit(0))
}

fn table(all: &[Scheduler]) -> String {
    let mut text = String::new();
    for scheduler in all {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&format!(
            "scheduler {} of user {}{}: {}\n",
            scheduler.pid,
            scheduler.user,
            if scheduler.is_stopping {
                ", which stops"
            } else {
                ""
            },
            scheduler.files.join(" ")
        ));
        let head = [
            "JOB",
            "NEXT",
            "LAST START",
            "TOOK",
            "EXIT",
            "RUNS",
            "FAILED",
            "LEFT OUT",
            "MISSED",
            "RUNNING",
        ];
        let mut rows = vec![head.map(str::to_string)];
        rows.extend(scheduler.jobs.iter().map(row));
        let width = |column: usize| {
            let lengths = rows.iter().map(|row| row[column].chars().count());
            lengths.max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..head.len()).map(width).collect();
        for row in &rows {
            let cells = row.iter().zip(&widths);
            let cells: Vec<String> = cells
                .map(|(cell, width)| format!("{cell:width$}"))
                .collect();
            text.push_str(cells.join("  ").trim_end());
            text.push('\n');
        }
    }
    text
}

fn row(job: &Job) -> [String; 10] {
    let time = |time: &Option<(i64, String)>| match time {
        Some((_, shown)) => shown.clone(),
        None => "-".to_string(),
    };
    let next = match job.remark.as_str() {
        "gone" => "in no file any more".to_string(),
        "at-start" => "at the start only".to_string(),
        _ => time(&job.next),
    };
    let (took, code) = match job.end {
        Some((took, code)) => (span(took), code.to_string()),
        None => ("-".to_string(), "-".to_string()),
    };
    let pids: Vec<String> = job.pids.iter().map(u32::to_string).collect();
    [
        job.name.clone(),
        next,
        time(&job.last),
        took,
        code,
        job.runs.to_string(),
        job.failures.to_string(),
        job.skipped.to_string(),
        job.missed.to_string(),
        if pids.is_empty() {
            "-".to_string()
        } else {
            pids.join(" ")
        },
    ]
}

fn as_json(all: &[Scheduler]) -> String {
    let schedulers: Vec<String> = all.iter().map(scheduler_as_json).collect();
    format!(
        "{{\"version\":1,\"schedulers\":[{}]}}\n",
        schedulers.join(",")
    )
}

fn scheduler_as_json(scheduler: &Scheduler) -> String {
    let files: Vec<String> = scheduler
        .files
        .iter()
        .map(|file| json::string(file))
        .collect();
    let jobs: Vec<String> = scheduler.jobs.iter().map(job_as_json).collect();
    format!(
        "{{\"pid\":{},\"user\":{},\"stopping\":{},\"files\":[{}],\"jobs\":[{}]}}",
        scheduler.pid,
        scheduler.user,
        scheduler.is_stopping,
        files.join(","),
        jobs.join(",")
    )
}

fn job_as_json(job: &Job) -> String {
    let number = |number: Option<u64>| number.map_or("null".to_string(), |it| it.to_string());
    let time = |name: &str, time: &Option<(i64, String)>| match time {
        Some((at, _)) => format!(
            "\"{name}\":{at},\"{name}_utc\":\"{}Z\"",
            calendar::show(*at).replace(' ', "T")
        ),
        None => format!("\"{name}\":null,\"{name}_utc\":null"),
    };
    let pids: Vec<String> = job.pids.iter().map(u32::to_string).collect();
    format!(
        "{{\"job\":{},\"place\":{},{},{},\"last_duration_ms\":{},\"last_exit\":{},\"runs\":{},\
         \"failures\":{},\"left_out\":{},\"missed\":{},\"pids\":[{}],\"at_start\":{},\"gone\":{}}}",
        json::string(&job.name),
        json::string(&job.place),
        time("next", &job.next),
        time("last_start", &job.last),
        number(job.end.map(|(took, _)| took)),
        number(job.end.map(|(_, code)| u64::from(code))),
        job.runs,
        job.failures,
        job.skipped,
        job.missed,
        pids.join(","),
        job.remark == "at-start",
        job.remark == "gone",
    )
}
