//! A smaller matrix in a real engine: what its options make of a container.
#![forbid(unsafe_code)]

use anywhere_tests::image::{self, LIFE, OUT};
use harness::{Engine, Scratch, patience};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Once;
use std::time::{Duration, Instant};

fn made(engine: &Engine) -> &'static str {
    static MADE: Once = Once::new();
    MADE.call_once(|| engine.import(&image::make(), "test/anywhere", &["ENTRYPOINT [\"/init\"]"]));
    "test/anywhere"
}

/// A directory that the container's user may write to, for what happens.
fn out() -> Scratch {
    let out = Scratch::new();
    let everybody = std::fs::Permissions::from_mode(0o777);
    std::fs::set_permissions(out.path(), everybody).expect("a directory of the test's own");
    out
}

fn said(out: &Path) -> String {
    std::fs::read_to_string(out.join("log")).unwrap_or_default()
}

#[track_caller]
fn wait_for(what: &str, log: impl Fn() -> String, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + patience(Duration::from_secs(60));
    while !condition() {
        assert!(Instant::now() < deadline, "not so: {what}\n{}", log());
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The options of each cell.
const CELLS: &[&[&str]] = &[
    &[],
    &["--init"],
    &["--pid", "host"],
    &["--read-only"],
    &["--read-only", "--tmpfs", "/run"],
    &["--read-only", "--tmpfs", "/run:exec"],
    &["--tmpfs", "/run:noexec"],
    &["--tmpfs", "/run:noexec", "--env", "S6_READ_ONLY_ROOT=1"],
    &["--user", "12345:0"],
    &["--user", "app"],
    &["--cap-drop", "ALL"],
    &["--cap-drop", "ALL", "--security-opt", "no-new-privileges"],
    &["--tty"],
    &["--log-driver", "none"],
    &["--ipc", "none", "--read-only"],
    &["--ulimit", "nofile=20000:20000"],
    &[
        "--init",
        "--read-only",
        "--user",
        "12345:0",
        "--cap-drop",
        "ALL",
        "--security-opt",
        "no-new-privileges",
    ],
    &[
        "--pid",
        "host",
        "--read-only",
        "--tmpfs",
        "/run:noexec,mode=1777",
        "--user",
        "12345:0",
        "--cap-drop",
        "ALL",
        "--security-opt",
        "no-new-privileges",
    ],
];

#[test]
fn every_cell_boots_and_stops_in_an_engine() {
    let engine = Engine::shared();
    let image = made(engine);
    for options in CELLS {
        let out = out();
        let volume = format!("{}:{OUT}", out.path().display());
        let container = engine
            .container(image)
            .options(*options)
            .options(["--volume", &volume])
            .env("TOKEN", "a b")
            .start();
        let log = || {
            let log = container.log().report(None);
            format!("{options:?}\n{}\n{log}", said(out.path()))
        };
        wait_for("the services run", log, || {
            said(out.path()).contains(LIFE[1]) && out.path().join("program").exists()
        });
        if options.contains(&"host") {
            // A stranger in the same PID namespace.
            assert!(engine.docker(["version"]).status.success());
        }
        container.stop(20);
        let code = container.inspect("{{.State.ExitCode}}");
        assert_eq!(code, "0", "{}", log());
        let said = said(out.path());
        let up = said.find(LIFE[1]).expect("found above");
        assert!(said.find(LIFE[0]) < Some(up), "{}", log());
        for line in &LIFE[2..] {
            assert!(said[up..].contains(line), "{line}: {}", log());
        }
        // The engine itself is a stranger to a container in its PID namespace.
        assert!(engine.docker(["version"]).status.success(), "{}", log());
    }
    anywhere_tests::tell("docker", CELLS.len());
}

/// Started again by the engine after a kill, with the same root.
#[test]
fn an_engine_starts_a_killed_container_again() {
    let engine = Engine::shared();
    let image = made(engine);
    for options in [&[][..], &["--user", "12345:0"], &["--read-only"]] {
        let out = out();
        let volume = format!("{}:{OUT}", out.path().display());
        let mut container = engine
            .container(image)
            .options(options)
            .options(["--volume", &volume])
            .env("TOKEN", "a b")
            .start();
        for turn in 1..=3 {
            wait_for(
                "it is up",
                || container.log().report(None),
                || said(out.path()).matches(LIFE[1]).count() == turn,
            );
            container.kill("KILL");
            container.wait();
            container.start_again();
        }
        wait_for(
            "it is up",
            || container.log().report(None),
            || said(out.path()).matches(LIFE[1]).count() == 4,
        );
        container.stop(20);
        assert_eq!(container.inspect("{{.State.ExitCode}}"), "0");
    }
}
