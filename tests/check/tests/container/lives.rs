//! Containers that are tried through their lives.

use std::time::Duration;

use check_tests::dgoss::{Done, Place, done, end_of};
use harness::{Engine, Scratch};

use super::{assert_clean, command, service_image};

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
    let image = image_tests::build_example(engine, "nginx-app");
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
