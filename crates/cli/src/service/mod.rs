//! `mainstay start|stop|restart|signal NAME...`: an order, and what has become of it.
//!
//! Who waits is the client: it asks PID 1 for the status again and again, each time over
//! a connection of its own, so that no wait holds up PID 1 or takes a place from others.

mod outcome;
mod signal;
mod wait;

use std::time::Duration;

use chain::{Call, Outcome, Program, Result, escape};

use crate::status::{Report, Unit};
use crate::target::{TREE, TREE_HELP, Target};
use crate::words::{self, Opt, Words, flag, valued, wrong};
use crate::{help, status};

pub(crate) use outcome::Verb;
pub(crate) use signal::SIGNAL;
pub(crate) use wait::{Watch, order};

pub(crate) const START: Program = Program {
    name: "mainstay start",
    usage: "[--no-wait] [--timeout SECONDS] [--tree DIR] NAME...|--all",
    summary: "start services and keep them up",
    run: |call| tell(call, &START, Verb::Start),
};

pub(crate) const STOP: Program = Program {
    name: "mainstay stop",
    usage: "[--no-wait] [--timeout SECONDS] [--tree DIR] NAME...|--all",
    summary: "ask services to end and keep them down",
    run: |call| tell(call, &STOP, Verb::Stop),
};

pub(crate) const RESTART: Program = Program {
    name: "mainstay restart",
    usage: "[--no-wait] [--timeout SECONDS] [--tree DIR] NAME...|--all",
    summary: "ask services to end and start them again",
    run: |call| tell(call, &RESTART, Verb::Restart),
};

/// Exit code of a command whose time was over first, as `s6-svwait` has it.
const LATE: u8 = 99;

/// How long the outcome is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

const NO_WAIT: Opt = flag("--no-wait");
pub(crate) const TIMEOUT: Opt = valued("--timeout", "", "a number of seconds, 0 for no limit");
const ALL: Opt = flag("--all");

// No `\` at the beginning: it would take the first line's blanks with it.
const HELP_END: &str = "  --no-wait          give the order and end at once
  --timeout SECONDS  how long to wait for the outcome: 60 by default, 0 for no limit
";

const CODES: &str = "
Says in one line for each service what has become of it.
Exit code: 0 as asked, 1 something else came of it or PID 1 refused, 99 time over,
100 wrong words, 111 PID 1 cannot be reached.
";

/// What all these commands read from their words.
pub(crate) struct Asked {
    pub(crate) target: Target,
    /// None: only the order is given.
    pub(crate) patience: Option<Patience>,
    pub(crate) words: Words,
}

/// How long to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// So long.
    For(Duration),
    /// Until there is an outcome.
    Endless,
}

/// Reads the words of a command; nothing when they ask for help, which is given.
fn read(
    call: &mut Call,
    command: &Program,
    more: &[Opt],
    explained: &str,
) -> Result<Option<Asked>> {
    let verb = help::verb(command);
    let mut options = vec![NO_WAIT, TIMEOUT, ALL, TREE];
    options.extend(more.iter().map(|option| Opt { ..*option }));
    let words = words::read(verb, &options, call.rest())?;
    if words.help {
        help::print(command, &format!("{explained}{HELP_END}{TREE_HELP}{CODES}"));
        return Ok(None);
    }
    let patience = match words.has(NO_WAIT.name) {
        true => None,
        false => Some(patience_of(verb, &words)?),
    };
    Ok(Some(Asked {
        target: Target::of(&words)?,
        patience,
        words,
    }))
}

/// How long the words say to wait.
///
/// # Errors
/// That is no number.
pub(crate) fn patience_of(verb: &str, words: &Words) -> Result<Patience> {
    match words.value(TIMEOUT.name) {
        None => Ok(Patience::For(PATIENCE)),
        Some(text) => patience(text).ok_or_else(|| {
            let text = format!("--timeout {} is no number of seconds", escape(text));
            wrong(verb, &text)
        }),
    }
}

/// A number of seconds, with a part of one where somebody likes.
fn patience(text: &[u8]) -> Option<Patience> {
    match seconds(text)? {
        Duration::ZERO => Some(Patience::Endless),
        time => Some(Patience::For(time)),
    }
}

/// `2`, `0.5`, `.5`: digits, with at most one point among them. What is below a nanosecond is
/// left out.
fn seconds(text: &[u8]) -> Option<Duration> {
    let text = std::str::from_utf8(text).ok()?;
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let are_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.len() + part.len() == 0 || !are_digits(whole) || !are_digits(part) {
        return None;
    }
    let number = |text: &str| match text {
        "" => Some(0),
        text => text.parse::<u64>().ok(),
    };
    let nanoseconds = format!("{:0<9}", &part[..part.len().min(9)]);
    let nanoseconds = u32::try_from(number(&nanoseconds)?).ok()?;
    Some(Duration::new(number(whole)?, nanoseconds))
}

fn tell(call: &mut Call, command: &Program, verb: Verb) -> Result<Outcome> {
    let all = match verb {
        Verb::Start => "  --all              every service\n",
        Verb::Stop => "  --all              every service that is not down\n",
        Verb::Restart => "  --all              every service that was not stopped by hand\n",
    };
    let Some(mut asked) = read(call, command, &[], all)? else {
        return Ok(Outcome::Exit(0));
    };
    let names = [
        std::mem::take(&mut asked.words.operands),
        std::mem::take(&mut asked.words.behind),
    ]
    .concat();
    let report = status::of(&asked.target)?;
    let chosen = choose(
        help::verb(command),
        &report,
        &asked,
        names,
        |unit| match verb {
            Verb::Start => true,
            Verb::Stop => unit.state != "down",
            Verb::Restart => unit.is_wanted(),
        },
    )?;
    wait::order(verb, &asked, chosen).map(Outcome::Exit)
}

/// The services that are meant: those of these names, or, with `--all`, those that `fit`.
fn choose(
    verb: &str,
    report: &Report,
    asked: &Asked,
    names: Vec<Vec<u8>>,
    fit: impl Fn(&Unit) -> bool,
) -> Result<Vec<Unit>> {
    let all = asked.words.has(ALL.name);
    match (all, names.is_empty()) {
        (true, true) => Ok(report
            .units
            .iter()
            .filter(|unit| unit.kind == "service" && fit(unit))
            .cloned()
            .collect()),
        (true, false) => Err(wrong(verb, "name services, or say --all, not both")),
        (false, true) => Err(wrong(verb, "which service? Name one or more, or say --all")),
        (false, false) => {
            let mut chosen: Vec<Unit> = Vec::new();
            for name in names {
                let unit = status::find(report, &name)?;
                if chosen.iter().all(|before| before.name != unit.name) {
                    chosen.push(unit.clone());
                }
            }
            Ok(chosen)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_stand_in_one_column() {
        for line in HELP_END.lines() {
            assert_eq!(line.find("--"), Some(2), "{line}");
        }
    }

    #[test]
    fn seconds_may_have_a_part() {
        let of = |text: &str| seconds(text.as_bytes()).map(|time| time.as_nanos());
        assert_eq!(of("2"), Some(2_000_000_000));
        assert_eq!(of("0.5"), Some(500_000_000));
        assert_eq!(of(".25"), Some(250_000_000));
        assert_eq!(of("3."), Some(3_000_000_000));
        assert_eq!(of("0.1234567899"), Some(123_456_789));
        for wrong in [
            "",
            ".",
            "-1",
            "+1",
            "1e3",
            "1.2.3",
            "two",
            "99999999999999999999",
        ] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
    }
}
