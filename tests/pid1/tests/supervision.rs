//! Supervision of one service: restarts, finish, the files of a service directory.
#![forbid(unsafe_code)]

use harness::{Container, patience, signal};
use pid1_tests::{
    IDLE, Image, PROMPT, assert_none, assert_once, assert_order, code, deaf, place, sh, stop,
};
use std::time::Duration;

/// The time of the n-th line with `part`, counted from 1.
#[track_caller]
fn at(container: &Container, nth: usize, part: &str) -> Duration {
    container.wait_for_nth_line(nth, part).at
}

#[track_caller]
fn svc(container: &Container, options: &str, name: &str) {
    container.exec(["s6-svc", options, &place(name)]).ok();
}

#[track_caller]
fn stat(container: &Container, fields: &str, name: &str) -> String {
    container
        .exec(["s6-svstat", "-o", fields, &place(name)])
        .ok()
        .text()
}

#[test]
fn a_settled_service_restarts_at_once() {
    let image = Image::new();
    image.service(
        "a",
        "trap 'echo a crashes; exit 1' USR1; echo a up; . /idle.sh",
    );
    let container = image.up();
    let first = at(&container, 1, "a up");
    container.wait_for("a runs for over a second", || {
        harness::sys::monotonic() > first + Duration::from_millis(1050)
    });
    svc(&container, "-1", "a");
    let (crashed, again) = (at(&container, 1, "a crashes"), at(&container, 2, "a up"));
    let took = again - crashed;
    assert!(took < patience(Duration::from_millis(500)), "{took:?}");
    stop(&container);
}

#[test]
fn a_crash_loop_has_a_second_between_its_starts() {
    let image = Image::new();
    image
        .service("a", "echo a up; exit 1")
        .finish("a", "exit 0");
    let container = image.up();
    let starts: Vec<Duration> = (1..=4).map(|nth| at(&container, nth, "a up")).collect();
    for pair in starts.windows(2) {
        let between = pair[1] - pair[0];
        assert!(between >= Duration::from_millis(950), "{starts:?}");
        assert!(
            between < patience(Duration::from_millis(1900)),
            "{starts:?}"
        );
    }
    stop(&container);
}

#[test]
fn finish_gets_code_signal_name_and_process_group() {
    let image = Image::new();
    image
        .service("a", "echo a is $$; exit 42")
        .finish("a", "echo a finish \"$@\"; exit 125")
        .service("b", "echo b is $$; kill -USR1 $$")
        .finish("b", "echo b finish \"$@\"; exit 125");
    let container = image.up();
    for (name, expected) in [("a", "42 0"), ("b", "256 10")] {
        let pid = container.wait_for_line(&format!("{name} is ")).text;
        let pid = pid.rsplit(' ').next().expect("a pid");
        container.wait_for_line(&format!("{name} finish {expected} {name} {pid}"));
    }
    stop(&container);
}

#[test]
fn finish_that_exits_with_125_means_not_again() {
    let image = Image::new();
    image
        .service("a", "echo a up; exit 1")
        .finish("a", "exit 125")
        .service("clock", "echo tick; exit 1");
    let container = image.up();
    // Three starts of another crash loop: a had its turns.
    container.wait_for_nth_line(3, "tick");
    assert_once(&container, "a up");
    assert_eq!(stat(&container, "up,wantedup", "a"), "false false");
    svc(&container, "-u", "a");
    container.wait_for_nth_line(2, "a up");
    stop(&container);
}

#[test]
fn finish_that_runs_past_timeout_finish_is_killed() {
    let image = Image::new();
    image
        .service("a", "echo a up; exit 1")
        .finish("a", "trap '' TERM; echo finish begins; sleep 1000")
        .service_file("a", "timeout-finish", "200");
    let container = image.up();
    container.wait_for_nth_line(2, "a up");
    assert_order(&container, &["finish begins", "timeout-finish", "a up"]);
    let took = at(&container, 1, "timeout-finish") - at(&container, 1, "finish begins");
    assert!(
        took >= Duration::from_millis(150) && took < patience(PROMPT),
        "{took:?}"
    );
    container.signal(signal::TERM);
    container.wait();
}

