//! The container's exit code: the command's, a failing step's, or 0.
#![forbid(unsafe_code)]

use harness::{Container, signal};
use pid1_tests::{Image, assert_none, assert_once, assert_order, code, last_line, sh, stop};

#[test]
fn the_command_s_exit_code_is_the_container_s() {
    let image = Image::new();
    for expected in [0, 1, 7, 99, 111, 127, 128, 130, 255] {
        let container = image.init(["sh", "-c", &format!("exit {expected}")]).boot();
        assert_eq!(code(&container), expected);
        assert!(last_line(&container).ends_with(&format!("exit code {expected}")));
    }
}

#[test]
fn a_command_that_is_not_found_gives_127() {
    let image = Image::new();
    for word in ["no-such-program", "/no/such/program", "./no-such"] {
        let container = image.init([word]).boot();
        assert_eq!(code(&container), 127, "{word}");
        assert_once(&container, "cannot run the command");
        assert!(container.log().find(word).is_some(), "{word}");
    }
}

#[test]
fn a_command_that_cannot_be_executed_gives_126() {
    let image = Image::new();
    image
        .write("/plain", sh("echo never"))
        .write_script("/shebangless", "echo never\n")
        .write_script("/bad", "#!/no/such/interpreter\n")
        .directory("/dir");
    for word in ["/plain", "/dir", "/shebangless", ""] {
        let container = image.init([word]).boot();
        let code = code(&container);
        assert_eq!(code, 126, "{word:?}\n{}", container.log().report(None));
        assert_once(&container, "cannot run the command");
        assert_none(&container, "never");
    }
}

#[test]
fn a_command_that_signal_n_ended_gives_128_plus_n() {
    let image = Image::new();
    for number in [signal::HUP, signal::KILL, signal::SEGV, signal::TERM, 37] {
        let container = image
            .init(["sh", "-c", &format!("kill -{number} $$")])
            .boot();
        assert_eq!(code(&container), 128 + number);
    }
}

#[test]
fn a_command_that_the_stop_ended_counts_0() {
    let image = Image::new();
    let bodies = [
        "echo up; exec sleep 1000",
        "trap 'exit 5' TERM HUP; echo up; . /idle.sh",
        "trap '' TERM HUP; echo up; sleep 1000",
    ];
    for body in bodies {
        let container = image
            .init(["sh", "-c", body])
            .env("S6_KILL_GRACETIME", "100")
            .boot();
        container.wait_for_line("up");
        assert_eq!(stop(&container).code(), Some(0), "{body}");
    }
}

#[test]
fn a_container_without_a_command_stops_with_0() {
    let image = Image::new();
    image.service("a", "exec sleep 1000");
    assert_eq!(stop(&image.up()).code(), Some(0));
}

/// Boots an image whose second of three hooks fails with 7.
fn failing_hook(behaviour: Option<&str>) -> Container {
    let image = Image::new();
    image
        .hook("10", "echo first hook")
        .hook("20", "echo failing hook; exit 7")
        .hook("30", "echo third hook")
        .service("a", "echo a up; exec sleep 1000")
        .stop_hook("1", "echo stop hook");
    let mut command = image.init(["sh", "-c", "echo command; exit 3"]);
    if let Some(behaviour) = behaviour {
        command = command.env("S6_BEHAVIOUR_IF_STAGE2_FAILS", behaviour);
    }
    let container = command.boot();
    container.wait();
    container
}

#[test]
fn a_failing_hook_stops_the_container_with_its_own_code_when_told_2() {
    let container = failing_hook(Some("2"));
    assert_eq!(code(&container), 7);
    assert_order(
        &container,
        &["first hook", "failing hook", "20: exited 7", "stop hook"],
    );
    assert_once(&container, "S6_BEHAVIOUR_IF_STAGE2_FAILS");
    for line in ["third hook", "a up", "command"] {
        assert_none(&container, line);
    }
}

#[test]
fn a_failing_hook_is_warned_about_and_the_boot_goes_on_when_told_1() {
    let container = failing_hook(Some("1"));
    assert_eq!(code(&container), 3);
    assert_order(
        &container,
        &["failing hook", "third hook", "command", "stop hook"],
    );
    assert_once(&container, "S6_BEHAVIOUR_IF_STAGE2_FAILS");
    assert_once(&container, "20: exited 7; the boot goes on");
}

#[test]
fn a_failing_hook_is_passed_over_silently_when_told_0_or_nothing() {
    for behaviour in [None, Some("0")] {
        let container = failing_hook(behaviour);
        assert_eq!(code(&container), 3);
        assert_order(&container, &["failing hook", "third hook", "command"]);
        assert_none(&container, "S6_BEHAVIOUR_IF_STAGE2_FAILS");
        assert_none(&container, "mainstay: /");
    }
}

