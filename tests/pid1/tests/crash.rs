//! PID 1 crashes and goes on: no service is touched, nothing that was known is lost.
#![forbid(unsafe_code)]

use harness::{Container, Layout, Root, rounds, signal};
use std::time::Duration;

use pid1_tests::{BOOTED, IDLE, Image, assert_none, assert_once, assert_order, deaf, sh, stop};

/// The line of a PID 1 that went on.
const WENT_ON: &str = "goes on from its last state";

/// SIGSEGV from outside: to PID 1 it is what a defect of its own would be.
const SEGV: i32 = 11;

fn crash(container: &Container, times: usize) {
    container.signal(SEGV);
    container.wait_for_nth_line(times, WENT_ON);
}

fn pid_of(container: &Container, what: &str) -> i32 {
    container.wait_for_process(what).pid
}

#[test]
fn services_are_not_touched_by_a_crash_and_are_supervised_after_it() {
    let image = Image::new();
    image.service("a", "echo a up; exec sleep 1001");
    image.service("b", "echo b up; exec sleep 1002");
    let container = image.up();
    let (a, b) = (
        pid_of(&container, "sleep 1001"),
        pid_of(&container, "sleep 1002"),
    );
    crash(&container, 1);
    assert_eq!(pid_of(&container, "sleep 1001"), a);
    assert_eq!(pid_of(&container, "sleep 1002"), b);
    container.signal_process(a, signal::KILL);
    container.wait_for_nth_line(2, "a up");
    assert_eq!(pid_of(&container, "sleep 1002"), b);
    assert_once(&container, "b up");
    assert_eq!(stop(&container).code(), Some(0));
    assert_eq!(container.left_running(), &[] as &[String]);
}

#[test]
fn s6_s_files_say_the_same_after_a_crash() {
    let image = Image::new();
    image.service("a", "exec sleep 1001");
    let container = image.up();
    let pid = pid_of(&container, "sleep 1001");
    let stat = |container: &Container| {
        let words = [
            "s6-svstat",
            "-o",
            "up,wantedup,pid,ready",
            "/run/s6/services/a",
        ];
        container.exec(words).ok().text()
    };
    // Another supervisor must find the service taken (s6-setlock exits 1).
    let is_held = |container: &Container| {
        let lock = "/run/s6/services/a/supervise/lock";
        container.exec(["s6-setlock", "-n", lock, "true"]).code() == 1
    };
    let before = stat(&container);
    assert!(before.contains(&format!("true true {pid} ")), "{before}");
    container.wait_for("the lock is held", || is_held(&container));
    crash(&container, 1);
    assert_eq!(stat(&container), before);
    container.wait_for("the lock is held again", || is_held(&container));
    container
        .exec(["s6-svc", "-wD", "-d", "/run/s6/services/a"])
        .ok();
    container
        .exec(["s6-svc", "-wu", "-u", "/run/s6/services/a"])
        .ok();
    assert_ne!(pid_of(&container, "sleep 1001"), pid);
    container.exec(["mainstay", "status"]).ok();
    assert_eq!(stop(&container).code(), Some(0));
}

#[test]
fn the_command_and_its_exit_code_survive() {
    let image = Image::new();
    let mut container = image
        .init(["sh", "-c", "echo the command; read line; exit 23"])
        .piped_input()
        .boot();
    container.wait_for_line("the command");
    crash(&container, 1);
    container.write_input(b"\n");
    assert_eq!(container.wait().code(), Some(23));
    assert_once(&container, "the command");
}

#[test]
fn a_logger_and_its_service_keep_their_pipe() {
    let image = Image::new();
    image.service(
        "a",
        "mkfifo /go; while read -r line </go; do echo \"$line\"; done",
    );
    image.service_file(
        "a/log",
        "run",
        sh("while read -r line; do echo \"logged: $line\" >&2; done"),
    );
    let container = image.up();
    container.wait_for("the service reads", || {
        container.exec(["test", "-p", "/go"]).status.success()
    });
    container.shell("echo one >/go").ok();
    container.wait_for_line("logged: one");
    crash(&container, 1);
    container.shell("echo two >/go").ok();
    container.wait_for_line("logged: two");
    assert_eq!(stop(&container).code(), Some(0));
}

