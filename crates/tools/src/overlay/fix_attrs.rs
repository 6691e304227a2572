//! fix-attrs: sets owners and modes by the lines on its standard input.

use std::path::Path;

use chain::{Call, Outcome, Program, Result, Unable};
use kernel::accounts::Accounts;
use kernel::fd;
use stage::fix_attrs;
use layouts::settings::Settings;

use super::contenv;

/// Longest list that is taken.
const LONGEST: usize = 16 * 1024 * 1024;

pub(super) const PROGRAM: Program = Program {
    name: "fix-attrs",
    usage: "< list",
    summary: "set owners and modes by lines of path, recurse, account, file mode, directory mode",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let text = fd::read_to_end(0, LONGEST).unable("read", b"standard input")?;
    let accounts = Accounts::read(Path::new("/")).unable("read", b"/etc/passwd and /etc/group")?;
    let (settings, _) = Settings::read(|name| match contenv::value(call, name.as_bytes()) {
        Ok(value) => value,
        // Called outside of a container that /init started.
        Err(_) => call.env.get(name.as_bytes()).map(<[u8]>::to_vec),
    });
    let list = Path::new("standard input");
    for problem in fix_attrs::run(list, &text, &accounts, settings.fix_attrs_hidden) {
        chain::warn(call.name, &problem.to_string());
    }
    // Whatever a line asked for: attributes never fail a boot.
    Ok(Outcome::Exit(0))
}