#[test]
fn a_hook_that_a_signal_ended_fails_with_128_plus_n() {
    let image = Image::new();
    image.hook("10", "kill -KILL $$");
    let container = image
        .init([])
        .env("S6_BEHAVIOUR_IF_STAGE2_FAILS", "2")
        .boot();
    assert_eq!(code(&container), 137);
}

#[test]
fn a_hook_that_cannot_be_executed_fails_with_one_line() {
    for (text, expected, line) in [
        (
            "#!/no/such/interpreter\n",
            127,
            "/no/such/interpreter does not exist",
        ),
        ("echo no shebang\n", 126, "no #!"),
        ("#!/bin/sh\r\necho\r\n", 127, "carriage return"),
        ("", 126, "empty"),
    ] {
        let image = Image::new();
        image.write_script("/etc/cont-init.d/10-bad", text);
        let container = image
            .init([])
            .env("S6_BEHAVIOUR_IF_STAGE2_FAILS", "2")
            .boot();
        let code = code(&container);
        assert_eq!(code, expected, "{text:?}\n{}", container.log().report(None));
        assert_once(&container, line);
    }
}

#[test]
fn a_failing_script_of_run_d_stops_the_container_with_its_code_and_is_named() {
    let image = Image::new();
    image
        .run_d("10.sh", "echo first")
        .run_d("20.sh", "echo second; (exit 42); echo not reached")
        .run_d("30.sh", "echo third")
        .hook("1", "echo hook")
        .service("a", "echo a up");
    // The engine's setting for failing hooks does not matter for run.d.
    for behaviour in ["0", "2"] {
        let container = image
            .command("/run.sh", &["echo", "command"])
            .env("S6_BEHAVIOUR_IF_STAGE2_FAILS", behaviour)
            .boot();
        assert_eq!(code(&container), 42);
        assert_order(
            &container,
            &[
                "[init] executing /run.d/10.sh",
                "first",
                "[init] executing /run.d/20.sh",
                "second",
                "[init] failed executing - /run.d/20.sh",
            ],
        );
        for line in ["not reached", "third", "hook", "a up", "command"] {
            assert_none(&container, line);
        }
    }
}

#[test]
fn a_script_of_run_d_that_a_signal_ended_gives_128_plus_n() {
    let image = Image::new();
    image.run_d("10.sh", "kill -9 $$");
    let container = image.command("/run.sh", &[]).boot();
    assert_eq!(code(&container), 137);
}

#[test]
fn run_d_that_exits_with_signal_build_stop_ends_with_0_and_services_never_start() {
    for (value, exit) in [("99", 99), ("17", 17), ("1", 1)] {
        let image = Image::new();
        image
            .run_d("10.sh", &format!("echo building; exit {exit}"))
            .run_d("20.sh", "echo later")
            .hook("1", "echo hook")
            .service("a", "echo a up")
            .stop_hook("1", "echo stop hook");
        let container = image
            .command("/run.sh", &["echo", "command"])
            .env("SIGNAL_BUILD_STOP", value)
            .boot();
        assert_eq!(code(&container), 0);
        container.wait_for_line("building");
        let said = format!(
            "[init] /run.d/10.sh: the container ends here, as SIGNAL_BUILD_STOP={value} says"
        );
        container.wait_for_line(&said);
        for line in ["later", "hook", "a up", "command", "failed"] {
            assert_none(&container, line);
        }
    }
}

#[test]
fn another_code_than_signal_build_stop_is_a_failure() {
    let image = Image::new();
    image.run_d("10.sh", "exit 99");
    let other = image
        .command("/run.sh", &[])
        .env("SIGNAL_BUILD_STOP", "17")
        .boot();
    assert_eq!(code(&other), 99);
    let unset = image.command("/run.sh", &[]).boot();
    assert_eq!(code(&unset), 99);
}

#[test]
fn a_signal_build_stop_of_0_ends_a_build_only_where_a_script_asks_for_it() {
    let image = Image::new();
    image.run_d("10.sh", "echo built");
    let container = image
        .command("/run.sh", &["sh", "-c", "exit 3"])
        .env("SIGNAL_BUILD_STOP", "0")
        .boot();
    assert_eq!(code(&container), 3);
}

#[test]
fn run_sh_is_run_directly_and_through_both_shells() {
    let image = Image::new();
    image
        .run_d("10.sh", "echo run.d")
        .service("a", "echo a up; exec sleep 1000");
    for words in [
        &["/run.sh"][..],
        &["/bin/bash", "/run.sh"],
        &["sh", "/run.sh"],
    ] {
        let container = image.command(words[0], &words[1..]).boot();
        container.wait_for_line("a up");
        assert_order(
            &container,
            &["run.d", "[run] starting process manager", "a up"],
        );
        assert_eq!(stop(&container).code(), Some(0), "{words:?}");
    }
}