#[test]
fn readiness_that_comes_after_a_crash_is_heard() {
    let image = Image::new();
    image.service(
        "a",
        "mkfifo /go; echo a up; read -r line </go; echo >&3; . /idle.sh",
    );
    image.service_file("a", "notification-fd", "3\n");
    let container = image.up();
    container.wait_for_line("a up");
    crash(&container, 1);
    container.shell("echo now >/go").ok();
    container
        .exec(["s6-svwait", "-U", "-t", "30000", "/run/s6/services/a"])
        .ok();
    assert_eq!(stop(&container).code(), Some(0));
}

#[test]
fn a_crash_in_the_middle_of_the_boot_does_not_end_it() {
    let image = Image::new();
    image
        .hook(
            "10-slow",
            "mkfifo /go; echo hook begins; read -r line </go; echo hook ends",
        )
        .service("a", "echo a up; exec sleep 1001");
    let container = image.init([]).boot();
    container.wait_for_line("hook begins");
    crash(&container, 1);
    container.shell("echo now >/go").ok();
    container.wait_for_line(BOOTED);
    container.wait_for_line("a up");
    assert_order(&container, &["hook begins", "hook ends", "a up"]);
    assert_once(&container, "hook begins");
    assert_eq!(stop(&container).code(), Some(0));
}

#[test]
fn a_crash_in_run_d_does_not_end_it() {
    let image = Image::new();
    image.run_d(
        "10-slow.sh",
        "mkfifo /go; echo script begins; read -r line </go",
    );
    image.service("a", "echo a up; exec sleep 1001");
    let container = image.command("/run.sh", &[]).boot();
    container.wait_for_line("script begins");
    crash(&container, 1);
    container.shell("echo now >/go").ok();
    container.wait_for_line("a up");
    assert_once(&container, "script begins");
    assert_eq!(stop(&container).code(), Some(0));
}

#[test]
fn a_crash_in_the_middle_of_the_stop_does_not_end_it() {
    let image = Image::new();
    image
        .service(
            "a",
            &format!("trap 'echo a got TERM' TERM\necho a up\n{IDLE}"),
        )
        .finish("a", "echo a finish")
        .stop_hook(
            "10-slow",
            "mkfifo /go; echo hook begins; read -r line </go; echo hook ends",
        );
    let container = image.init([]).env("S6_SERVICES_GRACETIME", "300").boot();
    container.wait_for_line("a up");
    container.wait_for_line(BOOTED);
    container.signal(signal::TERM);
    container.wait_for_line("hook begins");
    container.wait_for_line("a got TERM");
    crash(&container, 1);
    container.shell("echo now >/go").ok();
    assert_eq!(container.wait().code(), Some(0));
    assert_order(
        &container,
        &[
            "hook begins",
            "hook ends",
            "still running when",
            "stopped in",
        ],
    );
    assert_once(&container, "hook begins");
    assert_eq!(container.left_running(), &[] as &[String]);
}

#[test]
fn workers_and_their_arguments_survive() {
    let image = Image::new();
    image.write_script("/work", sh("echo \"worker up: $*\"; exec sleep 1001"));
    let words = ["2", "/work", "a  b", ""];
    let container = image.command("/worker.sh", &words).boot();

    container.wait_for_nth_line(2, "worker up: a  b ");
    container.wait_for_line(BOOTED);
    crash(&container, 1);
    let worker = pid_of(&container, "sleep 1001");
    container.signal_process(worker, signal::KILL);
    container.wait_for_nth_line(3, "worker up: a  b ");
    assert_eq!(stop(&container).code(), Some(0));
}

#[test]
fn the_third_crash_within_a_minute_leaves_reaping_signals_and_the_stop() {
    let image = Image::new();
    image
        .service(
            "a",
            &format!("trap 'echo a got TERM; exit 0' TERM\necho a up\n{IDLE}"),
        )
        .stop_hook("10-hook", "echo in the hook");
    image.write_script(
        "/command",
        sh(&format!(
            "trap 'echo command got USR1' USR1\ntrap 'exit 0' TERM\necho command up\n{IDLE}"
        )),
    );
    let container = image.init(["/command"]).boot();
    container.wait_for_line("command up");
    container.wait_for_line("a up");
    crash(&container, 1);
    crash(&container, 2);
    container.signal(SEGV);
    container.wait_for_line("starts nothing any more");
    // Reaps: an orphan is gone once it has ended.
    container.shell("(sleep 0 &)").ok();
    container.wait_for("no zombie is left", || {
        !container
            .processes()
            .iter()
            .any(|process| process.name == "sleep")
    });
    container.signal(signal::USR1);
    container.wait_for_line("command got USR1");
    container.signal(signal::TERM);
    assert_eq!(container.wait().code(), Some(0));
    assert_once(&container, "a got TERM");
    assert_order(&container, &["starts nothing any more", "in the hook"]);
    assert_eq!(container.left_running(), &[] as &[String]);
}

