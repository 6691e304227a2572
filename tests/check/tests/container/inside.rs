//! Containers that are tested from within.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Once;
use std::time::{Duration, Instant};

use check_tests::dgoss::{Done, Place, done, end_of};
use check_tests::program;
use harness::{Engine, Layout, Root, Scratch};

use super::{assert_clean, command, service_image};

/// `dgoss run` with a label and no network.
fn run(place: &Place, label: &str, words: &[&str]) -> Done {
    let label = format!("test={label}");
    let first = ["run", "--label", &label, "--network", "none"];
    done(&mut command(place, "dgoss", &[&first, words].concat()))
}

/// BusyBox' program alone: no shell by any name that is asked for.
fn shell_less() -> &'static str {
    static MADE: Once = Once::new();
    MADE.call_once(|| {
        let files = Scratch::new();
        std::fs::copy("/bin/busybox", files.path().join("busybox")).unwrap();
        files.write(
            "Dockerfile",
            "FROM scratch\nCOPY busybox /busybox\nCMD [\"/busybox\", \"sleep\", \"1000\"]\n",
        );
        Engine::shared()
            .build("test/shell-less", files.path(), &[])
            .unwrap();
    });
    "test/shell-less"
}

const PASSES: &str = "file:\n  /busybox:\n    exists: true\n    mode: \"0755\"\n";

#[test]
fn an_image_without_a_shell_is_tested() {
    for strategy in ["mount", "cp"] {
        let place = Place::with("goss.yaml", PASSES);
        place.dir.write("goss_wait.yaml", PASSES);
        let words = [
            "run",
            "--label",
            "test=shell-less",
            "--network",
            "none",
            shell_less(),
        ];
        let mut call = command(&place, "dgoss", &words);
        let end = done(
            call.env("GOSS_FILES_STRATEGY", strategy)
                .env("NO_COLOR", "1"),
        );
        assert_eq!(end.code, 0, "{end:?}");
        assert!(end.out.contains("Count: 2, Failed: 0"), "{end:?}");
        assert_clean(&place, "shell-less");
    }
    let place = Place::with("goss.yaml", "file:\n  /nothing:\n    exists: true\n");
    let end = run(&place, "shell-less", &[shell_less()]);
    assert_eq!(end.code, 1, "{end:?}");
    assert_clean(&place, "shell-less");
    let mut call = command(&place, "dgoss", &["run", "--network", "none", shell_less()]);
    let end = done(call.env("GOSS_OPTS", "-f json | cat"));
    assert!(
        end.code == 1 && end.err.contains("the image has no sh"),
        "{end:?}"
    );
}

#[test]
fn a_container_that_dies_says_how() {
    let place = Place::with("goss.yaml", PASSES);
    let image = Engine::shared().busybox();
    let script = "for n in $(seq 30); do echo line $n; done; echo wrong; exit 3";
    let end = run(&place, "dies", &[image, "sh", "-c", script]);
    assert_eq!(end.code, 1, "{end:?}");
    assert!(
        end.err
            .contains("ERROR: the container failed to start: it ended with exit code 3")
    );
    assert!(
        end.err.contains("line 30") && end.err.contains("wrong"),
        "{end:?}"
    );
    assert!(!end.err.contains("line 9\n"), "{end:?}");
    let end = run(&place, "dies", &[image, "true"]);
    assert!(end.err.contains("`sleep infinity`"), "{end:?}");
    let end = run(&place, "dies", &[image, "/no/such"]);
    assert_eq!(end.code, 127, "{end:?}");
    // Removed by the engine itself before anybody could look.
    let end = run(&place, "dies", &["--rm", image, "true"]);
    assert!(end.code == 1 && end.err.contains("(--rm?)"), "{end:?}");
    assert_clean(&place, "dies");
}

