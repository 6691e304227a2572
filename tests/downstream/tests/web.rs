//! nginx and PHP-FPM of Debian in the shape of docker-base's derived images: services linked by
//! a role, execline run scripts that swallow TERM, drains in cont-finish.d, a finish that takes
//! the container along, a user of the image's own.
#![forbid(unsafe_code)]

use downstream_tests::{Image, exit_code};
use harness::{Command, Container, Layout, Root, signal};

const PAGE: &str = "http://127.0.0.1:8080/index.php";

/// www-data, on Debian.
const WWW_DATA: u32 = 33;

/// The ENV lines of the image.
const VARIABLES: &[(&str, &str)] = &[
    ("CONTAINER_ROLE", "web"),
    ("NOT_ROOT_USER", "www-data"),
    ("FPM_POOL", "/etc/php/8.2/fpm/pool.d/www.conf"),
    ("SIGNAL_BUILD_STOP", "99"),
    ("S6_BEHAVIOUR_IF_STAGE2_FAILS", "2"),
    ("S6_KILL_FINISH_MAXTIME", "55000"),
    ("S6_KILL_GRACETIME", "3000"),
    ("SERVER_NAME", "front"),
    ("SITE", "a test"),
];

fn base() -> Root {
    Root::debian_with(&["nginx-light", "php-fpm", "procps", "curl"])
}

fn image() -> Image {
    let image = Image::over(base(), Layout::DockerBase, "web");
    let variables: Vec<String> = VARIABLES
        .iter()
        .map(|(name, value)| format!("export {name}='{value}'"))
        .collect();
    let variables = variables.join("\n");
    image.run(&format!(
        "{variables}
         bash -e /scripts/php.sh
         bash -e /scripts/permissions.sh"
    ));
    image
}

