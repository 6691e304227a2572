//! What PID 1 does when something is used up or hangs: processes, descriptors, disk, memory, a file
//! system that does not answer. It says so in a line and goes on answering.
#![forbid(unsafe_code)]

use harness::{Container, Placement, patience, signal};
use pid1_tests::{BOOTED, IDLE, Image, assert_none, assert_once, place, sh, stop};
use std::process::Command;
use std::time::Duration;

/// The socket for people.
const SOCKET: &str = "/run/mainstay/control";

/// RLIMIT_NPROC and RLIMIT_NOFILE (getrlimit(2)).
const PROCESSES: u32 = 6;
const DESCRIPTORS: u32 = 7;

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

/// Fails unless PID 1 answers within 50 ms. A machine that is busy with other things holds up one
/// series of requests or another; a loop that is held up holds up every series.
#[track_caller]
fn assert_answers(container: &Container) {
    let limit = patience(Duration::from_millis(50));
    let mut longest = Vec::new();
    while longest.len() < 30 {
        let words = ["/attacker", "latency", SOCKET, "10"];
        let output = container.exec(words).ok().text();
        let series = Duration::from_micros(output.parse().expect("microseconds"));
        if series < limit {
            return;
        }
        longest.push(series);
    }
    container.fail(&format!("PID 1 took {longest:?} to answer"));
}

/// How many units are up, asked as this user.
fn up(container: &Container, uid: u32) -> usize {
    let words = ["mainstay", "status", "--json"];
    let table = container.prepare(words).user(uid, uid).run().ok().text();
    table.matches("\"state\":\"up\"").count()
}

/// F56: EAGAIN from fork. A limit on the processes of a user of its own does what pids.max does.
#[test]
fn without_processes_services_wait_and_the_loop_goes_on() {
    let image = image();
    for number in 1..=12 {
        image.service(&format!("s{number:02}"), "exec sleep 1000");
    }
    let uid = 54_000 + std::process::id() % 1000;
    let container = image
        .init([])
        .user(uid, uid)
        .tmpfs_with("/run", "mode=777")
        .limit(PROCESSES, 8, 8)
        .boot();
    container.wait_for_line("Resource temporarily unavailable");
    container.wait_for_line(BOOTED);
    assert_answers(&container);
    let first = up(&container, uid);
    assert!((1..12).contains(&first), "{first} are up");
    // Room for the others: each comes up at its next try.
    for number in 1..=6 {
        let name = format!("s{number:02}");
        let words = ["s6-svc", "-d", &place(&name)];
        container.prepare(words).run().ok();
    }
    container.wait_for("the others are up", || up(&container, uid) == 6);
    assert_eq!(stop(&container).code(), Some(0));
}

/// No process for the boot itself: it is waited for, and a stop meanwhile is heard.
#[test]
fn without_a_process_for_the_boot_it_waits() {
    let image = image();
    image.service("a", "echo a up; exec sleep 1000");
    let uid = 53_000 + std::process::id() % 1000;
    // They take three of the user's four processes, in a container of their own.
    let others = || {
        let script = "sleep 1000 & sleep 1000 & echo others; wait";
        let others = image
            .command("/bin/sh", &["-c", script])
            .user(uid, uid)
            .boot();
        others.wait_for_line("others");
        others
    };
    let held = || {
        let container = image
            .init([])
            .placement(Placement::Pid1)
            .user(uid, uid)
            .tmpfs_with("/run", "mode=777")
            .limit(PROCESSES, 4, 4)
            .boot();
        container.wait_for_line("cannot make a process for the boot");
        container
    };
    let guests = others();
    assert_eq!(stop(&held()).code(), Some(0));
    let container = held();
    // As root, who has processes left.
    let status = container.exec(["mainstay", "status"]);
    assert!(status.text().contains("booting"), "{status}");
    assert_eq!(container.exec(["mainstay", "status", "--ready"]).code(), 1);
    drop(guests);
    container.wait_for_line("a up");
    container.wait_for_line(BOOTED);
    assert_once(&container, "cannot make a process for the boot");
    assert_eq!(stop(&container).code(), Some(0));
}

