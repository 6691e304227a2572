//! s6-setsid: starts a session or process group of its own, then becomes a program.

use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::path::Path;

use chain::{Call, Failure, Outcome, Program, Result, Unable};
use kernel::fs::flags;
use kernel::{errno, fs, process, signal, tty};

use super::words;

pub(super) const PROGRAM: Program = Program {
    name: "s6-setsid",
    usage: "[ -s | -b | -f | -g ] [ -i | -I | -q ] [ -d ctty ] prog...",
    summary: "run a program in a session or process group of its own",
    run,
};

/// What the program should lead.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lead {
    Session,
    Background,
    /// A group that the terminal is given to, when this group may give it.
    Foreground,
    /// The same, without asking.
    Grab,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum OnFailure {
    End,
    Warn,
    GoOn,
}

fn run(call: &mut Call) -> Result<Outcome> {
    let mut lead = Lead::Session;
    let mut on_failure = OnFailure::Warn;
    let mut terminal: Option<RawFd> = None;
    for option in call.options("sbfgiIqd:")? {
        match option.letter {
            b's' => lead = Lead::Session,
            b'b' => lead = Lead::Background,
            b'f' => lead = Lead::Foreground,
            b'g' => lead = Lead::Grab,
            b'i' => on_failure = OnFailure::End,
            b'I' => on_failure = OnFailure::Warn,
            b'q' => on_failure = OnFailure::GoOn,
            _ => {
                let number = words::number32(&option.value).ok_or_else(|| call.misuse())?;
                terminal = Some(RawFd::try_from(number).map_err(|_| call.misuse())?);
            }
        }
    }
    let next = call.program()?;
    match (begin(lead, terminal)?, on_failure) {
        (Ok(()), _) | (Err(_), OnFailure::GoOn) => {}
        (Err(failure), OnFailure::End) => return Err(failure),
        (Err(Failure::System { what, error }), OnFailure::Warn) => {
            let why = errno::text(&error);
            chain::warn(call.name, &format!("unable to {what}: {why}"));
        }
        (Err(failure), OnFailure::Warn) => return Err(failure),
    }
    Ok(Outcome::exec(call, next))
}

/// Begins the session or group. The inner failure is one that options may pass over;
/// a terminal that is not there at all is not.
fn begin(lead: Lead, terminal: Option<RawFd>) -> Result<Result<()>> {
    let own = match (lead, terminal) {
        (Lead::Foreground | Lead::Grab, None) => Some(
            fs::open(Path::new("/dev/tty"), flags::O_RDWR | flags::O_NOCTTY, 0)
                .unable("open", b"/dev/tty")?,
        ),
        _ => None,
    };
    Ok(match lead {
        Lead::Session => process::new_session().unable("start a session", b""),
        Lead::Background => process::set_group(0, 0).unable("start a process group", b""),
        Lead::Foreground | Lead::Grab => {
            let terminal = terminal.or(own.as_ref().map(|fd| fd.as_raw_fd()));
            foreground(terminal.unwrap_or(0), lead == Lead::Grab)
                .unable("become the foreground process group", b"")
        }
    })
}

fn foreground(terminal: RawFd, grab: bool) -> io::Result<()> {
    process::set_group(0, 0)?;
    // A background group that asks for the terminal is stopped by TTOU, unless it
    // blocks that (tcsetpgrp(3)).
    let before = grab.then(|| signal::set_mask(&signal::Set::empty().with(signal::SIGTTOU)));
    let taken = tty::set_foreground_group(terminal, process::id());
    if let Some(before) = before {
        signal::set_mask(&before);
    }
    taken
}
