//! Images with Mainstay under Docker.
#![forbid(unsafe_code)]

use harness::{Engine, Root, Scratch};
use std::sync::Once;

/// BusyBox with the binary as `/init`, one service and one hook.
fn service_image(engine: &Engine) -> &'static str {
    static MADE: Once = Once::new();
    MADE.call_once(|| {
        let root = Root::busybox();
        root.copy_file(harness::mainstay(), "/init")
            .write_script("/etc/cont-init.d/10-hook", "#!/bin/sh\necho the hook\n")
            .write_script(
                "/etc/services.d/web/run",
                "#!/bin/sh\ntrap 'echo web ends; exit 0' TERM\necho web is up\n\
                 while :; do sleep 1000 & wait $!; done\n",
            );
        engine.import(&root, "test/service", &["ENTRYPOINT [\"/init\"]"]);
    });
    "test/service"
}

#[test]
fn docker_stop_ends_a_container_in_order_and_at_once() {
    let engine = Engine::shared();
    let container = engine.container(service_image(engine)).start();
    container.wait_for_line("web is up");
    let took = container.stop(10);
    assert!(took.as_secs() < 9, "killed by the engine after {took:?}");
    assert_eq!(container.wait(), 0);
    assert!(container.log().position("the hook") < container.log().position("web is up"));
    assert_eq!(container.log().count("web ends"), 1);
}

#[test]
fn the_command_decides_the_exit_code() {
    let engine = Engine::shared();
    let command = ["sh", "-c", "echo the command; exit 42"];
    let (code, log) = engine
        .container(service_image(engine))
        .command(command)
        .run();
    assert_eq!(code, 42);
    assert!(log.position("the hook") < log.position("the command"));
}

#[test]
fn the_binary_needs_nothing_in_its_image() {
    let engine = Engine::shared();
    let files = Scratch::new();
    std::fs::copy(harness::mainstay(), files.path().join("mainstay")).unwrap();
    let text = "FROM scratch\nCOPY mainstay /s6-true\nCOPY mainstay /s6-false\n";
    files.write("Dockerfile", text);
    engine.build("test/alone", files.path(), &[]).unwrap();
    for (name, expected) in [("/s6-true", 0), ("/s6-false", 1)] {
        let (code, log) = engine.container("test/alone").command([name]).run();
        assert_eq!((code, log.text().as_str()), (expected, ""), "{name}");
    }
}

/// The lines of both streams in the order in which the engine has read them.
fn in_order(engine: &Engine, id: &str) -> Vec<String> {
    let output = engine.docker(["logs", "--timestamps", id]);
    let (out, err) = (output.text(), output.error_text());
    let mut lines: Vec<(String, String)> = out
        .lines()
        .chain(err.lines())
        .filter_map(|line| line.split_once(' '))
        .map(|(at, text)| (at.to_owned(), text.to_owned()))
        .collect();
    // Stable: within a stream lines of one moment stay as they are.
    lines.sort_by(|one, other| one.0.cmp(&other.0));
    lines.into_iter().map(|(_, text)| text).collect()
}

#[test]
fn what_is_said_of_hooks_stands_among_their_own_lines_and_the_last_line_is_the_last() {
    let engine = Engine::shared();
    let root = Root::busybox();
    root.install(harness::Layout::S6V2);
    root.write_script(
        "/etc/cont-init.d/10-fails",
        "#!/bin/sh\necho it begins\necho it fails\nexit 3\n",
    )
    .write_script(
        "/etc/cont-init.d/20-next",
        "#!/bin/sh\necho the next begins\n",
    )
    .write_script("/etc/cont-init.d/30-cr", "#!/bin/sh\r\necho never\r\n")
    .write_script(
        "/etc/cont-init.d/40-last",
        "#!/bin/sh\necho the last begins\n",
    )
    .write_script(
        "/etc/cont-finish.d/10-drain",
        // The engine reads two pipes, in no order: it gets the time to have read both.
        "#!/bin/sh\nfor n in 1 2 3 4 5 6 7 8 9; do echo drains $n; echo complains $n >&2; done\n\
         sleep 0.2\n",
    );
    let words = [
        "ENTRYPOINT [\"/init\"]",
        "ENV S6_BEHAVIOUR_IF_STAGE2_FAILS=1",
    ];
    engine.import(&root, "test/order", &words);
    for round in 0..5 {
        let container = engine.container("test/order").start();
        container.wait_for_line("[services.d] done.");
        container.stop(10);
        container.wait();
        let lines = in_order(engine, container.id());
        let mut at = 0;
        for part in [
            "it fails",
            "/etc/cont-init.d/10-fails: exited 3; the boot goes on",
            "the next begins",
            "mainstay: /etc/cont-init.d/30-cr: ",
            "the last begins",
            "drains 9",
            "[cont-finish.d] done.",
            "mainstay: stopped in ",
        ] {
            match lines[at..].iter().position(|line| line.contains(part)) {
                Some(found) => at += found + 1,
                None => panic!("round {round}: {part:?} is not in its place: {lines:#?}"),
            }
        }
        assert_eq!(
            at,
            lines.len(),
            "round {round}: it is not the last: {lines:#?}"
        );
    }
}
