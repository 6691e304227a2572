//! Reaping: orphans by the thousand, ends in one instant, pids that come around, and whoever is left
//! at the stop. The numbers are those of the known failures of other process bases.
#![forbid(unsafe_code)]

use harness::{Container, Placement, patience, rounds, signal, sys};
use pid1_tests::{IDLE, Image, assert_none, assert_once, assert_order, last_line, place, sh, stop};
use std::time::{Duration, Instant};

const NONE: &[String] = &[];

/// An image with the program that makes processes.
fn image() -> Image {
    let image = Image::new();
    image.copy_file(env!("CARGO_BIN_EXE_family"), "/family");
    image
}

/// The supervisor's pid in the container.
fn supervisor(container: &Container) -> i32 {
    container.wait_for_process("/init").pid
}

/// Waits until nobody of PID 1's own is a zombie.
#[track_caller]
fn wait_for_no_zombies(container: &Container) {
    let own = supervisor(container);
    container.wait_for("no zombies", || {
        container
            .processes()
            .iter()
            .all(|one| one.state != 'Z' || one.parent != own)
    });
}

/// F01: orphans are reaped, ten thousand of them, and none is left a zombie.
/// F03: an orphan that nobody knows and that fails does not end the container.
#[test]
fn ten_thousand_orphans_leave_no_zombie() {
    let image = image();
    image.service("a", &format!("echo a up; {IDLE}"));
    let container = image.up();
    let count = rounds(10_000, 100_000).to_string();
    // Below a service: what is executed from outside is no descendant where the supervisor is
    // not PID 1.
    let dir = place("maker");
    container.write_script(
        format!("{dir}/run"),
        sh(&format!("/family orphans {count}; exec sleep 1000")),
    );
    container
        .exec(["s6-svscanctl", "-a", "/var/run/s6/services"])
        .ok();
    container.wait_for_line(&format!("{count} orphans"));
    wait_for_no_zombies(&container);
    assert_once(&container, "a up");
    assert_eq!(stop(&container).code(), Some(0));
    assert_eq!(container.left_running(), NONE);
}

/// F02: while orphans stream in, every status reaches the one that it is meant for.
#[test]
fn statuses_arrive_while_orphans_churn() {
    let image = image();
    image.service("churn", "while :; do /family orphans 200 >/dev/null; done");
    for code in 1..=9 {
        let name = format!("s{code}");
        image
            .service(&name, &format!("exit {code}"))
            .finish(&name, &format!("echo {name} ended $1 $2"));
    }
    // A hook waits for its own child meanwhile.
    image.stop_hook("10-waits", "(exit 7); echo the hook saw $?");
    let container = image.up();
    let turns = rounds(3, 100) as usize;
    for code in 1..=9 {
        container.wait_for_nth_line(turns, &format!("s{code} ended {code} 0"));
    }
    stop(&container);
    assert_once(&container, "the hook saw 7");
    for code in 1..=9 {
        let all = container.log().count(&format!("s{code} ended"));
        let right = container.log().count(&format!("s{code} ended {code} 0"));
        assert_eq!(all, right, "a status of somebody else's");
    }
}

/// F04: a service whose process is dead counts as down, though what it forked lives on.
#[test]
fn a_dead_leader_with_living_children_is_started_again() {
    let image = image();
    image
        .service("a", "sleep 1000 & echo a is $$; exec sleep 2000")
        .finish("a", "echo a finished $1 $2");
    let container = image.up();
    let leader = container.wait_for_process("sleep 2000");
    container.signal_process(leader.pid, signal::KILL);
    container.wait_for_line("a finished 256 9");
    container.wait_for_nth_line(2, "a is");
    container.wait_for("nobody ended the child of the first", || {
        let list = container.processes();
        list.iter()
            .filter(|one| one.arguments == ["sleep", "1000"])
            .count()
            == 2
    });
    assert_eq!(stop(&container).code(), Some(0));
    assert_eq!(container.left_running(), NONE);
}

