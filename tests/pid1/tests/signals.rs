//! What each signal to PID 1 does in each phase: the table of docs/signals.md.
#![forbid(unsafe_code)]

use harness::{Container, patience, signal};
use pid1_tests::{Image, PROMPT, assert_none, assert_order, code, stop};

/// SIGRTMIN+3 as the C library counts, systemd's "halt".
const RTMIN_3: i32 = 37;

const STOPPING: [(&str, i32); 6] = [
    ("TERM", signal::TERM),
    ("INT", signal::INT),
    ("QUIT", signal::QUIT),
    ("PWR", signal::PWR),
    ("RTMIN+3", RTMIN_3),
    ("ABRT", signal::ABRT),
];

const PASSED_OVER: [(&str, i32); 5] = [
    ("HUP", signal::HUP),
    ("USR1", signal::USR1),
    ("USR2", signal::USR2),
    ("WINCH", signal::WINCH),
    ("ALRM", signal::ALRM),
];

/// Sends a signal and fails unless the container ends promptly after it, with 0.
#[track_caller]
fn ends_at_once(container: &Container, name: &str, number: i32) {
    let asked = harness::sys::monotonic();
    container.signal(number);
    let code = container.wait().code();
    let took = container.ended_at().saturating_sub(asked);
    if code != Some(0) || took > patience(PROMPT) {
        container.fail(&format!("{name}: exit code {code:?} after {took:?}"));
    }
    assert_eq!(container.left_running(), &[] as &[String], "{name}");
}

/// A script that says that it began, and goes on once /go is there.
fn until_go(name: &str) -> String {
    format!("echo {name} begins; while [ ! -e /go ]; do usleep 10000; done; echo {name} ends")
}

#[test]
fn a_signal_to_stop_ends_run_d_in_its_sleep_and_no_further_script_begins() {
    let image = Image::new();
    image
        .run_d("10.sh", "echo sleeping; sleep 30; echo slept")
        .run_d("20.sh", "echo further script")
        .hook("1", "echo hook")
        .service("a", "echo supervised")
        .stop_hook("1", "echo stop hook");
    for (name, number) in STOPPING {
        let container = image.command("/run.sh", &[]).boot();
        container.wait_for_line("sleeping");
        ends_at_once(&container, name, number);
        for line in ["slept", "further", "hook", "supervised"] {
            assert_none(&container, line);
        }
    }
}

#[test]
fn a_signal_to_stop_ends_a_boot_hook_in_its_sleep_and_no_further_hook_begins() {
    let image = Image::new();
    image
        .hook("10", "echo sleeping; sleep 30; echo slept")
        .hook("20", "echo further hook")
        .service("a", "echo supervised")
        .stop_hook("1", "echo stop hook");
    for (name, number) in STOPPING {
        let container = image.init(["echo", "command"]).boot();
        container.wait_for_line("sleeping");
        ends_at_once(&container, name, number);
        assert_order(&container, &["sleeping", "stop hook", "stopped in"]);
        for line in ["slept", "further", "supervised", "command"] {
            assert_none(&container, line);
        }
    }
}

#[test]
fn a_signal_to_stop_ends_the_wait_for_services() {
    let image = Image::new();
    image
        .service("a", "echo a up; exec sleep 1000")
        .service_file("a", "notification-fd", "3")
        .stop_hook("1", "echo stop hook");
    for (name, number) in STOPPING {
        let container = image
            .init(["echo", "command"])
            .env("S6_CMD_WAIT_FOR_SERVICES", "1")
            .env("S6_CMD_WAIT_FOR_SERVICES_MAXTIME", "0")
            .boot();
        container.wait_for_line("a up");
        ends_at_once(&container, name, number);
        assert_order(&container, &["a up", "stop hook", "stopped in"]);
        assert_none(&container, "command");
    }
}

#[test]
fn a_signal_to_stop_stops_services_with_and_without_a_command() {
    let image = Image::new();
    image
        .service(
            "a",
            "trap 'echo a got TERM; exit 0' TERM; echo a up; . /idle.sh",
        )
        .stop_hook("1", "echo stop hook");
    for (name, number) in STOPPING {
        let without = image.up();
        let with = image
            .init(["sh", "-c", "echo cmd up; exec sleep 1000"])
            .boot();
        with.wait_for_line("cmd up");
        for container in [without, with] {
            container.wait_for_line("a up");
            ends_at_once(&container, name, number);
            assert_order(&container, &["a got TERM", "stopped in"]);
            assert_order(&container, &["stop hook", "stopped in"]);
        }
    }
}

#[test]
fn other_signals_change_nothing_in_run_d_and_in_a_hook() {
    let image = Image::new();
    image
        .run_d("10.sh", &until_go("run.d"))
        .hook(
            "10",
            "rm /go; echo hook begins; while [ ! -e /go ]; do usleep 10000; done; echo hook ends",
        )
        .service("a", "echo a up; exec sleep 1000");
    let container = image.command("/run.sh", &[]).boot();
    for phase in ["run.d", "hook"] {
        container.wait_for_line(&format!("{phase} begins"));
        for (_, number) in PASSED_OVER {
            container.signal(number);
        }
        container.write("/go", "");
        container.wait_for_line(&format!("{phase} ends"));
    }
    container.wait_for_line("a up");
    assert_eq!(stop(&container).code(), Some(0));
}

