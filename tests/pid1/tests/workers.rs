//! `/worker.sh N CMD…`: a pool of equal services.
#![forbid(unsafe_code)]

use harness::{Container, signal};
use pid1_tests::{BOOTED, Image, assert_none, assert_once, assert_order, code, stop};

/// An image whose `/say` prints its words in one line, each as `<HEXADECIMAL>`.
fn image() -> Image {
    let image = Image::new();
    image.write_script(
        "/say",
        "#!/bin/sh\nline=\"said $#:\"\nfor word; do line=\"$line <$(printf %s \"$word\" | od -An -tx1 | tr -d ' \\n')>\"; done
        echo \"$line\"\necho as $(id -un) with role $CONTAINER_ROLE\nexec sleep 1000\n",
    );
    image
}

#[track_caller]
fn boot(image: &Image, words: &[&str]) -> Container {
    image.command("/worker.sh", words).boot()
}

#[test]
fn n_workers_run_the_command_beside_the_other_services() {
    let image = image();
    image
        .service("web", "echo web up; exec sleep 1000")
        .run_d("10.sh", "echo run.d has role $CONTAINER_ROLE");
    let container = boot(&image, &["3", "/say", "word"]);
    container.wait_for_nth_line(3, "said 1: <776f7264>");
    container.wait_for_line("web up");
    container.wait_for_nth_line(3, "with role worker");
    assert_once(&container, "run.d has role worker");
    assert_order(&container, &["run.d has role", "said"]);
    let table = container.exec(["mainstay", "status"]).ok().text();
    for name in ["worker-1", "worker-2", "worker-3"] {
        assert!(table.contains(name), "{table}");
    }
    stop(&container);
    assert_eq!(container.left_running(), &[] as &[String]);
}

#[test]
fn every_word_arrives_as_it_was_given() {
    let image = image();
    let words = [
        "a b", "'", "\"", "$HOME", "${x}", "\\", "\\n", "l1\nl2", "", "{", "}", "#", "*", "-c",
        "é", "`id`", " lead", "trail ", "\t",
    ];
    let all: Vec<&str> = ["1", "/say"].into_iter().chain(words).collect();
    let container = boot(&image, &all);
    let line = container.wait_for_line("said ").text;
    let expected: Vec<String> = words
        .iter()
        .map(|word| {
            let bytes: Vec<String> = word.bytes().map(|byte| format!("{byte:02x}")).collect();
            format!("<{}>", bytes.concat())
        })
        .collect();
    assert_eq!(
        line,
        format!("said {}: {}", words.len(), expected.join(" "))
    );
    stop(&container);
}

#[test]
fn a_worker_that_ends_starts_again_and_gets_the_stop_s_term() {
    let image = Image::new();
    image.write_script(
        "/work",
        "#!/bin/sh\ntrap 'echo got TERM; exit 0' TERM\necho up $$\n. /idle.sh\n",
    );
    let container = boot(&image, &["1", "/work"]);
    let pid = container.wait_for_line("up ").text;
    let pid = pid.trim_start_matches("up ").parse().expect("a pid");
    container.signal_process(pid, signal::KILL);
    container.wait_for_nth_line(2, "up ");
    assert_eq!(stop(&container).code(), Some(0));
    container.wait_for_line("got TERM");
}

#[test]
fn workers_run_as_not_root_user_where_it_is_set() {
    let image = image();
    for (user, expected) in [(Some("app"), "app"), (None, "root"), (Some(""), "root")] {
        let mut command = image.command("/worker.sh", &["1", "/say", "x"]);
        if let Some(user) = user {
            command = command.env("NOT_ROOT_USER", user);
        }
        let container = command.boot();
        container.wait_for_line(&format!("as {expected} with role worker"));
        stop(&container);
    }
}

#[test]
fn an_unknown_not_root_user_is_said_and_nothing_runs_as_root() {
    let image = image();
    let container = image
        .command("/worker.sh", &["1", "/say", "x"])
        .env("NOT_ROOT_USER", "nosuchuser")
        .boot();
    let line = container.wait_for_line("nosuchuser").text;
    assert!(line.contains("user"), "{line}");
    container.wait_for_line(BOOTED);
    stop(&container);
    assert_none(&container, "said");
}

