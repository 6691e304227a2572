//! The end of the scheduler: in order, in time, with the right code.
#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

use cron_tests::{TAB, ask, cron, image};
use harness::{Container, Placement, signal};

const JOBS: &str = "\
CRON_NAME=good */2 * * * * * trap 'echo good got TERM; exit 0' TERM; echo good up; while :; do sleep 0.05; done
CRON_NAME=deaf */2 * * * * * trap 'echo deaf got TERM' TERM; echo deaf up; while :; do sleep 0.05; done
CRON_NAME=child */2 * * * * * sh -c 'trap \"echo grandchild got TERM; exit\" TERM; echo grandchild up; while :; do sleep 0.05; done'; true
";

#[test]
fn term_goes_to_every_group_then_kill_and_nothing_starts_any_more() {
    for placement in [Placement::Pid1, Placement::Child] {
        let root = image(JOBS);
        let container = cron(&root, &["--grace", "1"]).placement(placement).boot();
        for line in ["[good] good up", "[deaf] deaf up", "[child] grandchild up"] {
            container.wait_for_line(line);
        }
        let begun = Instant::now();
        container.signal(signal::TERM);
        // A further one changes nothing.
        container.signal(signal::TERM);
        assert_eq!(container.wait().code(), Some(0));
        let took = begun.elapsed();
        assert!(
            took >= Duration::from_millis(900),
            "{took:?}: deaf has its grace"
        );
        assert!(took < harness::patience(Duration::from_secs(4)), "{took:?}");
        let log = container.log();
        for line in [
            "cron: stops: ends 3 running jobs",
            "[good] good got TERM",
            "[deaf] deaf got TERM",
            "[child] grandchild got TERM",
            "cron: deaf: killed after",
        ] {
            assert_eq!(log.count(line), 1, "{line}");
        }
        assert_eq!(log.count("cron: good"), 0, "what ends as told is no news");
        assert_eq!(container.left_running(), &[] as &[String]);
    }
}

#[test]
fn every_stop_signal_stops_an_idle_scheduler_at_once() {
    for signal in [signal::TERM, signal::INT, signal::QUIT] {
        let root = image("0 0 1 1 * true\n");
        let container = cron(&root, &[]).boot();
        container.wait_for_line("cron: 1 job; the next is ");
        let begun = Instant::now();
        container.signal(signal);
        assert_eq!(container.wait().code(), Some(0));
        assert!(begun.elapsed() < harness::patience(Duration::from_secs(1)));
        assert_eq!(container.log().lines().len(), 1);
    }
}

/// As PID 1 it also ends what jobs have left in the background.
#[test]
fn as_pid_1_strangers_get_term_too() {
    let root = image(
        "CRON_NAME=daemon @reboot setsid sh -c 'trap \"echo stranger got TERM; exit\" TERM; echo stranger up; while :; do sleep 0.05; done' &\n",
    );
    let container = cron(&root, &[]).placement(Placement::Pid1).boot();
    container.wait_for_line("[daemon] stranger up");
    container.signal(signal::TERM);
    assert_eq!(container.wait().code(), Some(0));
    container.wait_for_line("[daemon] stranger got TERM");
}

#[test]
fn under_init_it_is_a_service_that_is_ready_when_its_files_were_read() {
    let root = image("CRON_NAME=tick * * * * * * echo tick $GREETING\n");
    // No with-contenv: the jobs have the container's variables all the same.
    root.write_script(
        "/etc/services.d/cron/run",
        format!("#!/bin/sh\nexec mainstay cron --ready-fd 3 {TAB}\n"),
    );
    root.write("/etc/services.d/cron/notification-fd", "3\n");
    let command = Container::new(&root, ["/init"]).tmpfs("/run");
    let container = command.env("GREETING", "hello").boot();
    container.wait_for_line("[tick] tick hello");
    let status = container.exec(["mainstay", "status", "cron"]).ok().text();
    assert!(status.contains("ready"), "{status}");
    assert!(ask(&container, ["status"]).ok().text().contains("tick"));
    container.signal(signal::TERM);
    assert_eq!(container.wait().code(), Some(0));
    assert_eq!(container.left_running(), &[] as &[String]);
}

#[test]
fn without_any_file_it_ends_with_1_and_with_bad_lines_the_good_jobs_run() {
    let root = image("61 * * * * true\nCRON_NAME=good * * * * * * echo good\nx y z\n");
    let container = Container::new(&root, ["mainstay", "cron", "/none"]).boot();
    assert_eq!(container.wait().code(), Some(1));
    container.wait_for_line("cron: /none: error[unreadable]: ");
    container.wait_for_line("mainstay cron: fatal: no crontab could be read");
    let container = cron(&root, &[]).boot();
    container.wait_for_line("cron: /etc/tab:1:1: error[schedule]: 61 is no minute (0-59)");
    container.wait_for_line("[good] good");
    container.signal(signal::TERM);
    assert_eq!(container.wait().code(), Some(0));
}