/// A limit on descriptors that is far too low: it serves, or says what is missing and ends with a
/// code that says so; it hears a stop, and is never ready without the service.
#[test]
fn with_hardly_any_descriptors_it_says_so() {
    let image = image();
    image.service("a", "echo a up; exec sleep 1000");
    for limit in 3..=14 {
        let container = image
            .init([])
            .limit(DESCRIPTORS, limit, limit)
            .env("S6_KILL_GRACETIME", "300")
            .env("S6_SERVICES_GRACETIME", "300")
            .boot();
        let log = container.log();
        container.wait_for("the service, a line, or the end", || {
            let waits = log.count("cannot make a process") + log.count(BOOTED);
            waits + log.count("a up") > 0 || container.ended()
        });
        if container.ended() {
            assert_eq!(container.wait().code(), Some(111), "limit {limit}");
            assert!(log.count("mainstay: ") > 0, "limit {limit}: {}", log.text());
            continue;
        }
        if log.count("a up") == 0 {
            let ready = container.exec(["mainstay", "status", "--ready"]);
            assert!(ready.code() != 0 || log.count("a up") > 0, "limit {limit}");
        }
        container.signal(signal::TERM);
        container.wait_for("the end", || container.ended());
    }
}

/// No room for the services' folder: another place is taken, and they run from there.
#[test]
fn without_room_for_the_scan_directory_another_place_is_taken() {
    let image = image();
    image.service("a", &format!("echo a up; {IDLE}"));
    let container = image
        .init([])
        .tmpfs_with("/run", "mode=755,nr_inodes=2")
        .boot();
    container.wait_for_line("a up");
    container.wait_for_line(BOOTED);
    assert_once(&container, "No space left on device; the state is in /tmp/");
    assert_eq!(container.exec(["mainstay", "status", "--ready"]).code(), 0);
    assert_eq!(stop(&container).code(), Some(0));
}

/// Descriptors used up by more services than there are descriptors: those without run all the same,
/// and PID 1 can still write, start, and talk.
#[test]
fn without_descriptors_services_run_without_a_control_fifo() {
    let image = image();
    for number in 0..100 {
        image.service(&format!("s{number:03}"), "exec sleep 1000");
    }
    image
        .service("ready", "echo >&3; exec sleep 1000")
        .service_file("ready", "notification-fd", "3");
    let container = image.init([]).limit(DESCRIPTORS, 64, 64).boot();
    container.wait_for_line(BOOTED);
    container.wait_for("all are up", || {
        container.exec(["mainstay", "status", "--ready"]).code() == 0
    });
    // glibc says "Too many open files", musl "No file descriptors available".
    let lines = container
        .log()
        .count("; the service runs, but cannot be controlled");
    assert!(lines > 40, "{lines}");
    assert_answers(&container);
    // One that has its fifo, and one that has none.
    svc(&container, "-r", "s000");
    container.exec(["mainstay", "restart", "s099"]).ok();
    container.wait_for("both are up again", || {
        container.exec(["mainstay", "status", "--ready"]).code() == 0
    });
    // Clients that hold what is left.
    let script = format!("sleep 600 | /attacker half-open {SOCKET} 60");
    let holding = container
        .prepare(["/bin/sh", "-c", &script])
        .limit(Duration::from_secs(700))
        .spawn();
    container.wait_for_line("no descriptor for a client of the socket");
    svc(&container, "-r", "s001");
    container.wait_for("PID 1 does not spin", || !spins(&container));
    container.wait_for("clients are heard again", || {
        container.exec(["mainstay", "status"]).code() == 0
    });
    assert_eq!(stop(&container).code(), Some(0));
    drop(holding);
}

