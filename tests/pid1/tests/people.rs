//! `mainstay status` and its like, against a running container.
#![forbid(unsafe_code)]

use harness::{Container, Output};
use pid1_tests::{Image, assert_none, code, deaf, stop};

#[track_caller]
fn mainstay<const N: usize>(container: &Container, words: [&str; N]) -> Output {
    container.exec(["mainstay"].into_iter().chain(words))
}

/// The columns of a service's line of `mainstay status`.
#[track_caller]
fn row(container: &Container, name: &str) -> Vec<String> {
    let table = mainstay(container, ["status"]).ok().text();
    let row = table
        .lines()
        .find(|line| line.split_whitespace().next() == Some(name));
    let row = row.unwrap_or_else(|| container.fail(&format!("no {name} in {table}")));
    row.split_whitespace().map(str::to_owned).collect()
}

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

#[test]
fn start_stop_and_restart_do_so() {
    let image = Image::new();
    image.service("a", "echo a up; exec sleep 1000");
    let container = image.up();
    container.wait_for_line("a up");
    mainstay(&container, ["stop", "a"]).ok();
    container.wait_for("down", || row(&container, "a")[1] == "down");
    mainstay(&container, ["start", "a"]).ok();
    container.wait_for_nth_line(2, "a up");
    mainstay(&container, ["restart", "a"]).ok();
    container.wait_for_nth_line(3, "a up");
    mainstay(&container, ["stop", "a"]).ok();
    container.wait_for("down", || row(&container, "a")[1] == "down");
    mainstay(&container, ["restart", "a"]).ok();
    container.wait_for_nth_line(4, "a up");
    stop(&container);
}

#[test]
fn signal_takes_names_and_numbers() {
    let image = Image::new();
    image.service("a", &deaf("a", &["USR1", "HUP", "WINCH"]));
    let container = image.up();
    container.wait_for_line("a up");
    for (word, name) in [("USR1", "USR1"), ("SIGHUP", "HUP"), ("28", "WINCH")] {
        mainstay(&container, ["signal", "a", word]).ok();
        container.wait_for_line(&format!("a got {name}"));
    }
    let wrong = mainstay(&container, ["signal", "a", "NONE"]);
    assert_eq!(wrong.code(), 1);
    assert!(wrong.error_text().contains("NONE"), "{wrong}");
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
