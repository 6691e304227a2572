//! examples/nginx-app: an app behind nginx.

use harness::Engine;
use image_tests::build_example;

const ASK: &str = "import sys, urllib.request
print(urllib.request.urlopen('http://127.0.0.1:8080' + sys.argv[1]).read().decode(), end='')";

#[test]
fn the_example_becomes_an_image_that_is_healthy_and_drains() {
    let engine = Engine::shared();
    let image = build_example(engine, "nginx-app");
    let container = engine
        .container(&image)
        .env("GREETING", "Hello image")
        .start();
    container.wait_for("a healthy container", || {
        container.inspect("{{.State.Health.Status}}") == "healthy"
    });
    let ask = |path: &str| container.exec(["python3", "-c", ASK, path]).text();
    assert!(ask("/").starts_with("Hello image from process "));
    // A request that is being answered when the stop begins. Who asks is in the container
    // and ends with it, perhaps before it has read the answer: nginx' log tells.
    std::thread::scope(|scope| {
        scope.spawn(|| ask("/slow?ms=1500"));
        container.wait_for("the slow request to be under way", || {
            let sockets = container.exec(["cat", "/proc/net/tcp"]).text();
            sockets.lines().any(|line| {
                let fields: Vec<&str> = line.split_whitespace().collect();
                // 127.0.0.1:8080, established.
                fields.get(1) == Some(&"0100007F:1F90") && fields.get(3) == Some(&"01")
            })
        });
        container.kill("TERM");
    });
    assert_eq!(container.wait(), 0);
    let log = container.log();
    let answered = "[access] 200 GET /slow?ms=1500";
    assert!(log.position("[drain] nginx: asked") < log.position(answered));
    assert!(log.position(answered) < log.position("[drain] nginx: done"));
    assert!(log.position("[drain] nginx: done") < log.position("[drain] app: done"));
}
