//! Reading one crontab.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use chain::escape;
use cli::similar;
use kernel::words::count;
use kernel::{errno, fs};

use super::line::{self, Assignment};
use super::options::{self, Options, Zones};
use super::{How, Problem, command};
use crate::job::{Environment, Job};
use crate::schedule::{self, Columns};

/// The largest file that is read.
const LARGEST_FILE: u64 = 4 * 1024 * 1024;

/// The longest command: the kernel takes no longer word (execve(2): MAX_ARG_STRLEN).
const LONGEST_COMMAND: usize = 131_071;

/// How many variables a file may set.
const MOST_VARIABLES: usize = 1000;

/// How many jobs a file may have.
const MOST_JOBS: usize = 10_000;

/// How many bad lines of a file are told one by one; a file that has so many before its first
/// job is no crontab.
const MOST_TOLD: usize = 20;

/// The same for what only warns.
const MOST_WARNED: usize = 50;

/// Where a file is given up.
const MOST_LOST: usize = 1000;

/// Variables and their copies at jobs, over the whole file: what bounds the memory.
const MOST_COPIES: usize = 1_000_000;

/// What the lines above a line have said.
struct Above {
    options: Options,
    environment: Vec<(Vec<u8>, Vec<u8>)>,
    /// The same, as jobs have it; made when a job needs it.
    shared: Option<Environment>,
    copies: usize,
}

struct Reader<'a> {
    path: &'a Path,
    how: &'a How,
    has_users: bool,
    above: Above,
    jobs: &'a mut Vec<Job>,
    first_job: usize,
    problems: &'a mut Vec<Problem>,
    first_problem: usize,
    zones: Zones,
    /// How many lines are no jobs, and how many warn.
    lost: usize,
    warned: usize,
}

/// Reads the file and adds its jobs.
pub(super) fn read(path: &Path, how: &How, jobs: &mut Vec<Job>, problems: &mut Vec<Problem>) {
    match contents(path) {
        Ok(bytes) => text(path, &bytes, how, jobs, problems),
        Err(text) => problems.push(Problem {
            place: (path.to_path_buf(), 0),
            column: 0,
            fatal: true,
            name: "unreadable",
            text,
        }),
    }
}

/// Reads what stands in the file and adds its jobs.
pub(super) fn text(
    path: &Path,
    bytes: &[u8],
    how: &How,
    jobs: &mut Vec<Job>,
    problems: &mut Vec<Problem>,
) {
    let mut reader = Reader {
        path,
        how,
        has_users: how.has_users(path),
        above: Above {
            options: Options::new(how),
            environment: Vec::new(),
            shared: None,
            copies: 0,
        },
        first_job: jobs.len(),
        jobs,
        first_problem: problems.len(),
        problems,
        zones: Zones::default(),
        lost: 0,
        warned: 0,
    };
    reader.text(bytes);
}

/// The file's bytes.
///
/// # Errors
/// Why it cannot be read, in a sentence.
pub(super) fn contents(path: &Path) -> Result<Vec<u8>, String> {
    let refused = |error| format!("the file cannot be read: {}", errno::text(&error));
    if path.metadata().is_ok_and(|about| !about.is_file()) {
        return Err("it is no regular file".to_string());
    }
    let file = fs::open_regular_target(path).map_err(refused)?;
    let mut text = Vec::new();
    file.take(LARGEST_FILE + 1)
        .read_to_end(&mut text)
        .map_err(refused)?;
    match text.len() as u64 > LARGEST_FILE {
        true => Err("the file is larger than 4 MiB, so it is no crontab that is meant".to_string()),
        false => Ok(text),
    }
}

