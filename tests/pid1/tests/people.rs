//! `mainstay status` and its like, against a running container.
#![forbid(unsafe_code)]

use harness::Container;
use pid1_tests::{Image, assert_none, code, deaf, mainstay, row, stop};

#[test]
fn status_shows_every_service() {
    let image = Image::new();
    image
        .service("web", "echo web up; exec sleep 1000")
        .service("app", "echo app up; exec sleep 1000")
        .service_file("app", "down", "")
        .service("db", "exit 3")
        .finish("db", "echo db is down; exit 125");
    let container = image.up();
    container.wait_for_line("web up");
    container.wait_for_line("db is down");
    container.wait_for("db has failed", || row(&container, "db")[1] == "failed");
    assert_eq!(row(&container, "web")[1], "up");
    assert_eq!(row(&container, "app")[1], "down");
    let pid: i32 = row(&container, "web")[2].parse().expect("a pid");
    assert_eq!(
        container.process(pid).expect("runs").arguments,
        ["sleep", "1000"]
    );
    let table = mainstay(&container, ["status"]).text();
    assert!(table.starts_with("container: up"), "{table}");
    assert!(table.contains("exit 3"), "{table}");
    stop(&container);
}

#[test]
fn status_as_json_has_the_same() {
    let image = Image::new();
    image
        .service("we\"b", "echo up; exec sleep 1000")
        .service("off", "true")
        .service_file("off", "down", "");
    let container = image.up();
    container.wait_for_line("up");
    let text = mainstay(&container, ["status", "--json"]).ok().text();
    assert!(
        text.starts_with("{\"phase\":\"up\",\"ready\":true,\"services\":["),
        "{text}"
    );
    assert!(
        text.contains("\"name\":\"we\\\"b\",\"kind\":\"service\",\"state\":\"up\""),
        "{text}"
    );
    assert!(text.contains("\"name\":\"off\""), "{text}");
    assert!(text.contains("\"pid\":null"), "{text}");
    stop(&container);
}

#[test]
fn ready_is_an_exit_code_through_the_life_of_the_container() {
    let image = Image::new();
    image
        .hook(
            "1",
            "echo hook begins; while [ ! -e /go ]; do usleep 1000; done",
        )
        .service("a", &deaf("a", &["TERM"]))
        .stop_hook(
            "1",
            "echo stop hook; while [ ! -e /gone ]; do usleep 1000; done",
        );
    let container = image.init([]).env("S6_SERVICES_GRACETIME", "100").boot();
    container.wait_for_line("hook begins");
    assert_eq!(mainstay(&container, ["status", "--ready"]).code(), 1);
    assert!(
        mainstay(&container, ["status"])
            .text()
            .starts_with("container: booting")
    );
    container.write("/go", "");
    container.wait_for_line("a up");
    container.wait_for("ready", || {
        mainstay(&container, ["status", "--ready"]).code() == 0
    });
    container.signal(harness::signal::TERM);
    container.wait_for_line("stop hook");
    assert_eq!(mainstay(&container, ["status", "--ready"]).code(), 1);
    assert!(
        mainstay(&container, ["status"])
            .text()
            .starts_with("container: stopping")
    );
    let start = mainstay(&container, ["start", "a"]);
    assert_eq!(start.code(), 1, "{start}");
    container.write("/gone", "");
    assert_eq!(code(&container), 0);
}

/// What a command has said on standard output and the exit code that it must have.
#[track_caller]
fn says<const N: usize>(container: &Container, words: [&str; N], code: i32) -> String {
    let output = mainstay(container, words);
    assert_eq!(output.code(), code, "{words:?}: {output}");
    output.text()
}

/// The same on standard error.
#[track_caller]
fn complains<const N: usize>(container: &Container, words: [&str; N], code: i32) -> String {
    let output = mainstay(container, words);
    assert_eq!(output.code(), code, "{words:?}: {output}");
    assert_eq!(output.text(), "", "{words:?}");
    output.error_text()
}

