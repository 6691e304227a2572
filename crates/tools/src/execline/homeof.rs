//! homeof: prints a user's home directory.

use std::path::Path;

use chain::{Call, Failure, Outcome, Program, Result, Unable, escape};
use kernel::accounts::Accounts;
use kernel::fd;

pub(super) const PROGRAM: Program = Program {
    name: "homeof",
    usage: "user",
    summary: "print the home directory of a user",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let name = call.operand()?;
    let accounts = Accounts::read(Path::new("/")).unable("read /etc/passwd", b"")?;
    let user = accounts.user(&name).ok_or_else(|| Failure::Other {
        code: chain::exit::SYSTEM,
        text: format!("there is no user {} in /etc/passwd", escape(&name)),
    })?;
    fd::write_all(1, &[&user.home[..], b"\n"].concat()).unable("write to standard output", b"")?;
    Ok(Outcome::Exit(0))
}
