//! docker-base's "Shutdown", sentence by sentence.
#![forbid(unsafe_code)]

use harness::{Container, patience, signal};
use pid1_tests::{
    Image, PROMPT, assert_none, assert_once, assert_order, code, deaf, last_line, stop,
};
use std::time::Duration;

/// Orders the stop from inside, as a finish script does.
const FROM_INSIDE: &str = "s6-svscanctl -t /var/run/s6/services";

/// The three ways in which a stop begins.
#[derive(Clone, Copy, Debug)]
enum Start {
    DockerStop,
    FromInside,
    CommandEnds,
}

const STARTS: [Start; 3] = [Start::DockerStop, Start::FromInside, Start::CommandEnds];

/// Boots with a command that ends once `/go` is there, and begins the stop when
/// `ready` stands in the log.
#[track_caller]
fn boot_and_stop(image: &Image, start: Start, ready: &[&str]) -> Container {
    let container = image
        .init(["sh", "-c", "while [ ! -e /go ]; do usleep 10000; done"])
        .boot();
    for line in ready {
        container.wait_for_line(line);
    }
    match start {
        Start::DockerStop => container.signal(signal::TERM),
        Start::FromInside => {
            // The stop that it asks for would reach it too.
            let asks = container.prepare(["s6-svscanctl", "-t", "/var/run/s6/services"]);
            asks.outside_its_processes().run().ok();
        }
        Start::CommandEnds => container.write("/go", ""),
    }
    container.wait();
    container
}

#[test]
fn finish_gets_the_exit_code_of_a_crash_and_the_service_restarts() {
    let image = Image::new();
    image
        .service("a", "echo a up; exit 7")
        .finish("a", "echo finish $1 $2");
    let container = image.up();
    container.wait_for_nth_line(2, "a up");
    assert_order(&container, &["a up", "finish 7 0", "a up"]);
    stop(&container);
}

#[test]
fn without_a_finish_script_a_service_that_crashed_restarts() {
    let image = Image::new();
    image.service("a", "echo a up; kill -9 $$");
    let container = image.up();
    container.wait_for_nth_line(2, "a up");
    assert_eq!(stop(&container).code(), Some(0));
}

#[test]
fn a_finish_script_may_bring_the_container_down() {
    let image = Image::new();
    image
        .service("a", "echo a up; exit 3")
        .finish("a", &format!("echo finish $1; {FROM_INSIDE}"))
        .service(
            "b",
            "trap 'echo b got TERM; exit 0' TERM; echo b up; . /idle.sh",
        )
        .stop_hook("10-hook", "echo in the hook");
    let container = image.init([]).boot();
    assert_eq!(code(&container), 0);
    assert_order(
        &container,
        &["a up", "finish 3", "in the hook", "stopped in"],
    );
    assert_eq!(container.log().count("a up"), 1);
    assert_eq!(container.left_running(), &[] as &[String]);
}

#[test]
fn term_goes_to_the_pid_of_a_run_script_and_not_to_its_group() {
    for start in STARTS {
        let image = Image::new();
        image.write_script(
            "/child",
            "#!/bin/sh\ntrap '' HUP\ntrap 'echo child got TERM; exit 0' TERM\ntrap 'echo child answers' USR1
                echo $$ > /child.pid; echo child up\n. /idle.sh\n",
        );
        image
            .service("a", &format!("/child &\n{}", deaf("a", &["TERM"])))
            // A TERM that went to the group would reach the child ahead of this USR1.
            .stop_hook(
                "10-hook",
                "while ! kill -0 $(cat /child.pid); do usleep 10000; done
                kill -USR1 $(cat /child.pid); usleep 100000; echo hook done",
            );
        image.write("/etc/services.d/a/timeout-kill", "0");
        let container = boot_and_stop(&image, start, &["child up", "a up"]);
        assert_order(
            &container,
            &["child answers", "hook done", "child got TERM"],
        );
        assert_order(&container, &["a got TERM", "child got TERM"]);
    }
}

