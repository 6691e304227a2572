//! dollarat: prints the positional parameters.

use chain::{Call, Outcome, Program, Result, Unable};
use execline::netstring;
use kernel::fd;

use super::positionals;

pub(super) const PROGRAM: Program = Program {
    name: "dollarat",
    usage: "[ -n ] [ -0 | -d delimchar ]",
    summary: "print the positional parameters",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let mut chomp = false;
    let mut delimiter = Some(b'\n');
    for option in call.options("n0d:")? {
        match option.letter {
            b'n' => chomp = true,
            b'0' => delimiter = Some(0),
            _ => delimiter = option.value.first().copied(),
        }
    }
    let args = positionals::read(call)?.args;
    let text: Vec<u8> = match delimiter {
        None => args.iter().flat_map(|arg| netstring::encode(arg)).collect(),
        Some(delimiter) => {
            let mut text = args.join(&delimiter);
            if !chomp && !args.is_empty() {
                text.push(delimiter);
            }
            text
        }
    };
    fd::write_all(1, &text).unable("write to standard output", b"")?;
    Ok(Outcome::Exit(0))
}
