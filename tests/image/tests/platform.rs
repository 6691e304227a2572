//! What a platform does to a container: limits, umasks, mounts that are not there, stops that are
//! cut off. As a real engine does it.
#![forbid(unsafe_code)]

use harness::{Engine, Layout, Root, Scratch};
use std::os::unix::fs::PermissionsExt;
use std::sync::Once;

/// A line that says that the boot is over.
const BOOTED: &str = "[services.d] done.";

/// The whole layout over BusyBox, with one service that says what it has.
fn layout(engine: &Engine) -> &'static str {
    static MADE: Once = Once::new();
    MADE.call_once(|| {
        let root = Root::busybox();
        root.install(Layout::S6V2)
            .write_script(
                "/etc/services.d/web/run",
                "#!/bin/sh\necho \"web has umask $(umask), files $(ulimit -n), size $(ulimit -f)\"\n\
                 exec sleep 1000\n",
            )
            .write("/etc/passwd", "root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/:/bin/sh\n")
            .write("/etc/group", "root:x:0:\napp:x:1000:\n");
        engine.import(&root, "test/platform", &["ENTRYPOINT [\"/init\"]"]);
    });
    "test/platform"
}

#[test]
fn limits_reach_the_image_and_not_process_1() {
    let engine = Engine::shared();
    let container = engine
        .container(layout(engine))
        .options(["--ulimit", "nofile=100:2000", "--ulimit", "fsize=0:1000000"])
        .start();
    container.wait_for_line("web has umask 0022, files 100, size 0");
    let lines = container.log().text();
    assert!(!lines.contains("File too large"), "{lines}");
    let exec = container.exec(["mainstay", "status", "--ready"]);
    assert!(exec.status.success(), "{exec}");
    assert!(container.stop(10).as_secs() < 9);
    assert_eq!(container.wait(), 0);
}

#[test]
fn a_wrapper_s_umask_reaches_the_image_and_opens_nothing() {
    let engine = Engine::shared();
    for mask in ["0000", "0002", "0017", "0077"] {
        let script = format!("umask {mask}; exec /init");
        let container = engine
            .container(layout(engine))
            .options(["--entrypoint", "/bin/sh"])
            .command(["-c", &script])
            .start();
        container.wait_for_line(&format!("web has umask {mask}"));
        container.wait_for_line(BOOTED);
        let exec = container.exec(["mainstay", "status", "--ready"]);
        assert!(exec.status.success(), "{mask}: {exec}");
        let words = ["s6-setuidgid", "app", "with-contenv", "env"];
        let exec = container.exec(words);
        assert!(exec.text().contains("HOSTNAME="), "{mask}: {exec}");
        let find = "find /run/s6 /run/mainstay -perm -002 ! -type l ! -name event";
        let exec = container.exec(["sh", "-c", find]);
        assert_eq!(exec.text(), "", "{mask}: others may write there");
        assert!(container.stop(10).as_secs() < 9);
        assert_eq!(container.wait(), 0);
    }
}

#[test]
fn a_handler_that_cannot_be_run_does_not_keep_docker_from_stopping() {
    let engine = Engine::shared();
    let handlers = Scratch::new();
    handlers.write("SIGTERM", "#!/bin/sh\r\necho handled\r\n");
    let file = handlers.path().join("SIGTERM");
    for mode in [0o755, 0o644] {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(&file, mode).expect("a mode");
        let mount = format!("{}:/etc/s6/services/.s6-svscan/SIGTERM:ro", file.display());
        let container = engine
            .container(layout(engine))
            .options(["--volume", &mount])
            .start();
        container.wait_for_line("until then SIGTERM does what it does without a handler");
        container.wait_for_line(BOOTED);
        let took = container.stop(30);
        assert!(took.as_secs() < 20, "{took:?}");
        assert_eq!(container.wait(), 0);
    }
}

#[test]
fn the_directory_that_docker_makes_for_a_missing_source_is_said() {
    let engine = Engine::shared();
    let machine = Scratch::new();
    let missing = machine.path().join("no-such-hook");
    let mount = format!("{}:/etc/cont-init.d/20-hook", missing.display());
    let said = "/etc/cont-init.d/20-hook: it is a directory, which cannot be run";
    let (code, log) = engine
        .container(layout(engine))
        .options(["--volume", &mount])
        .env("S6_BEHAVIOUR_IF_STAGE2_FAILS", "2")
        .run();
    assert_eq!(code, 126, "{}", log.text());
    assert_eq!(log.count(said), 1, "{}", log.text());
    assert!(missing.is_dir(), "the engine has made it");
    let container = engine
        .container(layout(engine))
        .options(["--volume", &mount])
        .start();
    container.wait_for_line("web has umask");
    container.wait_for_line(said);
    assert!(container.stop(10).as_secs() < 9);
}

#[test]
fn a_hook_that_is_mounted_read_only_runs_with_the_variable_that_is_named() {
    let engine = Engine::shared();
    let machine = Scratch::new();
    machine.write("hook", "#!/bin/sh\necho hook ran\n");
    let file = machine.path().join("hook");
    let mode = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(&file, mode).expect("a mode");
    let mount = format!("{}:/etc/cont-init.d/10:ro", file.display());
    let run = |value: &str| {
        let (_, log) = engine
            .container(layout(engine))
            .options(["--volume", &mount])
            .env("S6_READ_ONLY_ROOT", value)
            .command(["true"])
            .run();
        log.text()
    };
    let without = run("0");
    assert!(without.contains("set S6_READ_ONLY_ROOT=1"), "{without}");
    assert!(!without.contains("hook ran"), "{without}");
    let with = run("1");
    assert!(with.contains("hook ran"), "{with}");
    assert!(!with.contains("not executable"), "{with}");
}

#[test]
fn a_container_without_path_has_one_and_its_user_becomes_itself() {
    let engine = Engine::shared();
    let (code, log) = engine
        .container(layout(engine))
        .options(["--entrypoint", "/usr/bin/env"])
        .command(["-i", "/init", "with-contenv", "sh", "-c", "echo has $PATH"])
        .run();
    assert_eq!(code, 0, "{}", log.text());
    let path = "has /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    assert_eq!(log.count(path), 1, "{}", log.text());
    for user in ["app", "1000:1000"] {
        let (code, log) = engine
            .container(layout(engine))
            .options([
                "--user",
                user,
                "--cap-drop",
                "ALL",
                "--tmpfs",
                "/run:exec,uid=1000",
            ])
            .command(["s6-setuidgid", "app", "id"])
            .run();
        assert_eq!(code, 0, "{user}: {}", log.text());
        assert_eq!(log.count("uid=1000"), 1, "{user}: {}", log.text());
    }
}

#[test]
fn a_stop_that_docker_cuts_off_is_said_when_the_container_is_started_again() {
    let engine = Engine::shared();
    let machine = Scratch::new();
    machine.write("drain", "#!/bin/sh\necho draining\nexec sleep 1000\n");
    let file = machine.path().join("drain");
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&file, mode).expect("a mode");
    let mount = format!("{}:/etc/cont-finish.d/10-drain:ro", file.display());
    let mut container = engine
        .container(layout(engine))
        .options(["--volume", &mount])
        .env("S6_KILL_FINISH_MAXTIME", "30000")
        .start();
    container.wait_for_line(BOOTED);
    container.stop(1);
    assert_eq!(container.wait(), 137);
    assert_eq!(container.log().count("draining"), 1);
    container.start_again();
    container.wait_for_line("the last stop of this container was cut off before it had ended");
    container.wait_for_line("it may take 36000 ms here: give it more time");
    container.kill("KILL");
    container.wait();
}