fn with_variables(mut command: Command<'_>) -> Command<'_> {
    for (name, value) in VARIABLES {
        command = command.env(name, value);
    }
    command
}

/// The image as root, and as its own user.
fn as_each_user(image: &Image) -> impl Iterator<Item = (u32, Command<'_>)> {
    [0, WWW_DATA].into_iter().map(|user| {
        let command = with_variables(image.start(["/bin/bash", "/run.sh"]));
        (user, command.user(user, user))
    })
}

#[track_caller]
fn wait_for_page(container: &Container, url: &str, part: &str) {
    container.wait_for(&format!("{part:?} at {url}"), || {
        let output = container.exec(["curl", "--silent", "--fail", url]);
        output.status.success() && output.text().contains(part)
    });
}

#[test]
fn a_page_comes_through_nginx_from_php_and_the_stop_is_in_order() {
    let image = image();
    for (user, command) in as_each_user(&image) {
        let container = command.boot();
        wait_for_page(&container, PAGE, "PHP 8 for front as a test");
        container.wait_for_line("a page says: hello");
        container.wait_for_line("role: web");
        // Owned by the image's user, as its edit of init-stage2-fixattrs.txt says.
        use std::os::unix::fs::MetadataExt;
        for path in [
            "/etc/services-available/nginx/run",
            "/etc/cont-init.d/10-settings.sh",
        ] {
            let facts = container.metadata(path).unwrap();
            assert_eq!(
                (facts.uid(), facts.mode() & 0o777),
                (WWW_DATA, 0o755),
                "{path}"
            );
        }
        let problems = container.log().count("mainstay: /");
        assert_eq!(problems, 0, "user {user}: {}", container.log().text());
        container.signal(signal::TERM);
        assert_eq!(exit_code(&container), Some(0));
        let log = container.log();
        assert_eq!(log.count("crashed"), 0, "{}", log.text());
        assert!(log.position("nginx drains") < log.position("nginx is gone"));
        assert!(log.position("nginx is gone") < log.position("php-fpm is gone"));
        assert_eq!(container.left_running(), &[] as &[String]);
    }
}

#[test]
fn a_stop_drops_no_request_that_is_under_way() {
    let image = image();
    for (_, command) in as_each_user(&image) {
        let container = command.boot();
        wait_for_page(&container, PAGE, "PHP");
        let numbers = 1..=4;
        let clients: Vec<_> = numbers
            .clone()
            .map(|number| {
                let url = format!("http://127.0.0.1:8080/slow.php?number={number}");
                let client = container.prepare(["curl", "--silent", "--fail", &url]);
                client.outside_its_processes().spawn()
            })
            .collect();
        for number in numbers.clone() {
            container.wait_for("the page is being made", || {
                container.exists(format!("/tmp/begun-{number}"))
            });
        }
        container.signal(signal::TERM);
        container.wait_for_line("nginx run hears TERM");
        container.wait_for_line("php-fpm run hears TERM");
        container.wait_for_line("nginx drains");
        // Nobody new is let in.
        container.wait_for("the port is closed", || {
            let output = container.exec(["curl", "--silent", PAGE]);
            output.code() == 7
        });
        assert_eq!(container.log().count("nginx is gone"), 0);
        container.write("/tmp/go", "");
        for (number, client) in numbers.zip(clients) {
            let output = client.wait().ok();
            assert_eq!(output.text(), format!("page {number} is whole"));
        }
        assert_eq!(exit_code(&container), Some(0));
        container.wait_for_line("php-fpm is gone");
        let log = container.log().text();
        assert!(!log.contains("had to kill"), "{log}");
    }
}

#[test]
fn a_killed_nginx_or_php_fpm_takes_the_container_along() {
    let image = image();
    for (server, pattern) in [("nginx", "nginx"), ("php-fpm", "php-fpm.*")] {
        for (user, command) in as_each_user(&image) {
            let container = command.boot();
            wait_for_page(&container, PAGE, "PHP");
            // The stop may reach the killer too.
            let _ = container.exec(["pkill", "-KILL", "-x", pattern]);
            // The trap in front gives the signal on as 128 + 9.
            container.wait_for_line(&format!(
                "{server} crashed with 137 and takes the container along"
            ));
            assert_eq!(exit_code(&container), Some(0), "user {user}");
            container.wait_for_line("nginx drains");
            assert_eq!(container.log().count("crashed"), 1, "user {user}");
        }
    }
}

#[test]
fn an_nginx_that_was_told_to_quit_comes_back() {
    let image = image();
    let container = with_variables(image.start(["/run.sh"])).boot();
    wait_for_page(&container, PAGE, "PHP");
    let before = container.wait_for_process("nginx: master").pid;
    container.exec(["nginx", "-s", "quit"]).ok();
    container.wait_for("another nginx", || {
        let now = container.processes().into_iter();
        let mut masters = now.filter(|one| one.arguments.join(" ").contains("nginx: master"));
        masters.any(|one| one.pid != before)
    });
    wait_for_page(&container, PAGE, "PHP");
    assert_eq!(container.log().count("crashed"), 0);
}

#[test]
fn in_another_role_workers_run_without_the_web() {
    let image = image();
    for (user, says) in [(0, "from root to www-data"), (WWW_DATA, "already www-data")] {
        let words = ["/worker.sh", "2", "php", "/app/job.php", "two words"];
        let command = with_variables(image.start(words));
        let container = command.user(user, user).boot();
        container.wait_for_line("role: worker");
        container.wait_for_nth_line(2, "job two words runs as www-data");
        container.wait_for_nth_line(2, says);
        let web = container.processes().into_iter();
        let mut web = web.filter(|one| one.name.starts_with("nginx") || one.name.contains("fpm"));
        assert_eq!(web.next(), None);
        container.signal(signal::TERM);
        container.wait();
    }
}

#[test]
fn a_command_runs_beside_the_web_and_its_end_stops_it() {
    let image = image();
    let fetch = format!("until curl --silent --fail {PAGE}; do sleep 0.1; done; exit 4");
    let container = with_variables(image.start(["/run.sh", "bash", "-c", &fetch])).boot();
    assert_eq!(exit_code(&container), Some(4));
    container.wait_for_line("PHP 8 for front");
    container.wait_for_line("php-fpm is gone");
}

#[test]
fn a_restart_goes_on_until_the_port_is_free_again() {
    let image = Image::over(base(), Layout::S6V2, "leftover-workers");
    let container = image.init().boot();
    wait_for_page(&container, "http://127.0.0.1:8080/", "nginx answers");
    let master = container.wait_for_process("nginx: master");
    container.signal_process(master.pid, signal::KILL);
    container.wait_for_line("a killed nginx left workers behind");
    container.wait_for("another nginx", || {
        let now = container.processes().into_iter();
        let mut masters = now.filter(|one| one.arguments.join(" ").contains("nginx: master"));
        masters.any(|one| one.pid != master.pid)
    });
    wait_for_page(&container, "http://127.0.0.1:8080/", "nginx answers");
    container.signal(signal::TERM);
    assert_eq!(exit_code(&container), Some(0));
}
