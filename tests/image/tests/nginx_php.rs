//! examples/nginx-php as an image: built by its own Dockerfile, run by Docker with a read-only
//! root, and stopped within the limit that it was given.
#![forbid(unsafe_code)]

use harness::Engine;
use image_tests::build_example;

#[test]
fn the_example_becomes_an_image_that_is_healthy_and_drains() {
    let engine = Engine::shared();
    let image = build_example(
        engine,
        "nginx-php",
        &["nginx-light", "php-fpm", "procps", "curl"],
    );
    let container = engine
        .container(&image)
        .options(["--read-only", "--tmpfs", "/run:exec", "--tmpfs", "/tmp"])
        .env("DRAIN_SECONDS", "1")
        .start();
    container.wait_for("a healthy container", || {
        container.inspect("{{.State.Health.Status}}") == "healthy"
    });
    let page = ["curl", "-sf", "http://127.0.0.1:8080/index.php"];
    assert!(container.exec(page).ok().text().starts_with("answered by "));
    container.stop(60);
    assert_eq!(container.wait(), 0);
    let log = container.log();
    assert!(log.position("[drain] nginx: done") < log.position("[drain] php-fpm: done"));
    assert_eq!(log.count("killed"), 0, "{}", log.text());
}
