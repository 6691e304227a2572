//! `mainstay cron lint`: what in a crontab will not do what was meant.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use chain::{Environment, Failure, Outcome, Result, Word, exit};
use cli::words::{Opt, flag, valued, wrong};
use cli::{help, json, words};
use kernel::accounts::Accounts;

use super::next;
use crate::crontab::review::{self, Place, Severity};
use crate::crontab::{self, Problem};

const NAME: &str = "cron lint";
const USAGE: &str = "[--root ROOT] [--user-field | --no-user-field] [--strict] [--json] FILE...";
const SUMMARY: &str = "list what in a crontab will not do what was meant, and what to change";

const HELP: &str =
    "  --root ROOT        the image for which the files are: users, programs and shells are looked
                     up there. Without it in this system, as inside of a build
  --user-field       lines have a user in front of the command; --no-user-field: they have not.
                     Else those of /etc/crontab and of a directory cron.d have one
  --strict           warnings count as errors
  --json             one JSON document

FILE is a crontab, or a directory like /etc/cron.d. Exit code: 0 nothing that will not work,
1 something, 100 wrong words, 111 a file cannot be read.
";

const OPTIONS: &[Opt] = &[
    valued("--root", "-r", "a directory"),
    flag("--user-field"),
    flag("--no-user-field"),
    flag("--strict"),
    flag("--json"),
];

type Finding = (Severity, Problem);

pub(super) fn run(arguments: Vec<Word>, environment: &Environment) -> Result<Outcome> {
    let found = words::read(NAME, OPTIONS, arguments)?;
    if found.help {
        let text = help::text("mainstay cron lint", USAGE, SUMMARY, HELP);
        return next::print(&text, 0);
    }
    let as_path = |word: &Word| PathBuf::from(std::ffi::OsStr::from_bytes(word));
    let paths: Vec<PathBuf> = found
        .operands
        .iter()
        .chain(&found.behind)
        .map(as_path)
        .collect();
    if paths.is_empty() {
        return Err(wrong(NAME, "no crontab is named"));
    }
    let (mut how, said) = next::how(NAME, &found, environment)?;
    if let Some(line) = said {
        next::complain(&line);
    }
    let root = found.value("--root").map(|root| as_path(&root.to_vec()));
    let path = match &root {
        Some(root) => {
            if !root.is_dir() {
                return Err(Failure::Other {
                    code: exit::SYSTEM,
                    text: format!("--root {} is no directory", kernel::escape_path(root)),
                });
            }
            how.accounts = Accounts::read(root).unwrap_or_default();
            places::FULL_PATH.as_bytes()
        }
        None => environment
            .get(b"PATH")
            .unwrap_or(places::FULL_PATH.as_bytes()),
    };
    let place = Place {
        root: root.as_deref().unwrap_or(Path::new("/")),
        path,
        now: next::now(),
    };
    let findings = findings(&paths, &how, &place);
    let text = match found.has("--json") {
        true => as_json(&findings),
        false => lines(&findings),
    };
    next::print(&text, code(&findings, found.has("--strict")))
}

fn findings(paths: &[PathBuf], how: &crontab::How, place: &Place) -> Vec<Finding> {
    let (jobs, problems) = crontab::read(paths, how);
    let severity = |problem: &Problem| match problem.fatal {
        true => Severity::Error,
        false => Severity::Warning,
    };
    let mut found: Vec<Finding> = problems
        .into_iter()
        .map(|problem| (severity(&problem), problem))
        .collect();
    let files: Vec<PathBuf> = paths.iter().flat_map(|path| crontab::files(path)).collect();
    found.extend(review::review(&files, &jobs, how, place));
    // As they stand in the files, which come as they were named.
    let order = |path: &Path| files.iter().position(|file| file == path);
    found.sort_by_key(|(_, problem)| (order(&problem.place.0), problem.place.1, problem.column));
    found
}

fn code(findings: &[Finding], is_strict: bool) -> u8 {
    if findings
        .iter()
        .any(|(_, problem)| problem.name == "unreadable")
    {
        return exit::SYSTEM;
    }
    let least = if is_strict {
        Severity::Warning
    } else {
        Severity::Error
    };
    u8::from(findings.iter().any(|(severity, _)| *severity >= least))
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

fn count(findings: &[Finding], wanted: Severity) -> usize {
    findings
        .iter()
        .filter(|(severity, _)| *severity == wanted)
        .count()
}

fn lines(findings: &[Finding]) -> String {
    let mut text = String::new();
    for (severity, problem) in findings {
        text.push_str(&format!(
            "{}: {}[{}]: {}\n",
            problem.shown_place(),
            word(*severity),
            problem.name,
            problem.text
        ));
    }
    let counted = |severity: Severity| match count(findings, severity) {
        1 => format!("1 {}", word(severity)),
        count => format!("{count} {}s", word(severity)),
    };
    text.push_str(&format!(
        "{}, {}\n",
        counted(Severity::Error),
        counted(Severity::Warning)
    ));
    text
}

fn as_json(findings: &[Finding]) -> String {
    let number = |number: usize| match number {
        0 => "null".to_string(),
        number => number.to_string(),
    };
    let one = |(severity, problem): &Finding| {
        let (what, remedy) = problem.text.split_once("; ").unwrap_or((&problem.text, ""));
        format!(
            "{{\"id\":{},\"severity\":{},\"file\":{},\"line\":{},\"column\":{},\"what\":{},\"remedy\":{}}}",
            json::string(problem.name),
            json::string(word(*severity)),
            json::string(&kernel::escape_path(&problem.place.0)),
            number(problem.place.1),
            number(problem.column),
            json::string(what),
            json::string(remedy)
        )
    };
    let list: Vec<String> = findings.iter().map(one).collect();
    format!(
        "{{\"version\":1,\"errors\":{},\"warnings\":{},\"findings\":[{}]}}\n",
        count(findings, Severity::Error),
        count(findings, Severity::Warning),
        list.join(",")
    )
}