/// Whether PID 1 uses most of a processor.
fn spins(container: &Container) -> bool {
    let ticks = || {
        let pid = container.machine_pid();
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
        let fields = fields.split_ascii_whitespace().skip(11).take(2);
        fields
            .filter_map(|word| word.parse::<u64>().ok())
            .sum::<u64>()
    };
    let (began, before) = (harness::sys::monotonic(), ticks());
    std::thread::sleep(Duration::from_millis(400));
    let passed = (harness::sys::monotonic() - began).as_millis() as u64 / 10;
    ticks() - before > passed / 2
}

/// F37: no room on the disk below /run. What is there can still be changed.
#[test]
fn on_a_full_disk_the_status_stays_true() {
    let image = image();
    image
        .service("a", &format!("echo a is $$; {IDLE}"))
        .service_file("a", "max-death-tally", "100");
    let container = image.init([]).tmpfs_with("/run", "mode=755,size=1m").boot();
    container.wait_for_line("a is ");
    container.wait_for_line(BOOTED);
    container.shell("dd if=/dev/zero of=/run/fill bs=4k");
    for round in 2..5 {
        container.exec(["mainstay", "restart", "a"]).ok();
        let pid = container.wait_for_nth_line(round, "a is ").text;
        let pid = pid.rsplit(' ').next().expect("a pid").to_owned();
        container.wait_for("the status says so", || {
            container
                .exec(["s6-svstat", "-o", "pid", &place("a")])
                .text()
                == pid
        });
    }
    assert_answers(&container);
    assert_eq!(stop(&container).code(), Some(0));
}

/// F37, from the start: what cannot be written is named, and the boot goes on.
#[test]
fn a_disk_that_is_full_at_the_start_does_not_end_the_boot() {
    let image = image();
    image.service("a", &format!("echo a up; {IDLE}"));
    let container = image
        .init([])
        .tmpfs_with("/run", "mode=755,size=64k")
        .env("BIG", "x".repeat(100_000))
        .boot();
    container.wait_for_line(BOOTED);
    assert_once(
        &container,
        "container_environment/BIG: cannot write this variable: No space left",
    );
    assert_eq!(stop(&container).code(), Some(0));
}

/// What a rescan hands over needs memory that PID 1 cannot have.
#[test]
fn without_memory_a_rescan_changes_nothing() {
    let image = image();
    image.service("a", &format!("echo a up; {IDLE}"));
    let container = image.up();
    container.wait_for_line("a up");
    let long = "n".repeat(240);
    container
        .shell(&format!(
            "cd /var/run/s6/services; n=0; while [ $n -lt 3000 ]; do n=$((n + 1)); mkdir $n-{long}
             ln -s /bin/true $n-{long}/run; : >$n-{long}/down; done"
        ))
        .ok();
    let pid = container.machine_pid().to_string();
    let size = || -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("PID 1 runs");
        let mut lines = status.lines();
        let line = lines
            .find_map(|line| line.strip_prefix("VmSize:"))
            .expect("VmSize");
        let word = line.split_ascii_whitespace().next().expect("a number");
        word.parse::<u64>().expect("a number") * 1024
    };
    // At first too little for the child that reads, then for what is to be made of it here.
    let mut more = 0;
    for round in 1.. {
        more += 1_200_000;
        let limit = format!("--as={}:", size() + more);
        let done = Command::new("prlimit")
            .args(["--pid", &pid, &limit])
            .status();
        assert!(
            done.is_ok_and(|status| status.success()),
            "prlimit (util-linux)"
        );
        container
            .exec(["s6-svscanctl", "-a", "/var/run/s6/services"])
            .ok();
        container.wait_for_nth_line(round, "the services stay as they are");
        assert_answers(&container);
        // In the words of either C library for ENOMEM.
        let words = ["Cannot allocate memory", "Out of memory"];
        let refused = |why: &str| {
            container
                .log()
                .count(&format!("cannot be taken over: {why}"))
        };
        if words.into_iter().any(|why| refused(why) > 0) {
            break;
        }
    }
    // Who reads for nobody ends.
    container.wait_for("PID 1 is alone", || {
        let all = container.processes();
        all.iter().filter(|one| one.name == "init").count() == 1
    });
    svc(&container, "-r", "a");
    container.wait_for_nth_line(2, "a up");
    // With memory again it is as if nothing had been.
    container.shell("rm -rf /var/run/s6/services/*-nnn*").ok();
    container.write_script(place("new") + "/run", sh("echo new up; exec sleep 1000"));
    container
        .exec(["s6-svscanctl", "-a", "/var/run/s6/services"])
        .ok();
    container.wait_for_line("new up");
    assert_eq!(stop(&container).code(), Some(0));
}

