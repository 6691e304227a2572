//! How the container ends: drains, hooks that know what happened, orphans, restarts.
#![forbid(unsafe_code)]

use downstream_tests::{Image, exit_code};
use harness::signal;

#[test]
fn a_drain_finds_the_server_that_swallowed_the_term() {
    let image = Image::debian("trapped-server");
    let container = image
        .init()
        .env("S6_KILL_FINISH_MAXTIME", "55000")
        .env("S6_KILL_GRACETIME", "3000")
        .boot();
    container.wait_for_line("server is up");
    container.signal(signal::TERM);
    assert_eq!(exit_code(&container), Some(0));
    let log = container.log();
    assert_eq!(log.count("server ends quickly"), 0);
    // The trap's word and the drain come from two processes that nothing puts in order.
    assert_eq!(log.count("web hears TERM"), 1);
    assert!(log.position("server got QUIT") < log.position("server drained"));
    assert!(log.position("server drained") < log.position("web is drained"));
    assert_eq!(container.left_running(), &[] as &[String]);
}

#[test]
fn a_finish_that_asks_for_a_stop_under_way_changes_nothing() {
    let image = Image::debian("trapped-server");
    image.write_script(
        "/opt/quit",
        "#!/bin/bash\npid=$(< /tmp/server.pid)\nkill -KILL $pid\n\
         while s6-svstat -o up /run/s6/services/web | grep -q true; do sleep 0.05; done\n",
    );
    let container = image.init().boot();
    container.wait_for_line("server is up");
    container.signal(signal::TERM);
    assert_eq!(exit_code(&container), Some(0));
    assert_eq!(container.log().count("web is drained"), 1);
}

#[test]
fn stop_hooks_know_how_the_boot_or_the_command_ended() {
    let image = Image::debian("boot-ends");
    let strict = |code: &str| {
        image
            .init()
            .env("S6_BEHAVIOUR_IF_STAGE2_FAILS", "2")
            .env("CODE", code)
    };
    let (status, log) = strict("3").run();
    assert_eq!(status.code(), Some(3), "{}", log.text());
    assert_eq!(log.count("the container failed: 3"), 1, "{}", log.text());

    let container = strict("0").boot();
    container.wait_for_line("app is up");
    container.signal(signal::TERM);
    assert_eq!(exit_code(&container), Some(0));
    assert_eq!(container.log().count("goodbye"), 1);

    let (status, log) = image.start(["/init", "sh", "-c", "exit 5"]).run();
    assert_eq!(status.code(), Some(5), "{}", log.text());
    assert_eq!(log.count("the container failed: 5"), 1, "{}", log.text());
}

#[test]
fn a_hook_stops_the_container_by_a_signal_to_pid_1() {
    let image = Image::debian("boot-ends");
    for strictness in ["0", "2"] {
        let container = image
            .init()
            .placement(harness::Placement::Pid1)
            .env("BROKEN", "yes")
            .env("S6_BEHAVIOUR_IF_STAGE2_FAILS", strictness)
            .boot();
        container.wait();
        let log = container.log();
        assert_eq!(log.count("no configuration: giving up"), 1);
        assert_eq!(log.count("app is up"), 0, "{}", log.text());
        assert_eq!(log.count("executing container finish scripts"), 1);
    }
}

#[test]
fn a_server_below_a_shell_has_the_grace_time_too() {
    let image = Image::debian("shell-service");
    image.run("useradd --uid 1000 app");
    let container = image.init().env("S6_KILL_GRACETIME", "60000").boot();
    container.wait_for_line("server is up as app");
    container.signal(signal::TERM);
    assert_eq!(exit_code(&container), Some(0));
    let log = container.log();
    assert!(log.position("server hears TERM") < log.position("server closed its files"));
    // The grace is not waited out.
    let closed = container.wait_for_line("server closed its files").at;
    let took = container.ended_at().saturating_sub(closed);
    assert!(took < std::time::Duration::from_secs(30), "{took:?}");
}

#[test]
fn a_container_started_again_finds_its_old_files() {
    let image = Image::debian("container-restart");
    for (number, end) in [signal::TERM, signal::KILL, signal::TERM]
        .into_iter()
        .enumerate()
    {
        let container = image.init().keep_changes().boot();
        container.wait_for_line("app is up");
        container.wait_for_line("logged piped: up");
        assert_eq!(container.log().count("an old pid file") > 0, number > 0);
        // What the last run's s6-svc said about `once` is not kept.
        container.wait_for_process("sleep 1000");
        let state = container.exec(["s6-svstat", "/run/s6/services/app"]);
        assert!(state.text().starts_with("up (pid "), "{state}");
        container.signal(end);
        container.wait();
    }
    // As another user, as under an engine that picks one: what root left is no hindrance.
    image.run("chown -R 1000:1000 /run /etc/services.d");
    let container = image.init().user(1000, 1000).keep_changes().boot();
    container.wait_for_line("app is up");
    container.signal(signal::TERM);
    assert_eq!(exit_code(&container), Some(0));
}

#[test]
fn rotating_logs_reaches_a_service_with_a_small_path() {
    let image = Image::debian("rotated-logs");
    let container = image.init().boot();
    container.wait_for_line("web is up");
    for path in ["/usr/bin:/bin", "/usr/sbin:/usr/bin:/sbin:/bin", "/bin"] {
        let lines = container.log().count("web opens its logs anew");
        let script = "s6-svc -h /var/run/s6/services/web";
        let path = format!("PATH={path}");
        container
            .exec(["env", "-i", &path, "/bin/sh", "-c", script])
            .ok();
        container.wait_for_nth_line(lines + 1, "web opens its logs anew");
    }
    container
        .exec(["s6-svc", "-1", "/run/s6/services/web"])
        .ok();
    container.wait_for_line("web rotates (USR1)");
}
