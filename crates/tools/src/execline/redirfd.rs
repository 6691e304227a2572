//! redirfd: opens a file on a descriptor.

use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use chain::{Call, Outcome, Program, Result, Unable, Word};
use execline::number;
use kernel::fs::flags;
use kernel::{errno, fd, fs};

use super::import_value;

pub(super) const PROGRAM: Program = Program {
    name: "redirfd",
    usage: "[ -r | -w | -u | -a | -x ] [ -n ] [ -b ] [ -f [ -e | -E ] ] fd|var file prog...",
    summary: "open a file on a descriptor, then run a program",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let mut mode = None;
    let (mut nonblocking, mut change) = (false, false);
    let (mut to_variable, mut substitute) = (false, false);
    for option in call.options("rwuaxnbfeE")? {
        match option.letter {
            b'r' => mode = Some(flags::O_RDONLY),
            b'w' => mode = Some(flags::O_WRONLY | flags::O_CREAT | flags::O_TRUNC),
            b'u' => mode = Some(flags::O_RDWR),
            b'a' => mode = Some(flags::O_WRONLY | flags::O_CREAT | flags::O_APPEND),
            b'x' => mode = Some(flags::O_WRONLY | flags::O_CREAT | flags::O_EXCL),
            b'n' => nonblocking = true,
            b'b' => change = true,
            b'f' => to_variable = true,
            letter => substitute = letter == b'E',
        }
    }
    let mode = mode.ok_or_else(|| call.misuse())?;
    let target = call.operand()?;
    let file = call.operand()?;
    let number = match to_variable {
        true => import_value::check_name(&target).map(|()| None)?,
        false => Some(descriptor(call, &target)?),
    };
    let next = call.program()?;
    let mode = if nonblocking { mode | flags::O_NONBLOCK } else { mode };
    let opened = open(&file, mode, nonblocking).unable("open", &file)?;
    let from = fd::number(&opened);
    if change {
        fd::set_nonblocking(from, !nonblocking).unable("change the blocking mode of", &file)?;
    }
    let Some(to) = number else {
        fd::set_close_on_exec(from, false).unable("keep open", &file)?;
        let outcome =
            import_value::hand_on(call, &target, from.to_string().as_bytes(), next, substitute);
        return leave_open(opened, outcome);
    };
    fd::copy(from, to).unable(&format!("move fd {from} to fd"), &target)?;
    if from == to {
        return leave_open(opened, Ok(Outcome::exec(call, next)));
    }
    Ok(Outcome::exec(call, next))
}

/// The next program inherits the descriptor: it must not close with its owner here.
fn leave_open(opened: OwnedFd, outcome: Result<Outcome>) -> Result<Outcome> {
    std::mem::forget(opened);
    outcome
}

/// Opens the file. A fifo without a reader cannot be opened for writing without
/// waiting (ENXIO, fifo(7)); under `-n` a short-lived reader of ours helps.
fn open(file: &[u8], mode: i32, help_fifo: bool) -> std::io::Result<OwnedFd> {
    let path = Path::new(OsStr::from_bytes(file));
    match fs::open(path, mode, 0o666) {
        Err(error) if help_fifo && errno::is(&error, errno::ENXIO) => {
            let _reader = fs::open(path, flags::O_RDONLY | flags::O_NONBLOCK, 0)?;
            fs::open(path, mode, 0o666)
        }
        other => other,
    }
}

/// A descriptor's number from a word.
pub(super) fn descriptor(call: &Call, word: &Word) -> Result<i32> {
    number::unsigned(word)
        .and_then(|number| i32::try_from(number).ok())
        .ok_or_else(|| call.misuse())
}