#[test]
fn a_service_that_traps_term_lives_while_the_stop_hooks_drain_it() {
    for start in STARTS {
        let image = Image::new();
        image
            .service(
                "web",
                "trap 'echo web got TERM; touch /web.term' TERM; trap 'echo web drained; exit 42' QUIT
                echo $$ > /web.pid; echo web up; . /idle.sh",
            )
            .finish("web", "echo web finish $1")
            // The shell takes two signals that arrive at once in the order of their numbers.
            .stop_hook("00-web", "while ! [ -e /web.term ]; do usleep 10000; done; echo drain asked; kill -QUIT $(cat /web.pid); while [ -e /proc/$(cat /web.pid) ]; do usleep 10000; done; echo drain over");
        let container = boot_and_stop(&image, start, &["web up"]);
        assert_order(&container, &["drain asked", "web drained"]);
        assert_order(&container, &["web drained", "web finish 42", "stopped in"]);
        assert_order(
            &container,
            &["web drained", "drain over", "[cont-finish.d] done"],
        );
        assert_order(&container, &["web got TERM", "web drained"]);
        assert_none(&container, "had to kill");
    }
}

#[test]
fn the_stop_hooks_run_one_after_another_in_name_order() {
    for start in STARTS {
        let image = Image::new();
        for name in ["20-b", "10-a", "9", "Z", "a"] {
            image.stop_hook(
                name,
                &format!("echo begin {name}; usleep 20000; echo end {name}"),
            );
        }
        image.stop_hook(".hidden", "echo hidden");
        let container = boot_and_stop(&image, start, &["[services.d] done"]);
        assert_order(
            &container,
            &[
                "begin 10-a",
                "end 10-a",
                "begin 20-b",
                "end 20-b",
                "begin 9",
                "end 9",
                "begin Z",
                "end Z",
                "begin a",
                "end a",
            ],
        );
        assert_none(&container, "hidden");
    }
}

#[test]
fn each_stop_hook_has_its_time_and_is_then_killed() {
    let image = Image::new();
    image
        .stop_hook("10-slow", "trap '' TERM HUP; echo slow begins; sleep 1000")
        .stop_hook("20-next", "echo next runs");
    let container = image.init([]).env("S6_KILL_FINISH_MAXTIME", "200").boot();
    container.wait_for_line("[services.d] done");
    assert_eq!(stop(&container).code(), Some(0));
    assert_order(
        &container,
        &["slow begins", "10-slow: killed after", "next runs"],
    );
    let (begun, next) = (
        container.log().find("slow begins"),
        container.log().find("next runs"),
    );
    let took = next.expect("there").at - begun.expect("there").at;
    assert!(
        took >= Duration::from_millis(150) && took < patience(PROMPT),
        "{took:?}"
    );
}

#[test]
fn the_time_of_a_stop_hook_is_each_hook_s_own() {
    let image = Image::new();
    for name in ["1", "2", "3", "4"] {
        image.stop_hook(name, &format!("usleep 150000; echo {name} ends"));
    }
    let container = image.init([]).env("S6_KILL_FINISH_MAXTIME", "400").boot();
    container.wait_for_line("[services.d] done");
    assert_eq!(stop(&container).code(), Some(0));
    assert_order(
        &container,
        &[
            "1 ends",
            "2 ends",
            "3 ends",
            "4 ends",
            "[cont-finish.d] done.",
        ],
    );
}

#[test]
fn finish_runs_when_the_service_has_ended_with_its_code() {
    for start in STARTS {
        let image = Image::new();
        image
            .service("a", "trap 'exit 42' TERM; echo a up; . /idle.sh")
            .finish("a", "echo a finish $1 $2")
            .service("b", "echo b up; exec sleep 1000")
            .finish("b", "echo b finish $1 $2");
        let container = boot_and_stop(&image, start, &["a up", "b up"]);
        assert_once(&container, "a finish 42 0");
        assert_once(&container, "b finish 256 15");
        assert_eq!(container.left_running(), &[] as &[String]);
    }
}

