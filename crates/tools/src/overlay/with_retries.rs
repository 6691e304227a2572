//! with-retries: runs a program until it succeeds, a few times.

use chain::{Call, Failure, Outcome, Program, Result, RunBlock, escape, exit, run_to_end};
use kernel::errno;
use kernel::process::WaitStatus;

/// How often, unless `-n` says otherwise.
const TRIES: u32 = 3;

/// How long one try may take, in milliseconds, unless `-t` says otherwise.
const TIME: u32 = 500;

pub(super) const PROGRAM: Program = Program {
    name: "with-retries",
    usage: "[ -n tries ] [ -t milliseconds ] prog...",
    summary: "run a program until it succeeds, each try with a time limit; exit 1 if none does",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let (mut tries, mut time) = (TRIES, TIME);
    for option in call.options("n:t:")? {
        let number = number(&option.value)?;
        match option.letter {
            b'n' => tries = number,
            _ => time = number,
        }
    }
    let program = call.program()?;
    // The one program that limits another's time; found along PATH like any other.
    let mut argv = vec![
        b"s6-maximumtime".to_vec(),
        b"-t".to_vec(),
        time.to_string().into_bytes(),
    ];
    argv.extend(program);
    for _ in 0..tries {
        match run_to_end(call, argv.clone())? {
            RunBlock::Become(outcome) => return Ok(outcome),
            RunBlock::Ended(WaitStatus::Exited(0)) => return Ok(Outcome::Exit(0)),
            RunBlock::Ended(_) => {}
            RunBlock::NotBegun(error) => {
                return Err(Failure::Other {
                    code: exit::NOT_FOUND,
                    text: format!("unable to spawn s6-maximumtime: {}", errno::text(&error)),
                });
            }
        }
    }
    Ok(Outcome::Exit(1))
}

fn number(word: &[u8]) -> Result<u32> {
    std::str::from_utf8(word)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Failure::Invalid(format!("`{}` is not a number", escape(word))))
}
