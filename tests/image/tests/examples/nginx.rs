//! examples/nginx: the smallest image of a service.

use crate::{READ_ONLY, check, check_life, wait_until_healthy};
use harness::{Engine, Scratch};
use image_tests::build_example;

#[test]
fn it_passes_its_tests_in_a_container_and_lives_as_its_file_says() {
    let engine = Engine::shared();
    check(engine, "nginx", &["container", "run"]);
    check_life(engine, "nginx");
}

#[test]
fn a_reload_and_a_stop_cut_no_answer_that_is_being_sent() {
    let engine = Engine::shared();
    // More than the buffers between the two hold, and asked for at 4 MB a second.
    let pages = Scratch::new();
    pages.write("large", vec![0; 12_000_000]);
    let anybody = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(pages.path(), anybody).expect("a mode");
    let volume = format!("{}:/srv/www:ro", pages.path().display());
    let container = engine
        .container(&build_example(engine, "nginx"))
        .options(READ_ONLY)
        .options(["--volume", &volume, "--user", "12345"])
        .env("S6_SERVICES_GRACETIME", "30000")
        .start();
    wait_until_healthy(&container);
    let ask = |name: &str| {
        let slowly = "curl -sS --fail --limit-rate 4M -w '%{size_download}' -o /tmp/$0 \
                      http://127.0.0.1:8080/large";
        container.exec(["sh", "-c", slowly, name])
    };
    let wait_for_some = |name: &str| {
        let path = format!("/tmp/{name}");
        container.wait_for("some of the answer", || {
            container.exec(["test", "-s", &path]).code() == 0
        });
    };
    std::thread::scope(|scope| {
        let asks = scope.spawn(|| ask("reload"));
        wait_for_some("reload");
        container.exec(["mainstay", "signal", "nginx", "HUP"]).ok();
        let told = asks.join().expect("curl ends");
        assert_eq!(told.ok().text(), "12000000");
    });
    std::thread::scope(|scope| {
        // Whoever asks ends with the container, perhaps before it has told: nginx' log tells.
        scope.spawn(|| ask("stop"));
        wait_for_some("stop");
        container.kill("TERM");
    });
    assert_eq!(container.wait(), 0);
    let log = container.log();
    assert_eq!(
        log.count("\"GET /large HTTP/1.1\" 200 12000000"),
        2,
        "{}",
        log.text()
    );
    assert_eq!(log.count("had to kill"), 0, "{}", log.text());
}
