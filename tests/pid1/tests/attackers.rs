//! What a process in the container can do to PID 1 by what PID 1 reads: notification pipes, event
//! directories, control fifos, the socket for people.
#![forbid(unsafe_code)]

use harness::{Container, Placement, patience, signal};
use pid1_tests::{IDLE, Image, PROMPT, assert_once, place, stop};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::time::Duration;

/// The socket for people.
const SOCKET: &str = "/run/mainstay/control";

/// An image with the attacker's program.
fn image() -> Image {
    let image = Image::new();
    image.copy_file(env!("CARGO_BIN_EXE_attacker"), "/attacker");
    image
}

#[track_caller]
fn svc(container: &Container, options: &str, name: &str) {
    container.exec(["s6-svc", options, &place(name)]).ok();
}

/// What PID 1 used so far: processor time in ticks of 10 ms, memory in KiB.
fn used(container: &Container) -> (u64, u64) {
    let pid = container.machine_pid();
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("PID 1 runs");
    let (_, fields) = stat.rsplit_once(')').expect("a name in parentheses");
    // utime and stime (proc(5)), counted from the state.
    let fields = fields.split_ascii_whitespace().skip(11).take(2);
    let ticks = fields.filter_map(|word| word.parse::<u64>().ok()).sum();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("PID 1 runs");
    let memory = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|line| line.split_ascii_whitespace().next()?.parse().ok());
    (ticks, memory.expect("VmRSS"))
}

/// The longest that PID 1 took to answer `count` requests that were made one after another.
#[track_caller]
fn latency(container: &Container, count: u32) -> Duration {
    let words = ["/attacker", "latency", SOCKET, &count.to_string()];
    let output = container.exec(words).ok().text();
    Duration::from_micros(output.parse().expect("microseconds"))
}

/// Fails unless PID 1 answers within 50 ms. A machine that is busy with other things holds up one
/// series of requests or another; a loop that is held up holds up every series.
#[track_caller]
fn assert_answers(container: &Container) {
    let limit = patience(Duration::from_millis(50));
    let mut longest = Vec::new();
    while longest.len() < 30 {
        longest.push(latency(container, 10));
        if longest.last().is_some_and(|longest| *longest < limit) {
            return;
        }
    }
    container.fail(&format!("PID 1 took {longest:?} to answer"));
}

#[test]
fn a_gibibyte_without_a_newline_is_not_read() {
    let image = image();
    image
        .service(
            "flood",
            "echo flood up; dd if=/dev/zero bs=1M count=1024 >&3 2>/dev/null; echo dd $?; . /idle.sh",
        )
        .service_file("flood", "notification-fd", "3");
    let container = image.up();
    container.wait_for_line("dd 1");
    let (ticks, memory) = used(&container);
    assert!(ticks < 100, "{ticks} ticks for reading 4 KiB");
    assert!(memory < 20_000, "{memory} KiB");
    assert_once(&container, "flood: wrote 4096 bytes without a newline");
    assert_eq!(container.exec(["mainstay", "status", "--ready"]).code(), 1);
    assert_answers(&container);
    stop(&container);
}

/// F29: a supervisor that closes its end of a pipe too early kills the service or blocks it. Here the
/// notification pipe is closed at the newline and not before, as s6 does.
#[test]
fn a_service_may_write_until_its_newline_and_gets_sigpipe_only_after_it() {
    let image = image();
    image
        .service(
            "a",
            "printf %2000s x >&3; printf %2000s x >&3; echo first parts written\n\
             printf '\\n' >&3; while [ ! -e /go ]; do usleep 1000; done\n\
             (trap '' PIPE; echo more >&3) 2>/dev/null || echo a heard EPIPE; . /idle.sh",
        )
        .service_file("a", "notification-fd", "3");
    let container = image.up();
    container.wait_for_line("first parts written");
    container
        .exec(["s6-svwait", "-U", "-t", "10000", &place("a")])
        .ok();
    container.write("/go", "");
    container.wait_for_line("a heard EPIPE");
    stop(&container);
}

