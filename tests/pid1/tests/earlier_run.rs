//! A container that is started again has the state of its earlier run, perhaps made by a user of
//! it: it is nobody's order, and however much it is, PID 1 hears meanwhile.
#![forbid(unsafe_code)]

use harness::{Container, patience, rounds, signal};
use pid1_tests::{BOOTED, IDLE, Image, PROMPT, assert_none, code, sh, stop};
use std::time::{Duration, Instant};

const SOCKET: &str = "/run/mainstay/control";

/// An image whose run.d scripts leave what an earlier run would have left.
fn image() -> Image {
    let image = Image::new();
    image.copy_file(env!("CARGO_BIN_EXE_attacker"), "/attacker");
    image.service("a", &format!("echo a up; {IDLE}"));
    image
}

/// What PID 1 has used of memory at most, in KiB.
fn most_memory(container: &Container) -> u64 {
    let pid = container.machine_pid();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("PID 1 runs");
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let most = most.and_then(|line| line.split_ascii_whitespace().next()?.parse().ok());
    most.expect("VmHWM")
}

/// As many entries as a service's user likes, in `event/` of their service.
fn with_many_entries() -> Image {
    let image = image();
    let count = rounds(100_000, 600_000);
    image.run_d(
        "10-earlier.sh",
        &format!(
            "mkdir -p /var/run/s6/services/old/event\n\
             /attacker fifos /var/run/s6/services/old/event {count}\n\
             echo left"
        ),
    );
    image
}

#[test]
fn a_stop_is_heard_while_much_is_taken_away() {
    let image = with_many_entries();
    let container = image.command("/run.sh", &[]).boot();
    container.wait_for_line("[run] starting process manager");
    let asked = Instant::now();
    container.signal(signal::TERM);
    container.wait_at_most(patience(Duration::from_secs(60)));
    let took = asked.elapsed();
    assert!(took < patience(PROMPT), "{took:?}");
    assert_none(&container, "a up");
}

#[test]
fn people_are_answered_while_much_is_taken_away_and_little_memory_is_used() {
    let image = with_many_entries();
    let container = image.command("/run.sh", &[]).boot();
    container.wait_for_line("[run] starting process manager");
    container.wait_for("PID 1 listens", || container.exists(SOCKET));
    let mut longest = Duration::ZERO;
    let mut answers = 0;
    while container.log().count("executing container init") == 0 && answers < 100 {
        let words = ["/attacker", "latency", SOCKET, "10"];
        let output = container.exec(words).ok().text();
        longest = longest.max(Duration::from_micros(output.parse().expect("microseconds")));
        answers += 1;
    }
    assert!(
        longest < patience(Duration::from_millis(200)),
        "{longest:?}"
    );
    container.wait_for_line(BOOTED);
    let memory = most_memory(&container);
    assert!(memory < 16_000, "{memory} KiB");
    assert!(!container.exists("/var/run/s6/services/old"));
    assert_eq!(stop(&container).code(), Some(0));
}

/// s6-svscan runs `.s6-svscan/SIGTERM` in the place of the signal's meaning. An earlier run's is
/// not this one's, and while /run.d runs there is no other.
#[test]
fn a_handler_that_an_earlier_run_has_left_is_not_run() {
    let image = image();
    image.write_script(
        "/run/s6/services/.s6-svscan/SIGTERM",
        sh("echo the handler of an earlier run"),
    );
    image.run_d("10-long.sh", "echo in run.d\nwhile :; do sleep 1; done");
    let container = image.command("/run.sh", &[]).boot();
    container.wait_for_line("in run.d");
    stop(&container);
    assert_none(&container, "the handler");
}

/// When /run.d ends the container nothing has been booted, and nothing is to be finished.
#[test]
fn stop_hooks_that_an_earlier_run_has_left_are_not_run() {
    for end in [3, 99] {
        let image = image();
        image.write_script(
            "/run/s6/etc/cont-finish.d/10-old",
            sh("echo the hook of an earlier run"),
        );
        image.run_d("10-fails.sh", &format!("exit {end}"));
        let command = image.command("/run.sh", &[]);
        let container = command.env("SIGNAL_BUILD_STOP", "99").boot();
        assert_eq!(code(&container), if end == 99 { 0 } else { end });
        assert_none(&container, "the hook of an earlier run");
    }
}

/// SIGSEGV from outside: to PID 1 it is what a defect of its own would be.
#[test]
fn a_crash_while_much_is_taken_away_costs_nothing_of_the_boot() {
    const SEGV: i32 = 11;
    let image = with_many_entries();
    image.hook("10-once", "echo the hook");
    let container = image.command("/run.sh", &[]).boot();
    container.wait_for_line("[run] starting process manager");
    container.signal(SEGV);
    container.wait_for_line("PID 1 crashed (SIGSEGV)");
    container.wait_for_line(BOOTED);
    container.wait_for_line("a up");
    pid1_tests::assert_once(&container, "the hook");
    assert!(!container.exists("/var/run/s6/services/old"));
    container.exec(["mainstay", "status"]).ok();
    container
        .exec(["s6-svc", "-wr", "-r", &pid1_tests::place("a")])
        .ok();
    assert_eq!(stop(&container).code(), Some(0));
}
