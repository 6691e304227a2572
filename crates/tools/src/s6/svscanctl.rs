//! s6-svscanctl: sends commands to the supervisor of a scan directory.

use chain::{Call, Outcome, Program, Result};

use super::supervisor;

pub(super) const PROGRAM: Program = Program {
    name: "s6-svscanctl",
    usage: "[ -zabhitqnN ] scandir",
    summary: "send commands to the supervisor of a scan directory",
    run,
};

/// A directory that no supervisor scans.
const NOT_SCANNED: u8 = 100;

fn run(call: &mut Call) -> Result<Outcome> {
    // s, p, r and the digits are those of s6 before 2.10.
    let letters: Vec<u8> = call
        .options("zabhitqnNspr06789")?
        .iter()
        .map(|option| option.letter)
        .collect();
    let dir = call.operand()?;
    supervisor::tell(&dir, places::name::SCAN_CONTROL_FIFO, &letters, NOT_SCANNED)?;
    Ok(Outcome::Exit(0))
}

#[cfg(test)]
mod tests {
    use s6wire::control::SCAN_COMMANDS;

    #[test]
    fn every_letter_of_the_control_fifo_is_an_option() {
        for (letter, _) in SCAN_COMMANDS {
            assert!(b"zabhitqnNspr06789".contains(letter));
        }
        assert_eq!(SCAN_COMMANDS.len(), b"zabhitqnNspr06789".len());
    }
}
