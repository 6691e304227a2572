//! fdswap: exchanges two descriptors.

use chain::{Call, Outcome, Program, Result, Unable};
use kernel::fd;

use super::redirfd::descriptor;

pub(super) const PROGRAM: Program = Program {
    name: "fdswap",
    usage: "fd1 fd2 prog...",
    summary: "exchange two descriptors, then run a program",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let one = call.operand()?;
    let two = call.operand()?;
    let (one, two) = (descriptor(call, &one)?, descriptor(call, &two)?);
    let next = call.program()?;
    let what = format!("exchange fd {one} and fd {two}");
    if one != two {
        let aside = fd::copy_above(one, two.max(one).saturating_add(1)).or_else(|_| fd::copy_above(one, 3));
        let aside = aside.unable(&what, b"")?;
        fd::copy(two, one).unable(&what, b"")?;
        fd::copy(fd::number(&aside), two).unable(&what, b"")?;
    }
    Ok(Outcome::exec(call, next))
}
