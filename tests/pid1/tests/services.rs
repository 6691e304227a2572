//! services.d: which services there are, their loggers, and the wait for them.
#![forbid(unsafe_code)]

use harness::patience;
use pid1_tests::{
    BOOTED, IDLE, Image, LOGGER, assert_none, assert_once, assert_order, code, sh, stop,
};
use std::time::Duration;

#[test]
fn a_service_that_is_a_link_is_supervised_in_its_own_place() {
    let image = Image::new();
    image
        .service_available("web", "echo web up in $PWD; exec sleep 1000")
        .symlink("/etc/services-available/web", "/etc/services.d/web");
    let container = image.up();
    let line = container.wait_for_line("web up in ").text;
    assert!(line.ends_with("/run/s6/services/web"), "{line}");
    assert!(!container.exists("/etc/services-available/web/supervise"));
    stop(&container);
}

#[test]
fn a_hook_makes_links_and_removes_services_of_the_same_boot() {
    let image = Image::new();
    image
        .service_available("web", "echo web up; exec sleep 1000")
        .service("made-of-image", "echo never; exec sleep 1000")
        .service("a", "echo a up; exec sleep 1000")
        .hook(
            "1",
            "ln -s /etc/services-available/web /etc/services.d/web
            rm -r /etc/services.d/made-of-image
            mkdir /etc/services.d/fresh
            printf '#!/bin/sh\\necho fresh up\\nexec sleep 1000\\n' > /etc/services.d/fresh/run
            chmod +x /etc/services.d/fresh/run",
        );
    let container = image.up();
    for line in ["web up", "a up", "fresh up"] {
        container.wait_for_line(line);
    }
    assert_none(&container, "never");
    stop(&container);
}

#[test]
fn a_service_that_a_hook_made_without_a_run_bit_is_executable_to_nobody_and_named() {
    let image = Image::new();
    image.service("a", "echo a up; exec sleep 1000").hook(
        "1",
        "mkdir /etc/services.d/fresh
        printf '#!/bin/sh\\necho fresh up\\n' > /etc/services.d/fresh/run",
    );
    let container = image.up();
    container.wait_for_line("a up");
    container.wait_for_line("/etc/services.d/fresh/run: it is not executable");
    stop(&container);
    assert_none(&container, "fresh up");
}

#[test]
fn a_service_with_a_down_file_is_there_and_not_started() {
    let image = Image::new();
    image
        .service("a", "echo a up; exec sleep 1000")
        .service("b", "echo b up; exec sleep 1000")
        .service_file("b", "down", "");
    let container = image.up();
    container.wait_for_line("a up");
    container.exec(["s6-svok", "/var/run/s6/services/b"]).ok();
    assert_none(&container, "b up");
    container
        .exec(["s6-svc", "-u", "/var/run/s6/services/b"])
        .ok();
    container.wait_for_line("b up");
    stop(&container);
}

#[test]
fn a_logger_reads_what_its_service_writes() {
    let image = Image::new();
    image
        .service("a", "echo out; echo err >&2; exec sleep 1000")
        .service_file("a", "log/run", sh(LOGGER));
    let container = image.up();
    container.wait_for_line("logged: out");
    container.wait_for_line("err");
    assert_none(&container, "logged: err");
    stop(&container);
}

#[test]
fn the_pipe_to_a_logger_survives_a_restart_of_either_end() {
    let image = Image::new();
    // The service says a line each time that it is asked for one.
    image
        .service(
            "a",
            &format!("n=0; trap 'n=$((n+1)); echo line $n of $$' USR1; echo service $$ up; {IDLE}"),
        )
        .service_file(
            "a",
            "log/run",
            sh("echo logger up; while read line; do echo \"logged: $line\"; done; echo logger ends"),
        );
    let container = image.up();
    container.wait_for_line("logged: service ");
    let svc = |option: &str, which: &str| {
        container
            .exec(["s6-svc", option, &format!("/var/run/s6/services/{which}")])
            .ok();
    };
    svc("-1", "a");
    container.wait_for_line("logged: line 1 of ");
    svc("-k", "a/log");
    container.wait_for_nth_line(2, "logger up");
    svc("-1", "a");
    container.wait_for_line("logged: line 2 of ");
    svc("-k", "a");
    container.wait_for_nth_line(2, "logged: service ");
    svc("-1", "a");
    container.wait_for_nth_line(2, "logged: line 1 of ");
    // One that was killed while a line waits reads it when it is back.
    svc("-d", "a/log");
    container.wait_for("the logger is down", || {
        let state = container.exec(["s6-svstat", "/var/run/s6/services/a/log"]);
        state.text().starts_with("down")
    });
    svc("-1", "a");
    svc("-u", "a/log");
    container.wait_for_nth_line(2, "logged: line 2 of ");
    stop(&container);
}

