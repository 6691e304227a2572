//! What PID 1 tells of services that end by themselves, and when the container is ready.
#![forbid(unsafe_code)]

use harness::{Container, signal};
use pid1_tests::{Image, assert_none, assert_once, code, deaf, mainstay, place, row, stop};

/// What `mainstay status --ready` says; none when the container is ready.
#[track_caller]
fn not_ready(container: &Container) -> Option<String> {
    let output = mainstay(container, ["status", "--ready"]);
    let text = output.text();
    match output.code() {
        0 if text.is_empty() => None,
        1 if text.starts_with("not ready: ") && text.lines().count() == 1 => Some(text),
        _ => container.fail(&format!("{output}")),
    }
}

#[test]
fn a_crash_loop_is_told_four_times_then_counted_and_never_ready() {
    let image = Image::new();
    image
        .service("a", "echo a up; exit 7")
        .service("b", "exec sleep 1000");
    let container = image.up();
    container.wait_for_line("a: ended with exit code 7 after");
    for up in 2..=8 {
        container.wait_for_nth_line(up, "a up");
        let why = not_ready(&container).unwrap_or_else(|| container.fail("it is ready"));
        assert!(
            why.starts_with("not ready: a ended with exit code 7"),
            "{why}"
        );
        // The same for who asks for it by its name, and not for who asks for another.
        let named = mainstay(&container, ["status", "--ready", "a"]);
        assert_eq!(named.code(), 1, "{named}");
        assert!(named.text().starts_with("not ready: a ended"), "{named}");
        assert_eq!(mainstay(&container, ["status", "--ready", "b"]).code(), 0);
    }
    stop(&container);
    for line in [
        "started again",
        "started again, 2nd end in a minute",
        "started again, 3rd end in a minute",
        "started again, 4th end in a minute; further ends are only counted",
    ] {
        container.wait_for_line(line);
    }
    assert_eq!(container.log().count("a: ended with exit code 7"), 4);
    // The stop tells what was only counted.
    let line = container.wait_for_line("more times within a minute").text;
    assert!(line.starts_with("mainstay: a: ended "), "{line}");
    assert!(
        line.ends_with("the last time it ended with exit code 7"),
        "{line}"
    );
    assert!(container.log().position("4th end") < container.log().position("more times"));
}

#[test]
fn the_line_of_an_end_stands_between_the_two_lives() {
    let image = Image::new();
    image
        .service("a", "echo a up >&2; sleep 1; echo a says bye >&2; exit 1")
        .finish("a", "echo a is finished >&2");
    let container = image.up();
    container.wait_for_nth_line(2, "a up");
    let lines = container.log().lines();
    let story: Vec<&str> = lines
        .iter()
        .map(|line| line.text.as_str())
        .filter(|line| line.starts_with("a ") || line.contains(" a: "))
        .map(|line| line.split(" after ").next().unwrap_or(line))
        .collect();
    let expected = [
        "a up",
        "a says bye",
        "a is finished",
        "mainstay: a: ended with exit code 1",
        "a up",
    ];
    assert_eq!(story, expected);
    stop(&container);
}

#[test]
fn a_variable_silences_it_and_it_is_not_ready_all_the_same() {
    let image = Image::new();
    image.service("a", "echo a up; exit 7");
    let container = image.init([]).env("MAINSTAY_TELL_ENDS", "0").boot();
    container.wait_for_nth_line(3, "a up");
    assert!(not_ready(&container).is_some());
    stop(&container);
    assert_none(&container, "a: ended");
}

#[test]
fn each_worker_that_is_killed_by_hand_is_told() {
    let image = Image::new();
    let container = image
        .command(
            "/worker.sh",
            &["3", "/bin/sh", "-c", "echo up; exec sleep 1000"],
        )
        .boot();
    container.wait_for_nth_line(3, "up");
    for worker in 1..=3 {
        let name = format!("worker-{worker}");
        let pid = row(&container, &name)[2].clone();
        container.exec(["kill", "-KILL", &pid]).ok();
        container.wait_for_line(&format!("{name}: was killed by SIGKILL after"));
    }
    container.wait_for_nth_line(6, "up");
    stop(&container);
}

#[test]
fn an_end_that_was_asked_for_is_not_told_and_the_container_stays_ready() {
    let image = Image::new();
    image
        .service("a", "echo a up; exec sleep 1000")
        .service("once", "echo once up; exit 0")
        .finish("once", "exit 125")
        .service("held", "s6-svc -O .; echo held up; exit 3");
    let container = image.up();
    let place = place("a");
    container.wait_for_line("once up");
    container.wait_for_line("held up");
    let ways: [&[&str]; 9] = [
        &["s6-svc", "-t", &place],
        &["s6-svc", "-k", &place],
        &["s6-svc", "-i", &place],
        &["s6-svc", "-r", &place],
        &["s6-svc", "-wD", "-d", &place],
        &["s6-svc", "-u", &place],
        &["s6-svc", "-K", &place],
        &["mainstay", "restart", "a"],
        &["mainstay", "signal", "a", "TERM"],
    ];
    let mut lives = 1;
    for way in ways {
        container.wait_for_nth_line(lives, "a up");
        container.exec(way.iter().copied()).ok();
        lives += usize::from(!way.contains(&"-d"));
    }
    container.wait_for_nth_line(lives - 1, "a up");
    container.wait_for("a is up again", || row(&container, "a")[1] == "up");
    // The one that said that it is done is missed all the same; nobody else is.
    let why = not_ready(&container).unwrap_or_else(|| container.fail("it is ready"));
    assert!(
        why.starts_with("not ready: once ended with exit code 0"),
        "{why}"
    );
    assert!(!why.contains(';') || why.matches(';').count() == 1, "{why}");
    stop(&container);
    assert_none(&container, ": ended");
    assert_none(&container, ": was killed");
}