impl Reader<'_> {
    fn tell(&mut self, line: usize, column: usize, fatal: bool, name: &'static str, text: String) {
        if line > 0 {
            let (count, most) = match fatal {
                true => (&mut self.lost, MOST_TOLD),
                false => (&mut self.warned, MOST_WARNED),
            };
            *count += 1;
            if *count > most {
                return;
            }
        }
        self.problems.push(Problem {
            place: (self.path.to_path_buf(), line),
            column,
            fatal,
            name,
            text,
        });
    }

    fn warn(&mut self, line: usize, column: usize, name: &'static str, text: impl Into<String>) {
        self.tell(line, column, false, name, text.into());
    }

    fn lose(&mut self, line: usize, column: usize, name: &'static str, text: impl Into<String>) {
        self.tell(line, column, true, name, text.into());
    }

    fn text(&mut self, text: &[u8]) {
        if text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff") {
            return self.lose(
                0,
                0,
                "utf-16",
                "the file is UTF-16; save it as UTF-8 without a byte order mark",
            );
        }
        let text = match text.strip_prefix(b"\xef\xbb\xbf") {
            Some(rest) => {
                self.warn(
                    1,
                    0,
                    "byte-order-mark",
                    "the file begins with a byte order mark, which is passed over; save it as UTF-8 without one",
                );
                rest
            }
            None => text,
        };
        let mut has_returns = false;
        for (number, line) in (1..).zip(text.split(|byte| *byte == b'\n')) {
            let line = match line.strip_suffix(b"\r") {
                Some(line) => {
                    if !std::mem::replace(&mut has_returns, true) {
                        self.warn(
                            number,
                            0,
                            "crlf-lines",
                            "lines end with a carriage return (Windows line endings), which is passed over; \
                             save the file with Unix line endings: sed -i 's/\\r$//' FILE",
                        );
                    }
                    line
                }
                None => line,
            };
            if self.jobs.len() - self.first_job >= MOST_JOBS {
                return self.lose(
                    number,
                    0,
                    "too-many",
                    format!("the file has more than {MOST_JOBS} jobs; what stands from here on is left out"),
                );
            }
            self.line(number, line);
            if self.lost >= MOST_TOLD && self.jobs.len() == self.first_job {
                let text = format!(
                    "{MOST_TOLD} lines and not one job: the file is no crontab, and is read no \
                     further; name one, or rename the file"
                );
                // The first ones are enough to see what it is.
                self.problems.truncate(self.first_problem + 3);
                return self.lose(0, 0, "no-crontab", text);
            }
            if self.lost >= MOST_LOST {
                let text = format!(
                    "{} cannot be read, so nothing from line {} on is; correct those above first",
                    count(MOST_LOST as u64, "line"),
                    number + 1
                );
                return self.lose(0, 0, "more", text);
            }
        }
        let left = self.lost.saturating_sub(MOST_TOLD);
        if left > 0 {
            let text = format!(
                "of what follows, {} cannot be read either; correct those above first",
                count(left as u64, "line")
            );
            self.lose(0, 0, "more", text);
        }
        let left = self.warned.saturating_sub(MOST_WARNED);
        if left > 0 {
            let text = format!(
                "{} more; see to those above first",
                count(left as u64, "warning")
            );
            self.warn(0, 0, "more", text);
        }
    }

    fn line(&mut self, number: usize, line: &[u8]) {
        let from = line
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace())
            .count();
        if from == line.len() || line[from] == b'#' {
            return;
        }
        if let Some(at) = line.iter().position(|byte| *byte == 0) {
            return self.lose(
                number,
                at + 1,
                "nul-byte",
                "the line has a NUL byte, which no command can have; remove it",
            );
        }
        let mut options = None;
        let mut at = from;
        while let Some(found) = line::assignment(line, at) {
            if !found.name.starts_with(b"CRON_") {
                match at == from {
                    true => return self.variable(number, &found),
                    // CRON_TZ=UTC A=b 0 5 * * *: the schedule's reader says it.
                    false => break,
                }
            }
            if found.end == line.len() && at == from {
                return self.option(number, &found);
            }
            if found.end == line.len() {
                return self.lose(
                    number,
                    at + 1,
                    "no-schedule",
                    "two options on a line stand in front of a schedule, and there is none; \
                     write each on a line of its own, or the schedule behind them",
                );
            }
            let taken = options.get_or_insert_with(|| self.above.options.clone());
            let name = String::from_utf8_lossy(found.name).into_owned();
            let was_zone = taken.zone.is_some();
            if let Err(why) = taken.set(&name, found.value, self.how, &mut self.zones) {
                let lost = name == "CRON_TZ" && taken.zone.is_none() && was_zone;
                self.wrong_option(number, found.column + 1, &name, why, lost);
                if lost {
                    return;
                }
            }
            at = found.end;
        }
        self.job(number, line, at, options);
    }

    fn wrong_option(&mut self, line: usize, column: usize, name: &str, why: String, lost: bool) {
        if name == "CRON_TZ" {
            return self.tell(line, column, lost, "unknown-zone", format!("{name}: {why}"));
        }
        match options::NAMES.contains(&name) {
            true => self.warn(
                line,
                column,
                "option-value",
                format!("{name}: {why}; the line is passed over"),
            ),
            false => self.warn(line, 0, "unknown-option", why),
        }
    }

    /// A `CRON_…` line, which holds from here on.
    fn option(&mut self, number: usize, found: &Assignment) {
        let name = String::from_utf8_lossy(found.name).into_owned();
        let result = self
            .above
            .options
            .set(&name, found.value, self.how, &mut self.zones);
        let Err(why) = result else {
            return;
        };
        match &name[..] {
            "CRON_TZ" => {
                let why = format!("{why}; jobs below do not run, up to the next CRON_TZ");
                self.wrong_option(number, found.column + 1, &name, why, true);
            }
            _ => {
                self.wrong_option(number, found.column + 1, &name, why, false);
                if !options::NAMES.contains(&&name[..]) {
                    self.variable(number, found);
                }
            }
        }
    }

    /// A line that is for the environment of jobs.
    fn variable(&mut self, number: usize, found: &Assignment) {
        let column = found.column + 1;
        let name = escape(found.name);
        match found.name {
            b"MAILTO" | b"MAILFROM" => {
                // An empty one asks for no mail, which is what happens.
                if !found.value.is_empty() && found.name == b"MAILTO" {
                    self.warn(
                        number,
                        0,
                        "no-mail",
                        "MAILTO is passed over: what jobs write goes to the container's log, not \
                         into mail; remove the line",
                    );
                }
                return;
            }
            b"LOGNAME" | b"USER" => {
                return self.warn(
                    number,
                    0,
                    "no-logname",
                    format!("{name} is passed over: it is the name of the user that a job runs as; use CRON_USER"),
                );
            }
            b"TZ" if !self.above.options.zone_was_set => {
                self.warn(
                    number,
                    0,
                    "tz-is-environment",
                    "TZ is for the commands only and moves no job; write CRON_TZ for the times, \
                     above it or beside it",
                );
            }
            _ => {}
        }
        if !found.quoted
            && schedule::read(after_word(found.value), &self.how.zone, Columns::Five)
                .is_ok_and(|read| read.columns == 5 && read.length < after_word(found.value).len())
        {
            self.warn(
                number,
                column,
                "job-in-value",
                format!(
                    "the whole line is the value of {name}, and no job; write {name} on a line of \
                     its own above the job"
                ),
            );
        }
        if found.value.windows(2).any(|pair| {
            pair[0] == b'$' && (pair[1].is_ascii_alphabetic() || pair[1] == b'_' || pair[1] == b'{')
        }) {
            self.warn(
                number,
                column,
                "not-expanded",
                format!(
                    "variables in the value of {name} are not replaced (crontab(5)): it is taken \
                     as it stands; write it out, or set it in the command"
                ),
            );
        }
        let above = &mut self.above;
        above.shared = None;
        let entry = (found.name.to_vec(), found.value.to_vec());
        let place = above
            .environment
            .iter()
            .position(|(known, _)| *known == entry.0);
        match place {
            Some(place) => above.environment[place] = entry,
            None if above.environment.len() < MOST_VARIABLES => above.environment.push(entry),
            None => self.warn(
                number,
                0,
                "too-many",
                format!("the file sets more than {MOST_VARIABLES} variables; {name} is left out"),
            ),
        }
    }

    /// A line with a schedule and a command.
    fn job(&mut self, number: usize, line: &[u8], from: usize, options: Option<Options>) {
        let has_options = options.is_some();
        let options = options.unwrap_or_else(|| self.above.options.clone());
        let mut from = from;
        // cronie: "do not log this job's start". Some files of CentOS have it.
        if line[from] == b'-' && line.len() > from + 1 {
            from += 1;
        }
        // A zone that does not exist has been told where it was named.
        let zone = options
            .zone
            .clone()
            .unwrap_or_else(|| self.how.zone.clone());
        let columns = match (options.columns, self.has_users) {
            (Columns::Told, true) => Columns::Five,
            (columns, _) => columns,
        };
        let text = &line[from..];
        let written = match schedule::read(text, &zone, columns) {
            Ok(written) => written,
            Err(fault) => {
                let mut text = fault.text;
                if has_options && fault.column == 0 {
                    text.push_str("; behind the options of a line stands its schedule");
                }
                return self.lose(number, from + fault.column + 1, "schedule", text);
            }
        };
        let mut at = from + written.length;
        let mut user = options.user.clone().map(|user| (user, 0));
        if self.has_users {
            let rest = &line[at..];
            let length = rest
                .iter()
                .take_while(|byte| !byte.is_ascii_whitespace())
                .count();
            if length > 0 {
                user = Some((rest[..length].to_vec(), at + 1));
            }
            at += length;
            at += line[at..]
                .iter()
                .take_while(|byte| byte.is_ascii_whitespace())
                .count();
        }
        if let Some((name, column)) = &user
            && self.how.accounts.resolve(name).is_err()
        {
            let text = self.unknown_user(name, *column > 0);
            return self.lose(number, *column, "unknown-user", text);
        }
        let (command, stdin) = command::split(&line[at..]);
        if command.iter().all(u8::is_ascii_whitespace) {
            let behind = match self.has_users && user.is_some() {
                true => "the user",
                false => "the schedule",
            };
            let text = format!("there is no command behind {behind}; write what is to run there");
            return self.lose(number, line.len() + 1, "no-command", text);
        }
        if command.len() > LONGEST_COMMAND {
            return self.lose(
                number,
                at + 1,
                "too-long",
                format!(
                    "the command has {} bytes, and the kernel takes {LONGEST_COMMAND} at most; \
                     put it into a script",
                    command.len()
                ),
            );
        }
        if let Some(percent) = self.percent(&line[at..]) {
            self.warn(
                number,
                at + percent + 1,
                "percent",
                "% ends the command, and what stands behind it is its standard input (crontab(5)); \
                 write \\% for the character",
            );
        }
        for note in written.notes {
            self.warn(number, from + note.column + 1, note.name, note.text);
        }
        if options.zone.is_none() {
            return;
        }
        let Some(environment) = self.environment(number) else {
            return;
        };
        let name = options.name.unwrap_or_else(|| command::name(&command));
        self.jobs.push(Job {
            name,
            place: (self.path.to_path_buf(), number),
            schedule: written.schedule,
            command,
            stdin,
            user: user.map(|(user, _)| user),
            environment,
            policy: options.policy,
        });
    }

    fn percent(&self, text: &[u8]) -> Option<usize> {
        (0..text.len()).find(|at| text[*at] == b'%' && (*at == 0 || text[*at - 1] != b'\\'))
    }

    fn unknown_user(&self, name: &[u8], is_field: bool) -> String {
        let shown = escape(name);
        let why = format!("there is no user {shown} in /etc/passwd");
        if !is_field {
            return format!("CRON_USER: {why}; make the user in the image, or name another");
        }
        if name.contains(&b'/') || name.contains(&b'=') {
            return format!(
                "{why}; lines of this file have a user between schedule and command: write root \
                 in front of {shown}"
            );
        }
        if name[0].is_ascii_digit() || name[0] == b'*' {
            return format!(
                "{why}; this file has a user behind five fields: for seconds in front, write a \
                 line CRON_SECONDS=yes above"
            );
        }
        let names: Vec<String> = self
            .how
            .accounts
            .users
            .iter()
            .map(|user| escape(&user.name))
            .collect();
        match similar::nearest(name, names.iter().map(String::as_str)) {
            Some(near) => format!("{why}; did you mean {near}?"),
            None => format!(
                "{why}; lines of this file have a user between schedule and command: make the \
                 user in the image, or write root in front of {shown} if that is the command"
            ),
        }
    }

    /// The environment of a job here.
    fn environment(&mut self, number: usize) -> Option<Environment> {
        let above = &mut self.above;
        if let Some(shared) = &above.shared {
            return Some(shared.clone());
        }
        above.copies += above.environment.len();
        if above.copies > MOST_COPIES {
            self.lose(
                number,
                0,
                "too-many",
                "the file sets too many variables between its jobs; set them once, at its beginning",
            );
            return None;
        }
        let shared: Environment = Arc::from(above.environment.clone());
        above.shared = Some(shared.clone());
        Some(shared)
    }
}

/// What stands behind the first word.
fn after_word(text: &[u8]) -> &[u8] {
    let length = text
        .iter()
        .take_while(|byte| !byte.is_ascii_whitespace())
        .count();
    let rest = &text[length..];
    &rest[rest
        .iter()
        .take_while(|byte| byte.is_ascii_whitespace())
        .count()..]
}