#[test]
fn start_stop_and_restart_wait_and_say_what_has_become_of_it() {
    let image = Image::new();
    image.service("a", "echo a up; exec sleep 1000");
    let container = image.up();
    container.wait_for_line("a up");
    let text = says(&container, ["stop", "a"], 0);
    assert!(text.starts_with("a: down after "), "{text}");
    assert!(text.ends_with(", signal TERM"), "{text}");
    // It has waited: no condition is to be waited for here.
    assert_eq!(row(&container, "a")[1], "down");
    assert_eq!(says(&container, ["stop", "a"], 0), "a: down already");
    let text = says(&container, ["start", "a"], 0);
    let pid = row(&container, "a")[2].clone();
    assert_eq!(text, format!("a: up as pid {pid}"));
    let text = says(&container, ["start", "a"], 0);
    assert_eq!(text, format!("a: up already as pid {pid}"));
    let text = says(&container, ["restart", "a"], 0);
    let new = row(&container, "a")[2].clone();
    assert_ne!(pid, new);
    assert_eq!(text, format!("a: up again as pid {new}"));
    says(&container, ["stop", "a"], 0);
    let text = says(&container, ["restart", "a"], 0);
    assert!(text.starts_with("a: up as pid "), "{text}");
    assert_eq!(container.log().count("a up"), 4);
    assert_eq!(says(&container, ["stop", "--no-wait", "a"], 0), "");
    stop(&container);
}

#[test]
fn a_service_that_says_when_it_is_ready_is_waited_for() {
    let image = Image::new();
    image
        .service(
            "a",
            "until test -e /go; do usleep 1000; done; echo >&3; exec 3>&-; exec sleep 1000",
        )
        .service_file("a", "notification-fd", "3");
    let container = image.up();
    let text = complains(&container, ["start", "--timeout", "0.2", "a"], 99);
    assert!(text.starts_with("a: up after 0."), "{text}");
    assert!(text.contains("it has not said that it is ready"), "{text}");
    container.write("/go", "");
    let text = says(&container, ["restart", "a"], 0);
    assert!(text.starts_with("a: up again as pid "), "{text}");
    assert!(text.contains(", ready after 0."), "{text}");
    stop(&container);
}

#[test]
fn what_does_not_become_of_it_is_a_failure_that_says_what_to_do() {
    let image = Image::new();
    image
        .service("deaf", &deaf("deaf", &["TERM"]))
        .service("short", "exit 7")
        .service_file("short", "down", "")
        .service("tired", "exit 3")
        .finish("tired", "exit 125")
        .service_file("tired", "down", "");
    let container = image.init([]).env("S6_SERVICES_GRACETIME", "100").boot();
    container.wait_for_line("deaf up");
    let text = complains(&container, ["restart", "--timeout", "0.2", "deaf"], 99);
    assert!(text.contains("was asked to end and still runs"), "{text}");
    assert!(text.contains("`mainstay signal deaf KILL`"), "{text}");
    let text = complains(&container, ["stop", "--timeout=0.2", "deaf"], 99);
    assert!(text.starts_with("deaf: stopping after 0."), "{text}");
    let text = says(&container, ["signal", "deaf", "KILL"], 0);
    assert!(text.contains(", which has ended: signal KILL"), "{text}");
    let text = complains(&container, ["start", "short"], 1);
    assert!(text.contains("has ended: exit 7"), "{text}");
    let text = complains(&container, ["start", "tired"], 1);
    assert!(text.contains("exit 3"), "{text}");
    let text = complains(&container, ["signal", "tired", "HUP"], 1);
    assert!(text.contains("no process to signal"), "{text}");
    stop(&container);
}

