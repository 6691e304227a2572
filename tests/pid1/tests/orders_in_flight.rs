//! Orders that meet a service in the middle of something: the last one holds.
#![forbid(unsafe_code)]

use harness::{Container, signal};
use pid1_tests::{BOOTED, IDLE, Image, deaf, stop};

const SERVICE: &str = "/run/s6/services/a";

fn state(container: &Container) -> String {
    let words = ["s6-svstat", "-o", "up,wantedup", SERVICE];
    container.exec(words).ok().text()
}

/// Waits until the service is down and not wanted, and sees that it stays so.
fn stays_down(container: &Container) {
    container
        .exec(["s6-svwait", "-D", "-t", "30000", SERVICE])
        .ok();
    container.wait_for("it is down and not wanted", || {
        state(container) == "false false"
    });
}

/// F21: a stop that meets a service which has started and is not ready.
#[test]
fn a_service_that_never_gets_ready_can_be_stopped() {
    let image = Image::new();
    image.service("a", "echo a up; exec sleep 1000");
    image.service_file("a", "notification-fd", "3\n");
    let container = image.up();
    container.wait_for_line("a up");
    container.exec(["s6-svc", "-d", SERVICE]).ok();
    stays_down(&container);
    container.exec(["s6-svc", "-u", SERVICE]).ok();
    container.wait_for_nth_line(2, "a up");
    container.exec(["mainstay", "stop", "a"]).ok();
    stays_down(&container);
    assert_eq!(stop(&container).code(), Some(0));
}

/// F21: the container stops while its command still waits for such a service.
#[test]
fn the_container_stops_while_a_service_is_not_ready() {
    let image = Image::new();
    image.service("a", "echo a up; exec sleep 1000");
    image.service_file("a", "notification-fd", "3\n");
    let container = image
        .init(["echo", "the command"])
        .env("S6_CMD_WAIT_FOR_SERVICES", "1")
        .env("S6_CMD_WAIT_FOR_SERVICES_MAXTIME", "0")
        .boot();
    container.wait_for_line("a up");
    assert_eq!(stop(&container).code(), Some(0));
    assert_eq!(container.log().count("the command"), 0);
    assert_eq!(container.left_running(), &[] as &[String]);
}

/// F22: a restart under way does not win over a later order to be down.
#[test]
fn the_later_of_restart_and_down_holds() {
    let image = Image::new();
    image
        .service("a", &format!("trap 'exit 0' TERM\necho a up\n{IDLE}"))
        .finish("a", "usleep 20000");
    let container = image.up();
    for _ in 0..20 {
        container.exec(["s6-svc", "-wu", "-u", SERVICE]).ok();
        container
            .shell(&format!("s6-svc -r {SERVICE}; s6-svc -d {SERVICE}"))
            .ok();
        stays_down(&container);
    }
    // The other way round, the service is wanted no longer: a restart only ends it.
    container.exec(["s6-svc", "-wu", "-u", SERVICE]).ok();
    container
        .shell(&format!("s6-svc -d {SERVICE}; s6-svc -r {SERVICE}"))
        .ok();
    stays_down(&container);
    assert_eq!(stop(&container).code(), Some(0));
}

/// F22: nor does it win over the container's stop.
#[test]
fn a_restart_under_way_does_not_outlive_the_container_s_stop() {
    let image = Image::new();
    image
        .service("a", &format!("trap 'exit 0' TERM\necho a up\n{IDLE}"))
        .finish("a", "echo finish; usleep 50000");
    for _ in 0..10 {
        let container = image.up();
        container.wait_for_line("a up");
        container.exec(["s6-svc", "-r", SERVICE]).ok();
        assert_eq!(stop(&container).code(), Some(0));
        assert_eq!(container.left_running(), &[] as &[String]);
    }
}

/// F23: a signal for a process that ends in that very moment.
#[test]
fn signals_for_a_service_that_is_just_ending_hurt_nobody() {
    let image = Image::new();
    image.service("a", "exec true");
    image.service("other", "echo other up; exec sleep 1000");
    let container = image.up();
    container.wait_for_line("other up");
    container
        .shell(&format!(
            "i=0; while [ $i -lt 100 ]; do s6-svc -uk {SERVICE}; s6-svc -ut {SERVICE}; i=$((i+1)); done"
        ))
        .ok();
    container.exec(["s6-svc", "-d", SERVICE]).ok();
    stays_down(&container);
    assert_eq!(container.log().count("other up"), 1);
    assert_eq!(stop(&container).code(), Some(0));
}

/// F24: what the old process has left behind is in the new one's way for a while.
#[test]
fn a_service_that_finds_its_port_taken_is_tried_again_until_it_is_free() {
    let image = Image::new();
    // The directory stands for the port: a process in a session of its own holds it.
    image.write_script(
        "/holder",
        "#!/bin/sh\ntrap '' HUP\nwhile [ ! -e /release ]; do usleep 10000; done; rmdir /port\n",
    );
    image.service(
        "a",
        "mkdir /port || { echo the port is taken; exit 1; }
        echo a up; setsid /holder & exec sleep 1000",
    );
    let container = image.up();
    container.wait_for_line("a up");
    let first = container.wait_for_process("sleep 1000");
    container.signal_process(first.pid, signal::KILL);
    container.wait_for_nth_line(2, "the port is taken");
    container.write("/release", "");
    container.wait_for_nth_line(2, "a up");
    assert_eq!(stop(&container).code(), Some(0));
}

/// F15, F20: orders to stop that come twice, from two sides, while a service holds out.
#[test]
fn orders_to_stop_from_two_sides_end_in_one_stop() {
    let image = Image::new();
    image
        .service("a", &deaf("a", &["TERM"]))
        .stop_hook("10-hook", "echo hook; usleep 100000");
    let container = image.init([]).env("S6_SERVICES_GRACETIME", "100").boot();
    container.wait_for_line("a up");
    container.wait_for_line(BOOTED);
    let ask = |words: [&str; 3]| {
        container.prepare(words).outside_its_processes().run();
    };
    ask(["s6-svscanctl", "-t", "/run/service"]);
    ask(["s6-svscanctl", "-t", "/run/service"]);
    assert_eq!(container.wait().code(), Some(0));
    assert_eq!(container.log().count("stopped in"), 1);
    assert_eq!(container.log().count("10-hook: executing"), 1);
}
