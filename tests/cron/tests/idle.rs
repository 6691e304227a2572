//! A scheduler with nothing to do does nothing.
#![forbid(unsafe_code)]

use std::fmt::Write;
use std::time::Duration;

use cron_tests::{ask, cron, image};
use harness::{Container, signal};

fn switches(container: &Container) -> u64 {
    let status = container.process_file(1, "status").expect("it runs");
    let lines = status
        .lines()
        .filter_map(|line| line.split_once("ctxt_switches:"));
    lines
        .map(|(_, count)| count.trim().parse::<u64>().expect("a number"))
        .sum()
}

#[test]
fn a_thousand_idle_jobs_wake_nobody_between_two_due_times() {
    let mut tab = String::new();
    for number in 0..1000 {
        let _ = writeln!(
            tab,
            "CRON_NAME=j{number} {} {} 1 1 * true",
            number % 60,
            number % 24
        );
    }
    let root = image(&tab);
    let container = cron(&root, &[]).boot();
    container.wait_for_line("cron: 1000 jobs; the next is ");
    std::thread::sleep(Duration::from_millis(300));
    let before = switches(&container);
    std::thread::sleep(Duration::from_secs(4));
    assert_eq!(switches(&container), before, "it has woken without need");
    let text = ask(&container, ["status"]).ok().text();
    assert_eq!(text.lines().count(), 1002);
    container.signal(signal::TERM);
    assert_eq!(container.wait().code(), Some(0));
}

/// A start takes a few turns and no more: nothing spins while a job runs.
#[test]
fn a_running_job_wakes_nobody_either() {
    let root = image(
        "CRON_NAME=long 0 0 1 1 * echo runs; sleep 1000\nCRON_TIMEOUT=1h\nCRON_NAME=more 0 0 1 1 * echo more; sleep 1000\n",
    );
    let container = cron(&root, &[]).boot();
    container.wait_for_line("cron: 2 jobs");
    let runs =
        ["long", "more"].map(|job| container.prepare(["mainstay", "cron", "run", job]).spawn());
    container.wait_for_line("[long] runs");
    container.wait_for_line("[more] more");
    std::thread::sleep(Duration::from_millis(300));
    let before = switches(&container);
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(switches(&container), before);
    container.signal(signal::TERM);
    assert_eq!(container.wait().code(), Some(0));
    for run in runs {
        assert_eq!(run.wait().code(), 143);
    }
}
