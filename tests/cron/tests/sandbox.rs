//! Kernels and sandboxes that lack calls, limits that are low, what a parent has left.
#![forbid(unsafe_code)]

use std::os::unix::net::UnixStream;
use std::time::Duration;

use cron_tests::{TAB, ask, at_once, cron, image};
use harness::{Container, signal};

const ENOSYS: i32 = 38;
const EPERM: i32 = 1;

const JOBS: &str = "CRON_NAME=a * * * * * * cat%input\nCRON_NAME=b * * * * * * exit 2\n";

/// What any scheduler must do, whatever it lacks.
#[track_caller]
fn works(container: &Container) {
    container.wait_for_nth_line(2, "[a] input");
    container.wait_for_nth_line(2, "cron: b: exit code 2 after");
    container.write(TAB, "CRON_NAME=c * * * * * * echo c runs\n");
    container.signal(signal::HUP);
    container.wait_for_line("[c] c runs");
    container.signal(signal::TERM);
    assert_eq!(container.wait().code(), Some(0));
}

/// Numbers of x86-64.
#[cfg(target_arch = "x86_64")]
#[test]
fn a_missing_call_has_a_way_around_it() {
    const TIMERFD_CREATE: i64 = 283;
    const EPOLL_CREATE: i64 = 213;
    const SIGNALFD: i64 = 289;
    const EPOLL_CREATE1: i64 = 291;
    const PIPE2: i64 = 293;
    const INOTIFY_INIT1: i64 = 294;
    const MEMFD_CREATE: i64 = 319;
    let cases = [
        (&[TIMERFD_CREATE, INOTIFY_INIT1][..], ENOSYS),
        (&[SIGNALFD, MEMFD_CREATE], EPERM),
        (&[EPOLL_CREATE1, EPOLL_CREATE, PIPE2], ENOSYS),
    ];
    at_once(cases, |(calls, errno)| {
        let root = image(JOBS);
        let mut command = cron(&root, &[]);
        for call in calls {
            command = command.denied(*call, errno);
        }
        let container = command.boot();
        if calls.contains(&INOTIFY_INIT1) {
            container.wait_for_line("cron: changes of the files are not heard of here");
        }
        works(&container);
    });
}

#[test]
fn what_a_parent_has_left_changes_nothing() {
    let all = [
        signal::TERM,
        signal::HUP,
        signal::INT,
        signal::CHLD,
        signal::PIPE,
    ];
    at_once(0..4, |case| {
        let root = image(JOBS);
        let command = cron(&root, &[]);
        works(&match case {
            0 => command.ignored(&all).boot(),
            1 => command.blocked(&all).boot(),
            2 => command.without_proc().boot(),
            _ => command.closed(0).boot(),
        });
    });
    // A job has what any program begins with.
    let root = image(
        "CRON_NAME=show * * * * * * grep -E '^Sig(Blk|Ign)' /proc/self/status; ls -l /proc/self/fd | wc -l\n",
    );
    let container = cron(&root, &[])
        .ignored(&all)
        .blocked(&all)
        .closed(0)
        .boot();
    for line in [
        "[show] SigBlk:\t0000000000000000",
        "[show] SigIgn:\t0000000000000000",
    ] {
        container.wait_for_line(line);
    }
    // `total`, the three, and the directory that is being read.
    container.wait_for_line("[show] 5");
}

#[test]
fn without_outputs_the_jobs_run() {
    let root = image("CRON_NAME=a * * * * * * echo a; echo b >&2; echo x >>/run/x\n");
    let container = cron(&root, &[]).closed(1).closed(2).boot();
    container.wait_for("two runs", || {
        container.exists("/run/x") && container.text("/run/x").lines().count() >= 2
    });
    assert!(
        ask(&container, ["status"])
            .ok()
            .text()
            .starts_with("scheduler ")
    );
    container.signal(signal::TERM);
    assert_eq!(container.wait().code(), Some(0));
}

