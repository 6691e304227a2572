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
