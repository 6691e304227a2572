//! `mainstay cron FILE...`: the scheduler.

use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::Duration;

use chain::{Environment, Failure, Outcome, Result, Word, escape};
use cli::words::{self, Opt, flag, valued, wrong};
use cli::{help, similar};

use crate::crontab::UserField;
use crate::runner::{Files, Settings, serve};

const NAME: &str = "cron";

const OPTIONS: &[Opt] = &[
    flag("--verbose"),
    valued("--grace", "", "a number of seconds"),
    valued("--ready-fd", "", "the number of a descriptor"),
    flag("--user-field"),
    flag("--no-user-field"),
];

const HELP: &str = "\
Runs until TERM, INT or QUIT ends it; HUP reads the files anew, as does a change of them.
FILE is a crontab, or a directory like /etc/cron.d.

  --verbose          say starts and good ends too (CRON_VERBOSE=1 does the same)
  --grace SECONDS    from TERM to KILL, for a job whose time is over and at the stop (5)
  --ready-fd NUMBER  write a line end to this descriptor once the files were read: the number
                     in a service's `notification-fd`
  --user-field       lines have a user in front of the command; --no-user-field: they have not.
                     Else those of /etc/crontab and of a directory cron.d have one

Verbs, each with a --help of its own; for a file of such a name write ./NAME:

  next               say when jobs run next
  lint               check crontabs
  status             show the running schedulers and their jobs
  run JOB            run a job now, and wait for its end

Exit code: 0 after a stop; 1 when no file could be read; 100 wrong words.
";

/// Longest grace that is of use (seconds): a day.
const LONGEST: u64 = 86_400;

/// The verbs, for whoever mistypes one.
const VERBS: [&str; 4] = ["next", "lint", "status", "run"];

pub(super) fn run(arguments: Vec<Word>, environment: &Environment) -> Result<Outcome> {
    let found = words::read(NAME, OPTIONS, arguments)?;
    if found.help {
        help::print(&super::COMMAND, HELP);
        return Ok(Outcome::Exit(0));
    }
    let files: Vec<Word> = found
        .operands
        .iter()
        .chain(&found.behind)
        .cloned()
        .collect();
    if files.is_empty() {
        return Err(wrong(
            NAME,
            "which crontab? Name a file, or a directory like /etc/cron.d",
        ));
    }
    if let [word] = &files[..]
        && let Some(verb) = mistyped(word)
    {
        return Err(Failure::Invalid(format!(
            "there is no file {}; did you mean `mainstay cron {verb}`?",
            escape(word)
        )));
    }
    let users = match (found.has("--user-field"), found.has("--no-user-field")) {
        (true, true) => {
            let text = "--user-field and --no-user-field exclude each other";
            return Err(wrong(NAME, text));
        }
        (true, false) => UserField::Always,
        (false, true) => UserField::Never,
        (false, false) => UserField::ByPlace,
    };
    let grace = match found.value("--grace") {
        None => 5,
        Some(text) => number(text)
            .filter(|seconds| *seconds <= LONGEST)
            .ok_or_else(|| {
                let text = format!("--grace {} is no number of seconds", escape(text));
                wrong(NAME, &text)
            })?,
    };
    let ready = match found.value("--ready-fd") {
        None => None,
        Some(text) => Some(descriptor(text)?),
    };
    let verbose = environment.get(b"CRON_VERBOSE");
    let paths = files
        .iter()
        .map(|path| PathBuf::from(std::ffi::OsStr::from_bytes(path)));
    let settings = Settings {
        files: Files::new(paths.collect(), users),
        verbose: found.has("--verbose")
            || verbose.is_some_and(|value| !matches!(value, b"" | b"0")),
        ready,
        grace: Duration::from_secs(grace),
        environment: environment.clone(),
    };
    serve(settings).map(Outcome::Exit)
}

fn number(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// A descriptor that is open, and that jobs do not get.
fn descriptor(text: &[u8]) -> Result<i32> {
    let number = number(text).and_then(|number| i32::try_from(number).ok());
    let number = number.filter(|number| *number > 2 && kernel::fd::is_open(*number));
    let Some(number) = number else {
        let text = format!(
            "--ready-fd {}: no such descriptor is open; a service needs a file `notification-fd` \
             with this number",
            escape(text)
        );
        return Err(wrong(NAME, &text));
    };
    let _ = kernel::fd::set_close_on_exec(number, true);
    Ok(number)
}

/// The verb that a word is meant for which is no file.
fn mistyped(word: &[u8]) -> Option<&'static str> {
    let is_file = std::path::Path::new(std::ffi::OsStr::from_bytes(word)).exists();
    let verb = similar::nearest(word, VERBS)?;
    (!is_file && !word.contains(&b'/')).then_some(verb)
}
