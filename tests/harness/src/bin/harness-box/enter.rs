//! Executes a program inside the namespaces of another process, as `docker exec` does.

use super::{Doing, Teller, start};
use harness::{orders::Enter, sys};
use std::fs::File;
use std::io;
use std::os::fd::AsFd;

/// Joins the namespaces of process `target` that are named as in /proc/PID/ns, in this order.
/// Those that this process is in already are left alone.
pub(crate) fn join(target: i32, names: &[String]) -> io::Result<()> {
    let own = |name: &str| std::fs::read_link(format!("/proc/self/ns/{name}"));
    let mut files = Vec::new();
    for name in names {
        let path = format!("/proc/{target}/ns/{name}");
        if own(name).ok() != std::fs::read_link(&path).ok() {
            files.push(File::open(&path).doing(format_args!("open {path}"))?);
        }
    }
    for file in &files {
        sys::join_namespace(file.as_fd()).doing(format_args!("join a namespace of {target}"))?;
    }
    Ok(())
}

pub(crate) fn run(order: &Enter, teller: &Teller) -> io::Result<i32> {
    join(order.target, &order.namespaces)?;
    let Some(child) = sys::fork().doing("fork inside the container (is it still alive?)")? else {
        let died = sys::die_with_parent();
        let error = died.err().unwrap_or_else(|| start::start(&order.program));
        teller.tell(&format!("failed {error}"));
        sys::exit_now(127);
    };
    let ended = sys::process_descriptor(child)?;
    // The streams are the child's alone: a reader must see their end when it ends.
    (0..3).for_each(sys::close);
    let ready = sys::poll(&[ended.as_fd(), teller.as_fd()], None)?;
    if !ready[0] {
        sys::kill(child, libc::SIGKILL)?;
    }
    let (_, status) = sys::reap(child)?;
    teller.tell(&format!("ended {status} {}", sys::monotonic().as_nanos()));
    Ok(0)
}