/// A process in a session of its own whose parent is gone.
const ORPHAN: &str = "#!/bin/sh
trap 'echo orphan got HUP' HUP
trap 'echo orphan got TERM; exit 0' TERM
echo orphan up
. /idle.sh
";

#[test]
fn hup_and_then_term_reach_everything_that_is_left_in_all_trees() {
    for start in STARTS {
        let image = Image::new();
        image.write_script("/orphan", ORPHAN);
        image
            .service("a", "setsid /orphan & echo a up; exec sleep 1000")
            .stop_hook("10-hook", "echo in the hook");
        let container = boot_and_stop(&image, start, &["orphan up", "a up", "[services.d] done"]);
        assert_order(
            &container,
            &[
                "in the hook",
                "orphan got HUP",
                "orphan got TERM",
                "stopped in",
            ],
        );
        assert_eq!(container.left_running(), &[] as &[String]);
        assert_none(&container, "had to kill");
    }
}

#[test]
fn what_ignores_hup_and_term_is_killed_after_the_kill_grace() {
    for start in STARTS {
        let image = Image::new();
        image.write_script(
            "/orphan",
            "#!/bin/sh\ntrap '' HUP TERM\necho orphan up\nsleep 1000\n",
        );
        image.service("a", "setsid /orphan & exec sleep 1000");
        image.stop_hook(
            "1",
            "echo 300 > /var/run/s6/container_environment/S6_KILL_GRACETIME",
        );
        let container = boot_and_stop(&image, start, &["orphan up", "[services.d] done"]);
        let hooks = container
            .log()
            .find("[cont-finish.d] done")
            .expect("there")
            .at;
        let took = container.ended_at().saturating_sub(hooks);
        // By PID 1's own clock: the log is read beside, perhaps late.
        let last = last_line(&container);
        let (_, rest) = last.split_once("stopped in ").expect("the last line");
        let (whole, _) = rest.split_once(" ms").expect("a time");
        assert!(
            whole.parse::<u64>().is_ok_and(|ms| ms >= 300),
            "{start:?}: killed early: {last}"
        );
        assert!(took < patience(PROMPT), "{start:?}: killed late: {took:?}");
        assert!(
            last.contains("stopped in") && last.contains("had to kill"),
            "{last}"
        );
        assert!(
            last.contains("orphan (pid ") && last.contains("S6_KILL_GRACETIME"),
            "{last}"
        );
        assert_eq!(container.left_running(), &[] as &[String]);
    }
}

#[test]
fn a_service_that_swallows_term_is_killed_after_its_time() {
    for start in STARTS {
        let image = Image::new();
        image
            .service("a", &deaf("a", &["TERM", "HUP"]))
            .finish("a", "echo a finish $1 $2")
            .stop_hook(
                "1",
                "echo 200 > /var/run/s6/container_environment/S6_KILL_GRACETIME
                echo 200 > /var/run/s6/container_environment/S6_SERVICES_GRACETIME
                echo hooks over",
            );
        let container = boot_and_stop(&image, start, &["a up", "[services.d] done"]);
        assert_order(
            &container,
            &[
                "a got TERM",
                "still running when",
                "a got HUP",
                "stopped in",
            ],
        );
        assert_order(&container, &["hooks over", "still running when"]);
        let last = last_line(&container);
        assert!(last.contains("had to kill run (pid "), "{last}");
        assert_eq!(container.left_running(), &[] as &[String]);
    }
}

#[test]
fn a_stop_of_services_that_end_promptly_waits_for_nothing() {
    for start in STARTS {
        let image = Image::new();
        for name in ["a", "b", "c"] {
            image
                .service(name, &format!("echo {name} up; exec sleep 1000"))
                .finish(name, "exit 0");
        }
        image.stop_hook("1", "echo hook");
        let container = boot_and_stop(&image, start, &["a up", "b up", "c up"]);
        // The log is read beside: a line may be seen only after the end.
        let begun = container.wait_for_line("[cont-finish.d] executing").at;
        let took = container.ended_at().saturating_sub(begun);
        assert!(took < patience(PROMPT), "{start:?}: {took:?}");
        assert_eq!(container.wait().code(), Some(0));
    }
}