#[test]
fn a_service_that_does_not_end_in_timeout_kill_is_killed() {
    let image = Image::new();
    image
        .service("a", &deaf("a", &["TERM"]))
        .service_file("a", "timeout-kill", "200")
        .finish("a", "echo a finish $1 $2");
    let container = image.up();
    container.wait_for_line("a up");
    svc(&container, "-d", "a");
    container.wait_for_line("a finish 256 9");
    let took = at(&container, 1, "a finish") - at(&container, 1, "a got TERM");
    assert!(
        took >= Duration::from_millis(150) && took < patience(PROMPT),
        "{took:?}"
    );
    assert_once(&container, "timeout-kill");
    stop(&container);
}

#[test]
fn timeout_kill_holds_at_the_stop_and_the_last_line_names_it() {
    let image = Image::new();
    image
        .service("a", &deaf("a", &["TERM", "HUP"]))
        .service_file("a", "timeout-kill", "200");
    let container = image.up();
    container.wait_for_line("a up");
    let asked = harness::sys::monotonic();
    assert_eq!(stop(&container).code(), Some(0));
    assert!(container.ended_at() - asked < patience(PROMPT));
    let last = pid1_tests::last_line(&container);
    assert!(
        last.contains("had to kill a: ") && last.contains("timeout-kill"),
        "{last}"
    );
}

#[test]
fn down_signal_is_sent_in_place_of_term() {
    let image = Image::new();
    image
        .service("a", &format!("trap 'echo a got QUIT; exit 0' QUIT; trap 'echo a got TERM' TERM; echo a up; {IDLE}"))
        .service_file("a", "down-signal", "SIGQUIT\n");
    let container = image.up();
    container.wait_for_line("a up");
    svc(&container, "-d", "a");
    container.wait_for_line("a got QUIT");
    svc(&container, "-u", "a");
    container.wait_for_nth_line(2, "a up");
    stop(&container);
    assert_eq!(container.log().count("a got QUIT"), 2);
    assert_none(&container, "a got TERM");
}

#[test]
fn a_service_is_ready_once_it_wrote_a_newline_to_its_notification_fd() {
    let image = Image::new();
    image
        .service("a", "echo a up; printf not >&5; while [ ! -e /go ]; do usleep 1000; done; echo yet >&5; exec sleep 1000")
        .service_file("a", "notification-fd", "5\n");
    let container = image.up();
    container.wait_for_line("a up");
    assert_eq!(stat(&container, "up,ready", "a"), "true false");
    assert_eq!(container.exec(["mainstay", "status", "--ready"]).code(), 1);
    container.write("/go", "");
    container
        .exec(["s6-svwait", "-U", "-t", "10000", &place("a")])
        .ok();
    assert_eq!(stat(&container, "up,ready", "a"), "true true");
    assert_eq!(container.exec(["mainstay", "status", "--ready"]).code(), 0);
    stop(&container);
}

#[test]
fn no_more_deaths_are_kept_than_max_death_tally() {
    let image = Image::new();
    image
        .service("a", "echo a up; exit 7")
        .service_file("a", "max-death-tally", "2");
    let container = image.up();
    container.wait_for_nth_line(4, "a up");
    let output = container.exec(["s6-svdt", &place("a")]).ok().text();
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(lines.len(), 2, "{output}");
    assert!(lines.iter().all(|line| line.contains('7')), "{output}");
    stop(&container);
}

#[test]
fn nosetsid_leaves_a_service_in_pid_1_s_session() {
    let image = Image::new();
    image
        .service("own", "echo own up; exec sleep 1001")
        .service("shared", "echo shared up; exec sleep 1002")
        .service_file("shared", "nosetsid", "");
    let container = image.up();
    let own = container.wait_for_process("sleep 1001");
    let shared = container.wait_for_process("sleep 1002");
    assert_eq!((own.session, own.group), (own.pid, own.pid));
    let init = container.process(shared.parent).expect("its parent");
    assert_eq!((shared.session, shared.group), (init.session, shared.pid));
    stop(&container);
}