#[test]
fn no_line_of_a_log_is_lost_at_the_stop() {
    let image = Image::new();
    image
        .service(
            "a",
            &format!(
                "trap 'for n in $(seq 2000); do echo farewell $n; done; exit 0' TERM
                echo up; {IDLE}"
            ),
        )
        .finish("a", "echo finish says so")
        .service_file(
            "a",
            "log/run",
            sh("while read line; do echo \"logged: $line\"; done; echo logger ends"),
        );
    let container = image.up();
    container.wait_for_line("logged: up");
    assert_eq!(stop(&container).code(), Some(0));
    assert_eq!(container.log().count("logged: farewell "), 2000);
    assert_order(
        &container,
        &[
            "logged: farewell 2000",
            "logged: finish says so",
            "logger ends",
            "stopped in",
        ],
    );
}

#[test]
fn services_start_in_parallel() {
    let image = Image::new();
    // Each waits for the other.
    for (name, other) in [("a", "b"), ("b", "a")] {
        image.service(
            name,
            &format!("touch /{name}; while [ ! -e /{other} ]; do usleep 1000; done; echo {name} met; exec sleep 1000"),
        );
    }
    let container = image.up();
    container.wait_for_line("a met");
    container.wait_for_line("b met");
    stop(&container);
}

#[test]
fn the_command_waits_until_every_service_is_ready() {
    let image = Image::new();
    image
        .service("slow", "while [ ! -e /go ]; do usleep 1000; done; echo slow is ready; echo >&4; exec sleep 1000")
        .service_file("slow", "notification-fd", "4")
        .service("a", "echo a up; exec sleep 1000")
        .service("off", "echo never")
        .service_file("off", "down", "")
        .service_file("off", "notification-fd", "3");
    let container = image
        .init(["echo", "the command"])
        .env("S6_CMD_WAIT_FOR_SERVICES", "1")
        .boot();
    container.wait_for_line("a up");
    assert_none(&container, "the command");
    assert_none(&container, BOOTED);
    container.write("/go", "");
    assert_eq!(code(&container), 0);
    assert_order(&container, &["slow is ready", "the command"]);
}

/// servicedir: 1 is the number for programs that say it on their standard output (s6-ipcserverd -1).
#[test]
fn a_service_may_say_that_it_is_ready_on_its_standard_output() {
    let image = Image::new();
    image
        .service(
            "says",
            "echo says runs >&2; while [ ! -e /go ]; do usleep 1000; done; echo; exec sleep 1000",
        )
        .service_file("says", "notification-fd", "1");
    let container = image
        .init(["echo", "the command"])
        .env("S6_CMD_WAIT_FOR_SERVICES", "1")
        .boot();
    container.wait_for_line("says runs");
    assert_none(&container, "the command");
    container.write("/go", "");
    assert_eq!(code(&container), 0);
    assert_order(&container, &["says runs", "the command"]);
}

/// s6-overlay v2 in the layers below leaves two services: one that is down, and the logger of
/// everything, which its init removes where S6_LOGGING is 0.
#[test]
fn what_an_overlay_below_kept_for_itself_is_not_run() {
    let image = Image::new();
    image.service("web", "exec sleep 1000");
    let own = "/etc/s6/services";
    let script = "#!/bin/sh\necho the overlay runs\n";
    image.write_script(format!("{own}/s6-svscan-log/run"), script);
    image.write_script(format!("{own}/s6-fdholderd/run"), script);
    image.write(format!("{own}/s6-fdholderd/notification-fd"), "1");
    image.write(format!("{own}/s6-fdholderd/down"), "");
    let container = image.up();
    let ready = container.exec(["mainstay", "status", "--ready"]);
    assert_eq!(ready.code(), 0, "{ready}");
    assert!(
        !container
            .exec(["s6-svok", "/run/service/s6-svscan-log"])
            .status
            .success()
    );
    assert!(
        container
            .exec(["s6-svok", "/run/service/s6-fdholderd"])
            .status
            .success()
    );
    assert_none(&container, "the overlay runs");
    assert_none(&container, "mainstay: ");
    stop(&container);
}

