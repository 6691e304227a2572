//! Starts and stops that meet each other: a TERM at every moment of a boot, a second supervisor,
//! programs that ask before or after there is an answer.
#![forbid(unsafe_code)]

use harness::{Container, patience, rounds, signal, sys};
use pid1_tests::{
    BOOTED, IDLE, Image, PROMPT, assert_none, assert_once, assert_order, code, place, stop,
};
use std::time::Duration;

const NONE: &[String] = &[];

/// Waits until a TERM to the command is not lost: it has told the kernel which signals it wants.
/// Before that the kernel drops what is sent to the first process of a namespace.
fn wait_for_ears(container: &Container) {
    let path = format!("/proc/{}/status", container.machine_pid());
    container.wait_for("TERM is blocked or caught", || {
        let status = std::fs::read_to_string(&path).unwrap_or_default();
        let masks = ["SigBlk:", "SigCgt:"].into_iter().filter_map(|name| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            u64::from_str_radix(line.trim(), 16).ok()
        });
        container.ended() || masks.fold(0, |all, mask| all | mask) >> (signal::TERM - 1) & 1 == 1
    });
}

/// F15: a TERM at every moment of the boot ends the container, with nothing left.
#[test]
fn a_term_at_every_moment_of_the_boot_ends_the_container() {
    let image = Image::new();
    image
        .run_d("10-first.sh", "sleep 0.02")
        .hook("10-a", "sleep 0.02")
        .hook("20-b", "sleep 0.02")
        .service("a", "sleep 0.02; exec sleep 1000")
        .service("b", &format!("trap 'exit 0' TERM; {IDLE}"))
        .service("c", "exit 1");
    let step = Duration::from_micros(rounds(5000, 1000).into());
    let mut after = Duration::ZERO;
    let mut took = Vec::new();
    while after < Duration::from_millis(rounds(250, 500).into()) {
        let container = image.command("/run.sh", &[]).boot();
        wait_for_ears(&container);
        let asked = sys::monotonic() + after;
        container.wait_for("the moment has come", || sys::monotonic() >= asked);
        let asked = sys::monotonic();
        assert_eq!(stop(&container).code(), Some(0), "after {after:?}");
        assert_eq!(container.left_running(), NONE, "after {after:?}");
        took.push((container.ended_at().saturating_sub(asked), after));
        after += step;
    }
    // Nothing here takes time to stop: no wait for a grace is in any of them.
    let (longest, after) = took.iter().max().expect("some");
    assert!(
        *longest < patience(2 * PROMPT),
        "{longest:?} after {after:?}"
    );
}

/// F16: `/init` as entry point and as command, or by hand: the second one does not supervise.
#[test]
fn a_second_supervisor_only_runs_its_command() {
    let image = Image::new();
    image
        .hook("10-once", "echo the hook")
        .service("a", &format!("echo a up; echo >/up; {IDLE}"));
    let words = "until test -e /up; do sleep 0.01; done; echo my words; exit 7";
    let container = image.init(["/init", "sh", "-c", words]).boot();
    assert_eq!(code(&container), 7);
    assert_once(&container, "the hook");
    assert_once(&container, "a up");
    assert_once(&container, "my words");
    assert_once(&container, "supervised already");
    assert_eq!(container.left_running(), NONE);
}

/// F16: without a command the second one stays until it is told to end.
#[test]
fn a_second_supervisor_without_a_command_waits_for_the_stop() {
    let image = Image::new();
    image.service("a", &format!("echo a up; {IDLE}"));
    let container = image.init(["/init"]).boot();
    container.wait_for_line("supervised already");
    container.wait_for_line("a up");
    // By hand, as docker exec does.
    let output = container.exec(["/init", "echo", "by hand"]).ok();
    assert_eq!(output.text(), "by hand");
    assert!(output.error_text().contains("supervised already"));
    container.exec(["s6-svstat", &place("a")]).ok();
    assert_eq!(stop(&container).code(), Some(0));
    assert_once(&container, "a up");
    assert_eq!(container.left_running(), NONE);
}

