//! `mainstay job-done`: a worker in a shell says that it has done a job.

use std::fs;

use chain::{Call, Failure, Outcome, Program, Result};
use kernel::{errno, fd, output};
use layouts::workers::{ID, JOBS_FD};

use crate::help;
use crate::words::{self, wrong};

pub(crate) const COMMAND: Program = Program {
    name: "mainstay job-done",
    usage: "",
    summary: "in a worker of /worker.sh: count one job as done",
    run,
};

const HELP: &str = "\
The same as a line to the descriptor whose number is in WORKER_JOBS_FD, which any language
can write. Where no limit is set nobody counts, and it does nothing.

Exit code: 0, 100 wrong words, 111 it could not be told.
";

fn run(call: &mut Call) -> Result<Outcome> {
    let verb = help::verb(&COMMAND);
    let words = words::read(verb, &[], call.rest())?;
    if words.help {
        help::print(&COMMAND, HELP);
        return Ok(Outcome::Exit(0));
    }
    if !words.operands.is_empty() || !words.behind.is_empty() {
        return Err(wrong(verb, "it takes no words: it counts one job"));
    }
    let Some(number) = call.env.get(JOBS_FD.as_bytes()) else {
        if call.env.get(ID.as_bytes()).is_none() {
            let line = "mainstay job-done: this is no worker of /worker.sh, so nobody counts \
                        its jobs\n";
            let _ = fd::write_all(2, line.as_bytes());
        }
        return Ok(Outcome::Exit(0));
    };
    let number = std::str::from_utf8(number).ok();
    let number = number.and_then(|text| text.parse::<i32>().ok());
    let failure = |why: &str| Failure::Other {
        code: chain::exit::SYSTEM,
        text: format!(
            "WORKER_JOBS_FD is {}, {why}; hand that descriptor on to what the worker starts",
            number.map_or("no number".to_string(), |number| number.to_string())
        ),
    };
    // Whoever closes it may open something else there, which must not get our line.
    let Some(number) = number.filter(|number| *number > 2 && is_jobs(*number)) else {
        return Err(failure("which is not where jobs are counted any more"));
    };
    match output::write_quietly(number, b"\n") {
        Ok(_) => Ok(Outcome::Exit(0)),
        Err(error) => Err(failure(&errno::text(&error).to_string())),
    }
}

/// Whether this descriptor is a fifo for jobs.
fn is_jobs(number: i32) -> bool {
    let target = fs::read_link(format!("/proc/self/fd/{number}"));
    match target {
        Ok(target) => target
            .file_name()
            .and_then(|name| name.to_str())
            // The kernel adds that the name is gone.
            .is_some_and(|name| name.trim_end_matches(" (deleted)").ends_with(".jobs")),
        // Without /proc nobody can tell.
        Err(_) => fd::is_open(number),
    }
}
