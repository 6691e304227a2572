//! The Docker engine proves itself with BusyBox and Debian alone.
#![forbid(unsafe_code)]

use harness::{Engine, Scratch};

#[test]
fn a_container_runs_stops_and_tells_its_exit_code() {
    let engine = Engine::shared();
    let script = "trap 'echo bye >&2; exit 5' TERM; echo up; while :; do sleep 0.1; done";
    let container = engine.container(engine.busybox()).env("A", "b c");
    let container = container.command(["sh", "-c", script]).start();
    container.wait_for_line("up");
    assert_eq!(
        container
            .exec(["sh", "-c", "echo $A; cat /proc/1/comm"])
            .text(),
        "b c\nsh"
    );
    let took = container.stop(10);
    assert!(took.as_secs() < 10, "{took:?}");
    assert_eq!(container.wait(), 5);
    assert!(container.log().position("up") < container.log().position("bye"));
    assert_eq!(container.inspect("{{.State.ExitCode}}"), "5");
}

#[test]
fn a_killed_container_can_be_started_again() {
    let engine = Engine::shared();
    let script = "test -e /seen && echo again; touch /seen; exec sleep 1000";
    let container = engine.container(engine.busybox());
    let mut container = container.command(["sh", "-c", script]).start();
    container.wait_for("the file", || {
        container.exec(["test", "-e", "/seen"]).code() == 0
    });
    container.kill("KILL");
    assert_eq!(container.wait(), 137);
    container.start_again();
    container.wait_for_line("again");
}

#[test]
fn an_image_is_built_from_another() {
    let engine = Engine::shared();
    let files = Scratch::new();
    let text = "FROM mainstay-test/debian\nCOPY hello /hello\nRUN test -d /proc/1 && cp /hello /copy\n\
                CMD [\"cat\", \"/copy\"]\n";
    files
        .write("Dockerfile", text)
        .write("hello", "hello from a file\n");
    engine.debian();
    engine.build("test/built", files.path(), &[]).unwrap();
    let (code, log) = engine.container("test/built").run();
    assert_eq!((code, log.text().as_str()), (0, "hello from a file"));
    files.write(
        "Dockerfile",
        "FROM mainstay-test/debian\nRUN echo no >&2; exit 3\n",
    );
    let failed = engine.build("test/broken", files.path(), &[]);
    let words = failed.expect_err("a step fails").to_string();
    assert!(words.contains("returned a non-zero code: 3"), "{words}");
}

#[test]
fn what_cannot_be_started_says_why() {
    let engine = Engine::shared();
    let container = engine.container(engine.busybox()).command(["/no/such"]);
    let output = container.try_start().expect_err("there is no such program");
    assert!(output.error_text().contains("no such file"), "{output}");
}
