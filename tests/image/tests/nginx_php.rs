//! examples/nginx-php as an image: built by its own Dockerfile, run by Docker with a read-only
//! root, and stopped within the limit that it was given.
#![forbid(unsafe_code)]

use harness::{Engine, Root, Scratch, workspace};

#[test]
fn the_example_becomes_an_image_that_is_healthy_and_drains() {
    let engine = Engine::shared();
    let base = Root::debian_with(&["nginx-light", "php-fpm", "procps", "curl"]);
    engine.import(&base, "test/nginx-php-base", &[]);
    let files = Scratch::new();
    std::fs::copy(harness::mainstay(), files.path().join("mainstay")).unwrap();
    files.write("Dockerfile", "FROM scratch\nCOPY mainstay /mainstay\n");
    engine
        .build("test/mainstay-php", files.path(), &[])
        .unwrap();
    let arguments = [
        "--build-arg",
        "BASE=test/nginx-php-base",
        "--build-arg",
        "MAINSTAY=test/mainstay-php",
    ];
    let example = workspace().join("examples/nginx-php");
    engine
        .build("test/nginx-php", &example, &arguments)
        .unwrap();

    let container = engine
        .container("test/nginx-php")
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