#[test]
fn an_end_at_any_moment_leaves_nothing() {
    let image = Engine::shared().busybox();
    for (round, signal) in ["INT", "TERM", "HUP"].iter().cycle().take(9).enumerate() {
        let place = Place::with("goss.yaml", "command: {sleep 5: {exit-status: 0}}\n");
        let words = [
            "run",
            "--label",
            "test=moment",
            "--network",
            "none",
            image,
            "sleep",
            "1000",
        ];
        let begun = Instant::now();
        let child = command(&place, "dgoss", &words).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(20 + 110 * round as u64));
        let number = kernel::signal::parse(signal.as_bytes()).unwrap();
        kernel::signal::send(child.id() as i32, number).unwrap();
        let end = end_of(child);
        assert_eq!(end.code, 128 + number, "{end:?}");
        assert!(begun.elapsed() < Duration::from_secs(30));
        assert_clean(&place, "moment");
    }
}

#[test]
fn an_edit_on_a_terminal_brings_the_file_back() {
    let image = Engine::shared().busybox();
    for strategy in ["mount", "cp"] {
        let place = Place::new();
        // script(1) is a terminal; what it reads is typed there.
        let line = format!(
            "exec -a dgoss {} edit --label test=edit --network none {image} sleep 1000",
            program().display()
        );
        let mut call = Command::new("script");
        call.args(["-qec", &format!("bash -c '{line}'"), "/dev/null"])
            .current_dir(place.dir.path())
            .env("DGOSS_TEMP_DIR", place.temp())
            .env("GOSS_FILES_STRATEGY", strategy)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Engine::shared().speak_to(&mut call);
        let mut child = call.spawn().unwrap();
        let mut keys = child.stdin.take().unwrap();
        keys.write_all(b"goss --version && echo file: {} >goss.yaml; exit 5\n")
            .unwrap();
        let end = end_of(child);
        drop(keys);
        assert_eq!(end.code, 5, "{end:?}");
        let text = std::fs::read_to_string(place.dir.at("goss.yaml")).unwrap_or_default();
        assert_eq!(text, "file: {}\n", "{end:?}");
        assert_clean(&place, "edit");
    }
}

/// A directory of tests, and one with what they include.
#[test]
fn included_files_come_along() {
    let place = Place::with("goss.yaml", "gossfile:\n  parts/*.yaml: {}\n");
    place.dir.write(
        "parts/a.yaml",
        "gossfile:\n  more/b.yaml: {}\nfile:\n  /bin/sh: {exists: true}\n",
    );
    place
        .dir
        .write("parts/more/b.yaml", "file:\n  /none: {exists: false}\n");
    let image = Engine::shared().busybox();
    let end = run(&place, "includes", &[image, "sleep", "1000"]);
    assert_eq!(end.code, 0, "{end:?}");
    assert!(end.out.contains("Count: 2"), "{end:?}");
    assert_clean(&place, "includes");
}

