//! posix-umask: umask as POSIX has it, as a program.

use chain::{Call, Failure, Outcome, Program, Result, Unable, escape};
use execline::number;
use kernel::{fd, process};

pub(super) const PROGRAM: Program = Program {
    name: "posix-umask",
    usage: "[ -S ] [ mask [ prog... ] ]",
    summary: "print or set the file mode creation mask as POSIX says, then run a program",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let symbolic = !call.options("S")?.is_empty();
    let before = process::set_umask(0);
    process::set_umask(before);
    if call.args.is_empty() {
        let line = if symbolic {
            describe(before)
        } else {
            format!("{before:04o}\n")
        };
        fd::write_all(1, line.as_bytes()).unable("write to standard output", b"")?;
        return Ok(Outcome::Exit(0));
    }
    let word = call.operand()?;
    let mask = number::octal(&word)
        .map(|mask| mask & 0o777)
        .or_else(|| changed(&word, before))
        .ok_or_else(|| Failure::Other {
            code: 1,
            text: format!("{} is no file mode creation mask", escape(&word)),
        })?;
    process::set_umask(mask);
    let next = call.rest();
    Ok(Outcome::exec_or_exit(call, next))
}

/// Who, and where their bits stand.
const WHO: [(u8, u32); 3] = [(b'u', 6), (b'g', 3), (b'o', 0)];

/// The mask as the permissions that it leaves.
fn describe(mask: u32) -> String {
    let parts = WHO.map(|(who, shift)| {
        let left = !(mask >> shift) & 7;
        let letters = [(4, 'r'), (2, 'w'), (1, 'x')];
        let letters = letters.iter().filter(|(bit, _)| left & bit != 0);
        format!(
            "{}={}",
            char::from(who),
            letters.map(|(_, letter)| letter).collect::<String>()
        )
    });
    format!("{}\n", parts.join(","))
}

/// The mask after a symbolic mode, `u=rwx,g-w,o=`, acted on the permissions that
/// `before` leaves (chmod(1p)). No mode at all changes nothing.
fn changed(mode: &[u8], before: u32) -> Option<u32> {
    let mut left = !before & 0o777;
    if mode.is_empty() {
        return Some(before);
    }
    for clause in mode.split(|byte| *byte == b',') {
        let count = clause.iter().take_while(|b| b"ugoa".contains(b)).count();
        let (who, mut actions) = clause.split_at(count);
        let everybody = who.is_empty() || who.contains(&b'a');
        let shifts = WHO
            .iter()
            .filter(|(letter, _)| everybody || who.contains(letter))
            .map(|(_, shift)| *shift);
        let shifts: Vec<u32> = shifts.collect();
        actions.first()?;
        while let Some((operator, rest)) = actions.split_first() {
            let count = rest.iter().take_while(|b| !b"+-=".contains(b)).count();
            let (letters, rest) = rest.split_at(count);
            actions = rest;
            let bits = permissions(letters, left)?;
            for shift in &shifts {
                match operator {
                    b'+' => left |= bits << shift,
                    b'-' => left &= !(bits << shift),
                    b'=' => left = left & !(7 << shift) | bits << shift,
                    _ => return None,
                }
            }
        }
    }
    Some(!left & 0o777)
}

/// `rwx` letters, or those of one class, as three bits.
fn permissions(letters: &[u8], left: u32) -> Option<u32> {
    if let [letter] = letters
        && let Some((_, shift)) = WHO.iter().find(|(who, _)| who == letter)
    {
        return Some(left >> shift & 7);
    }
    letters.iter().try_fold(0, |bits, letter| match letter {
        b'r' => Some(bits | 4),
        b'w' => Some(bits | 2),
        b'x' => Some(bits | 1),
        b'X' | b's' | b't' => Some(bits),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbolic_modes_say_what_is_left() {
        assert_eq!(changed(b"u=rwx,g=rx,o=", 0o022), Some(0o027));
        assert_eq!(changed(b"a-w", 0o022), Some(0o222));
        assert_eq!(changed(b"g+w,o=g", 0o022), Some(0o000));
        assert_eq!(changed(b"u=rw-r", 0o022), Some(0o522));
        assert_eq!(changed(b"", 0o022), Some(0o022));
        assert_eq!(changed(b"9", 0), None);
        assert_eq!(changed(b"u", 0), None);
        assert_eq!(describe(0o027), "u=rwx,g=rx,o=\n");
    }
}