#[test]
fn a_bad_number_of_workers_is_one_clear_line_and_exit_code_1() {
    let image = image();
    image.run_d("10.sh", "echo run.d");
    for word in [
        "x",
        "0",
        "-1",
        "",
        "1.5",
        "1e3",
        " 2",
        "10001",
        "99999999999999999999",
        "3x",
    ] {
        let container = boot(&image, &[word, "/say"]);
        assert_eq!(code(&container), 1, "{word:?}");
        let lines = container.log().lines();
        assert_eq!(lines.len(), 1, "{word:?}: {lines:?}");
        let line = &lines[0].text;
        assert!(
            line.contains(&format!("`{word}`")) && line.contains("/worker.sh"),
            "{line}"
        );
    }
}

#[test]
fn worker_sh_without_a_command_is_exit_code_1() {
    let image = image();
    for words in [&["2"][..], &[]] {
        let container = boot(&image, words);
        assert_eq!(code(&container), 1, "{words:?}");
        assert_eq!(container.log().lines().len(), 1, "{words:?}");
    }
}

#[test]
fn a_kept_container_starts_its_pool_again_also_with_fewer_workers() {
    let image = image();
    for count in ["3", "1", "2"] {
        let container = image
            .command("/worker.sh", &[count, "/say", "x"])
            .keep_changes()
            .boot();
        let number = count.parse().expect("a number");
        container.wait_for_nth_line(number, "said 1: <78>");
        container.wait_for_line(BOOTED);
        let table = container.exec(["mainstay", "status"]).ok().text();
        assert_eq!(table.matches("worker-").count(), number, "{table}");
        assert_none(&container, "mainstay: ");
        stop(&container);
    }
}

#[test]
fn a_pool_boots_over_a_read_only_root() {
    let image = image();
    let container = image
        .command("/worker.sh", &["2", "/say", "x"])
        .read_only()
        .tmpfs("/run")
        .env("S6_READ_ONLY_ROOT", "1")
        .boot();
    container.wait_for_nth_line(2, "said 1: <78>");
    stop(&container);
}

#[test]
fn worker_sh_is_run_directly_and_through_both_shells() {
    let image = image();
    image.run_d("10.sh", "echo run.d as $CONTAINER_ROLE");
    for words in [
        &["/worker.sh"][..],
        &["/bin/bash", "/worker.sh"],
        &["sh", "/worker.sh"],
    ] {
        let all: Vec<&str> = words.iter().copied().chain(["1", "/say", "a b"]).collect();
        let container = image.command(all[0], &all[1..]).boot();
        container.wait_for_line("said 1: <612062>");
        assert_order(&container, &["run.d as worker", "said"]);
        stop(&container);
    }
}

#[test]
fn a_failing_script_of_run_d_keeps_the_workers_from_starting() {
    let image = image();
    image.run_d("10.sh", "exit 5");
    let container = boot(&image, &["1", "/say"]);
    assert_eq!(code(&container), 5);
    assert_none(&container, "said");
}

#[test]
fn workers_are_added_once_to_a_container_that_runs() {
    let image = image();
    let container = image.init([]).env("WORKER_PREFIX", "1").boot();
    container.wait_for_line(BOOTED);
    // It waits for the container's end.
    let _first = container.prepare(["/worker.sh", "2", "/say", "x"]).spawn();
    container.wait_for_line("[worker-1] said 1: <78>");
    container.wait_for_line("[worker-2] said 1: <78>");
    let second = container.exec(["/worker.sh", "1", "/say", "y"]);
    assert_eq!(second.status.code(), Some(1));
    let line = second.error_text();
    assert!(
        line.contains("it has 2 workers already: `mainstay workers scale 1` changes their number"),
        "{line}"
    );
    let table = container.exec(["mainstay", "workers"]).ok().text();
    assert_eq!(table.lines().count(), 3, "{table}");
    stop(&container);
}