#[test]
fn a_further_term_cuts_nothing_short_and_a_further_interrupt_does_after_pid_1_gave_up() {
    for meant in [false, true] {
        let image = Image::new();
        image
            .service("a", &deaf("a", &["HUP"]))
            .stop_hook("1", "echo drain begins; sleep 2; echo drain done");
        let container = image.up();
        container.wait_for_line("a up");
        crash(&container, 1);
        crash(&container, 2);
        container.signal(SEGV);
        container.wait_for_line("starts nothing any more");
        container.signal(signal::INT);
        container.wait_for_line("drain begins");
        for _ in 0..3 {
            container.signal(signal::TERM);
        }
        if meant {
            container.wait_for("the drain is cut short", || {
                container.signal(signal::INT);
                container.ended()
            });
        }
        assert_eq!(container.wait().code(), Some(0));
        let drained = container.log().count("drain done") == 1;
        assert_eq!(drained, !meant);
    }
}

#[test]
fn the_command_s_end_ends_a_container_whose_pid_1_gave_up() {
    let image = Image::new();
    let mut container = image
        .init(["sh", "-c", "echo the command; read line; exit 23"])
        .piped_input()
        .boot();
    container.wait_for_line("the command");
    crash(&container, 1);
    crash(&container, 2);
    container.signal(SEGV);
    container.wait_for_line("starts nothing any more");
    container.write_input(b"\n");
    assert_eq!(container.wait().code(), Some(23));
}

#[test]
fn nothing_of_a_crash_is_seen_in_environments_and_descriptors() {
    let image = Image::new();
    image.service(
        "a",
        "env > /tmp/env; ls -l /proc/self/fd > /tmp/fds; echo a up; exec sleep 1001",
    );
    let container = image.init([]).env("MARK", "1").boot();
    container.wait_for_line("a up");
    let facts = |container: &Container| {
        let env = container.exec(["sort", "/tmp/env"]).ok().text();
        let fds = container
            .shell("sed 's/.* \\([0-9]* ->\\)/\\1/; s/\\[.*//; /proc/d; /total/d' /tmp/fds");
        let shown = container
            .shell("tr '\\0' ' ' </proc/1/cmdline; cat /proc/1/comm")
            .ok();
        (env, fds.ok().text(), shown.text())
    };
    let before = facts(&container);
    crash(&container, 1);
    let pid = pid_of(&container, "sleep 1001");
    container.signal_process(pid, signal::KILL);
    container.wait_for_nth_line(2, "a up");
    assert_eq!(facts(&container), before);
    assert_eq!(stop(&container).code(), Some(0));
}

#[test]
fn descriptors_do_not_add_up_over_crashes() {
    let image = Image::new();
    image.service("a", "exec sleep 1001");
    let container = image.up();
    let count = || -> u32 {
        let text = container.shell("ls /proc/1/fd | wc -l").ok().text();
        text.trim().parse().expect("a number")
    };
    crash(&container, 1);
    // Afterwards the scan directory is read again, through a pipe: there may be one more for
    // a while.
    let first = (0..20).map(|_| count()).min().unwrap_or(0);
    crash(&container, 2);
    container.wait_for("no more than before", || count() <= first);
    assert_eq!(stop(&container).code(), Some(0));
}