/// F16: a worker pool asked for below a supervisor joins its services.
#[test]
fn workers_asked_for_below_a_supervisor_join_its_services() {
    let image = Image::new();
    image.service("a", &format!("echo a up; {IDLE}"));
    let container = image
        .init([
            "/worker.sh",
            "2",
            "sh",
            "-c",
            "echo a worker; exec sleep 1000",
        ])
        .boot();
    container.wait_for_nth_line(2, "a worker");
    container.exec(["s6-svstat", &place("worker-2")]).ok();
    assert_eq!(stop(&container).code(), Some(0));
    assert_eq!(container.left_running(), NONE);
}

/// F17: whoever runs after its services were started can ask for them, without a pause: what a
/// status is read from is there before any process is.
#[test]
fn a_status_is_there_before_the_first_process_is() {
    let image = Image::new();
    let ask = "for name in a b c; do\n\
               s6-svok /var/run/s6/services/$name || echo no supervisor for $name\n\
               s6-svstat /var/run/s6/services/$name >/dev/null || echo no status of $name\n\
               s6-svwait -t 1 -D /var/run/s6/services/down || echo down is not down\n\
               done; echo asked";
    for name in ["a", "b", "c"] {
        image.service(name, &format!("{ask}; {IDLE}"));
    }
    image
        .service("down", "exit 1")
        .service_file("down", "down", "");
    for _ in 0..rounds(10, 100) {
        let container = image.init(["sh", "-c", ask]).boot();
        assert_eq!(code(&container), 0);
        assert_none(&container, "no supervisor");
        assert_none(&container, "no status");
        assert_none(&container, "is not down");
    }
}

/// F18: programs that wait for a service do not wait for a supervisor that is dead.
#[test]
fn nobody_waits_for_a_dead_supervisor() {
    let image = Image::new();
    image.service("a", &format!("echo a up; {IDLE}"));
    let container = image.init([]).placement(harness::Placement::Child).boot();
    container.wait_for_line("a up");
    container.wait_for_line(BOOTED);
    let wait = container.prepare(["s6-svwait", "-d", &place("a")]).spawn();
    container.wait_for_process("s6-svwait -d");
    container.wait_for("it listens", || {
        container
            .list(format!("{}/event", place("a")))
            .is_ok_and(|names| !names.is_empty())
    });
    container.exec(["s6-svc", "-d", &place("a")]).ok();
    assert_eq!(wait.wait().code(), 0);
    // Left in the scan directory it would be supervised again at once, as under s6-svscan.
    container.shell(&format!("mv {} /gone", place("a"))).ok();
    container.exec(["s6-svc", "-x", "/gone"]).ok();
    container.wait_for("nobody supervises it", || {
        container.exec(["s6-svok", "/gone"]).code() != 0
    });
    // And asked for where nobody is any more.
    for words in [
        vec!["s6-svc", "-wD", "-d", "/gone"],
        vec!["s6-svwait", "-t", "300", "-U", "/gone"],
    ] {
        let output = container.prepare(&words).run();
        assert_ne!(output.code(), 0, "{words:?}: {output}");
    }
    assert_eq!(stop(&container).code(), Some(0));
}

/// F20: a HUP does not cancel a stop that runs, and neither does anything else but its end.
#[test]
fn nothing_cancels_a_stop() {
    let image = Image::new();
    image
        .service("a", &format!("echo a up; {IDLE}"))
        .stop_hook("10-long", "echo stopping; sleep 0.3; echo stopped the hook");
    let container = image.up();
    container.wait_for_line("a up");
    container.signal(signal::TERM);
    container.wait_for_line("stopping");
    for number in [signal::HUP, signal::USR1, signal::WINCH, signal::ALRM] {
        container.signal(number);
    }
    container.exec(["s6-svscanctl", "-a", "/var/run/s6/services"]);
    container.exec(["s6-svc", "-u", &place("a")]);
    assert_eq!(container.wait().code(), Some(0));
    assert_order(&container, &["stopping", "stopped the hook", "stopped in"]);
    assert_once(&container, "a up");
    assert_eq!(container.left_running(), NONE);
}