#[test]
fn a_finish_that_stops_the_container_has_asked_for_it() {
    let image = Image::new();
    image
        .service("a", "echo a up; exit 3")
        .finish("a", "s6-svscanctl -t /var/run/s6/services");
    let container = image.init([]).boot();
    assert_eq!(code(&container), 0);
    assert_none(&container, "a: ended");
}

#[test]
fn one_end_and_ten_seconds_of_life_is_ready_again() {
    let image = Image::new();
    image.service(
        "a",
        "echo a up; [ -e /seen ] || { touch /seen; while [ ! -e /go ]; do usleep 10000; done; exit 1; }
        exec sleep 1000",
    );
    let container = image.up();
    container.wait_for_line("a up");
    assert_eq!(not_ready(&container), None);
    container.write("/go", "");
    let ended = container.wait_for_line("a: ended with exit code 1").at;
    container.wait_for_nth_line(2, "a up");
    let why = not_ready(&container).unwrap_or_else(|| container.fail("it is ready"));
    assert!(why.contains("by itself and has to stay up for"), "{why}");
    container.wait_for("it is ready again", || not_ready(&container).is_none());
    let ready = harness::sys::monotonic();
    let _ = (ended, ready);
    assert_once(&container, "a: ended");
    stop(&container);
}

#[test]
fn a_start_withdraws_a_stop_that_the_service_swallowed() {
    let image = Image::new();
    image.service("a", &deaf("a", &["TERM"]));
    let place = place("a");
    for (down, up) in [
        (
            vec!["mainstay", "stop", "--no-wait", "a"],
            vec!["mainstay", "start", "a"],
        ),
        (vec!["s6-svc", "-d", &place], vec!["s6-svc", "-u", &place]),
    ] {
        let container = image.up();
        container.wait_for_line("a up");
        let before = row(&container, "a");
        container.exec(down).ok();
        container.wait_for_line("a got TERM");
        container.wait_for("it is stopping", || row(&container, "a")[1] == "stopping");
        // Nobody wants it: it is in nobody's way.
        assert_eq!(not_ready(&container), None);
        container.exec(up).ok();
        container.wait_for("it is up", || row(&container, "a")[1] == "up");
        assert_eq!(row(&container, "a")[2], before[2], "the same process");
        assert_eq!(not_ready(&container), None);
        let status = container.exec(["s6-svstat", "-o", "up,wantedup", &place]);
        assert_eq!(status.text(), "true true");
        // Whenever it ends, it starts anew.
        let pid = &before[2];
        container.exec(["kill", "-KILL", pid]).ok();
        container.wait_for_nth_line(2, "a up");
        container.signal(signal::TERM);
        container.wait();
    }
}

#[test]
fn a_restart_of_one_that_was_to_stay_down_starts_it_anew() {
    let image = Image::new();
    image.service(
        "a",
        "trap '[ -e /second ] && exit 0; touch /second; echo swallowed' TERM
        echo a up; . /idle.sh",
    );
    let container = image.up();
    container.wait_for_line("a up");
    mainstay(&container, ["stop", "--no-wait", "a"]).ok();
    container.wait_for_line("swallowed");
    mainstay(&container, ["restart", "a"]).ok();
    container.wait_for_nth_line(2, "a up");
    stop(&container);
    assert_none(&container, "a: ended");
}

#[test]
fn one_that_gave_up_is_missed_until_it_is_started_by_hand() {
    let image = Image::new();
    image
        .service("a", "echo a up; [ -e /good ] && exec sleep 1000; exit 4")
        .finish("a", "exit 125");
    let container = image.up();
    let line = container.wait_for_line("a: ended with exit code 4").text;
    let remedy = "not started again, since its finish exited 125; `mainstay start a` starts it \
                  once more";
    assert!(line.ends_with(remedy), "{line}");
    let table = mainstay(&container, ["status"]).ok().text();
    assert!(!table.contains("wanted down"), "{table}");
    let failed = row(&container, "a");
    assert_eq!(
        (failed[1].as_str(), failed[5].as_str()),
        ("failed", "0"),
        "{failed:?}"
    );
    let why = not_ready(&container).unwrap_or_else(|| container.fail("it is ready"));
    assert!(why.contains("`mainstay start a`"), "{why}");
    container.write("/good", "");
    mainstay(&container, ["start", "a"]).ok();
    container.wait_for("it is ready", || not_ready(&container).is_none());
    let up = row(&container, "a");
    assert_eq!(up[1], "up");
    stop(&container);
}

#[test]
fn restarts_are_counted_and_not_ends_and_only_what_is_up_is_ready() {
    let image = Image::new();
    image.service("a", "echo a up; exec sleep 1000");
    let container = image.up();
    container.wait_for_line("a up");
    let json = || mainstay(&container, ["status", "--json"]).ok().text();
    mainstay(&container, ["restart", "a"]).ok();
    container.wait_for_nth_line(2, "a up");
    container.wait_for("one restart", || json().contains("\"restarts\":1"));
    mainstay(&container, ["stop", "a"]).ok();
    container.wait_for("it is down", || json().contains("\"state\":\"down\""));
    let text = json();
    assert!(text.contains("\"restarts\":1"), "{text}");
    assert!(text.contains("\"ready_ms\":null"), "{text}");
    stop(&container);
}