#[test]
fn several_names_and_all() {
    let image = Image::new();
    for name in ["a", "b", "web"] {
        image.service(name, &format!("echo {name} up; exec sleep 1000"));
    }
    image.service_file("web", "down", "");
    let container = image.up();
    container.wait_for_line("a up");
    container.wait_for_line("b up");
    let text = says(&container, ["restart", "--all"], 0);
    assert_eq!(text.lines().count(), 2, "stopped by hand: {text}");
    let text = says(&container, ["stop", "a", "b", "a"], 0);
    assert_eq!(text.lines().count(), 2, "{text}");
    let text = says(&container, ["start", "--all"], 0);
    assert_eq!(text.lines().count(), 3, "{text}");
    let text = says(&container, ["signal", "--all", "WINCH"], 0);
    assert_eq!(text.lines().count(), 3, "{text}");
    let table = says(&container, ["status", "b", "a"], 0);
    assert!(table.contains("\na ") || table.contains("\nb "), "{table}");
    assert!(!table.contains("\nweb "), "{table}");
    says(&container, ["status", "--ready", "a", "web"], 0);
    says(&container, ["stop", "--all"], 0);
    let table = says(&container, ["status"], 0);
    assert_eq!(table.matches("down").count(), 3, "{table}");
    assert_eq!(mainstay(&container, ["status", "--ready", "a"]).code(), 1);
    // Nothing is done where a name is wrong.
    let text = complains(&container, ["start", "a", "wbe"], 1);
    assert!(text.contains("no service wbe; did you mean web?"), "{text}");
    assert_eq!(row(&container, "a")[1], "down");
    stop(&container);
}

#[test]
fn a_wait_holds_up_neither_pid_1_nor_other_clients() {
    let image = Image::new();
    image.service("deaf", &deaf("deaf", &["TERM"]));
    let container = image.init([]).env("S6_SERVICES_GRACETIME", "100").boot();
    container.wait_for_line("deaf up");
    // More at once than PID 1 has places for clients.
    let waiting: Vec<_> = (0..40)
        .map(|_| {
            let words = ["mainstay", "stop", "--timeout", "30", "deaf"];
            container.prepare(words).spawn()
        })
        .collect();
    container.wait_for("asked", || row(&container, "deaf")[1] == "stopping");
    for _ in 0..20 {
        says(&container, ["status", "--json"], 0);
    }
    says(&container, ["signal", "deaf", "KILL"], 0);
    for one in waiting {
        let output = one.wait();
        assert_eq!(output.code(), 0, "{output}");
    }
    stop(&container);
}

#[test]
fn before_the_services_are_there_the_boot_is_named() {
    let image = Image::new();
    image
        .hook(
            "1",
            "echo hook begins; while [ ! -e /go ]; do usleep 1000; done",
        )
        .service("a", "exec sleep 1000");
    let container = image.init([]).boot();
    container.wait_for_line("hook begins");
    let text = complains(&container, ["restart", "a"], 1);
    assert!(text.contains("yet: the container boots"), "{text}");
    container.write("/go", "");
    container.wait_for_line(pid1_tests::BOOTED);
    stop(&container);
}

#[test]
fn signal_takes_names_and_numbers_and_says_whom_it_reached() {
    let image = Image::new();
    image.service("a", &deaf("a", &["USR1", "HUP", "WINCH"]));
    let container = image.up();
    container.wait_for_line("a up");
    let pid = row(&container, "a")[2].clone();
    for (word, name) in [("USR1", "USR1"), ("SIGHUP", "HUP"), ("28", "WINCH")] {
        let text = says(&container, ["signal", "a", word], 0);
        assert_eq!(text, format!("a: {name} sent to pid {pid}"));
        container.wait_for_line(&format!("a got {name}"));
    }
    let text = complains(&container, ["signal", "a", "HUPP"], 100);
    assert!(text.contains("no signal HUPP; did you mean HUP?"), "{text}");
    // Swapped, and alone.
    let text = complains(&container, ["signal", "HUP", "a"], 100);
    assert!(text.contains("no signal a"), "{text}");
    complains(&container, ["signal", "a"], 100);
    stop(&container);
}

