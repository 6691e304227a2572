//! examples/nginx-php: one image for web and workers, in docker-base's style.

use crate::{CHOSEN, Clients, READ_ONLY, check_life, wait_until_healthy};
use harness::{Engine, Scratch, workspace};
use image_tests::build_example;

const PATHS: [&str; 4] = [
    "/index.php",
    "/slow.php?ms=300",
    "/index.php",
    "/slow.php?ms=20",
];

#[test]
fn it_lives_as_its_file_says_as_web_and_as_workers() {
    check_life(Engine::shared(), "nginx-php");
}

#[test]
fn reloads_and_a_stop_under_load_lose_no_request_read_only_and_as_any_user() {
    let engine = Engine::shared();
    let container = engine
        .container(&build_example(engine, "nginx-php"))
        .options(READ_ONLY)
        .options(CHOSEN)
        .options(["--user", "12345", "--cap-drop", "ALL"])
        .options(["--security-opt", "no-new-privileges"])
        // The load balancer of this test asks ten times a second.
        .env("DRAIN_SECONDS", "1")
        .start();
    wait_until_healthy(&container);
    let clients = Clients::of(&container, engine, &PATHS);
    let page = ["curl", "-sf", "http://127.0.0.1:8080/slow.php?ms=100"];
    let pids = || {
        let services = "for s in nginx php-fpm; do s6-svstat -o pid /var/run/s6/services/$s; done";
        container.exec(["sh", "-c", services]).ok().text()
    };
    let before = pids();
    for _ in 0..3 {
        for service in ["nginx", "php-fpm"] {
            // The one as scripts say it, the other as people do.
            let scan = format!("/var/run/s6/services/{service}");
            container.exec(["s6-svc", "-h", &scan]).ok();
            container.exec(page).ok();
            container.exec(["mainstay", "signal", service, "HUP"]).ok();
            container.exec(page).ok();
        }
    }
    assert_eq!(pids(), before, "a reload is no restart");
    container.stop(60);
    clients.were_all_answered();
    assert_eq!(container.wait(), 0);
    let log = container.log();
    assert_eq!(log.count("signal process started"), 6, "{}", log.text());
    assert!(log.position("[drain] nginx: done") < log.position("[drain] php-fpm: done"));
    assert_eq!(log.count("had to kill"), 0, "{}", log.text());
}

#[test]
fn a_configuration_with_a_mistake_changes_nothing_at_a_reload() {
    let engine = Engine::shared();
    let own = Scratch::new();
    let path = "etc/nginx-php/nginx.conf";
    let example = workspace().join("examples/nginx-php/root").join(path);
    let right = std::fs::read_to_string(example).expect("the example's");
    own.write("nginx.conf", &right);
    let file = own.path().join("nginx.conf");
    let anybody = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(&file, anybody).expect("a mode");
    let volume = format!("{}:/{path}:ro", file.display());
    let container = engine
        .container(&build_example(engine, "nginx-php"))
        .options(["--volume", &volume])
        .env("DRAIN_SECONDS", "0")
        .start();
    wait_until_healthy(&container);
    // In place: the container has this very file.
    own.write("nginx.conf", right + "nonsense\n");
    container.exec(["mainstay", "signal", "nginx", "HUP"]).ok();
    container.wait_for_line("[emerg]");
    let page = ["curl", "-sf", "http://127.0.0.1:8080/index.php"];
    container.exec(page).ok();
    container.stop(60);
    assert_eq!(container.wait(), 0);
}

#[test]
fn a_server_that_cannot_start_stops_the_container_which_can_be_started_again() {
    let engine = Engine::shared();
    let mut container = engine
        .container(&build_example(engine, "nginx-php"))
        .env("DRAIN_SECONDS", "0")
        .start();
    wait_until_healthy(&container);
    // It ends in order, and when it is started again there is no place for its socket.
    let end = "mv /run/nginx-php /run/gone; s6-svc -q /var/run/s6/services/php-fpm";
    container.exec(["sh", "-c", end]);
    assert_eq!(container.wait(), 0);
    container.wait_for_line("[php-fpm] ended with ");
    container.start_again();
    container.wait_for("it is ready", || {
        container.exec(["mainstay", "status", "--ready"]).code() == 0
    });
    container.stop(60);
    assert_eq!(container.wait(), 0);
}

#[test]
fn a_read_only_root_without_a_place_for_links_says_what_to_add() {
    let engine = Engine::shared();
    let image = build_example(engine, "nginx-php");
    let (code, log) = engine.container(&image).options(READ_ONLY).run();
    assert_eq!(code, 1);
    let line = "[role] /etc/services.d cannot be written; with a read-only root add: \
                --tmpfs /etc/services.d";
    assert_eq!(log.count(line), 1, "{}", log.text());
}