/// F05: a child that has ended before anybody knows its pid. Each end of `true` is counted once,
/// and the service is never stuck.
#[test]
fn a_service_that_ends_at_once_is_counted_each_time() {
    let image = image();
    let many = 20;
    for number in 0..many {
        let name = format!("s{number}");
        image
            .service_file(&name, "run", "#!/bin/true\n")
            .finish(&name, "echo x >>/ends");
    }
    let container = image.up();
    let wanted = rounds(60, 2000) as usize;
    let ends = || container.read("/ends").map_or(0, |text| text.len() / 2);
    let limit = Instant::now() + patience(Duration::from_secs(1200));
    while ends() < wanted && Instant::now() < limit {
        container.wait_for("more ends", || true);
    }
    assert!(ends() >= wanted, "{}", ends());
    for number in 0..many {
        let tally = container.exec(["s6-svdt", &place(&format!("s{number}"))]);
        assert!(!tally.ok().text().is_empty());
    }
    assert_eq!(stop(&container).code(), Some(0));
    assert_eq!(container.left_running(), NONE);
}

/// F06: a thousand children end in one instant, while PID 1 is stopped and hears of it once.
#[test]
fn a_thousand_ends_in_one_instant_are_one_signal_and_a_thousand_reaped() {
    let image = image();
    image
        .service("gate", "mkfifo /gate; exec /family at-once 1000 </gate")
        .service("a", "echo a up; exec sleep 3000");
    let container = image.up();
    // Ahead of that a writer would make a file of that name.
    container.wait_for("the gate is a fifo", || {
        container.exec(["test", "-p", "/gate"]).status.success()
    });
    let holder = container
        .prepare(["/bin/sh", "-c", "exec 9>/gate; echo held; exec sleep 4000"])
        .limit(Duration::from_secs(600))
        .spawn();
    container.wait_for_line("1000 wait");
    let own = supervisor(&container);
    container.wait_for("a thousand children", || {
        let list = container.processes();
        list.iter().filter(|one| one.parent == own).count() >= 1000
    });
    container.signal(signal::STOP);
    let opened = container.wait_for_process("sleep 4000");
    container.signal_process(opened.pid, signal::KILL);
    let a = container.wait_for_process("sleep 3000");
    container.signal_process(a.pid, signal::KILL);
    container.wait_for("a thousand zombies", || {
        let list = container.processes();
        list.iter().filter(|one| one.state == 'Z').count() >= 1000
    });
    container.signal(signal::CONT);
    wait_for_no_zombies(&container);
    container.wait_for_nth_line(2, "a up");
    drop(holder);
    assert_eq!(stop(&container).code(), Some(0));
    assert_eq!(container.left_running(), NONE);
}

/// F07: orphans as fast as they fork neither pile up nor keep PID 1 from its other work.
#[test]
fn a_storm_of_orphans_does_not_keep_anybody_waiting() {
    let image = image();
    image
        .service("storm", "mkfifo /calm; exec /family storm <>/calm")
        .service("a", "echo a up; exec sleep 3000");
    let container = image.up();
    container.wait_for_line("storm");
    for turn in 2..2 + rounds(3, 50) as usize {
        let a = container.wait_for_process("sleep 3000");
        container.signal_process(a.pid, signal::KILL);
        container.wait_for_nth_line(turn, "a up");
        let zombies = container.processes();
        let zombies = zombies.iter().filter(|one| one.state == 'Z').count();
        assert!(zombies < 1000, "{zombies} zombies");
    }
    assert_eq!(stop(&container).code(), Some(0));
    assert_eq!(container.left_running(), NONE);
}

/// F08: a signal for a service never hits the process that has got its pid.
#[test]
fn a_pid_that_comes_around_gets_no_signal_of_its_predecessor() {
    let image = image();
    let names: Vec<String> = (0..20).map(|number| format!("s{number}")).collect();
    for name in &names {
        image.service(name, "exec sleep 1000");
    }
    let container = image.init([]).all_capabilities().boot();
    container.wait_for_line(pid1_tests::BOOTED);
    container.wait_for("all run", || {
        let list = container.processes();
        list.iter()
            .filter(|one| one.arguments == ["sleep", "1000"])
            .count()
            == names.len()
    });
    let count = rounds(60, 20_000).to_string();
    let words = ["/family", "reuse", &count].map(str::to_owned);
    let words = words
        .into_iter()
        .chain(names.iter().map(|name| place(name)));
    let limit = Duration::from_secs(3600);
    let output = container.prepare(words).limit(limit).run().ok().text();
    let told: Vec<&str> = output.split_whitespace().collect();
    let reused: u32 = told[0].parse().expect("a number");
    assert!(reused > 0, "no pid came around: {output}");
    assert!(output.ends_with(" 0 hit"), "{output}");
    assert_eq!(stop(&container).code(), Some(0));
}

