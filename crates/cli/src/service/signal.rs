//! `mainstay signal NAME... SIGNAL`.

use std::time::Duration;

use chain::{Call, Failure, Outcome, Program, Result, escape};

use super::wait::{self, Watch, say};
use super::{ALL, Patience, choose, outcome, read};
use crate::target::REFUSED;
use crate::words::{Opt, flag, wrong};
use crate::{help, similar, status};

pub(crate) const SIGNAL: Program = Program {
    name: "mainstay signal",
    usage: "[--group] [--no-wait] [--timeout SECONDS] [--tree DIR] NAME...|--all SIGNAL",
    summary: "send a signal to the processes of services",
    run,
};

const GROUP: Opt = flag("--group");

const EXPLAINED: &str = "\
The signal goes to the one process that `run` has become. What that has started, it gets
only with --group.

  --group            the whole process group: what `run` is and what it has started, but
                     for what made a group or session of its own
  --all              every service that has a process
";

/// How long a process is watched that may end by the signal.
const MOMENT: Duration = Duration::from_millis(300);

fn run(call: &mut Call) -> Result<Outcome> {
    let Some(mut asked) = read(call, &SIGNAL, &[GROUP], EXPLAINED)? else {
        return Ok(Outcome::Exit(0));
    };
    let mut words = [
        std::mem::take(&mut asked.words.operands),
        std::mem::take(&mut asked.words.behind),
    ]
    .concat();
    let verb = help::verb(&SIGNAL);
    let Some(signal) = words.pop() else {
        return Err(wrong(
            verb,
            "which signal? NAME SIGNAL, as in `mainstay signal web HUP`",
        ));
    };
    if words.is_empty() && !asked.words.has(ALL.name) {
        let text = format!(
            "which signal for which service? {} stands alone: NAME SIGNAL, as in `mainstay signal \
             web HUP`",
            escape(&signal)
        );
        return Err(wrong(verb, &text));
    }
    let number = kernel::signal::parse(&signal).ok_or_else(|| Failure::Other {
        code: chain::exit::USAGE,
        text: format!(
            "there is no signal {}{} {}",
            escape(&signal),
            similar::or_on(&signal, kernel::signal::names()),
            match words.first() {
                Some(first) if kernel::signal::parse(first).is_some() =>
                    "the signal comes last, as in `mainstay signal web HUP`",
                _ => "name one as TERM, HUP or USR1, or give its number",
            }
        ),
    })?;
    let order: &[u8] = match asked.words.has(GROUP.name) {
        true => b"signal-group",
        false => b"signal",
    };
    let report = status::of(&asked.target)?;
    let chosen = choose(verb, &report, &asked, words, |unit| unit.pid.is_some())?;
    let mut code = 0;
    let shown = kernel::signal::name(number);
    for unit in chosen {
        let name = &unit.name;
        let answer = match asked.target.ask(&[order, name.as_bytes(), &signal]) {
            Ok(answer) => answer,
            Err(failure) => {
                wait::refused(name, failure)?;
                code = REFUSED;
                continue;
            }
        };
        let reached = answer
            .iter()
            .find_map(|line| line.strip_prefix("reached\t"));
        let pid = reached.and_then(|pid| pid.parse::<u32>().ok());
        let mut text = match (pid, asked.words.has(GROUP.name)) {
            (Some(pid), false) => format!("{shown} sent to pid {pid}"),
            (Some(pid), true) => format!("{shown} sent to process group {pid}"),
            (None, _) => format!("{shown} sent"),
        };
        // Nobody can outlive SIGKILL; any other signal is given a moment.
        let patience = match asked.patience {
            Some(Patience::For(limit)) if number != kernel::signal::SIGKILL => {
                Some(Patience::For(limit.min(MOMENT)))
            }
            Some(Patience::Endless) if number != kernel::signal::SIGKILL => {
                Some(Patience::For(MOMENT))
            }
            other => other,
        };
        if let (Some(pid), Some(_)) = (pid, patience) {
            let watch = Watch::start(patience);
            match wait::until_ended(&asked.target, name, pid, &watch)? {
                Some(now) if now.pid == Some(pid) && number == kernel::signal::SIGKILL => {
                    say(
                        2,
                        name,
                        &format!("{text}, which still runs: the kernel holds it"),
                    );
                    code = super::LATE;
                    continue;
                }
                Some(now) if now.pid == Some(pid) => {}
                Some(now) => {
                    text.push_str(&format!(", which has ended: {}", outcome::end_of(&now)));
                    if now.is_wanted() && now.state != "failed" {
                        text.push_str("; it is started again");
                    }
                }
                None => text.push_str(", which has ended"),
            }
        }
        say(1, name, &text);
    }
    Ok(Outcome::Exit(code))
}
