//! `validate`: measures, compares, reports; with `--retry-timeout`, until all is as expected.

use std::io::Write;
use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::flags::{Flag, Takes};
use super::log::Level;
use super::progress::{self, Held, Progress};
use super::{Call, Command, exit, globals};
use crate::gossfile::{self, Problem};
use crate::output::{self, Format, Look, colour};
use crate::probe::System;
use crate::resource::Resource;
use crate::run::{self, Plan, Tally};

/// The files are wrong (EX_CONFIG of sysexits.h).
pub(super) const WRONG_FILE: u8 = 78;
/// The time for tries is over.
const OUT_OF_TIME: u8 = 3;

pub(super) static FORMAT: Flag = Flag {
    name: "format",
    other: &["f"],
    variable: Some("GOSS_FMT"),
    takes: Takes::Text,
    default: "rspecish",
    summary: "documentation, json, junit, nagios, prometheus, rspecish, silent, structured or tap",
};

pub(super) static FORMAT_OPTIONS: Flag = Flag {
    name: "format-options",
    other: &["o"],
    variable: Some("GOSS_FMT_OPTIONS"),
    takes: Takes::Texts,
    default: "",
    summary: "perfdata, pretty, sort, verbose, exclude_raw",
};

pub(super) static COLOR: Flag = Flag {
    name: "color",
    other: &[],
    variable: Some("GOSS_COLOR"),
    takes: Takes::Truth,
    default: "false",
    summary: "with colours, also where no terminal is",
};

pub(super) static NO_COLOR: Flag = Flag {
    name: "no-color",
    other: &[],
    variable: Some("GOSS_NOCOLOR"),
    takes: Takes::Truth,
    default: "false",
    summary: "without colours",
};

static SLEEP: Flag = Flag {
    name: "sleep",
    other: &["s"],
    variable: Some("GOSS_SLEEP"),
    takes: Takes::Duration,
    default: "1s",
    summary: "how long to wait between tries",
};

static RETRY_TIMEOUT: Flag = Flag {
    name: "retry-timeout",
    other: &["r"],
    variable: Some("GOSS_RETRY_TIMEOUT"),
    takes: Takes::Duration,
    default: "0s",
    summary: "try again for so long where something is not as expected",
};

pub(super) static MAX_CONCURRENT: Flag = Flag {
    name: "max-concurrent",
    other: &[],
    variable: Some("GOSS_MAX_CONCURRENT"),
    takes: Takes::Integer,
    default: "50",
    summary: "how many resources are measured at a time",
};

pub(super) const COMMAND: Command = Command {
    name: "validate",
    alias: Some("v"),
    words: "",
    summary: "measure, compare, report",
    flags: &[
        &FORMAT,
        &FORMAT_OPTIONS,
        &COLOR,
        &NO_COLOR,
        &SLEEP,
        &RETRY_TIMEOUT,
        &MAX_CONCURRENT,
    ],
    takes_all: false,
    run: validate,
};

fn validate(call: &Call, out: &mut dyn Write) -> u8 {
    let colour = colours(call);
    let automatic = colour::automatic();
    let gossfile = match gossfile::load(&call.source()) {
        // Never freed: the process ends with the report.
        Ok(gossfile) => ManuallyDrop::new(gossfile),
        Err(problems) => return wrong_file(call, &problems, automatic, out),
    };
    for warning in &gossfile.warnings {
        call.warn(warning);
    }
    let name = call.given.text(&FORMAT);
    let Some(format) = format(call, &name) else {
        error(&unknown_format(call, &name), colour, out);
        return exit::REFUSED;
    };
    let look = look(call, colour);
    let sleep = call.given.duration(&SLEEP);
    let limit = call.given.duration(&RETRY_TIMEOUT);
    let begun = Instant::now();
    for attempt in 2_u32.. {
        let code = once(call, &gossfile.resources, format, &look, out);
        if code == exit::DONE || limit.0 == 0 {
            return code;
        }
        let elapsed = begun.elapsed();
        if elapsed + sleep.to_std() > limit.to_std() {
            let late = format!("timeout of {limit} reached before tests entered a passing state");
            error(&late, colour, out);
            return OUT_OF_TIME;
        }
        let again = format!(
            "Retrying in {sleep} (elapsed/timeout time: {:.3}s/{limit})\n\n\n",
            elapsed.as_secs_f64()
        );
        // Beside the report it would spoil what programs read.
        let beside = call.is_strict();
        say(&again, colour && !beside, beside, out);
        std::thread::sleep(sleep.to_std());
        say(&format!("Attempt #{attempt}:\n"), false, beside, out);
    }
    OUT_OF_TIME
}

