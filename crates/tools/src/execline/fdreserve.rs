//! fdreserve: names descriptors that are free.

use chain::{Call, Failure, Outcome, Program, Result, Unable};
use execline::number;
use kernel::{fd, limits};

pub(super) const PROGRAM: Program = Program {
    name: "fdreserve",
    usage: "n prog...",
    summary: "put the numbers of n free descriptors into FD0, FD1…, then run a program",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let word = call.operand()?;
    let count = number::unsigned(&word).ok_or_else(|| call.misuse())?;
    let next = call.program()?;
    let limit = limits::open_files().map_or(1024, |limit| limit.soft);
    if u64::from(count) > limit {
        return Err(Failure::Invalid(format!(
            "{count}: that is more descriptors than the limit of {limit} allows"
        )));
    }
    // All are held until the last is known, so that no number comes twice.
    let (one, two) = fd::pipe().unable("reserve descriptors", b"")?;
    let mut held = vec![one, two];
    while held.len() < count as usize {
        let copy = fd::copy_above(fd::number(&held[0]), 0);
        held.push(copy.unable("reserve descriptors", b"")?);
    }
    held.truncate(count as usize);
    for (index, fd) in held.iter().enumerate() {
        let name = format!("FD{index}");
        call.env
            .set(name.as_bytes(), fd::number(fd).to_string().as_bytes());
    }
    drop(held);
    Ok(Outcome::exec(call, next))
}
