//! One boot, restart and stop with an error in it.

use crate::watch::{Fault, Seen, Watch, When, Whose};
use harness::{Container, Layout, Placement, Root, patience, signal};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::{Duration, Instant};

/// An image with a hook, two services, and a hook of the stop. The one service kills itself once and
/// is started again.
pub fn image() -> Root {
    let root = Root::busybox();
    root.install(Layout::DockerBase);
    // Until somebody traces it.
    root.write_script(
        "/gate",
        "#!/bin/sh\nmkfifo /gate.fifo\nread line </gate.fifo\nexec /init\n",
    );
    root.write_script("/etc/cont-init.d/10-hook", "#!/bin/sh\necho hook ran\n");
    root.write_script(
        "/etc/cont-finish.d/10-hook",
        "#!/bin/sh\necho stop hook ran\n",
    );
    root.write_script(
        "/etc/services.d/a/run",
        "#!/bin/sh\nif [ -e /once ]; then echo a again; exec sleep 1000; fi\n\
         : >/once\necho a up\nkill -KILL $$\n",
    );
    root.write_script(
        "/etc/services.d/b/run",
        "#!/bin/sh\necho b up\necho >&3\nexec sleep 1000\n",
    );
    root.write("/etc/services.d/b/notification-fd", "3\n");
    root
}

/// What one run was like.
pub struct Outcome {
    /// What it did wrong; nothing when it held.
    pub wrong: Vec<String>,
    /// What was seen of the process.
    pub seen: Seen,
    /// All that the container wrote.
    pub log: String,
}

/// Lines that no error of the kernel may lead to.
const NEVER: &[&str] = &[
    "internal error",
    "panicked",
    "PID 1 crashed",
    "memory allocation of",
    "Segmentation fault",
    "Fatal glibc error",
];

/// How long services may take to come up, where nothing is wrong with them.
const UP: Duration = Duration::from_secs(8);
/// How long a stop may take.
const DOWN: Duration = Duration::from_secs(8);

/// Boots, restarts, stops, and judges. `usual`: what is said where nothing is wrong.
pub fn run(
    root: &Root,
    whose: Whose,
    fault: Option<Fault>,
    stop: i32,
    usual: &BTreeSet<String>,
) -> Outcome {
    let container = Container::new(root, ["/gate"])
        .placement(Placement::Pid1)
        .tmpfs("/run")
        .env("S6_KILL_GRACETIME", "300")
        .env("S6_SERVICES_GRACETIME", "300")
        .one_stream()
        .boot();
    let pid = container.machine_pid();
    let watch = Watch::begin(pid, whose, fault);
    container.wait_for("the gate is there", || container.exists("/gate.fifo"));
    container.write("/gate.fifo", "\n");
    let log = container.log();
    let serves = || log.count("a again") > 0 && log.count("b up") > 0;
    let mut wrong = Vec::new();
    until(UP, || serves() || container.ended());
    let before = log.text();
    if container.ended() {
        if container.wait().code() == Some(0) {
            wrong.push("ended by itself, as if all were well".to_owned());
        }
        // Its own words, or the C library's at its start.
        if before.is_empty() {
            wrong.push("ended without a word".to_owned());
        }
        if fault.is_some_and(|fault| fault.when != When::Always && !is_at_the_start(fault)) {
            wrong.push("one error ended it".to_owned());
        }
    } else if !serves() && !fault.is_some_and(|fault| is_absence(whose, fault)) {
        if said(&before).is_subset(usual) {
            wrong.push("up without its services, and silent".to_owned());
        }
        let ready = container.exec(["/usr/bin/mainstay", "status", "--ready"]);
        if ready.code() == 0 {
            wrong.push("up without its services, and said to be ready".to_owned());
        }
    }
    if !container.ended() {
        container.signal(stop);
        if !until(DOWN, || container.ended()) {
            wrong.push(format!("does not end after signal {stop}"));
            container.signal(signal::INT);
            if !until(DOWN, || container.ended()) {
                wrong.push("nor after INT".to_owned());
            }
        }
    }
    if container.ended() {
        let status = container.wait();
        if status.code().is_none() {
            wrong.push(format!("killed: {status}"));
        }
        if serves() && status.code() != Some(0) {
            wrong.push(format!("served, and ended with {status}"));
        }
        let left = container.left_running();
        let cannot_kill =
            fault.is_some_and(|fault| fault.call == libc::SYS_kill && fault.when == When::Always);
        if !left.is_empty() && !cannot_kill {
            wrong.push(format!(
                "left running: {}",
                left.join(", ").replace('\n', " ")
            ));
        }
    }
    let text = log.text();
    for part in NEVER.iter().filter(|part| text.contains(**part)) {
        wrong.push(format!("said {part:?}"));
    }
    drop(container);
    let seen = watch.end();
    if !seen.crashes.is_empty() {
        wrong.push(format!("got {:?}", seen.crashes));
    }
    Outcome {
        wrong,
        seen,
        log: text,
    }
}

/// Calls of the C library ahead of all that is ours. Without them no program begins.
fn is_at_the_start(fault: Fault) -> bool {
    [libc::SYS_arch_prctl, libc::SYS_mprotect].contains(&fault.call)
}

/// What the kernel says is not there is not there, for the boot: a service more or less is the
/// image's own business.
fn is_absence(whose: Whose, fault: Fault) -> bool {
    whose != Whose::First && fault.errno == libc::ENOENT
}

/// PID 1's own lines, without their numbers.
pub fn said(text: &str) -> BTreeSet<String> {
    let lines = text.lines().filter(|line| line.starts_with("mainstay: "));
    let no_digits = |line: &str| line.replace(|one: char| one.is_ascii_digit(), "");
    lines.map(no_digits).collect()
}

/// Waits for a condition; whether it came true in time.
fn until(limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + patience(limit);
    while !condition() {
        if Instant::now() > deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(4));
    }
    true
}

/// All that is to be said about a run that did not hold.
pub fn report(what: &str, outcome: &Outcome) -> String {
    let mut text = format!("{what}: {}\n", outcome.wrong.join("; "));
    for line in outcome.log.lines() {
        let _ = writeln!(text, "    | {line}");
    }
    text
}
