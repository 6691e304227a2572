//! s6-nuke: signals every process that it may signal.

use chain::{Call, Outcome, Program, Result, Unable};
use kernel::{errno, signal};

pub(super) const PROGRAM: Program = Program {
    name: "s6-nuke",
    usage: "[ -h | -t | -k ]",
    summary: "signal every process of the container but process 1 and this one",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let options = call.options("htk")?;
    let asked = |letter: u8| options.iter().any(|option| option.letter == letter);
    let mut signals = Vec::new();
    if asked(b'h') {
        signals.push(signal::SIGHUP);
    }
    if asked(b't') {
        signals.extend([signal::SIGTERM, signal::SIGCONT]);
    }
    if asked(b'k') {
        signals.push(signal::SIGKILL);
    }
    for number in signals {
        match signal::send_all_of_the_namespace(number) {
            // Nobody but this process and the first one.
            Err(error) if errno::is(&error, errno::ESRCH) => {}
            other => other.unable("signal every process", b"")?,
        }
    }
    Ok(Outcome::Exit(0))
}