#[test]
fn s6_svscanctl_a_picks_up_what_is_new_and_n_drops_what_is_gone() {
    let image = Image::new();
    image
        .service(
            "a",
            "trap 'echo a got TERM; exit 0' TERM; echo a up; . /idle.sh",
        )
        .finish("a", "echo a finish")
        .service("b", "echo b up; exec sleep 1000");
    let container = image.up();
    container.wait_for_line("a up");
    container.wait_for_line("b up");
    container.write_script(place("new") + "/run", sh("echo new up; exec sleep 1000"));
    container
        .exec(["s6-svscanctl", "-a", "/var/run/s6/services"])
        .ok();
    container.wait_for_line("new up");
    container
        .shell("mv /var/run/s6/services/a /gone && s6-svscanctl -an /var/run/s6/services")
        .ok();
    container.wait_for_line("a got TERM");
    container.wait_for("a is forgotten", || {
        !container
            .exec(["mainstay", "status"])
            .ok()
            .text()
            .contains("\na ")
    });
    assert_once(&container, "b up");
    assert_once(&container, "new up");
    stop(&container);
}

#[test]
fn every_way_to_stop_through_s6_svscanctl_stops_the_container() {
    let image = Image::new();
    image
        .service("a", "exec sleep 1000")
        .stop_hook("1", "echo stop hook");
    for option in ["-t", "-q", "-b"] {
        let container = image.up();
        container.exec(["s6-svscanctl", option, "/var/run/s6/services"]);
        assert_eq!(code(&container), 0, "{option}");
        container.wait_for_line("stop hook");
    }
}

#[test]
fn signals_by_s6_svc_reach_the_service_s_process() {
    let image = Image::new();
    let signals = [
        ("-a", "ALRM"),
        ("-b", "ABRT"),
        ("-q", "QUIT"),
        ("-h", "HUP"),
        ("-t", "TERM"),
        ("-i", "INT"),
        ("-1", "USR1"),
        ("-2", "USR2"),
        ("-y", "WINCH"),
    ];
    let names: Vec<&str> = signals.iter().map(|(_, name)| *name).collect();
    image.service("a", &deaf("a", &names));
    let container = image.up();
    container.wait_for_line("a up");
    for (option, name) in signals {
        svc(&container, option, "a");
        container.wait_for_line(&format!("a got {name}"));
    }
    svc(&container, "-p", "a");
    container.wait_for("paused", || stat(&container, "paused", "a") == "true");
    svc(&container, "-c", "a");
    container.wait_for("goes on", || stat(&container, "paused", "a") == "false");
    svc(&container, "-k", "a");
    container.wait_for_nth_line(2, "a up");
    stop(&container);
}

#[test]
fn up_down_once_and_restart_by_s6_svc() {
    let image = Image::new();
    image.service("a", "echo a up; exec sleep 1000");
    let container = image.up();
    container.wait_for_line("a up");
    container
        .exec(["s6-svc", "-wD", "-T", "10000", "-d", &place("a")])
        .ok();
    assert_eq!(
        stat(&container, "up,wantedup,signal", "a"),
        "false false SIGTERM"
    );
    container
        .exec(["s6-svc", "-wu", "-T", "10000", "-u", &place("a")])
        .ok();
    container.wait_for_nth_line(2, "a up");
    container
        .exec(["s6-svc", "-wr", "-T", "10000", "-r", &place("a")])
        .ok();
    container.wait_for_nth_line(3, "a up");
    container
        .exec(["s6-svc", "-wD", "-T", "10000", "-d", &place("a")])
        .ok();
    svc(&container, "-o", "a");
    container.wait_for_nth_line(4, "a up");
    container
        .exec(["s6-svc", "-wD", "-T", "10000", "-k", &place("a")])
        .ok();
    assert_eq!(stat(&container, "up,wantedup", "a"), "false false");
    stop(&container);
}

#[test]
fn control_is_there_before_run_is_executed() {
    let image = Image::new();
    image.service(
        "a",
        "s6-svok . && echo supervised; s6-svc -O . && echo obeyed; exit 0",
    );
    let container = image.up();
    container.wait_for_line("obeyed");
    container.wait_for("it stays down", || {
        stat(&container, "up,wantedup", "a") == "false false"
    });
    assert_once(&container, "supervised");
    stop(&container);
}

#[test]
fn a_service_that_has_never_ended_has_an_empty_tally() {
    let image = Image::new();
    image.service("a", "echo a up; exec sleep 1000");
    let container = image.up();
    container.wait_for_line("a up");
    let deaths = || container.exec(["s6-svdt", "/run/service/a"]).ok().text();
    assert_eq!(deaths(), "");
    container
        .exec(["s6-svc", "-wD", "-d", "/run/service/a"])
        .ok();
    assert_eq!(deaths().lines().count(), 1);
    stop(&container);
}