/// More jobs at once than there are descriptors and processes for: each that cannot begin is
/// said, the others run, and it goes on.
#[test]
fn limits_that_are_reached_are_said_and_outlived() {
    const NOFILE: u32 = 7;
    let mut tab = String::new();
    for number in 0..30 {
        tab.push_str(&format!(
            "CRON_NAME=j{number} */3 * * * * * sleep 1; echo j{number} done\n"
        ));
    }
    let root = image(&tab);
    let container = cron(&root, &[]).limit(NOFILE, 40, 40).boot();
    container.wait_for_line("unable to start it: ");
    container.wait_for_line("[j0] j0 done");
    container.wait_for_nth_line(2, "[j0] j0 done");
    container.signal(signal::TERM);
    assert_eq!(container.wait().code(), Some(0));
}

/// With every limit on descriptors a job has its own three, or does not begin: never those of
/// the scheduler.
#[test]
fn the_last_descriptors_are_enough_or_nothing_begins() {
    const NOFILE: u32 = 7;
    at_once(12..22, |limit| {
        let root = image("CRON_NAME=a * * * * * * echo out of a; echo err of a >&2\n");
        let container = cron(&root, &[]).limit(NOFILE, limit, limit).boot();
        container.wait_for("two tries", || {
            let log = container.log();
            log.count(" of a") + log.count("cron: a: unable to") >= 2
        });
        let lines = container.log().lines();
        let mut of_it = lines.iter().filter(|line| line.text.ends_with(" of a"));
        assert!(
            of_it.all(|line| line.text.starts_with("[a] ")),
            "{limit}: {lines:?}"
        );
        container.signal(signal::TERM);
        assert_eq!(container.wait().code(), Some(0));
    });
}

/// Clients that say nothing take the last descriptor: one more waits, and costs no time.
#[test]
fn a_client_without_a_descriptor_for_it_is_waited_with() {
    const NOFILE: u32 = 7;
    let root = image("CRON_NAME=a 0 0 1 1 * true\n");
    let container = cron(&root, &[]).limit(NOFILE, 25, 25).boot();
    container.wait_for_line("cron: 1 job");
    let socket = format!("/proc/{}/root/run/mainstay/cron-1", container.machine_pid());
    let clients: Vec<UnixStream> = (0..25)
        .map(|_| UnixStream::connect(&socket).expect("a scheduler"))
        .collect();
    // Hundredths of a second of CPU: fields 14 and 15 of proc(5), behind a name in brackets.
    let used = || -> u64 {
        let stat = container.process_file(1, "stat").expect("its stat");
        let fields = stat.rsplit(')').next().expect("fields").split(' ');
        fields
            .skip(12)
            .take(2)
            .map(|it| it.parse().unwrap_or(0))
            .sum::<u64>()
    };
    let before = used();
    std::thread::sleep(Duration::from_secs(2));
    let spent = used() - before;
    assert!(spent < 50, "{spent} hundredths of CPU in two seconds");
    drop(clients);
    container.wait_for("an answer", || ask(&container, ["status"]).code() == 0);
    container.signal(signal::TERM);
    assert_eq!(container.wait().code(), Some(0));
}

/// Three descriptors a run: the soft limit that engines set is not the end, and jobs have it as
/// it was.
#[test]
fn hundreds_run_at_once_and_each_end_is_heard() {
    const NOFILE: u32 = 7;
    let mut tab = String::from("CRON_NAME=limit 0 0 1 1 * ulimit -n\nCRON_SECONDS=yes\n");
    for number in 0..300 {
        tab.push_str(&format!(
            "CRON_NAME=j{number} */5 * * * * * (sleep 0.1 & exit 0) & sleep 0.3; exit 3\n"
        ));
    }
    let root = image(&tab);
    let container = cron(&root, &[]).limit(NOFILE, 256, 4096).boot();
    container.wait_for_nth_line(300, ": exit code 3 after ");
    assert_eq!(container.log().count("unable"), 0);
    assert!(
        ask(&container, ["run", "limit"])
            .text()
            .contains("[limit] 256")
    );
    container.signal(signal::TERM);
    assert_eq!(container.wait().code(), Some(0));
}
