//! Containers that are tested, on a real engine: from within, and through their lives.
#![forbid(unsafe_code)]

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Once;
use std::time::{Duration, Instant};

use check_tests::dgoss::{Done, Place, done, end_of};
use check_tests::program;
use harness::{Engine, Layout, Root, Scratch};

fn command(place: &Place, name: &str, words: &[&str]) -> Command {
    let mut command = place.command(name, words);
    Engine::shared().speak_to(&mut command);
    command
}

/// What a test has left behind: none of the containers is anybody else's, since each carries the
/// name of its test.
#[track_caller]
fn assert_clean(place: &Place, label: &str) {
    assert_eq!(place.left_in_temp(), [] as [String; 0]);
    let filter = format!("label=test={label}");
    let all = Engine::shared().docker(["ps", "-a", "-q", "--filter", &filter]);
    assert_eq!(all.text(), "", "containers are left");
}

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

/// BusyBox with Mainstay and a service.
fn service_image() -> &'static str {
    static MADE: Once = Once::new();
    MADE.call_once(|| {
        let root = Root::busybox();
        root.install(Layout::S6V2);
        root.write_script(
            "/etc/services.d/web/run",
            "#!/usr/bin/with-contenv sh\ntrap 'exit 0' TERM\n\
             echo \"web says ${GREETING:-nothing}\"\nwhile :; do sleep 1000 & wait $!; done\n",
        );
        Engine::shared().import(&root, "test/web", &["ENTRYPOINT [\"/init\"]"]);
    });
    "test/web"
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

fn lifecycle(place: &Place, words: &[&str]) -> Done {
    let first = [
        "lifecycle",
        "-g",
        "lifecycle.yaml",
        "--format",
        "documentation",
        "--no-color",
    ];
    let mut command = command(place, "mainstay-check", &[&first, words].concat());
    done(command.env("TOKEN_FROM_HERE", "not to be seen at all"))
}