#[test]
fn a_signal_goes_to_the_process_of_run_and_with_group_to_all() {
    let image = Image::new();
    image.write_script("/child", pid1_tests::sh(&deaf("child", &["USR1"])));
    image.service(
        "a",
        &format!(
            "/child & trap 'echo a got USR1' USR1; echo a up; {}",
            pid1_tests::IDLE
        ),
    );
    let container = image.up();
    container.wait_for_line("a up");
    container.wait_for_line("child up");
    says(&container, ["signal", "a", "USR1"], 0);
    container.wait_for_line("a got USR1");
    assert_none(&container, "child got USR1");
    let text = says(&container, ["signal", "--group", "a", "USR1"], 0);
    assert!(text.contains("USR1 sent to process group"), "{text}");
    container.wait_for_line("child got USR1");
    // A reload that ends its process is seen.
    let text = says(&container, ["signal", "a", "HUP"], 0);
    assert!(
        text.contains(", which has ended: signal HUP; it is started again"),
        "{text}"
    );
    stop(&container);
}

#[test]
fn wrong_words_are_answered_in_one_form() {
    let image = Image::new();
    let container = image.up();
    for words in [
        &["start"][..],
        &["start", "--all", "a"],
        &["stop", "--timeout", "soon", "a"],
        &["restart", "--no-wiat", "a"],
        &["status", "--jason"],
        &["status", "--json", "--ready"],
        &["stop-container", "a"],
        &["try"],
        &["try", "--net", "bridge", "/"],
        &["install"],
        &["install", "--rot", "/"],
        &["lint"],
        &["lint", "--strickt", "/"],
        &["lint", "--cap-drop", "SETUIDD", "/"],
        &["explain", "/", "/"],
        &["setenv", "A"],
        &["setenv", "A/B", "x"],
        &["path", "servces"],
    ] {
        let all = ["mainstay"].iter().chain(words).copied();
        let output = container.exec(all);
        let text = output.error_text();
        assert_eq!(output.code(), 100, "{words:?}: {text}");
        assert_eq!(text.lines().count(), 1, "{text}");
        let begin = format!("mainstay {}: fatal: ", words[0]);
        assert!(text.starts_with(&begin), "{text}");
        let end = format!("see `mainstay {} --help`", words[0]);
        assert!(text.ends_with(&end), "{text}");
    }
    for (words, part) in [
        (&["sttus"][..], "no command sttus; did you mean status?"),
        (&["s6-svvc"], "did you mean s6-svc?"),
        (&["help", "retart"], "did you mean restart?"),
        (
            &["frobnicate"],
            "no command frobnicate; see `mainstay --help`",
        ),
    ] {
        let all = ["mainstay"].iter().chain(words).copied();
        let output = container.exec(all);
        assert_eq!(output.code(), 100, "{words:?}");
        assert!(output.error_text().contains(part), "{output}");
    }
    stop(&container);
}

#[test]
fn help_and_version_are_commands_too() {
    let image = Image::new();
    let container = image.up();
    let version = says(&container, ["version"], 0);
    assert_eq!(version, says(&container, ["--version"], 0));
    let list = says(&container, ["help"], 0);
    assert_eq!(list, says(&container, ["--help"], 0));
    for line in list.lines() {
        let Some(command) = line.strip_prefix("  ").and_then(|l| l.split(' ').next()) else {
            continue;
        };
        if command.is_empty() || command.starts_with('-') || command == "help" {
            continue;
        }
        let text = says(&container, ["help", command], 0);
        if command != "version" {
            assert!(
                text.starts_with(&format!("usage: mainstay {command}")),
                "{text}"
            );
            assert_eq!(text, says(&container, [command, "--help"], 0));
        }
    }
    let text = says(&container, ["help", "s6-svc"], 0);
    assert!(text.starts_with("usage: s6-svc ["), "{text}");
    let text = says(&container, ["help", "init"], 0);
    assert!(text.starts_with("usage: init"), "{text}");
    stop(&container);
}

#[test]
fn stop_container_is_as_good_as_a_term() {
    let image = Image::new();
    image
        .service("a", "exec sleep 1000")
        .stop_hook("1", "echo stop hook");
    let container = image.up();
    // The stop may end the asking program too.
    mainstay(&container, ["stop-container"]);
    assert_eq!(code(&container), 0);
    container.wait_for_line("stop hook");
}

