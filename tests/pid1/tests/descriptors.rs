//! Descriptors: none is lost, none of PID 1's own is inherited, and limits of any size will do.
#![forbid(unsafe_code)]

use harness::{Container, rounds, sys};
use pid1_tests::{IDLE, Image, PROMPT, assert_none, stop};
use std::time::Duration;

/// RLIMIT_NOFILE on every architecture that this is built for.
const OPEN_FILES: u32 = 7;

/// The highest limit that these tests can set: where they may not raise their own, that.
fn highest() -> u64 {
    let kernel = std::fs::read_to_string("/proc/sys/fs/nr_open").expect("Linux says");
    let own = std::fs::read_to_string("/proc/self/limits").expect("Linux says");
    let own = own.lines().find(|line| line.starts_with("Max open files"));
    let own = own.and_then(|line| line.split_whitespace().nth(4)?.parse().ok());
    let kernel = kernel.trim().parse().expect("a number");
    own.map_or(kernel, |own: u64| own.min(kernel))
}

/// How many descriptors the command has open.
fn open(container: &Container) -> usize {
    let path = format!("/proc/{}/fd", container.machine_pid());
    std::fs::read_dir(path).expect("it runs").count()
}

/// F33: starts and stops of services, statuses and scans leave no descriptor open.
#[test]
fn starts_stops_and_questions_leave_no_descriptor_open() {
    let image = Image::new();
    image
        .service("a", "echo >&7; exec sleep 1000")
        .service_file("a", "notification-fd", "7")
        .service("b", &format!("echo b; {IDLE}"))
        .service_file("b", "log/run", pid1_tests::sh(pid1_tests::LOGGER))
        .service("fails", "exit 1")
        .finish("fails", "exit 0");
    let container = image.up();
    container.wait_for_line("logged: b");
    let once = "s6-svc -wR -r /var/run/s6/services/a\n\
                s6-svc -wr -r /var/run/s6/services/b\n\
                mainstay status >/dev/null\n\
                mkdir -p /var/run/s6/services/new\n\
                printf '#!/bin/sh\\nexec sleep 1000\\n' >/var/run/s6/services/new/run\n\
                chmod +x /var/run/s6/services/new/run\n\
                s6-svscanctl -a /var/run/s6/services\n\
                until s6-svok /var/run/s6/services/new; do :; done\n\
                mv /var/run/s6/services/new /gone\n\
                s6-svscanctl -an /var/run/s6/services\n\
                while s6-svok /gone; do :; done\n\
                rm -rf /gone\n";
    let turn = |count: u32| {
        let script = format!("for turn in $(seq {count}); do {once} done");
        let words = ["/bin/sh", "-c", &script];
        container
            .prepare(words)
            .limit(Duration::from_secs(3600))
            .run()
            .ok();
    };
    turn(2);
    let mut before = open(&container);
    container.wait_for("nothing is under way", || {
        std::mem::replace(&mut before, open(&container)) == open(&container)
    });
    turn(rounds(10, 1000));
    container.wait_for("as many descriptors as before", || {
        open(&container) <= before
    });
    assert_eq!(stop(&container).code(), Some(0));
}

/// F40: a limit as high as the kernel lets it be costs no time, and services get it as it was.
/// F40: descriptors that the engine handed over reach the command and no service.
#[test]
fn huge_limits_cost_nothing_and_foreign_descriptors_reach_the_command_alone() {
    let image = Image::new();
    image.write("/passed", "what was passed\n");
    let show = "echo \"$name: $(ls /proc/self/fd | grep -c '^[4-9]\\|[0-9][0-9]')\"; ulimit -Sn";
    image
        .hook("10-hook", &format!("name=hook; {show}"))
        .service("a", &format!("name=service; {show}; {IDLE}"));
    let highest = highest();
    let command = "cat <&100; exec sleep 1000";
    for proc in [true, false] {
        let words = ["sh", "-c", command];
        let begun = sys::monotonic();
        let command = image
            .init(words)
            .limit(OPEN_FILES, 1234, highest)
            .opened(100, "/passed");
        let command = if proc {
            command
        } else {
            command.without_proc()
        };
        let container = command.boot();
        container.wait_for_line("what was passed");
        let took = sys::monotonic() - begun;
        assert!(took < harness::patience(10 * PROMPT), "{took:?}");
        container.wait_for_nth_line(2, "1234");
        if proc {
            container.wait_for_line("hook: 0");
            container.wait_for_line("service: 0");
        }
        assert_eq!(stop(&container).code(), Some(0));
        assert_none(&container, &highest.to_string());
    }
}
