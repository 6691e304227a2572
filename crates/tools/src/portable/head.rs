//! s6-head: prints the first lines of files.

use chain::{Call, Outcome, Program, Result, Unable};
use execline::number;
use kernel::fs::flags;
use kernel::{errno, fd, fs};

use super::{files, output};

pub(super) const PROGRAM: Program = Program {
    name: "s6-head",
    usage: "[ -S ] [ -1..9 | -n lines | -c chars ] file...",
    summary: "print the first lines of files",
    run,
};

/// What is counted.
#[derive(Clone, Copy)]
enum Unit {
    Lines,
    Bytes,
}

fn run(call: &mut Call) -> Result<Outcome> {
    let mut unit = Unit::Lines;
    let mut count = 10;
    let mut safe = false;
    for option in call.options("S123456789n:c:")? {
        match option.letter {
            b'S' => safe = true,
            b'n' | b'c' => {
                unit = if option.letter == b'n' { Unit::Lines } else { Unit::Bytes };
                count = number::unsigned(&option.value).ok_or_else(|| call.misuse())?;
            }
            digit => {
                unit = Unit::Lines;
                count = u32::from(digit - b'0');
            }
        }
    }
    let names = call.rest();
    if names.is_empty() {
        head(0, b"standard input", unit, count, safe)?;
    }
    let several = names.len() > 1;
    for (index, name) in names.iter().enumerate() {
        let opened;
        let from = if name == b"-" {
            0
        } else {
            opened = fs::open(files::path(name), flags::O_RDONLY, 0).unable("open", name)?;
            fd::number(&opened)
        };
        if several {
            let gap: &[u8] = if index > 0 { b"\n" } else { b"" };
            output::write(&[gap, b"==> ", name, b" <==\n"].concat())?;
        }
        head(from, name, unit, count, safe)?;
    }
    Ok(Outcome::Exit(0))
}

/// Copies the first of `from`; `safe` leaves the rest unread for who comes after.
fn head(from: i32, name: &[u8], unit: Unit, count: u32, safe: bool) -> Result<()> {
    let mut left = u64::from(count);
    let mut buffer = [0u8; 8192];
    while left > 0 {
        let most = match unit {
            Unit::Bytes => buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX)),
            Unit::Lines if safe => 1,
            Unit::Lines => buffer.len(),
        };
        let got = errno::retry(|| fd::read(from, &mut buffer[..most])).unable("read", name)?;
        if got == 0 {
            break;
        }
        let mut end = got;
        match unit {
            Unit::Bytes => left -= got as u64,
            Unit::Lines => {
                for (at, byte) in buffer[..got].iter().enumerate() {
                    if *byte == b'\n' {
                        left -= 1;
                        if left == 0 {
                            end = at + 1;
                            break;
                        }
                    }
                }
            }
        }
        output::write(&buffer[..end])?;
    }
    Ok(())
}
