//! s6-svc: sends commands to the supervisors of services.

use chain::{Call, Failure, Outcome, Program, Result, Word, escape};
use kernel::{fd, signal};
use s6wire::control::{self, COMMANDS, Command};

use super::supervisor;
use super::wait::{self, Goal, Watch};
use super::words;

pub(super) const PROGRAM: Program = Program {
    name: "s6-svc",
    usage: "[ -wu | -wU | -wd | -wD | -wr | -wR ] [ -T timeout ] [ -s signal | -abqhkti12pcyrlPCK ] [ -oduDUxXOQ ] servicedir...",
    summary: "send commands to the supervisors of services, and wait for their effect",
    run,
};

/// A directory that no supervisor serves (s6 2.12 and later; 2.11 says 100).
const NOT_SUPERVISED: u8 = 102;

fn run(call: &mut Call) -> Result<Outcome> {
    let mut letters = Vec::new();
    let mut goal = None;
    let mut limit = None;
    for option in call.options("abqhkti12pcyrlPCKoduDUxXOQs:T:w:")? {
        match option.letter {
            b's' => letters.push(signal_letter(&option.value)?),
            b'T' => {
                limit = words::time_limit(&option.value).ok_or_else(|| call.misuse())?;
            }
            b'w' => {
                let [letter] = option.value[..] else {
                    return Err(call.misuse());
                };
                goal = Some(Goal::of(letter).ok_or_else(|| call.misuse())?);
            }
            letter => letters.push(letter),
        }
    }
    let dirs = call.rest();
    if dirs.is_empty() {
        return Err(call.misuse());
    }
    let Some(goal) = goal else {
        tell_all(call.name, &dirs, &letters)?;
        return Ok(Outcome::Exit(0));
    };
    let goals = wait::goals(call.name, &dirs, goal);
    // Listening comes first: the effect may show before the command has returned.
    let watch = Watch::begin(&goals, false)?;
    tell_all(call.name, &dirs, &letters)?;
    watch.finish(limit)?;
    Ok(Outcome::Exit(0))
}

/// Tells every supervisor, also after one that cannot be told. The last failure is
/// the program's.
fn tell_all(name: &str, dirs: &[Word], letters: &[u8]) -> Result<()> {
    let mut worst: Option<Failure> = None;
    for dir in dirs {
        if let Err(failure) =
            supervisor::tell(dir, "supervise/control", letters, NOT_SUPERVISED)
            && let Some(before) = worst.replace(failure)
        {
            let _ = fd::write_all(2, format!("{}\n", before.line(name)).as_bytes());
        }
    }
    worst.map_or(Ok(()), Err)
}

/// The letter for a signal that `-s` names: only those that have one can be sent.
fn signal_letter(word: &[u8]) -> Result<u8> {
    let number = signal::parse(word).ok_or_else(|| {
        Failure::Invalid(format!("{} is not a signal", escape(word)))
    })?;
    let name = signal::name(number);
    COMMANDS
        .iter()
        .find_map(|(_, command)| match command {
            Command::Signal(known) if known.name() == name => control::letter(*command),
            _ => None,
        })
        .ok_or_else(|| {
            Failure::Invalid(format!(
                "no command sends {}: only ALRM ABRT QUIT HUP KILL TERM INT USR1 USR2 STOP CONT WINCH can be sent",
                escape(word)
            ))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_of_the_control_fifo_is_an_option() {
        let options: Vec<u8> = PROGRAM.usage.bytes().collect();
        for (letter, _) in COMMANDS {
            assert!(options.contains(letter), "{}", *letter as char);
        }
    }

    #[test]
    fn signals_have_their_letters() {
        for (word, letter) in [("HUP", b'h'), ("sigterm", b't'), ("10", b'1'), ("28", b'y')] {
            assert_eq!(signal_letter(word.as_bytes()).unwrap(), letter);
        }
        assert!(signal_letter(b"SEGV").is_err());
        assert!(signal_letter(b"nope").is_err());
    }
}