/// docker-base's own two files of tests (its README and repository at 5.2.0): the first in the
/// build, the second in a container with its variables.
#[test]
fn the_files_of_docker_base_pass() {
    let engine = Engine::shared();
    let root = Root::debian();
    root.install(Layout::DockerBase);
    engine.import(&root, "test/docker-base-root", &[]);
    let files = Scratch::new();
    std::fs::copy(program(), files.path().join("goss")).unwrap();
    let archstring = |words: &str, code: u8, stdout: &str, stderr: &str| {
        format!(
            "  archstring{words}:\n    exit-status: {code}\n    stdout: {stdout}\n    stderr: {stderr}\n"
        )
    };
    let base = [
        "command:\n  s6-true:\n    exit-status: 0\n    stdout: []\n    stderr: []\n".to_string(),
        archstring(" --x64 example --arm64 other", 0, "[example]", "[]"),
        archstring(" -i example -a other", 0, "[example]", "[]"),
        archstring(" --arm64 other", 1, "[/--x64/]", "[]"),
        archstring(" --x64 example", 1, "[/--arm64/]", "[]"),
        archstring(" --nonsense", 1, "[\"/[Uu]sage/\"]", "[]"),
    ];
    files.write("goss.base.yaml", base.concat());
    files.write(
        "Dockerfile",
        "FROM test/docker-base-root\nCOPY goss /usr/local/bin/goss\nCOPY goss.base.yaml /\n\
         RUN goss -g goss.base.yaml validate\nCMD [\"/bin/bash\", \"/run.sh\"]\n",
    );
    let built = engine.build("test/docker-base", files.path(), &[]).unwrap();
    assert!(built.text().contains("Failed: 0"), "{built}");

    let long = "0123456789abcdef".repeat(264);
    let place = Place::new();
    let tests = format!(
        "command:\n  with-contenv:\n    &default\n    exec: /tests/contenv.sh\n    exit-status: 0\n    \
         stdout:\n    - {}\n    stderr: []\n  with-bigcontenv:\n    <<: *default\n    \
         exec: /tests/bigcontenv.sh\n    stdout:\n    - {long}\n",
        &long[..4096]
    );
    place.dir.write("goss.yaml", tests);
    place.dir.script(
        "tests/contenv.sh",
        "#!/usr/bin/with-contenv bash\necho \"$LONG_VAR\"\n",
    );
    place.dir.script(
        "tests/bigcontenv.sh",
        "#!/bin/bash\nsource /scripts/with-bigcontenv\necho \"$LONG_VAR\"\n",
    );
    let mount = format!("{}:/tests", place.dir.at("tests").display());
    let variable = format!("LONG_VAR={long}");
    let words = [
        "-v",
        &mount,
        "-e",
        &variable,
        "-e",
        "1VAR_NAME=a",
        "-e",
        "var.name=b",
        "-e",
        "var-name=c",
        "test/docker-base",
    ];
    let end = run(&place, "docker-base", &words);
    assert_eq!(end.code, 0, "{end:?}");
    assert!(
        end.out.contains("Count: 4, Failed: 0, Skipped: 0"),
        "{end:?}"
    );
    assert_clean(&place, "docker-base");
}

#[test]
fn mainstay_is_asked_from_within() {
    let tests = "\
mainstay:
  web:
    eventually: 10s
    up: true
    ready: true
    restarts: 0
    user: root
  container:
    eventually: 10s
    up: true
    ready: true
    zombies: 0
    user: root
  none:
    up: false
";
    let place = Place::with("goss.yaml", tests);
    let words = [
        "container",
        "run",
        "--label",
        "test=within",
        "--network",
        "none",
        service_image(),
    ];
    let end = done(&mut command(&place, "mainstay-check", &words));
    assert_eq!(end.code, 0, "{end:?}");
    assert_clean(&place, "within");
    // Elsewhere nobody can be asked.
    let image = Engine::shared().busybox();
    let end = run(&place, "within", &[image, "sleep", "1000"]);
    assert!(
        end.code == 1 && end.out.contains("is it PID 1 of this container?"),
        "{end:?}"
    );
}

#[test]
fn a_service_of_compose_is_tested() {
    if !std::path::Path::new("/usr/bin/docker-compose").exists() {
        return;
    }
    let image = Engine::shared().busybox();
    let place = Place::with("goss.yaml", "file:\n  /bin/sh: {exists: true}\n");
    let compose = format!(
        "version: '2.4'\nservices:\n  other: &all\n    image: {image}\n    command: sleep 1000\n    \
         network_mode: none\n    labels: {{test: compose}}\n  web:\n    <<: *all\n    \
         depends_on: [other]\n"
    );
    place.dir.write("docker-compose.yml", compose);
    let end = done(&mut command(&place, "dcgoss", &["run", "web"]));
    assert_eq!(end.code, 0, "{end:?}");
    assert!(end.err.contains("INFO: Starting web container"), "{end:?}");
    assert_clean(&place, "compose");
    let end = done(&mut command(&place, "dcgoss", &["run", "wep"]));
    assert_ne!(end.code, 0, "{end:?}");
    assert_clean(&place, "compose");
}
