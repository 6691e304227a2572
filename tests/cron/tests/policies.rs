//! Overlap, time-outs, what stays behind.
#![forbid(unsafe_code)]

use cron_tests::{ask, at_once, column, cron, image, row};
use harness::{Placement, signal};

#[test]
fn each_overlap_policy_does_what_it_says() {
    let root = image(
        "CRON_OVERLAP=skip CRON_NAME=skip * * * * * * echo begin skip; sleep 2.5\n\
         CRON_OVERLAP=queue CRON_NAME=queue * * * * * * echo begin queue; sleep 1.5; echo end queue\n\
         CRON_OVERLAP=replace CRON_NAME=replace * * * * * * echo begin replace; sleep 100\n\
         CRON_OVERLAP=allow CRON_NAME=allow * * * * * * echo begin allow; sleep 2.5\n",
    );
    let container = cron(&root, &[]).boot();
    container.wait_for_nth_line(4, "[replace] begin replace");
    container.wait_for_line("cron: skip: left out this time: it has run for");
    container.wait_for_line("cron: queue: left out this time: it has run for");
    let running = |job: &str| row(&container, job)[column::RUNNING].split(' ').count();
    for job in ["skip", "queue", "replace"] {
        assert_eq!(running(job), 1, "{job}");
    }
    container.wait_for("several run", || running("allow") > 1);
    container.wait_for_nth_line(2, "[queue] begin queue");
    // One at a time: every begin stands behind the end before.
    let lines = container.log().lines();
    let queue = lines.iter().filter(|line| line.text.starts_with("[queue]"));
    let words: Vec<String> = queue.map(|line| line.text.clone()).collect();
    for pair in words.windows(2) {
        assert_ne!(pair[0], pair[1], "{words:?}");
    }
    assert_eq!(container.log().count("cron: allow: left out"), 0);
    let replaced = row(&container, "replace");
    assert_eq!(
        replaced[column::FAILED],
        "0",
        "what gives way has not failed"
    );
    assert_eq!(container.log().count("cron: replace:"), 0);
    container.signal(signal::TERM);
    assert_eq!(container.wait().code(), Some(0));
}

#[test]
fn a_time_out_ends_the_whole_group_by_term_and_then_by_kill() {
    let root = image(
        "CRON_TIMEOUT=1s\n\
         CRON_NAME=soft */2 * * * * * sleep 1000\n\
         CRON_NAME=deaf */2 * * * * * trap '' TERM; echo deaf; while :; do sleep 0.1; done\n",
    );
    let container = cron(&root, &["--grace", "1"]).boot();
    container.wait_for_line("cron: soft: timed out: ended by TERM after 1 s (CRON_TIMEOUT)");
    container.wait_for_line("cron: deaf: timed out: killed after 2 s: it did not end within 1 s");
    assert_eq!(row(&container, "deaf")[column::EXIT], "137");
    assert_eq!(row(&container, "soft")[column::EXIT], "143");
    container.signal(signal::TERM);
    assert_eq!(container.wait().code(), Some(0));
}

/// A job whose first process is gone does not hold its next run, whatever keeps its output
/// open, and nobody stays defunct.
#[test]
fn what_a_job_leaves_behind_holds_nothing_up() {
    let jobs = "CRON_NAME=daemon * * * * * * (sleep 1000 &); echo begun\n\
         CRON_NAME=orphans * * * * * * for i in 1 2 3 4 5; do (sleep 0.0$i & exit 0) & done; exit 4\n\
         CRON_NAME=late */3 * * * * * (sleep 1.2; echo late words) &\n";
    at_once([Placement::Pid1, Placement::Child], |placement| {
        let root = image(jobs);
        let container = cron(&root, &[]).placement(placement).boot();
        container.wait_for_nth_line(4, "[daemon] begun");
        container.wait_for_nth_line(3, "cron: orphans: exit code 4 after");
        container.wait_for_line("[late] late words");
        container.wait_for("nobody is defunct", || {
            let all = container.processes();
            all.iter().all(|one| one.state != 'Z')
        });
        assert_eq!(container.log().count("left out"), 0);
        let runs: u32 = row(&container, "daemon")[column::RUNS]
            .parse()
            .expect("a number");
        assert!(runs >= 4);
        container.signal(signal::TERM);
        assert_eq!(container.wait().code(), Some(0));
    });
}

#[test]
fn an_asked_for_run_heeds_the_policy_and_gives_the_jobs_code() {
    let root = image(
        "CRON_NAME=seven 0 0 1 1 * echo seven runs; echo to err >&2; exit 7\n\
         CRON_NAME=long 0 0 1 1 * echo long runs; sleep 1000\n\
         CRON_NAME=queue CRON_OVERLAP=queue 0 0 1 1 * echo queue runs; sleep 0.5; exit 3\n",
    );
    let container = cron(&root, &[]).boot();
    container.wait_for_line("cron: 3 jobs; the next is ");
    let seven = ask(&container, ["run", "seven"]);
    assert_eq!(seven.code(), 7);
    assert_eq!(seven.text().trim_end(), "[seven] seven runs");
    assert_eq!(seven.error_text().trim_end(), "[seven] to err");
    container.wait_for_line("[seven] seven runs");
    container.wait_for_line("cron: seven: exit code 7 after");
    let long = container
        .prepare(["mainstay", "cron", "run", "long"])
        .spawn();
    container.wait_for_line("[long] long runs");
    let again = ask(&container, ["run", "long"]);
    assert_eq!(again.code(), 1);
    assert!(
        again.error_text().contains("does not run twice at once"),
        "{again}"
    );
    let one = container
        .prepare(["mainstay", "cron", "run", "queue"])
        .spawn();
    container.wait_for_line("[queue] queue runs");
    let two = ask(&container, ["run", "queue"]);
    assert_eq!((one.wait().code(), two.code()), (3, 3));
    assert_eq!(container.log().count("[queue] queue runs"), 2);
    // Mistakes get a line.
    let wrong = ask(&container, ["run", "sevn"]);
    assert_eq!(wrong.code(), 1);
    assert!(
        wrong
            .error_text()
            .contains("there is no job sevn; did you mean seven?"),
        "{wrong}"
    );
    assert!(ask(&container, ["run"]).error_text().contains("which job?"));
    container.signal(signal::TERM);
    assert_eq!(container.wait().code(), Some(0));
    assert_eq!(
        long.wait().code(),
        143,
        "who waits hears of the end at the stop"
    );
}
