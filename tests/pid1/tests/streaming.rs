//! Services start while others are still read: what a slow one, a stop, a crash and a death in the
//! middle of it do.
#![forbid(unsafe_code)]

use std::time::Duration;

use harness::{Command, Container, signal};
use pid1_tests::{
    BOOTED, IDLE, Image, PROMPT, assert_none, assert_once, assert_order, place, stop,
};

/// SIGSEGV from outside: to PID 1 it is what a defect of its own would be.
const SEGV: i32 = 11;

/// How long each look at a name of the slow service takes; there are a few.
const DELAY: Duration = Duration::from_secs(2);

/// Two services, one on a file system that takes its time, and one after it. One of them is none.
fn image() -> Image {
    let image = Image::new();
    image.directory("/slow");
    image.service("a", &format!("echo a up; {IDLE}"));
    image.directory("/etc/services.d/b");
    image.symlink("/slow/svc", "/etc/services.d/m");
    image.service("z", &format!("echo z up; {IDLE}"));
    image
}

fn slow(image: &Image) -> Command<'_> {
    image.init([]).hung("/slow", DELAY)
}

/// Boots, and waits until the first service is up and the boot is still on its way.
fn in_the_middle(command: Command<'_>) -> Container {
    let container = command.boot();
    container.wait_for_line("a up");
    assert_none(&container, "z up");
    assert_none(&container, BOOTED);
    container
}

/// All of them run, each was started once, and what is wrong was said once.
fn assert_whole(container: &Container) {
    container.wait_for_line("z up");
    container.wait_for_line(BOOTED);
    for once in ["a up", "slow up", "z up", "b/run: this service has no run"] {
        container.wait_for_line(once);
        assert_once(container, once);
    }
    assert_eq!(stop(container).code(), Some(0));
    assert_eq!(container.left_running(), &[] as &[String]);
}

#[test]
fn a_service_starts_while_the_next_is_still_read() {
    let image = image();
    let container = in_the_middle(slow(&image));
    let status = container.exec(["mainstay", "status"]).text();
    assert!(status.contains("boot"), "{status}");
    assert_whole(&container);
    let order = ["[services.d] starting services", "a up", BOOTED];
    assert_order(&container, &order);
}

#[test]
fn the_command_waits_for_the_last_of_them() {
    let image = image();
    let command = image.command("/init", &["sh", "-c", "echo command runs"]);
    let command = command.env("S6_CMD_WAIT_FOR_SERVICES", "1");
    let container = in_the_middle(command.hung("/slow", DELAY));
    assert_eq!(container.wait().code(), Some(0));
    assert_order(&container, &["a up", BOOTED, "command runs"]);
}

/// A boot that fails then has started nothing: so nothing is started before its end.
#[test]
fn a_boot_that_may_stop_the_container_starts_nothing_before_its_end() {
    let image = image();
    let container = slow(&image).env("S6_BEHAVIOUR_IF_STAGE2_FAILS", "2").boot();
    container.wait_for_line("[services.d] starting services");
    let copied = place("a") + "/run";
    container.wait_for("a is copied", || container.exists(&copied));
    std::thread::sleep(DELAY / 2);
    assert_none(&container, "a up");
    assert_whole(&container);
}

#[test]
fn a_stop_in_the_middle_ends_the_boot_and_what_has_been_started() {
    let image = image();
    let container = in_the_middle(slow(&image));
    let asked = harness::sys::monotonic();
    assert_eq!(stop(&container).code(), Some(0));
    let took = harness::sys::monotonic() - asked;
    // A process that hangs in the kernel is waited for by the kernel itself.
    assert!(took < harness::patience(PROMPT + 2 * DELAY), "{took:?}");
    assert_none(&container, "z up");
    assert_none(&container, BOOTED);
}

#[test]
fn a_crash_in_the_middle_loses_nothing_and_starts_nothing_twice() {
    let image = image();
    let container = in_the_middle(slow(&image));
    container.signal(SEGV);
    container.wait_for_line("goes on from its last state");
    container.wait_for_line("z up");
    container.wait_for_line(BOOTED);
    for once in ["a up", "slow up", "z up"] {
        container.wait_for_line(once);
        assert_once(&container, once);
    }
    assert_eq!(stop(&container).code(), Some(0));
}

/// What it has handed over runs, and what it had copied is read by another child.
#[test]
fn the_death_of_the_boot_in_the_middle_costs_what_it_had_not_copied() {
    let image = image();
    let container = in_the_middle(slow(&image));
    container.wait_for_line("b/run: this service has no run");
    let all = container.processes();
    // Mainstay, which need not be process 1, and the first child that it has made.
    let mut ours = all.iter().filter(|one| one.name == "init");
    let first = ours.next().expect("it runs");
    let boot = ours.find(|one| one.parent == first.pid && one.arguments == first.arguments);
    let boot = boot.expect("the boot runs").pid;
    container.signal_process(boot, signal::KILL);
    container.wait_for_line("the boot has lost hooks or services");
    container.wait_for_line(BOOTED);
    for once in ["a up", "b/run: this service has no run"] {
        assert_once(&container, once);
    }
    assert_none(&container, "z up");
    let ready = container.exec(["mainstay", "status", "--ready"]);
    assert_ne!(ready.code(), 0);
    assert_eq!(stop(&container).code(), Some(0));
}

/// A service that asks for a reading of all services must not have the next one read half copied.
#[test]
fn a_reading_that_is_asked_for_meanwhile_comes_after_it() {
    let image = image();
    let body = format!("s6-svscanctl -a {}; echo asked; {IDLE}", place(""));
    image.service("aa", &body);
    let container = in_the_middle(slow(&image));
    container.wait_for_line("asked");
    assert_whole(&container);
    assert_once(&container, "asked");
}