#[test]
fn without_the_wait_the_command_does_not_wait_for_readiness() {
    let image = Image::new();
    image
        .service("slow", "exec sleep 1000")
        .service_file("slow", "notification-fd", "3");
    let container = image.init(["echo", "the command"]).boot();
    assert_eq!(code(&container), 0);
}

#[test]
fn a_wait_for_services_that_runs_out_of_time_is_a_failed_step() {
    let image = Image::new();
    image
        .service("slow", "exec sleep 1000")
        .service_file("slow", "notification-fd", "3")
        .stop_hook("1", "echo stop hook");
    let boot = |behaviour: &str| {
        let container = image
            .init(["sh", "-c", "echo the command; exit 3"])
            .env("S6_CMD_WAIT_FOR_SERVICES", "1")
            .env("S6_CMD_WAIT_FOR_SERVICES_MAXTIME", "100")
            .env("S6_BEHAVIOUR_IF_STAGE2_FAILS", behaviour)
            .boot();
        container.wait();
        container
    };
    let stopped = boot("2");
    assert_ne!(code(&stopped), 0);
    assert_none(&stopped, "the command");
    assert_order(&stopped, &["S6_CMD_WAIT_FOR_SERVICES_MAXTIME", "stop hook"]);
    assert!(
        stopped.ended_at() - stopped.started() < patience(Duration::from_millis(2500)),
        "the time was not honoured"
    );
    let warned = boot("1");
    assert_eq!(code(&warned), 3);
    assert_once(&warned, "S6_CMD_WAIT_FOR_SERVICES_MAXTIME");
    let silent = boot("0");
    assert_eq!(code(&silent), 3);
}

#[test]
fn a_service_that_ends_at_once_does_not_hold_the_command_up_for_ever() {
    let image = Image::new();
    image
        .service("once", "echo once")
        .finish("once", "exit 125")
        .service("a", "exec sleep 1000");
    let container = image
        .init(["echo", "the command"])
        .env("S6_CMD_WAIT_FOR_SERVICES", "1")
        .env("S6_CMD_WAIT_FOR_SERVICES_MAXTIME", "300")
        .boot();
    assert_eq!(code(&container), 0);
    container.wait_for_line("the command");
}

#[test]
fn services_of_the_image_s_own_supervision_directory_run_too() {
    let image = Image::new();
    image.write_script(
        "/etc/s6/services/helper/run",
        sh("echo helper up; exec sleep 1000"),
    );
    let container = image.up();
    container.wait_for_line("helper up");
    stop(&container);
}

#[test]
fn odd_names_of_services_work() {
    let image = Image::new();
    let names = ["a b", "ä", "$x", "-d", "x'y\"z", "n\\n"];
    for name in names {
        image.service(name, "echo \"up in ${PWD##*/}\"; exec sleep 1000");
    }
    image.service(".hidden", "echo hidden up");
    let container = image.up();
    for name in names {
        container.wait_for_line(&format!("up in {name}"));
    }
    assert_none(&container, "hidden up");
    stop(&container);
}

/// `data/check` is a script like others: it runs where /run is mounted noexec, as Docker's `--tmpfs`
/// does it. Who is asked no more is told.
#[test]
fn a_service_that_cannot_say_that_it_is_ready_is_asked() {
    let image = Image::new();
    for (name, check) in [("good", "exit 0"), ("bad", "exit 1")] {
        image
            .service(
                name,
                &format!("exec s6-notifyoncheck -d -n 3 -w 10 sleep 1000 # {name}"),
            )
            .service_file(name, "data/check", pid1_tests::sh(check))
            .service_file(name, "notification-fd", "3\n");
    }
    for options in ["mode=755", "mode=755,noexec"] {
        let container = image.init([]).tmpfs_with("/run", options).boot();
        container.wait_for_line(pid1_tests::BOOTED);
        container.wait_for("it is ready", || {
            pid1_tests::row(&container, "good")[1] == "ready"
        });
        container.wait_for_line("3 of 3 tries failed (-n): the service is not asked again");
        assert_eq!(pid1_tests::row(&container, "bad")[1], "up");
        stop(&container);
        assert_none(&container, "Permission denied");
    }
}
