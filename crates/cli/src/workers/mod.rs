//! `mainstay workers`: the pool of `/worker.sh`, as people see it and change it, and what
//! the pool itself calls: `attach` in front of a worker, `keep` beside all of them.

mod attach;
mod jobs;
mod keeper;
mod list;
mod lives;
mod memory;
mod pool;
mod restart;
mod scale;

use chain::{Call, Outcome, Program, Result, escape};

use crate::words::{self, Opt, flag, valued, wrong};
use crate::{help, service, similar};

pub(crate) use jobs::COMMAND as JOB_DONE;
pub(crate) use memory::shown;

pub(crate) const COMMAND: Program = Program {
    name: "mainstay workers",
    usage: "[--json | scale [--timeout SECONDS] N | restart [--at-once K] [--timeout SECONDS]]",
    summary: "show the workers of /worker.sh, change their number, restart them one after another",
    run,
};

const JSON: Opt = flag("--json");
const AT_ONCE: Opt = valued("--at-once", "", "a number of workers");

const HELP: &str = "  --json             the list for programs, as one JSON document
  scale N            have N workers: new ones are made as worker-1 is; of too many those
                     with the highest numbers end as by `mainstay stop`, and are gone
  restart            restart all, each once the one before is up again (ready, where it
                     has notification-fd); it stops at the first that does not come up
  --at-once K        restart so many at once, 1 by default
  --timeout SECONDS  how long to wait for workers to end or to come up: 60 by default, for
                     each batch of a restart; 0 for no limit

A worker that was stopped by hand is left alone by a restart. JOBS and MEMORY are those of
the process that runs now, with what it has started; jobs are counted where WORKER_MAX_JOBS
or WORKER_MAX_MEMORY is set. The number holds until the container's end: it starts again with
that of /worker.sh.

Exit code: 0; 1 no workers here, or PID 1 or a worker did otherwise; 99 time over; 100 wrong
words; 111 PID 1 cannot be reached.
";

/// What can stand first.
const VERBS: [&str; 2] = ["scale", "restart"];

fn run(call: &mut Call) -> Result<Outcome> {
    match call.args.first().map(Vec::as_slice) {
        // The pool's own, with words that are not for people.
        Some(b"attach") => return attach::run(call),
        Some(b"keep") => return keeper::run(),
        _ => {}
    }
    let command = help::verb(&COMMAND);
    let options = [JSON, AT_ONCE, service::TIMEOUT];
    let words = words::read(command, &options, call.rest())?;
    if words.help {
        help::print(&COMMAND, HELP);
        return Ok(Outcome::Exit(0));
    }
    let operands = [words.operands.as_slice(), words.behind.as_slice()].concat();
    let (verb, rest) = match operands.split_first() {
        None => ("", &[][..]),
        Some((word, rest)) => match VERBS.iter().find(|verb| verb.as_bytes() == word) {
            Some(verb) => (*verb, rest),
            None => {
                let meant = similar::hint(word, VERBS);
                let known = "; there are scale and restart, and without a word the list";
                let text = format!(
                    "there is no `mainstay workers {}`{}",
                    escape(word),
                    if meant.is_empty() { known } else { &meant }
                );
                return Err(wrong(command, &text));
            }
        },
    };
    let fits = |option: &Opt, verbs: &[&str]| match words.has(option.name) && !verbs.contains(&verb)
    {
        true => Err(wrong(
            command,
            &format!("{} does not belong here", option.name),
        )),
        false => Ok(()),
    };
    fits(&JSON, &[""])?;
    fits(&AT_ONCE, &["restart"])?;
    fits(&service::TIMEOUT, &["scale", "restart"])?;
    let patience = service::patience_of(command, &words)?;
    match (verb, rest) {
        ("", _) => list::run(words.has(JSON.name)),
        ("scale", [number]) => scale::run(number, patience),
        ("scale", _) => Err(wrong(
            command,
            "to how many? One number, as in `mainstay workers scale 5`",
        )),
        (_, []) => restart::run(words.value(AT_ONCE.name), patience),
        (_, [more, ..]) => {
            let text = format!(
                "{} is too much: it restarts all workers; `mainstay restart worker-1` restarts one",
                escape(more)
            );
            Err(wrong(command, &text))
        }
    }
    .map(Outcome::Exit)
}