/// The example of docs/lifecycle.md, word for word.
#[test]
fn the_page_of_lifecycle_is_true() {
    let page = harness::workspace().join("docs/lifecycle.md");
    let page = std::fs::read_to_string(page).unwrap();
    let example = page
        .split("```yaml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next());
    let place = Place::with("lifecycle.yaml", example.unwrap());
    let end = lifecycle(
        &place,
        &["--label", "test=page", "--network", "none", service_image()],
    );
    assert_eq!(end.code, 0, "{}\n{}", end.out, end.err);
    assert!(end.out.contains("(user 1000)"), "{}", end.out);
    // The processes were seen while they ran.
    assert!(!end.out.contains("no process"), "{}", end.out);
    assert_clean(&place, "page");
}

/// examples/nginx-app with its own file.
#[test]
fn the_example_lives_as_its_file_says() {
    let engine = Engine::shared();
    let image = image_tests::build_example(engine, "nginx-app", &["nginx-light", "python3"]);
    let file = harness::workspace().join("examples/nginx-app/lifecycle.yaml");
    let place = Place::with("lifecycle.yaml", &std::fs::read_to_string(file).unwrap());
    let end = lifecycle(
        &place,
        &["--label", "test=example", "--network", "none", &image],
    );
    assert_eq!(end.code, 0, "{}\n{}", end.out, end.err);
    assert_clean(&place, "example");
}

#[test]
fn what_a_life_lacks_is_told() {
    let place = Place::with(
        "lifecycle.yaml",
        "\
lifecycle:
  slow and forgetful:
    ready: {within: 300ms, log: never said}
    kill: {process: sleep, back-within: 300ms}
    stop: {within: 500ms, exit-code: 0}
    log: ['/came back/']
  does not come back:
    ready: 10s
    kill: {process: sleep, back-within: 300ms}
    left-behind: none
  is gone:
    command: ['true']
    image: mainstay-test/busybox
    ready: 1s
    stop: 5s
  does not end:
    ends: {within: 300ms, exit-code: 0}
  is not there:
    image: test/none
    ready: 1s
  tells:
    options: [-e, PASSWORD=hunter2hunter2, -v, /data]
    env: {SHORT: abc}
    secrets: [PASSWORD, MADE, SHORT, TOKEN_FROM_HERE]
    ready: {log: [is]}
",
    );
    let script = "echo password is $PASSWORD; echo $MADE >&2; trap '' TERM; sleep 1000 & wait; \
                  sleep 1001";
    let image = Engine::shared().busybox();
    let end = lifecycle(
        &place,
        &[
            "--label",
            "test=lacks",
            "--network",
            "none",
            image,
            "sh",
            "-c",
            script,
        ],
    );
    assert_eq!(end.code, 1, "{end:?}");
    for words in [
        "slow and forgetful: ready:",
        "not ready within 300ms: its log does not say so",
        "slow and forgetful: stop:",
        "not stopped within 500ms: killed after ",
        "slow and forgetful: exit-code:",
        "slow and forgetful: log:",
        "does not come back: kill:",
        "sleep is not back within 300ms after SIGKILL",
        "is gone: ready:",
        "it ended with exit code 0",
        "does not end: ends:",
        "not ended within 300ms",
        "is not there: start:",
        "test/none",
        "tells: secrets:",
        "to be where the value of PASSWORD stands:",
        "to be where the value of MADE stands:",
        "the value of SHORT is shorter than 6 bytes",
    ] {
        assert!(end.out.contains(words), "{words}\n{}\n{}", end.out, end.err);
    }
    assert!(!end.out.contains("value of TOKEN_FROM_HERE"), "{}", end.out);
    assert!(!format!("{end:?}").contains("hunter2"), "{end:?}");
    assert_clean(&place, "lacks");
}

#[test]
fn secrets_are_found_in_layers_that_hide_them() {
    let files = Scratch::new();
    files.write(
        "Dockerfile",
        "FROM mainstay-test/busybox\nRUN mkdir -p /etc/app && echo key=hunter2hunter2 >/etc/app/conf\n\
         RUN rm /etc/app/conf\nARG TOKEN=ghp_1234567890\nRUN echo $TOKEN >/dev/null\n",
    );
    Engine::shared().busybox();
    Engine::shared()
        .build("test/leaky", files.path(), &[])
        .unwrap();
    let place = Place::with(
        "lifecycle.yaml",
        "lifecycle:\n  leaks:\n    env: {KEY: hunter2hunter2, TOKEN: ghp_1234567890, FINE: something else}\n    \
         secrets: [KEY, TOKEN, FINE]\n",
    );
    let end = lifecycle(
        &place,
        &[
            "--label",
            "test=leaky",
            "--network",
            "none",
            "test/leaky",
            "sleep",
            "9",
        ],
    );
    assert_eq!(end.code, 1, "{end:?}");
    assert!(end.out.contains("/etc/app/conf in layer "), "{end:?}");
    assert!(end.out.contains("the image's history"), "{end:?}");
    assert!(!end.out.contains("value of FINE"), "{end:?}");
    assert_clean(&place, "leaky");
}

#[test]
fn a_life_that_is_interrupted_leaves_nothing() {
    for wait in [100, 600, 1200] {
        let place = Place::with(
            "lifecycle.yaml",
            "lifecycle:\n  long:\n    ready: {within: 60s, log: never}\n",
        );
        let image = Engine::shared().busybox();
        let words = [
            "lifecycle",
            "-g",
            "lifecycle.yaml",
            "--label",
            "test=long",
            "--network",
            "none",
            image,
            "sleep",
            "1000",
        ];
        let child = command(&place, "mainstay-check", &words).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        kernel::signal::send(child.id() as i32, kernel::signal::SIGTERM).unwrap();
        let end = end_of(child);
        assert_eq!(end.code, 143, "{end:?}");
        assert_clean(&place, "long");
    }
}

#[test]
fn mistakes_of_a_file_are_told_with_their_places() {
    let place = Place::with(
        "lifecycle.yaml",
        "lifecycle:\n  a:\n    redy: 5s\n    stop: {within: 5}\n",
    );
    let end = lifecycle(&place, &["image"]);
    assert_eq!(end.code, 78);
    assert!(
        end.out
            .contains("lifecycle.yaml:3:5: a: there is no redy; did you mean ready?"),
        "{end:?}"
    );
    assert!(
        end.out.contains("lifecycle.yaml:4:20: a: stop: 5 of what?"),
        "{end:?}"
    );
    place
        .dir
        .write("lifecycle.yaml", "lifecycle:\n  a:\n    ready: 5s\n");
    let end = lifecycle(&place, &[]);
    assert!(
        end.code == 1 && end.err.contains("of which image?"),
        "{end:?}"
    );
}