/// F29, the other pipe: both ends of the pipe to a logger stay open, so that a logger's end is not
/// the end of its service.
#[test]
fn a_logger_that_dies_takes_no_byte_and_no_service_with_it() {
    let image = image();
    image
        .service(
            "a",
            "trap 'echo last line; exit 0' TERM; n=0\n\
             while [ ! -e /stop ]; do n=$((n + 1)); echo line $n; usleep 2000; done\n\
             echo all $n; . /idle.sh",
        )
        .service_file(
            "a",
            "log/run",
            "#!/bin/sh\nwhile read -r line; do echo \"$line\" >>/log; done\n",
        );
    let container = image.up();
    let lines =
        || String::from_utf8_lossy(&container.read("/log").unwrap_or_default()).into_owned();
    for _ in 0..3 {
        let before = lines().lines().count();
        container.wait_for("more lines", || lines().lines().count() > before + 5);
        svc(&container, "-k", "a/log");
    }
    container.write("/stop", "");
    container.wait_for("the last line", || lines().contains("all "));
    let text = lines();
    let all: u32 = text
        .lines()
        .find_map(|line| line.strip_prefix("all "))
        .and_then(|word| word.parse().ok())
        .expect("a number");
    // A line that the logger had read and not written yet went with it: one for each kill.
    let kept = (1..=all)
        .filter(|n| text.contains(&format!("line {n}\n")))
        .count();
    assert!(kept as u32 >= all - 3, "{kept} of {all} lines");
    let deaths = container.text(place("a") + "/supervise/death_tally");
    assert_eq!(deaths, "", "the service itself never ended");
    stop(&container);
}

/// F30: an output that nobody reads must not fill up behind the scenes: standard error goes to the
/// container's own, also where standard output goes to a logger.
#[test]
fn a_mebibyte_to_standard_error_beside_a_logger_arrives() {
    let image = image();
    image
        .service(
            "a",
            "n=0; while [ $n -lt 1024 ]; do n=$((n + 1)); printf 'e%01022d\\n' $n >&2; done\n\
             echo all written >&2; . /idle.sh",
        )
        .service_file("a", "log/run", "#!/bin/sh\nexec cat >/log\n");
    let container = image.up();
    container.wait_for_line("all written");
    let count = container.log().count("e000");
    assert_eq!(count, 1024);
    stop(&container);
}

#[test]
fn a_hundred_thousand_fifos_in_event_do_not_hold_the_loop_up() {
    let image = image();
    image.service("a", &format!("echo a up; {IDLE}"));
    let container = image.up();
    container.wait_for_line("a up");
    let event = place("a") + "/event";
    let words = ["/attacker", "fifos", &event, "100000"];
    let making = container.prepare(words).limit(Duration::from_secs(60));
    making.run().ok();
    let asking = container
        .prepare(["/attacker", "ask-while", SOCKET, &event])
        .limit(Duration::from_secs(60))
        .spawn();
    svc(&container, "-r", "a");
    // A loop that goes through all of them in one turn answers once or twice meanwhile, however
    // fast or slow the machine is.
    let answers: u32 = asking.wait().ok().text().parse().expect("a number");
    assert!(
        answers >= 20,
        "{answers} answers while the fifos were removed"
    );
    container.wait_for_nth_line(2, "a up");
    // Those who do listen still hear, and what is no listener's stays.
    let waiting = container
        .prepare(["s6-svwait", "-D", "-t", "10000", &place("a")])
        .spawn();
    svc(&container, "-d", "a");
    waiting.wait().ok();
    assert!(container.exists(format!("{event}/junk-0")));
    let asked = harness::sys::monotonic();
    assert_eq!(stop(&container).code(), Some(0));
    assert!(container.ended_at() - asked < patience(PROMPT));
}

#[test]
fn a_link_in_event_is_not_written_through() {
    let image = image();
    image.write("/etc/secret", "secret");
    image.service("a", &format!("echo a up; {IDLE}"));
    let container = image.up();
    container.wait_for_line("a up");
    let name = place("a") + "/event/ftrig1:@400000006b04d20019689633:d9STgX";
    container.exec(["ln", "-s", "/etc/secret", &name]).ok();
    svc(&container, "-r", "a");
    container.wait_for_nth_line(2, "a up");
    stop(&container);
    assert_eq!(container.text("/etc/secret"), "secret");
}

