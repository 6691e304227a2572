//! examples/build-stop: hooks of the start do the slow part in the build.

use crate::{READ_ONLY, check_life};
use harness::{Engine, Scratch, workspace};
use image_tests::{build_example, try_to_build_example};
use std::process::Command;

#[test]
fn the_result_of_the_stage_is_in_the_image_and_its_hook_is_not() {
    let engine = Engine::shared();
    let image = build_example(engine, "build-stop");
    let container = engine
        .container(&image)
        .options(READ_ONLY)
        .options(["--user", "12345"])
        .start();
    container.wait_for_line("[index] is in the image");
    container.wait_for_line("[search] listens");
    let page = "http://127.0.0.1:8080/?q=container";
    let found = container.exec(["curl", "-sf", "--retry-connrefused", "--retry", "9", page]);
    let mut names: Vec<String> = found.ok().text().lines().map(str::to_owned).collect();
    names.sort();
    assert_eq!(names, ["drain", "init", "supervisor"]);
    assert_eq!(container.exec(["ls", "/run.d"]).text(), "20-index.sh");
    container.stop(10);
    assert_eq!(container.wait(), 0);
    check_life(engine, "build-stop");
}

#[test]
fn the_stage_ends_with_0_before_a_service_starts_and_a_hook_that_fails_ends_the_build() {
    let engine = Engine::shared();
    let copy = Scratch::new();
    let from = workspace().join("examples/build-stop/.");
    let done = Command::new("cp")
        .arg("-a")
        .arg(from)
        .arg(copy.path())
        .status();
    assert!(done.expect("cp can be started").success());
    // Something of its own, so that the engine has no stage of it yet.
    copy.write("root/srv/pages/reload.txt", "A reload keeps the process.\n");
    let built = try_to_build_example(engine, "test/again", copy.path()).expect("built");
    let said = built.text();
    for line in [
        "[index] 4 pages are in /srv/index.sqlite",
        "[build] stops here",
        "[init] /run.d/99-built.sh: the container ends here, as SIGNAL_BUILD_STOP=99 says",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    for part in ["services.d", "[search]", "failed"] {
        assert!(!said.contains(part), "{part}: {said}");
    }
    copy.write("root/srv/pages/empty.txt", "");
    let failed = try_to_build_example(engine, "test/fails", copy.path());
    let output = failed.expect_err("a page is empty").0;
    for line in [
        "[index] /srv/pages/empty.txt: it is empty; write a text or remove it",
        "[init] failed executing - /run.d/20-index.sh (exit code 3)",
    ] {
        assert!(output.text().contains(line), "{line}: {output}");
    }
    assert!(output.error_text().contains("non-zero code: 3"), "{output}");
}