#[test]
fn a_stop_of_nothing_at_all_waits_for_nothing() {
    let image = Image::new();
    let container = image.up();
    let asked = harness::sys::monotonic();
    assert_eq!(stop(&container).code(), Some(0));
    let took = container.ended_at().saturating_sub(asked);
    assert!(took < patience(PROMPT), "{took:?}");
}

#[test]
fn the_last_line_says_how_long_the_stop_took_and_the_exit_code() {
    let image = Image::new();
    let container = image.up();
    stop(&container);
    let last = last_line(&container);
    let rest = last
        .strip_prefix("mainstay: stopped in ")
        .expect("the last line");
    let (time, rest) = rest.split_once(" ms").expect("a time");
    assert!(time.parse::<u64>().is_ok_and(|ms| ms < 3000), "{last}");
    assert_eq!(rest, ", exit code 0");
}

#[test]
fn the_command_is_ended_with_everything_else_and_its_end_does_not_count() {
    let image = Image::new();
    image.stop_hook("1", "echo hook");
    let container = image
        .init([
            "sh",
            "-c",
            "trap '' HUP; trap 'echo cmd got TERM; exit 5' TERM; echo cmd up; . /idle.sh",
        ])
        .boot();
    container.wait_for_line("cmd up");
    assert_eq!(stop(&container).code(), Some(0));
    assert_order(
        &container,
        &["hook", "[cont-finish.d] done", "cmd got TERM"],
    );
}

#[test]
fn a_service_does_not_restart_once_the_container_stops() {
    let image = Image::new();
    image.service("a", "echo a up; exec sleep 1000").stop_hook(
        "1",
        "while [ -e /proc/$(cat /a.pid) ]; do usleep 10000; done; sleep 1.2",
    );
    image.service("a", "echo $$ > /a.pid; echo a up; exec sleep 1000");
    let container = image.up();
    container.wait_for_line("a up");
    stop(&container);
    assert_eq!(container.log().count("a up"), 1);
}

#[test]
fn graces_that_hooks_changed_while_the_container_ran_are_honoured() {
    let image = Image::new();
    image
        .hook("1", "cd /var/run/s6/container_environment; echo 150 > S6_SERVICES_GRACETIME; printf 150 > S6_KILL_GRACETIME; echo 150 > S6_KILL_FINISH_MAXTIME")
        .stop_hook("1", "trap '' TERM HUP; echo hook begins; sleep 1000")
        .service("a", &deaf("a", &["TERM", "HUP"]));
    let container = image.init([]).env("S6_KILL_GRACETIME", "60000").boot();
    container.wait_for_line("a up");
    let asked = harness::sys::monotonic();
    stop(&container);
    let took = container.ended_at() - asked;
    assert!(took >= Duration::from_millis(430), "{took:?}");
    assert!(took < patience(Duration::from_millis(1600)), "{took:?}");
    assert_order(
        &container,
        &[
            "hook begins",
            "1: killed after",
            "still running when",
            "had to kill",
        ],
    );
}

#[test]
fn graces_that_a_stop_hook_changes_hold_for_the_rest_of_the_stop() {
    let image = Image::new();
    image
        .stop_hook("1", "cd /var/run/s6/container_environment; echo 150 > S6_SERVICES_GRACETIME; echo 150 > S6_KILL_GRACETIME; echo 150 > S6_KILL_FINISH_MAXTIME")
        .stop_hook("2", "trap '' TERM HUP; sleep 1000")
        .service("a", &deaf("a", &["TERM", "HUP"]));
    let container = image.up();
    container.wait_for_line("a up");
    let asked = harness::sys::monotonic();
    stop(&container);
    let took = container.ended_at() - asked;
    assert!(took < patience(Duration::from_millis(1600)), "{took:?}");
    assert!(last_line(&container).contains("150 ms after TERM"));
}