/// What stands at `control` in an image or after a hook, by shell in the service's directory.
const CONTROLS: &[(&str, &str)] = &[
    ("a link to a file", "ln -s /etc/secret supervise/control"),
    ("a link to a device", "ln -s /dev/null supervise/control"),
    ("a device", "mknod supervise/control c 1 3"),
    ("a file", "echo text >supervise/control"),
    ("a directory", "mkdir supervise/control"),
    (
        "a fifo that a user put there",
        "chown app supervise; mkfifo supervise/control; chown app supervise/control",
    ),
    (
        "a fifo that is another service's too",
        "mkfifo /other; chmod 777 supervise; ln /other supervise/control",
    ),
];

#[test]
fn what_is_no_control_fifo_of_ours_makes_room() {
    for (what, shell) in CONTROLS {
        let image = image();
        let dir = place("a");
        image.write("/etc/secret", "secret");
        image
            .service("a", &format!("echo a up; {IDLE}"))
            .hook("1", &format!("mkdir -p {dir}/supervise; cd {dir}; {shell}"));
        // mknod needs a capability that Docker gives.
        let container = image.up();
        container.wait_for_line("a up");
        let control = container
            .metadata(format!("{dir}/supervise/control"))
            .unwrap_or_else(|error| container.fail(&format!("{what}: {error}")));
        if *what == "a directory" {
            // Only an empty one could make room without a tree being removed.
            container.wait_for_line("supervise/control: ");
        } else {
            assert!(control.file_type().is_fifo(), "{what}");
            assert_eq!(
                (control.uid(), control.mode() & 0o777),
                (0, 0o600),
                "{what}"
            );
            assert_once(
                &container,
                "supervise/control: what was there could have been",
            );
            svc(&container, "-r", "a");
            container.wait_for_nth_line(2, "a up");
        }
        assert_eq!(stop(&container).code(), Some(0), "{what}");
        assert_eq!(container.text("/etc/secret"), "secret");
    }
}

/// Images say who may control a service by the owner and mode of a fifo that they bring.
#[test]
fn a_control_fifo_that_root_gave_to_a_user_stays_that_user_s() {
    let image = image();
    let dir = place("a");
    image.service("a", &format!("echo a up; {IDLE}")).hook(
        "1",
        &format!(
            "mkdir -p {dir}/supervise; mkfifo -m 620 {dir}/supervise/control; \
             chmod 711 {dir}/supervise; chown app {dir}/supervise/control"
        ),
    );
    let container = image.up();
    container.wait_for_line("a up");
    let control = container
        .metadata(format!("{dir}/supervise/control"))
        .expect("is there");
    assert_eq!((control.uid(), control.mode() & 0o777), (1000, 0o620));
    let words = ["s6-svc", "-r", &dir];
    container.prepare(words).user(1000, 1000).run().ok();
    container.wait_for_nth_line(2, "a up");
    stop(&container);
}

/// A service's own user owns supervise/ and event/ and exchanges everything in them at run time.
#[test]
fn what_a_service_s_user_puts_into_supervise_leads_nobody_elsewhere() {
    let image = image();
    let dir = place("a");
    image.write_mode("/etc/secret", "secret", 0o600);
    image
        .service("a", &format!("echo a up; {IDLE}"))
        .service_file("a", "max-death-tally", "10");
    let container = image.up();
    container.wait_for_line("a up");
    let script = format!(
        "chown app {dir}/supervise {dir}/event; chmod 755 {dir}/supervise; exec s6-setuidgid app sh -c '
         cd {dir}/supervise || exit 1
         for name in control lock status status.new death_tally death_tally.new; do
             rm -f $name; ln -s /etc/secret $name
         done'"
    );
    container.shell(&script).ok();
    // Root's own tool does not write its letters into the secret either.
    let refused = container.exec(["s6-svc", "-r", &dir]);
    assert_ne!(refused.code(), 0, "{refused}");
    container.exec(["mainstay", "restart", "a"]).ok();
    container.wait_for_nth_line(2, "a up");
    assert_eq!(container.text("/etc/secret"), "secret");
    let status = container
        .metadata(format!("{dir}/supervise/status"))
        .expect("is there");
    assert!(status.file_type().is_file(), "the status is a file again");
    // The directory itself cannot be exchanged by its owner; by who may write above it can.
    container.shell(&format!(
        "cd {dir} && chmod 777 . && mkdir /elsewhere && mv supervise old && ln -s /elsewhere supervise"
    )).ok();
    container.exec(["mainstay", "restart", "a"]).ok();
    container.wait_for_nth_line(3, "a up");
    assert_eq!(
        container.list("/elsewhere").expect("lists"),
        &[] as &[String]
    );
    assert_answers(&container);
    assert_eq!(stop(&container).code(), Some(0));
}

