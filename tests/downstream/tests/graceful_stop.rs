//! examples/nginx-php under load: what docs/graceful-stop.md promises. Reloads and stops lose no
//! request.
#![forbid(unsafe_code)]

use downstream_tests::exit_code;
use harness::{Command, Container, Layout, Root, signal, workspace};

/// How the image starts.
const VARIABLES: &[(&str, &str)] = &[
    ("S6_BEHAVIOUR_IF_STAGE2_FAILS", "2"),
    ("CONTAINER_ROLE", "web"),
    ("S6_KILL_FINISH_MAXTIME", "25000"),
    // The load balancer of these tests asks ten times a second.
    ("DRAIN_SECONDS", "1"),
];

/// Debian's www-data, as whom the image runs.
const WWW_DATA: u32 = 33;

/// As its Dockerfile makes it. The packages are those of `image_tests`, whose base is made once.
fn image() -> Root {
    let root = Root::debian_with(&["nginx-light", "php-fpm", "procps", "curl", "python3"]);
    root.install(Layout::DockerBase);
    root.copy_tree(workspace().join("examples/nginx-php/root"));
    root.mode("/run", 0o1777).mode("/etc/services.d", 0o1777);
    root.copy_file(env!("CARGO_BIN_EXE_load"), "/load");
    root
}

fn start<'root>(root: &'root Root, command: &[&str]) -> Command<'root> {
    let mut command = Container::new(root, command).user(WWW_DATA, WWW_DATA);
    for (name, value) in VARIABLES {
        command = command.env(name, value);
    }
    command
}

/// Boots, loads, does something meanwhile, stops; no request may have failed.
fn under_load(command: Command<'_>, meanwhile: impl FnOnce(&Container)) {
    let container = command.boot();
    container.wait_for("it is ready", || {
        container.exec(["mainstay", "status", "--ready"]).code() == 0
    });
    let words = [
        "/load",
        "8080",
        "/health",
        "6",
        "/tmp/load-begun",
        "/index.php",
        "/slow.php?ms=300",
        "/index.php",
        "/slow.php?ms=20",
    ];
    let load = container
        .prepare(words)
        .outside_its_processes()
        .limit(std::time::Duration::from_secs(150))
        .spawn();
    container.wait_for("the load is answered", || {
        container.exists("/tmp/load-begun")
    });
    meanwhile(&container);
    container.signal(signal::TERM);
    let said = load.wait();
    assert_eq!(said.code(), 0, "{said}\n{}", container.log().text());
    let answered = said.text();
    let answered = answered.lines().last().unwrap_or_default();
    let count: usize = answered
        .split(' ')
        .next()
        .and_then(|n| n.parse().ok())
        .unwrap_or(0);
    assert!(count >= 10, "{answered}");
    assert_eq!(exit_code(&container), Some(0));
    let log = container.log();
    for line in [
        "[nginx] goes on until it is drained",
        "[php-fpm] goes on until nginx has ended",
        "[drain] nginx: done",
        "[drain] php-fpm: done",
    ] {
        assert_eq!(log.count(line), 1, "{line}\n{}", log.text());
    }
    assert!(log.position("nginx: done") < log.position("php-fpm: done"));
    assert_eq!(container.left_running(), &[] as &[String]);
}

#[test]
fn a_stop_under_load_loses_no_request() {
    let root = image();
    under_load(start(&root, &["/run.sh"]), |_| {});
}

#[test]
fn a_read_only_root_stops_alike() {
    let root = image();
    // PHP's cache of compiled scripts wants a file in /tmp.
    let command = start(&root, &["/run.sh"]).read_only();
    let command = command
        .tmpfs_with("/run", "mode=1777")
        .tmpfs_with("/etc/services.d", "mode=1777");
    under_load(command.tmpfs_with("/tmp", "mode=1777"), |_| {});
}

#[test]
fn reloads_under_load_lose_no_request() {
    let root = image();
    under_load(start(&root, &["/run.sh"]), |container| {
        let masters = |name: &str| container.wait_for_process(name).pid;
        let nginx = masters("nginx: master");
        for _ in 0..3 {
            for service in ["nginx", "php-fpm"] {
                container.exec(["mainstay", "signal", service, "HUP"]).ok();
                container.wait_for("pages go on", || {
                    let page = ["curl", "-sf", "http://127.0.0.1:8080/slow.php?ms=100"];
                    container.exec(page).code() == 0
                });
            }
        }
        assert_eq!(masters("nginx: master"), nginx, "nginx was not restarted");
    });
}

#[test]
fn workers_end_between_two_jobs_and_their_pool_is_ready() {
    let root = image();
    let command = ["/worker.sh", "2", "php", "/srv/worker.php"];
    let container = start(&root, &command).boot();
    container.wait_for_nth_line(2, "] waits for jobs");
    container.signal(signal::TERM);
    assert_eq!(exit_code(&container), Some(0));
    assert_eq!(container.log().count("] ends between two jobs"), 2);
    assert_eq!(container.log().count("[drain]"), 0, "no web here");
}