#[test]
fn other_signals_change_nothing_while_the_container_is_up_and_while_it_stops() {
    let image = Image::new();
    image
        .service(
            "a",
            "trap 'echo a got TERM; exit 0' TERM; echo a up; . /idle.sh",
        )
        .stop_hook("1", &until_go("stop hook"));
    let without = image.up();
    let with = image
        .init(["sh", "-c", "echo cmd up; exec sleep 1000"])
        .boot();
    with.wait_for_line("cmd up");
    for container in [without, with] {
        container.wait_for_line("a up");
        for (_, number) in PASSED_OVER {
            container.signal(number);
        }
        // Answered by PID 1 after those signals, which it reads first.
        container.exec(["mainstay", "status"]).ok();
        assert_none(&container, "a got TERM");
        container.signal(signal::TERM);
        container.wait_for_line("stop hook begins");
        for (_, number) in PASSED_OVER {
            container.signal(number);
        }
        container.write("/go", "");
        assert_eq!(code(&container), 0);
        assert_order(&container, &["stop hook ends", "stopped in"]);
    }
}

#[test]
fn hup_picks_up_a_new_service_and_leaves_the_others_alone() {
    let image = Image::new();
    image.service("a", "echo a up; exec sleep 1000");
    let container = image.up();
    container.wait_for_line("a up");
    container.write_script(
        "/var/run/s6/services/new/run",
        "#!/bin/sh\necho new up\nexec sleep 1000\n",
    );
    container.signal(signal::HUP);
    container.wait_for_line("new up");
    assert_eq!(container.log().count("a up"), 1);
    stop(&container);
    assert_eq!(container.left_running(), &[] as &[String]);
}

#[test]
fn an_executable_named_after_a_signal_takes_its_place() {
    let image = Image::new();
    let names = [
        ("SIGTERM", signal::TERM),
        ("SIGINT", signal::INT),
        ("SIGQUIT", signal::QUIT),
        ("SIGHUP", signal::HUP),
        ("SIGPWR", signal::PWR),
        ("SIGUSR1", signal::USR1),
        ("SIGUSR2", signal::USR2),
        ("SIGWINCH", signal::WINCH),
    ];
    for (name, _) in names {
        let script = format!("#!/bin/sh\necho diverted {name} in $PWD\n");
        image.write_script(format!("/etc/s6/services/.s6-svscan/{name}"), script);
    }
    image.service("a", "echo a up; exec sleep 1000");
    let container = image.up();
    container.wait_for_line("a up");
    for (name, number) in names {
        container.signal(number);
        container.wait_for_line(&format!("diverted {name} in "));
    }
    let line = container
        .log()
        .find("diverted SIGTERM in ")
        .expect("there")
        .text;
    assert!(line.ends_with("/run/s6/services"), "{line}");
    assert_none(&container, "stop");
    // The stop may end the asking program too.
    container.exec(["mainstay", "stop-container"]);
    assert_eq!(code(&container), 0);
}

#[test]
fn a_diversion_may_stop_the_container_with_s6_svscanctl() {
    let image = Image::new();
    let script = "#!/bin/sh\necho diverted\nexec s6-svscanctl -t .\n";
    image.write_script("/etc/s6/services/.s6-svscan/SIGUSR1", script);
    let container = image.up();
    container.signal(signal::USR1);
    assert_eq!(code(&container), 0);
    assert_order(&container, &["diverted", "stopped in"]);
}

#[test]
fn a_file_named_after_a_signal_that_cannot_be_run_leaves_the_signal_its_meaning() {
    let image = Image::new();
    image.write(
        "/etc/s6/services/.s6-svscan/SIGTERM",
        "#!/bin/sh\necho diverted\n",
    );
    let container = image.up();
    assert_eq!(stop(&container).code(), Some(0));
    assert_none(&container, "diverted");
}

/// Whether the container's command has blocked its signals, so that none is lost from here.
fn listens(container: &Container) -> bool {
    let status = container.processes().into_iter().find_map(|one| {
        let is_init = one.arguments.first().is_some_and(|word| word == "/init");
        is_init.then(|| container.process_file(one.pid, "status"))
    });
    let status = status.and_then(Result::ok).unwrap_or_default();
    let blocked = status
        .lines()
        .find_map(|line| line.strip_prefix("SigBlk:\t"));
    blocked.is_some_and(|mask| mask.contains(|c| c != '0'))
}

#[test]
fn a_term_as_soon_as_pid_1_listens_is_not_lost() {
    let image = Image::new();
    image.service("a", "exec sleep 1000");
    for _ in 0..20 {
        let container = image.init([]).boot();
        container.wait_for("signals are blocked", || listens(&container));
        container.signal(signal::TERM);
        assert_eq!(code(&container), 0);
    }
}