fn say(text: &str, red: bool, beside: bool, out: &mut dyn Write) {
    let text = if red {
        format!("\x1b[31m{text}\x1b[0m")
    } else {
        text.to_string()
    };
    let _ = match beside {
        true => std::io::stderr().write_all(text.as_bytes()),
        false => out.write_all(text.as_bytes()),
    };
    let _ = out.flush();
}

/// One run over all resources.
fn once(
    call: &Call,
    resources: &[Resource],
    format: &Format,
    look: &Look,
    out: &mut dyn Write,
) -> u8 {
    let begun = Instant::now();
    let mut report = (format.report)(look);
    let system = Arc::new(system(call));
    let most = usize::try_from(call.given.integer(&MAX_CONCURRENT)).unwrap_or(0);
    let mut written = Ok(());
    let tally = Tally::default();
    if call.is_strict() && progress::is_seen() {
        let plan = Plan {
            most,
            tally: Some(&tally),
        };
        std::thread::scope(|scope| {
            let progress = Progress::begin(scope, resources, &tally);
            let mut out = Held::new(out, progress);
            run::run(resources, &system, plan, |group| {
                if written.is_ok() {
                    written = report.take(&group, &mut out);
                }
            });
            let ended = out.end();
            if written.is_ok() {
                written = ended;
            }
        });
    } else {
        let plan = Plan { most, tally: None };
        run::run(resources, &system, plan, |group| {
            if written.is_ok() {
                written = report.take(&group, out);
            }
        });
    }
    let took: Duration = begun.elapsed();
    match written.and_then(|()| report.finish(took, out)) {
        Ok(code) => code,
        Err(error) => {
            super::log::fatal(format!("the report cannot be written: {error}"));
            exit::REFUSED
        }
    }
}

/// What a run knows of the system and of what people have chosen.
#[allow(clippy::field_reassign_with_default)] // More is known of the system than is chosen.
pub(super) fn system(call: &Call) -> System {
    let package = call.given.text(&globals::PACKAGE);
    let mut system = System::default();
    system.package_manager = (!package.is_empty()).then_some(package);
    system.strict = call.is_strict();
    system.dual_stack = call.is_strict();
    system
}

pub(super) fn look(call: &Call, colour: bool) -> Look {
    let mut look = options(&call.given.items(&FORMAT_OPTIONS));
    look.colour = colour;
    look.places = call.is_strict();
    look
}

/// The look that options ask for; case does not count, and what is not known is passed over.
pub(super) fn options(items: &[String]) -> Look {
    let has = |name: &str| items.iter().any(|item| item.eq_ignore_ascii_case(name));
    Look {
        perfdata: has("perfdata"),
        verbose: has("verbose"),
        pretty: has("pretty"),
        sort: has("sort"),
        exclude_raw: has("exclude_raw"),
        ..Look::default()
    }
}

pub(super) fn colours(call: &Call) -> bool {
    colour::decide(call.given.is_set(&COLOR), call.given.is_set(&NO_COLOR))
}

/// The format of a name; goss v0.3 had one more, which is taken for what it was.
pub(super) fn format(call: &Call, name: &str) -> Option<&'static Format> {
    if name == "json_oneline" && !call.is_strict() {
        call.log
            .line(Level::Warn, "json_oneline is called json now");
        return output::format("json");
    }
    output::format(name)
}

pub(super) fn unknown_format(call: &Call, name: &str) -> String {
    if call.is_strict() {
        return format!("there is no format `{name}`; there are: {}", FORMAT.summary);
    }
    format!("bad output format: {name}")
}

/// Says why nothing was tested. As goss: its own words on standard output; where, and what to do,
/// beside it.
pub(super) fn wrong_file(
    call: &Call,
    problems: &[Problem],
    colour: bool,
    out: &mut dyn Write,
) -> u8 {
    if call.is_strict() {
        for problem in problems {
            error(&problem.to_string(), colour, out);
        }
        return WRONG_FILE;
    }
    error(&gossfile::goss_words(problems), colour, out);
    let _ = out.flush();
    let placed = problems.iter().filter(|problem| problem.place.is_some());
    placed.for_each(|problem| eprintln!("{problem}"));
    WRONG_FILE
}

fn error(text: &str, colour: bool, out: &mut dyn Write) {
    let _ = match colour {
        true => write!(out, "\x1b[31mError: {text}\n\x1b[0m"),
        false => writeln!(out, "Error: {text}"),
    };
}
