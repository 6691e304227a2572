//! What jobs write, and what the scheduler says.
#![forbid(unsafe_code)]

use cron_tests::{ask, at_once, column, cron, image, row};
use harness::{Container, Sink, Stream, signal};

#[test]
fn every_line_says_whose_it_is_and_the_streams_stay_apart() {
    let root = image(
        "CRON_NAME=talk */2 * * * * * echo out; echo err >&2; printf 'no end'\n\
         CRON_NAME=ends */2 * * * * * exit 3\n\
         CRON_NAME=dies */2 * * * * * kill -9 $$\n\
         CRON_NAME=good */2 * * * * * true\n\
         CRON_NAME=reads */2 * * * * * cat%one%two\n",
    );
    let container = cron(&root, &[]).boot();
    for (line, stream) in [
        ("[talk] out", Stream::Stdout),
        ("[talk] err", Stream::Stderr),
        ("[talk] no end", Stream::Stdout),
        ("[reads] one", Stream::Stdout),
        ("[reads] two", Stream::Stdout),
        ("cron: ends: exit code 3 after ", Stream::Stderr),
        ("cron: dies: ended by signal KILL after ", Stream::Stderr),
    ] {
        assert_eq!(container.wait_for_line(line).stream, stream, "{line}");
    }
    assert_eq!(
        container.log().count("cron: good"),
        0,
        "nothing is said of what is well"
    );
    assert_eq!(row(&container, "dies")[column::EXIT], "137");
    container.signal(signal::INT);
    assert_eq!(container.wait().code(), Some(0));
}

#[test]
fn a_hundred_megabytes_pass_and_hold_no_other_job() {
    let line = "0123456789".repeat(7);
    let root = image(&format!(
        "CRON_NAME=flood 0 0 1 1 * yes {line} | head -c 71000000; yes {line} | head -c 29110000 >&2; echo end\n\
         CRON_NAME=tick * * * * * * echo tick >>/run/ticks\n"
    ));
    // What is counted is what comes out at the other end, where it need not be kept.
    let script = "mainstay cron /etc/tab 2>/run/errors | { grep -c '^.flood. 0123456789'; echo counted; }; sleep 1000";
    let container = Container::new(&root, ["sh", "-c", script])
        .tmpfs("/run")
        .boot();
    container.wait_for("it runs", || ask(&container, ["status"]).code() == 0);
    let run = container
        .prepare(["sh", "-c", "mainstay cron run flood >/dev/null 2>&1"])
        .spawn();
    container.wait_for("the end", || run.ended());
    assert_eq!(run.wait().code(), 0);
    assert!(container.text("/run/ticks").lines().count() >= 1);
    let all = container.processes();
    let ours = all
        .iter()
        .find(|one| one.arguments.first().is_some_and(|name| name == "mainstay"));
    let pid = ours.expect("it runs").pid;
    let status = container.process_file(pid, "status").expect("it runs");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|rest| rest.trim().strip_suffix(" kB")?.parse::<u32>().ok());
    assert!(peak.expect("a number") < 20_000, "{peak:?} kB");
    container.signal_process(pid, signal::TERM);
    container.wait_for_line("counted");
    container.wait_for_line("1000000");
    let errors = container
        .exec(["grep", "-c", "^.flood. 0123456789", "/run/errors"])
        .text();
    assert_eq!(errors.trim(), "410000");
}

/// Nobody reads the scheduler's output, or nobody will ever: jobs are started all the same, and
/// the stop is not held.
#[test]
fn a_reader_that_is_stuck_or_gone_holds_no_start() {
    let sinks = [Sink::Blocked, Sink::Gone, Sink::Full, Sink::Socket];
    at_once(sinks, |sink| {
        let root = image("CRON_NAME=tick * * * * * * echo tick; echo x >>/run/ticks\n");
        let container = cron(&root, &[]).sink(sink).boot();
        container.wait_for("three starts", || {
            container.exists("/run/ticks") && container.text("/run/ticks").lines().count() >= 3
        });
        assert!(ask(&container, ["status"]).text().contains("tick"));
        container.signal(signal::TERM);
        assert_eq!(container.wait().code(), Some(0), "{sink:?}");
    });
}

/// Whoever asked for a run and does not read, or is gone, holds neither it nor anybody else.
#[test]
fn an_asker_that_does_not_read_holds_nothing() {
    let root = image(
        "CRON_NAME=much 0 0 1 1 * yes 0123456789 | head -c 5000000; echo end >>/run/end\n\
         CRON_NAME=slow 0 0 1 1 * sleep 1; echo slow; sleep 1; echo end >>/run/end\n",
    );
    let script = "mainstay cron /etc/tab 2>&1 | grep -v 0123456789; sleep 1000";
    let container = Container::new(&root, ["sh", "-c", script])
        .tmpfs("/run")
        .boot();
    container.wait_for("it runs", || ask(&container, ["status"]).code() == 0);
    let script = "mainstay cron run much 2>/run/said | { sleep 3; tail -n 1; }";
    let asker = container.prepare(["sh", "-c", script]).spawn();
    let gone = "mainstay cron run slow & sleep 0.3; kill -9 $!";
    container.exec(["sh", "-c", gone]);
    container.wait_for("both ends", || {
        container.exists("/run/end") && container.text("/run/end").lines().count() == 2
    });
    assert_eq!(ask(&container, ["status"]).code(), 0);
    assert_eq!(asker.wait().text().trim_end(), "[much] 0123456789");
    let said = container.text("/run/said");
    assert!(
        said.contains(" lines of it went by unread; the log has them"),
        "{said}"
    );
}
