//! Runs a daemon in a pid, mount and network namespace of its own, and cleans up after it.

use super::{Doing, Teller, hold, start};
use harness::{orders::Guard, sys};
use std::fs;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;
use std::time::Duration;

/// How long the daemon may take to end after its TERM.
const GRACE: Duration = Duration::from_secs(15);

pub(crate) fn run(order: &Guard, teller: &Teller) -> io::Result<i32> {
    // A session of its own: an interrupted test run still cleans up.
    sys::new_session()?;
    sys::unshare(libc::CLONE_NEWPID).doing("make the daemon's pid namespace")?;
    let Some(outer) = sys::fork()? else {
        let result = sys::die_with_parent().and_then(|()| oversee(order, teller));
        if let Err(error) = &result {
            teller.tell(&format!("failed {error}"));
        }
        sys::exit_now(i32::from(result.is_err()));
    };
    (0..3).for_each(sys::close);
    sys::reap(outer)?;
    // Everything in the namespaces is dead, and what was mounted there is gone.
    remove_control_groups(&order.control_group);
    fs::remove_dir_all(&order.directory)?;
    Ok(0)
}

fn oversee(order: &Guard, teller: &Teller) -> io::Result<()> {
    // Not shared with the process that cleans up: the mounts are gone with this one.
    sys::unshare(libc::CLONE_NEWNS | libc::CLONE_NEWNET).doing("make the daemon's namespaces")?;
    hold::make_private()?;
    sys::loopback_up()?;
    let flags = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;
    sys::mount(
        "proc".as_ref(),
        Path::new("/proc"),
        "proc",
        flags,
        "".as_ref(),
    )
    .doing("mount /proc")?;
    // Hides the sockets of the machine's own daemons, which would be taken for the daemon's.
    sys::mount(
        "harness".as_ref(),
        Path::new("/run"),
        "tmpfs",
        0,
        "mode=755".as_ref(),
    )
    .doing("mount a fresh /run")?;
    let data = order.directory.join("data");
    fs::create_dir_all(&data)?;
    sys::mount("harness".as_ref(), &data, "tmpfs", 0, "mode=711".as_ref())
        .doing("mount a tmpfs for the daemon's data")?;
    let Some(daemon) = sys::fork()? else {
        let error = start::start(&order.program);
        teller.tell(&format!("failed {error}"));
        sys::exit_now(127);
    };
    (0..3).for_each(sys::close);
    let ended = sys::process_descriptor(daemon)?;
    let mut listening = true;
    let mut deadline = None;
    loop {
        let mut fds = vec![ended.as_fd()];
        if listening {
            fds.push(teller.as_fd());
        }
        let ready = sys::poll(&fds, deadline)?;
        if ready[0] {
            teller.tell("ended");
            return Ok(());
        }
        if !ready.get(1).copied().unwrap_or(false) {
            // The grace is over: the end of this process is the end of everything.
            return Ok(());
        }
        listening = false;
        deadline = Some(GRACE);
        sys::kill(daemon, libc::SIGTERM)?;
    }
}

/// Removes the control groups called `name` in every hierarchy, innermost first.
fn remove_control_groups(name: &str) {
    fn remove(directory: &Path) {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                remove(&entry.path());
            }
        }
        let _ = fs::remove_dir(directory);
    }
    if name.is_empty() {
        return;
    }
    let top = Path::new("/sys/fs/cgroup");
    remove(&top.join(name));
    for entry in fs::read_dir(top).into_iter().flatten().flatten() {
        remove(&entry.path().join(name));
    }
}