/// Ways to crash that need the program's own help: builds for tests alone have them.
#[test]
fn panic_stack_overflow_and_abort_are_survived() {
    let root = Root::debian();
    root.install_program(harness::mainstay_for_tests(), Layout::S6V2);
    root.write_script("/etc/services.d/a/run", sh("echo a up; exec sleep 1001"));
    for how in ["panic", "overflow", "abort"] {
        let container = Container::new(&root, ["/init"]).one_stream().boot();
        container.wait_for_line(BOOTED);
        let pid = pid_of(&container, "sleep 1001");
        let script = format!(
            "use IO::Socket::UNIX; my $s = IO::Socket::UNIX->new(Peer => \"/run/mainstay/control\") \
             or die; print $s \"fault\\0{how}\"; shutdown($s, 1); <$s>;"
        );
        container.exec(["perl", "-e", &script]).ok();
        container.wait_for_line(WENT_ON);
        assert_eq!(pid_of(&container, "sleep 1001"), pid, "{how}");
        match how {
            "panic" => assert_once(&container, "internal error: crates/init"),
            _ => assert_none(&container, "internal error:"),
        }
        assert_eq!(stop(&container).code(), Some(0), "{how}");
    }
}

/// Boots and stops, each with a crash at another moment.
#[test]
fn whatever_the_moment_no_service_is_lost_or_doubled() {
    let image = Image::new();
    image.hook("10-hook", "echo in the hook");
    for name in ["a", "b", "c"] {
        image.service(name, "exec sleep 1001");
    }
    for moment in 0..rounds(60, 2000) {
        // Between execve(2) and its first instructions a signal ends any process but the first
        // of a namespace. No crash of its own can come there.
        let container = image.init([]).placement(harness::Placement::Pid1).boot();
        container.wait_for_line("[cont-init.d]");
        std::thread::sleep(Duration::from_micros(u64::from(moment) * 97 % 5000));
        container.signal(SEGV);
        for name in ["a", "b", "c"] {
            let dir = format!("/run/s6/services/{name}");
            container.wait_for("the service is supervised", || {
                container.exec(["s6-svok", &dir]).status.success()
            });
            container
                .exec(["s6-svwait", "-u", "-t", "30000", &dir])
                .ok();
        }
        container.wait_for_line(BOOTED);
        container.wait_for("three services and nothing else", || {
            let processes = container.processes();
            let sleeps = processes
                .iter()
                .filter(|one| one.arguments == ["sleep", "1001"]);
            // Which is 1, or another where it is not PID 1.
            let own = sleeps.clone().next().map(|one| one.parent);
            let children = processes.iter().filter(|one| Some(one.parent) == own);
            sleeps.count() == 3 && children.count() == 3
        });
        container.signal(signal::TERM);
        std::thread::sleep(Duration::from_micros(u64::from(moment) * 61 % 2000));
        if !container.ended() {
            container.signal(SEGV);
        }
        assert_eq!(container.wait().code(), Some(0), "moment {moment}");
        assert_eq!(
            container.left_running(),
            &[] as &[String],
            "moment {moment}"
        );
    }
}

#[test]
fn a_state_of_another_format_is_refused_by_its_number_and_never_misread() {
    let image = Image::new();
    image.service("a", "exec sleep 1001");
    let container = image.up();
    let a = pid_of(&container, "sleep 1001");
    let format = set_format(container.machine_pid(), |format| format - 1);
    container.signal(SEGV);
    let line = format!(
        "its state has format {}, and this program reads format {format}",
        format - 1
    );
    container.wait_for_line(&line);
    // What was supervised runs on, and the stop is in order.
    assert_eq!(pid_of(&container, "sleep 1001"), a);
    assert_eq!(stop(&container).code(), Some(0));
    assert_eq!(container.left_running(), &[] as &[String]);
}

/// Changes the number of the format in the memory that survives PID 1's crash; gives what it
/// was.
fn set_format(pid: i32, change: impl Fn(u16) -> u16) -> u16 {
    use std::os::unix::fs::FileExt;
    let descriptors = std::fs::read_dir(format!("/proc/{pid}/fd")).expect("descriptors");
    let region = descriptors
        .map(|entry| entry.expect("an entry").path())
        .find(|path| {
            let target = std::fs::read_link(path).expect("a link");
            target.to_string_lossy().starts_with("/memfd:mainstay")
        })
        .expect("the memory");
    let mut options = std::fs::OpenOptions::new();
    let file = options.read(true).write(true).open(region).expect("opened");
    let mut word = [0; 8];
    file.read_exact_at(&mut word, 0).expect("read");
    let word = u64::from_ne_bytes(word);
    let format = word as u16;
    let changed = word & !0xffff | u64::from(change(format));
    file.write_all_at(&changed.to_ne_bytes(), 0)
        .expect("written");
    format
}