#[test]
fn directories_that_are_links_out_of_the_tree_make_room() {
    let image = image();
    let dir = place("a");
    image.directory("/elsewhere");
    image.service("a", &format!("echo a up; {IDLE}")).hook(
        "1",
        &format!(
            "mkdir -p {dir}; chmod 777 {dir}; cd {dir}
                 s6-setuidgid app ln -s /elsewhere supervise
                 s6-setuidgid app ln -s /elsewhere event"
        ),
    );
    let container = image.up();
    container.wait_for_line("a up");
    for name in ["supervise", "event"] {
        let found = container
            .metadata(format!("{dir}/{name}"))
            .expect("is there");
        assert!(found.file_type().is_dir(), "{name}");
        assert_once(&container, &format!("{dir}/{name}: what was there could"));
    }
    assert_eq!(
        container.list("/elsewhere").expect("lists"),
        &[] as &[String]
    );
    svc(&container, "-r", "a");
    container.wait_for_nth_line(2, "a up");
    stop(&container);
}

/// Read-only service directories link them to where they can be written (servicedir(7)).
#[test]
fn directories_that_root_linked_elsewhere_are_used_there() {
    let image = image();
    let dir = place("a");
    image.directory("/data/supervise").directory("/data/event");
    image.service("a", &format!("echo a up; {IDLE}")).hook(
        "1",
        &format!("mkdir -p {dir}; cd {dir}; ln -s /data/supervise .; ln -s /data/event ."),
    );
    let container = image.up();
    container.wait_for_line("a up");
    assert!(container.exists("/data/supervise/status"));
    svc(&container, "-r", "a");
    container.wait_for_nth_line(2, "a up");
    stop(&container);
}

#[test]
fn the_scan_directory_s_own_control_makes_room_too() {
    for (what, shell) in [
        (
            "a link",
            "mkdir $d; ln -s /etc/secret $d/control; ln -s /etc/secret $d/lock",
        ),
        ("a device", "mkdir $d; mknod $d/control c 1 3"),
        (
            "a linked directory",
            "mkdir /elsewhere; chmod 777 /etc/s6/services; s6-setuidgid app ln -s /elsewhere $d",
        ),
    ] {
        let image = image();
        image.write("/etc/secret", "secret");
        image.service("a", &format!("echo a up; {IDLE}")).run_d(
            "1.sh",
            &format!(
                "mkdir -p /etc/s6/services; d=/etc/s6/services/.s6-svscan; rm -rf $d; {shell}"
            ),
        );
        let container = image.command("/run.sh", &[]).boot();
        container.wait_for_line("a up");
        let control = container
            .metadata("/var/run/s6/services/.s6-svscan/control")
            .expect("is there");
        assert!(control.file_type().is_fifo(), "{what}");
        // The stop may end the tool itself before it has ended.
        container.exec(["s6-svscanctl", "-t", "/var/run/s6/services"]);
        assert_eq!(container.wait().code(), Some(0), "{what}");
        assert_eq!(container.text("/etc/secret"), "secret", "{what}");
    }
}

#[test]
fn ten_thousand_half_open_clients_shut_nobody_out() {
    let image = image();
    image.service("a", &format!("echo a up; {IDLE}"));
    let container = image.up();
    container.wait_for_line("a up");
    let script =
        format!("ulimit -n 20000; sleep 600 | /attacker half-open {SOCKET} 10000 >/opened");
    let holding = container
        .prepare(["/bin/sh", "-c", &script])
        .limit(Duration::from_secs(700))
        .spawn();
    container.wait_for("all are open", || {
        container
            .read("/opened")
            .is_ok_and(|text| text == b"10000 open\n")
    });
    let pid = container.machine_pid();
    let open = std::fs::read_dir(format!("/proc/{pid}/fd"))
        .expect("PID 1 runs")
        .count();
    assert!(open < 100, "PID 1 holds {open} descriptors");
    assert_answers(&container);
    container.exec(["mainstay", "restart", "a"]).ok();
    container.wait_for_nth_line(2, "a up");
    let asked = harness::sys::monotonic();
    container.signal(signal::TERM);
    assert_eq!(container.wait().code(), Some(0));
    assert!(container.ended_at() - asked < patience(PROMPT));
    drop(holding);
}