/// F10: a zombie that PID 1 cannot reap, since it is another's child, costs it nothing.
#[test]
fn a_zombie_of_somebody_else_is_nobodys_business() {
    let image = image();
    // The shell becomes a program that never waits for its child.
    image.service(
        "a",
        "sleep 0.3 & echo a up; exec /bin/sh -c 'kill -STOP $$'",
    );
    let container = image.up();
    container.wait_for_line("a up");
    container.wait_for("the zombie is there", || {
        container.processes().iter().any(|one| one.state == 'Z')
    });
    let switches = || {
        let status = container.machine_pid();
        let status = std::fs::read_to_string(format!("/proc/{status}/status")).expect("it runs");
        let line = |name: &str| {
            let found = status.lines().find_map(|line| line.strip_prefix(name));
            found.and_then(|text| text.trim().parse::<u64>().ok())
        };
        line("voluntary_ctxt_switches:").expect("a count")
    };
    let before = (switches(), sys::monotonic());
    container.wait_for("a while has passed", || {
        sys::monotonic() > before.1 + Duration::from_millis(500)
    });
    let turns = switches() - before.0;
    assert!(turns <= 2, "{turns} turns of the loop for nothing");
    assert_eq!(stop(&container).code(), Some(0));
    assert_eq!(container.left_running(), NONE);
}

/// F12: a leader that ends at TERM leaves a child that ignores it; the child is killed, and named.
/// F13: a child in a session of its own is told too.
/// F14: the container ends after the last of them, not after the first.
#[test]
fn whoever_is_left_at_the_stop_is_told_waited_for_and_named() {
    let image = image();
    image
        .service(
            "a",
            "trap 'echo a ends; exit 0' TERM\n\
             (trap '' TERM HUP; echo deaf up; . /idle.sh) &\n\
             setsid sh -c \"trap '' HUP; trap 'sleep 0.3; echo far away ends; exit 0' TERM; echo far up; . /idle.sh\" &\n\
             echo a up; . /idle.sh",
        );
    let container = image.init([]).env("S6_KILL_GRACETIME", "1500").boot();
    for line in ["a up", "deaf up", "far up"] {
        container.wait_for_line(line);
    }
    assert_eq!(stop(&container).code(), Some(0));
    assert_order(&container, &["a ends", "far away ends", "stopped in"]);
    let last = last_line(&container);
    assert!(
        last.contains("had to kill") && last.contains("1500 ms after TERM"),
        "{last}"
    );
    assert_eq!(container.left_running(), NONE);
}

/// F57: a child that may not be signalled is named, waited for as long as the limits say, and does
/// not end PID 1.
#[test]
fn a_process_that_may_not_be_signalled_is_named_and_waited_for() {
    let image = image();
    image
        .service("a", "echo a up; exec sleep 1000")
        .service("b", "read line <>/never");
    let container = image
        .init([])
        .env("S6_SERVICES_GRACETIME", "100")
        .env("S6_KILL_GRACETIME", "100")
        .denied(62, 1) // kill(2) answers EPERM on x86-64
        .placement(Placement::Pid1)
        .boot();
    container.wait_for_line("a up");
    container.exec(["s6-svc", "-t", &place("a")]).ok();
    container.wait_for_line("cannot be signalled");
    container.exec(["s6-svc", "-t", &place("a")]).ok();
    container.exec(["s6-svstat", &place("a")]).ok();
    assert_eq!(stop(&container).code(), Some(0));
    let named = container.log().count("a: its process");
    assert_eq!(named, 1, "once a process");
    assert_none(&container, "panicked");
}

/// F59: strangers in the same PID namespace are never signalled.
#[test]
fn strangers_are_not_signalled() {
    let image = image();
    image.service(
        "a",
        "(trap '' TERM HUP; . /idle.sh) & echo a up; . /idle.sh",
    );
    image.write_script("/usr/bin/stranger", sh("echo here >/here; . /idle.sh"));
    let container = image
        .init([])
        .env("S6_KILL_GRACETIME", "100")
        .placement(Placement::Child)
        .boot();
    container.wait_for_line("a up");
    let stranger = container
        .prepare(["/usr/bin/stranger"])
        .limit(Duration::from_secs(600))
        .spawn();
    container.wait_for("the stranger is there", || container.exists("/here"));
    assert_eq!(stop(&container).code(), Some(0));
    let left = container.left_running();
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(left[0].ends_with(" stranger"), "{left:?}");
    drop(stranger);
}
