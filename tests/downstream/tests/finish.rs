//! What finish scripts do: stop the container, keep a service down, take their time.
#![forbid(unsafe_code)]

use downstream_tests::{Image, exit_code};
use harness::{Container, signal};
use std::time::Duration;

fn kill(container: &Container, what: &str, number: i32) {
    let process = container.wait_for_process(what);
    container.signal_process(process.pid, number);
}

/// The image with a finish script that is a link.
fn finish_cases() -> Image {
    let image = Image::debian("finish-cases");
    image.run("ln -s /bin/true /etc/services.d/linked/finish");
    image
}

#[test]
fn the_classic_finish_stops_the_container_for_a_failure_only() {
    let image = Image::debian("classic-finish");
    for (end, stops) in [
        ("exit 3", true),
        ("exit 255", true),
        ("test -e /tmp/again || { touch /tmp/again; exit 0; }", false),
        (
            "test -e /tmp/again || { touch /tmp/again; kill -9 $$; }",
            false,
        ),
        (
            "test -e /tmp/again || { touch /tmp/again; kill $$; }",
            false,
        ),
    ] {
        let container = image.init().env("END", end).boot();
        container.wait_for_line("app is up");
        if stops {
            assert_eq!(exit_code(&container), Some(0), "{end}");
            assert_eq!(container.log().count("app is up"), 1, "{end}");
        } else {
            container.wait_for_nth_line(2, "app is up");
            container.signal(signal::TERM);
            assert_eq!(exit_code(&container), Some(0), "{end}");
        }
    }
}

#[test]
fn the_inverted_finish_never_stops_it() {
    let image = Image::debian("inverted-finish");
    image.run("mkfifo /tmp/how");
    let container = image.init().boot();
    for (number, how) in ["exit 3", "exit 0", "kill -9 $$"].into_iter().enumerate() {
        container.wait_for_nth_line(number + 1, "sshd is up");
        container.shell(&format!("echo '{how}' > /tmp/how")).ok();
    }
    container.wait_for_nth_line(4, "sshd is up");
    container.signal(signal::TERM);
    assert_eq!(exit_code(&container), Some(0));
}

#[test]
fn a_bash_finish_decides_by_exit_code() {
    let image = finish_cases();
    let container = image.init().boot();
    // It has looked for a code to end with, and found none.
    container.wait_for_line("recorder records");
    let service = "/run/s6/services/recorder";

    container.write("/tmp/recorder", "7\n");
    container.exec(["s6-svc", "-t", service]).ok();
    container.wait_for_line("recorder ended with 256");
    container.wait_for_line("recorder ended with 7");

    container.write("/tmp/recorder", "4\n");
    container.wait_for_line("recorder is not started again");
    // An order that comes while finish runs is called off by its 125.
    container
        .exec(["s6-svwait", "-D", "-t", "30000", service])
        .ok();
    container.wait_for("the recorder stays down", || {
        let output = container.exec(["s6-svstat", service]);
        output.ok().text().starts_with("down (exitcode 4)")
    });

    container.write("/tmp/recorder", "255\n");
    container.exec(["s6-svc", "-u", service]).ok();
    container.wait_for_line("recorder asks for the container's end");
    assert_eq!(
        container.wait_at_most(Duration::from_secs(25)).code(),
        Some(0)
    );
}

#[test]
fn a_finish_that_is_a_link_empty_or_slow_is_no_hindrance() {
    let image = finish_cases();
    // Empty files may have been made executable by the image too.
    image.run("chmod 755 /etc/services.d/empty/finish");
    let container = image.init().boot();
    for name in ["linked", "empty", "slow", "endless"] {
        let service = format!("/run/s6/services/{name}");
        container.wait_for_line(&format!("{name} begins"));
        container.exec(["s6-svc", "-t", &service]).ok();
    }
    for name in ["linked", "empty", "endless"] {
        container.wait_for_nth_line(2, &format!("{name} begins"));
    }
    // It takes longer than the default of five seconds, as its timeout-finish allows.
    container.wait_for_line("slow is clean");
    container.wait_for_nth_line(2, "slow begins");
    // `finish` was a link to a program of the system, which still has its mode and owner.
    let facts = container.metadata("/usr/bin/true").unwrap();
    use std::os::unix::fs::MetadataExt;
    assert_eq!((facts.mode() & 0o7777, facts.uid()), (0o755, 0));
}

#[test]
fn services_control_themselves() {
    let image = Image::debian("self-control");
    let container = image.init().boot();
    container.wait_for_line("trace has nothing to do");
    container.wait_for_line("once ends");
    container.wait_for_line("named wants to be down");
    for name in ["trace", "once", "named"] {
        let service = format!("/run/s6/services/{name}");
        container.wait_for(&format!("{name} is down"), || {
            let state = container.exec(["s6-svstat", "-o", "up,wantedup", &service]);
            state.ok().text() == "false false"
        });
    }
    assert_eq!(container.log().count("once begins"), 1);
    assert_eq!(container.log().count("trace has nothing to do"), 1);
    container.signal(signal::TERM);
    assert_eq!(exit_code(&container), Some(0));
}

#[test]
fn deaths_are_counted_and_health_is_told() {
    let image = finish_cases();
    let container = image.init().boot();
    container.wait_for_line("linked begins");
    let script = "test \"$(s6-svstat -u /var/run/s6/services/linked)\" = true";
    container.wait_for("the health check passes", || {
        container.shell(script).status.success()
    });
    let deaths = "test $(s6-svdt /var/run/s6/services/linked | wc -l) -eq";
    container.shell(&format!("{deaths} 0")).ok();
    container
        .exec(["s6-svc", "-r", "/var/run/s6/services/linked"])
        .ok();
    container.wait_for_nth_line(2, "linked begins");
    container.shell(&format!("{deaths} 1")).ok();
    container
        .exec([
            "s6-svc",
            "-wD",
            "-d",
            "-T2500",
            "/var/run/s6/services/linked",
        ])
        .ok();
    assert!(!container.shell(script).status.success());
}

#[test]
fn a_killed_server_behind_a_trap_stops_the_container() {
    let image = Image::debian("trapped-server");
    let container = image.init().boot();
    container.wait_for_line("server is up");
    kill(&container, "/bin/bash /opt/server", signal::KILL);
    // 128 + 9 is neither 0 nor 256.
    assert_eq!(exit_code(&container), Some(0));
    assert_eq!(container.log().count("server is up"), 1);
}

#[test]
fn a_server_that_ends_well_behind_a_trap_is_started_again() {
    let image = Image::debian("trapped-server");
    let container = image.init().boot();
    container.wait_for_line("server is up");
    kill(&container, "/bin/bash /opt/server", signal::TERM);
    container.wait_for_line("server ends quickly");
    container.wait_for_nth_line(2, "server is up");
}