/// F11: a file system below `run` that takes its time: reading it, changing into it and executing from
/// it is for children.
#[test]
fn a_run_on_a_file_system_that_hangs_holds_nobody_up() {
    let image = image();
    image.directory("/slow");
    image.service("a", &format!("echo a up; {IDLE}"));
    let container = image.init([]).hung("/slow", Duration::from_secs(4)).boot();
    container.wait_for_line("a up");
    let dir = place("late");
    container
        .shell(&format!(
            "mkdir {dir}; ln -s /slow/run {dir}/run; s6-svscanctl -a /var/run/s6/services"
        ))
        .ok();
    // Read by a child, then executed by another.
    while container.log().count("slow up") == 0 {
        assert_answers(&container);
        if container
            .exec(["mainstay", "status"])
            .text()
            .contains("late")
        {
            break;
        }
    }
    assert_answers(&container);
    assert_none(&container, "slow up");
    svc(&container, "-r", "a");
    container.wait_for_nth_line(2, "a up");
    container.wait_for_line("slow up");
    assert_eq!(stop(&container).code(), Some(0));
}

/// F11: a whole service directory on such a file system, linked into the scan directory (s6-svlink).
/// Its supervise/ would be there too: it runs without, rather than hold PID 1 up.
#[test]
fn a_service_directory_on_a_file_system_that_hangs_holds_nobody_up() {
    let image = image();
    image.directory("/slow");
    image.service("a", &format!("echo a up; {IDLE}"));
    let container = image
        .init([])
        .hung("/slow", Duration::from_millis(400))
        .boot();
    container.wait_for_line("a up");
    let far = place("far");
    container
        .shell(&format!(
            "ln -s /slow/svc {far}; s6-svscanctl -a /var/run/s6/services"
        ))
        .ok();
    while container.log().count("slow up") == 0 {
        assert_answers(&container);
    }
    assert_once(&container, "far: linked from a file system that may hang");
    // Nothing was made there, not even in vain.
    assert_none(&container, "Read-only file system");
    for round in 2..4 {
        container.exec(["mainstay", "restart", "far"]).ok();
        assert_answers(&container);
        container.wait_for_nth_line(round, "slow up");
    }
    svc(&container, "-r", "a");
    container.wait_for_nth_line(2, "a up");
    assert_eq!(stop(&container).code(), Some(0));
}

/// F11: a process that hangs in the kernel takes no signal. The stop does not wait for it beyond its
/// time.
#[test]
fn a_process_that_cannot_be_killed_does_not_hold_up_the_stop() {
    let image = image();
    image.directory("/slow");
    image.service("stuck", "echo stuck begins; cat /slow/run");
    // As PID 1 it ends too, but the kernel keeps its number until the last process is gone.
    let container = image
        .init([])
        .placement(Placement::Child)
        .hung("/slow", Duration::from_secs(3600))
        .env("S6_SERVICES_GRACETIME", "200")
        .env("S6_KILL_GRACETIME", "200")
        .boot();
    container.wait_for_line("stuck begins");
    container.wait_for_process("cat /slow/run");
    let asked = harness::sys::monotonic();
    container.signal(signal::TERM);
    container.wait_for("mainstay has ended", || container.ended());
    // 200 ms, 200 ms, and a second for what KILL does not end.
    let took = harness::sys::monotonic() - asked;
    assert!(took < patience(Duration::from_secs(4)), "{took:?}");
    let list = container.processes();
    let stuck = list.iter().find(|one| one.name == "cat");
    assert!(stuck.is_some_and(|one| one.state == 'D'), "{list:?}");
}