#[test]
fn a_service_that_is_not_there_is_named() {
    let image = Image::new();
    let container = image.up();
    for verb in ["start", "stop", "restart"] {
        let output = mainstay(&container, [verb, "no\nsuch"]);
        assert_eq!(output.code(), 1, "{verb}: {output}");
        let text = output.error_text();
        assert!(
            text.contains("no\\nsuch") && text.lines().count() == 1,
            "{verb}: {output}"
        );
    }
    assert_none(&container, "mainstay: ");
    stop(&container);
}

#[test]
fn a_service_stopped_by_hand_leaves_the_container_ready_and_one_that_gave_up_does_not() {
    let image = Image::new();
    image
        .service("a", "echo a up; exec sleep 1000")
        .service("b", "echo b up; exec sleep 1000")
        .finish("b", "exit 125");
    let container = image.up();
    container.wait_for_line("b up");
    let ready = || mainstay(&container, ["status", "--ready"]).code() == 0;
    container.wait_for("ready", ready);
    mainstay(&container, ["stop", "a"]).ok();
    container.wait_for("ready without the service that was stopped", || {
        mainstay(&container, ["status"]).text().contains("down") && ready()
    });
    mainstay(&container, ["signal", "b", "KILL"]).ok();
    container.wait_for("not ready with a service that gave up", || {
        mainstay(&container, ["status"]).text().contains("failed") && !ready()
    });
    stop(&container);
}

#[test]
fn other_users_may_not_ask() {
    let image = Image::new();
    image.service("a", "echo a up; exec sleep 1000");
    let container = image.up();
    container.wait_for_line("a up");
    for words in [["mainstay", "status"], ["mainstay", "stop-container"]] {
        let output = container.prepare(words).user(1000, 1000).run();
        assert_ne!(output.code(), 0, "{output}");
        assert!(!output.error_text().is_empty());
    }
    mainstay(&container, ["status"]).ok();
    stop(&container);
}

#[test]
fn status_works_where_run_is_not_the_user_s_to_write() {
    let image = Image::new();
    image.service("a", "echo a up; exec sleep 1000");
    image.remove("/var/run");
    image.directory("/var/run").owner("/var/run", 1000, 1000);
    // Root believes a socket of another user's only if process 1 listens there.
    let container = image
        .command("/init", &[])
        .placement(harness::Placement::Pid1)
        .user(1000, 1000)
        .boot();
    container.wait_for_line("a up");
    assert_eq!(container.log().count("mainstay: "), 0);
    // For root too, who did not start it.
    for user in [1000, 0] {
        let output = container.prepare(["mainstay", "status"]).user(user, user);
        assert!(output.run().ok().text().contains('a'));
    }
    let output = container
        .prepare(["mainstay", "status"])
        .user(1001, 1001)
        .run();
    assert_ne!(output.code(), 0, "{output}");
    stop(&container);
}

#[test]
fn the_commands_say_so_where_pid_1_is_another_program() {
    let image = Image::new();
    let container = image.command("/bin/sleep", &["1000"]).boot();
    let output = mainstay(&container, ["status"]);
    assert_ne!(output.code(), 0);
    assert!(
        output.error_text().contains("does this container run"),
        "{output}"
    );
}

#[test]
fn names_that_begin_with_a_dash_are_names_behind_two_dashes() {
    let image = Image::new();
    image.service("-dash", "echo dash up; exec sleep 1000");
    let container = image.up();
    container.wait_for_line("dash up");
    for words in [
        ["restart", "--", "-dash"].as_slice(),
        &["status", "--", "-dash"],
        &["stop", "--", "-dash"],
        &["start", "--", "-dash"],
        &["signal", "--", "-dash", "CONT"],
    ] {
        let all = [&["mainstay"], words].concat();
        assert!(
            container.exec(&all).ok().text().contains("-dash"),
            "{all:?}"
        );
    }
    stop(&container);
}