#[test]
fn a_client_that_says_nothing_is_closed_in_the_end() {
    let image = image();
    let container = image.up();
    let opened = container
        .prepare(["/attacker", "ask-slowly", SOCKET, "status"])
        .run()
        .ok()
        .text();
    assert!(
        opened.starts_with("ok\ncontainer\t"),
        "byte by byte: {opened}"
    );
    let pid = container.machine_pid();
    let open = || std::fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count);
    let before = open();
    let script = format!("sleep 600 | /attacker half-open {SOCKET} 5");
    let holding = container
        .prepare(["/bin/sh", "-c", &script])
        .limit(Duration::from_secs(700))
        .spawn();
    container.wait_for("five clients", || open() == before + 5);
    container.wait_for("their time is over", || open() == before);
    assert_eq!(stop(&container).code(), Some(0));
    drop(holding);
}

#[test]
fn requests_that_are_none_are_refused_in_a_line() {
    let image = image();
    image.service("a", &format!("echo a up; {IDLE}"));
    let container = image.up();
    container.wait_for_line("a up");
    let long = "x".repeat(100_000);
    for request in [
        long.as_str(),
        "status,more",
        "nonsense",
        ",",
        "signal,a,NOTHING",
        "start,no\nsuch\u{1b}[31m",
    ] {
        let output = container
            .prepare(["/attacker", "ask", SOCKET, request])
            .run();
        let answer = output.text();
        assert!(
            answer.is_empty() || (answer.starts_with("error\t") && answer.lines().count() == 1),
            "{request:.20}: {answer}"
        );
        assert!(!answer.contains('\u{1b}'), "{answer}");
    }
    assert_answers(&container);
    stop(&container);
}

#[test]
fn only_root_and_the_user_of_pid_1_may_ask() {
    let image = image();
    let container = image.up();
    let ask = |uid: u32| {
        let words = ["/attacker", "ask", SOCKET, "status"];
        container.prepare(words).user(uid, uid).run()
    };
    assert_ne!(ask(1000).code(), 0, "the socket's mode keeps others out");
    container.exec(["chmod", "666", SOCKET]).ok();
    assert_eq!(ask(1000).text(), "", "and so does PID 1");
    assert_eq!(ask(65534).text(), "");
    assert!(ask(0).text().starts_with("ok\n"));
    stop(&container);
}

#[test]
fn root_may_ask_a_pid_1_that_is_a_user() {
    let image = image();
    // By its number, which nobody else can have: only as PID 1.
    let container = image
        .init([])
        .placement(Placement::Pid1)
        .user(1000, 1000)
        .tmpfs_with("/run", "mode=777")
        .boot();
    container.wait_for_line(pid1_tests::BOOTED);
    for uid in [0, 1000] {
        let words = ["mainstay", "status"];
        container.prepare(words).user(uid, uid).run().ok();
    }
    stop(&container);
}

/// F65: no port is open that anybody could ask: PID 1 and the tools listen on one path.
#[test]
fn nothing_listens_but_on_the_one_path() {
    let image = image();
    image.service("a", &format!("echo a up; {IDLE}"));
    let container = image.up();
    container.wait_for_line("a up");
    container.exec(["mainstay", "status"]).ok();
    for table in [
        "tcp", "tcp6", "udp", "udp6", "raw", "raw6", "packet", "netlink",
    ] {
        let text = container
            .process_file(1, &format!("net/{table}"))
            .unwrap_or_default();
        let mine = text
            .lines()
            .skip(1)
            .filter(|line| table != "netlink" || !line.contains(" 0 0 "));
        let open: Vec<&str> = mine.collect();
        assert!(open.is_empty() || table == "netlink", "{table}: {open:?}");
    }
    let unix = container.process_file(1, "net/unix").expect("proc");
    let listening: Vec<&str> = unix
        .lines()
        .skip(1)
        .filter(|line| line.split_ascii_whitespace().nth(3) == Some("00010000"))
        .filter_map(|line| line.split_ascii_whitespace().nth(7))
        .collect();
    assert_eq!(listening, [SOCKET], "{unix}");
    stop(&container);
}
