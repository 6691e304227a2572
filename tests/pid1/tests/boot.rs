//! The boot: hooks, user files, owners and modes, the steps as a script, a second boot.
#![forbid(unsafe_code)]

use harness::{Container, signal};
use pid1_tests::{BOOTED, Image, LOGGER, assert_none, assert_once, assert_order, code, sh, stop};
use std::os::unix::fs::{MetadataExt, PermissionsExt};

const STAGE2: &str = "/etc/s6/init/init-stage2";
const FIXATTRS: &str = "/etc/s6/init/init-stage2-fixattrs.txt";

#[test]
fn hooks_run_bytewise_one_after_another_without_dotfiles() {
    let image = Image::new();
    for name in ["10-b", "10-B", "2-c", "09", "a", "ä"] {
        image.hook(
            name,
            &format!("echo begin {name}; usleep 5000; echo end {name}"),
        );
    }
    image.hook(".hidden", "echo hidden");
    let container = image.up();
    let names = ["09", "10-B", "10-b", "2-c", "a", "ä"];
    let lines: Vec<String> = names
        .iter()
        .flat_map(|name| [format!("begin {name}"), format!("end {name}")])
        .collect();
    assert_order(
        &container,
        &lines.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    assert_none(&container, "hidden");
    stop(&container);
}

#[test]
fn the_scripts_of_run_d_run_bytewise_and_only_those_that_end_in_sh() {
    let image = Image::new();
    for name in ["20.sh", "10.sh", "9.sh", "a.sh"] {
        image.run_d(name, &format!("echo ran {name}"));
    }
    image
        .run_d("15.txt", "echo wrong")
        .run_d("16", "echo wrong")
        .run_d(".17.sh", "echo wrong");
    let container = image.command("/run.sh", &["true"]).boot();
    assert_eq!(code(&container), 0);
    assert_order(
        &container,
        &["ran 10.sh", "ran 20.sh", "ran 9.sh", "ran a.sh", BOOTED],
    );
    assert_none(&container, "wrong");
}

#[test]
fn a_script_of_run_d_may_change_hooks_and_services_of_the_same_boot() {
    let image = Image::new();
    image
        .service_available("web", "echo web up; exec sleep 1000")
        .run_d(
            "99-web.sh",
            "ln -s ../services-available/web /etc/services.d/web
            printf '#!/bin/sh\\necho new hook\\n' > /etc/cont-init.d/50",
        )
        .hook("10", "true");
    image.directory("/etc/services.d");
    let container = image.command("/run.sh", &[]).boot();
    container.wait_for_line("web up");
    assert_order(&container, &["new hook", "web up"]);
    stop(&container);
}

#[test]
fn files_without_their_run_bit_run_all_the_same() {
    let image = Image::new();
    image
        .write("/etc/cont-init.d/1", sh("echo the hook"))
        .write(
            "/etc/services.d/a/run",
            sh("echo the service; exec sleep 1000"),
        )
        .write("/etc/services.d/a/finish", sh("echo the finish; exit 125"))
        .write("/etc/cont-finish.d/1", sh("echo the stop hook"))
        .write(
            "/etc/services.d/b/run",
            sh("echo to the logger; exec sleep 1000"),
        )
        .write("/etc/services.d/b/log/run", sh(LOGGER));
    let container = image.up();
    for line in ["the hook", "the service", "logged: to the logger"] {
        container.wait_for_line(line);
    }
    stop(&container);
    assert_once(&container, "the finish");
    assert_once(&container, "the stop hook");
}

#[test]
fn s6_read_only_root_copies_the_user_s_files_and_leaves_the_image_alone() {
    let image = Image::new();
    image
        .write("/etc/cont-init.d/1", sh("echo the hook from $0"))
        .write(
            "/etc/services.d/a/run",
            sh("echo the service; exec sleep 1000"),
        )
        .write("/etc/cont-finish.d/1", sh("echo the stop hook"));
    let container = image
        .init([])
        .read_only()
        .tmpfs("/run")
        .env("S6_READ_ONLY_ROOT", "1")
        .boot();
    container.wait_for_line("the service");
    container.wait_for_line("the hook from /var/run/s6/etc/cont-init.d/1");
    let kept = container.metadata("/etc/cont-init.d/1").expect("there");
    assert_eq!(kept.permissions().mode() & 0o777, 0o644);
    stop(&container);
    assert_once(&container, "the stop hook");
    assert_none(&container, "mainstay: /");
}

#[test]
fn a_read_only_root_without_a_writable_run_boots_the_command_and_says_what_is_missing() {
    let image = Image::new();
    let container = image
        .init(["sh", "-c", "echo command; exit 5"])
        .read_only()
        .boot();
    assert_eq!(code(&container), 5);
    assert!(container.log().count("Read-only file system") > 0);
}

#[test]
fn s6_runtime_profile_takes_hooks_and_services_from_elsewhere() {
    let image = Image::new();
    image
        .hook("1", "echo usual hook")
        .service("a", "echo usual service");
    image
        .write_script(
            "/etc/cont-profile.d/test/cont-init.d/1",
            sh("echo other hook"),
        )
        .write_script(
            "/etc/cont-profile.d/test/services.d/b/run",
            sh("echo other service; exec sleep 1000"),
        );
    let container = image.init([]).env("S6_RUNTIME_PROFILE", "test").boot();
    container.wait_for_line("other service");
    stop(&container);
    assert_once(&container, "other hook");
    assert_none(&container, "usual");
}

#[test]
fn fix_attrs_sets_owners_and_modes_before_the_hooks() {
    let image = Image::new();
    image
        .write("/data/dir/file", "")
        .write("/data/.hidden", "")
        .write(
            "/etc/fix-attrs.d/10-data",
            "/data true app 0640 0750\n/data/dir false app:extra - 0700\n",
        )
        .write_script(
            "/etc/cont-init.d/1",
            sh("stat -c '%n %U:%G %a' /data /data/dir /data/dir/file"),
        );
    let container = image.up();
    for line in [
        "/data app:app 750",
        "/data/dir app:extra 700",
        "/data/dir/file app:app 640",
    ] {
        assert_once(&container, line);
    }
    assert_order(&container, &["[fix-attrs.d]", "[cont-init.d]"]);
    stop(&container);
}

#[test]
fn an_edited_fixattrs_file_changes_who_owns_the_user_s_files() {
    let image = Image::new();
    image.hook("1", "stat -c '%n %U %a' /var/run/s6/etc/cont-init.d/1");
    let text = image.text(FIXATTRS).replace(" root ", " app ");
    assert!(text.contains(" app "));
    image.write(FIXATTRS, text);
    let container = image.up();
    assert_once(&container, "/var/run/s6/etc/cont-init.d/1 app 755");
    stop(&container);
}

/// Puts a block into init-stage2 ahead of its first `foreground`, as images do.
fn edit_stage2(image: &Image, block: &str) {
    let text = image.text(STAGE2);
    let at = text.find("\nforeground\n").expect("a first foreground");
    let edited = format!("{}\n{block}\n{}", &text[..at], &text[at..]);
    image.write_script(STAGE2, edited);
}

#[test]
fn a_block_ahead_of_the_first_foreground_of_init_stage2_runs_first() {
    let image = Image::new();
    image
        .hook("1", "echo hook")
        .service("a", "echo a up; exec sleep 1000")
        .stop_hook("1", "echo stop hook");
    edit_stage2(&image, "if { echo the image's own block }");
    let container = image
        .init([
            "sh",
            "-c",
            "echo command; while [ ! -e /go ]; do usleep 10000; done; exit 4",
        ])
        .boot();
    container.wait_for_line("command");
    container.wait_for_line("a up");
    container.write("/go", "");
    assert_eq!(code(&container), 4);
    assert_order(
        &container,
        &[
            "the image's own block",
            "hook",
            BOOTED,
            "command",
            "stop hook",
        ],
    );
    assert_once(&container, "the image's own block");
    assert_once(&container, "a up");
}

#[test]
fn an_edited_init_stage2_keeps_what_failing_hooks_and_waits_mean() {
    let image = Image::new();
    image
        .hook("1", "echo failing; exit 7")
        .hook("2", "echo later")
        .service("a", "echo a up");
    edit_stage2(&image, "if { true }");
    let container = image
        .init(["echo", "command"])
        .env("S6_BEHAVIOUR_IF_STAGE2_FAILS", "2")
        .boot();
    assert_eq!(code(&container), 7);
    for line in ["later", "a up", "command"] {
        assert_none(&container, line);
    }
    let waiting = Image::new();
    waiting
        .service(
            "a",
            "echo a up; usleep 50000; echo ready >&3; exec sleep 1000",
        )
        .service_file("a", "notification-fd", "3");
    edit_stage2(&waiting, "if { true }");
    let container = waiting
        .init(["echo", "command"])
        .env("S6_CMD_WAIT_FOR_SERVICES", "1")
        .boot();
    assert_eq!(code(&container), 0);
    assert_order(&container, &["a up", "command"]);
}

#[test]
fn a_term_ends_a_sleep_in_an_edited_init_stage2() {
    let image = Image::new();
    image.hook("1", "echo hook").service("a", "echo a up");
    edit_stage2(&image, "if { echo sleeping } if { sleep 30 }");
    let container = image.init([]).boot();
    container.wait_for_line("sleeping");
    container.wait_for_process("sleep 30");
    let asked = harness::sys::monotonic();
    assert_eq!(stop(&container).code(), Some(0));
    let took = container.ended_at().saturating_sub(asked);
    assert!(took < harness::patience(pid1_tests::PROMPT), "{took:?}");
    assert_none(&container, "hook");
    assert_none(&container, "a up");
    assert_eq!(container.left_running(), &[] as &[String]);
}

#[test]
fn an_edited_init_stage2_keeps_the_workers() {
    let image = Image::new();
    edit_stage2(&image, "if { echo the image's own block }");
    let container = image
        .command(
            "/worker.sh",
            &["2", "sh", "-c", "echo worker up; exec sleep 1000"],
        )
        .boot();
    container.wait_for_nth_line(2, "worker up");
    stop(&container);
    assert_once(&container, "the image's own block");
}

#[test]
fn a_kept_container_boots_again_over_what_it_left_behind() {
    let image = Image::new();
    image
        .hook(
            "1",
            "echo hook sees $(cat /var/run/s6/container_environment/NUMBER)",
        )
        .service("a", "echo a up; exec sleep 1000")
        .service("b", "echo b up; exec sleep 1000")
        .service_file("b", "log/run", sh("exec cat"));
    for number in ["1", "2"] {
        let container = image.init([]).env("NUMBER", number).keep_changes().boot();
        container.wait_for_line("a up");
        container.wait_for_line("b up");
        assert_once(&container, &format!("hook sees {number}"));
        container.exec(["mainstay", "status"]).ok();
        container.exec(["s6-svok", "/var/run/s6/services/a"]).ok();
        assert_none(&container, "mainstay: ");
        assert_eq!(stop(&container).code(), Some(0));
    }
}

#[test]
fn a_kept_container_boots_again_after_it_was_killed() {
    let image = Image::new();
    image.service("a", "echo a up; exec sleep 1000");
    let first = image.init([]).keep_changes().boot();
    first.wait_for_line("a up");
    first.signal(signal::KILL);
    first.wait();
    let second = image.init([]).keep_changes().boot();
    second.wait_for_line("a up");
    second.exec(["mainstay", "status"]).ok();
    second.exec(["s6-svok", "/var/run/s6/services/a"]).ok();
    assert_none(&second, "mainstay: ");
    assert_eq!(stop(&second).code(), Some(0));
}

#[test]
fn a_service_that_is_gone_since_the_last_boot_is_not_started_again() {
    let image = Image::new();
    image
        .service("old", "echo old up; exec sleep 1000")
        .service("a", "echo a up; exec sleep 1000");
    let first = image.init([]).env("GONE", "1").keep_changes().boot();
    first.wait_for_line("old up");
    stop(&first);
    image.remove("/etc/services.d/old");
    let second = image.init([]).keep_changes().boot();
    second.wait_for_line("a up");
    second.wait_for_line(BOOTED);
    assert_none(&second, "old up");
    assert!(!second.exists("/var/run/s6/services/old"));
    assert!(!second.exists("/var/run/s6/container_environment/GONE"));
    stop(&second);
}

#[test]
fn a_kept_container_boots_again_as_another_user() {
    let image = Image::new();
    image
        .service("a", "echo a up as $(id -u); exec sleep 1000")
        .mode("/run", 0o777);
    for user in [1000, 1001, 0] {
        let container = image.init([]).user(user, user).keep_changes().boot();
        container.wait_for_line(&format!("a up as {user}"));
        assert_eq!(stop(&container).code(), Some(0));
    }
}

#[test]
fn another_user_than_root_boots_hooks_services_and_a_command() {
    let image = Image::new();
    image
        .hook("1", "echo hook as $(id -u)")
        .service("a", "echo a up as $(id -u); exec sleep 1000")
        .stop_hook("1", "echo stop hook as $(id -u)");
    // As engines give it to any user: a directory of its own.
    let container = image
        .init([
            "sh",
            "-c",
            "echo command as $(id -u); while [ ! -e /run/go ]; do usleep 10000; done; exit 6",
        ])
        .user(1000, 1000)
        .tmpfs_with("/run", "mode=1777")
        .boot();
    container.wait_for_line("a up as 1000");
    container.wait_for_line("command as 1000");
    container.prepare(["touch", "/run/go"]).run().ok();
    assert_eq!(code(&container), 6);
    assert_order(
        &container,
        &["hook as 1000", "command as 1000", "stop hook as 1000"],
    );
    assert_eq!(
        container
            .metadata("/etc/cont-init.d/1")
            .expect("there")
            .uid(),
        0
    );
}

/// A boot that is not root cannot give it to them.
#[test]
fn a_service_without_its_run_bit_is_named_by_its_own_path_where_it_stays_without() {
    let image = Image::new();
    image
        .write("/etc/services.d/web/run", sh("exec sleep 1000"))
        .write("/etc/services.d/web/finish", sh("exit 0"));
    let container = image
        .init([])
        .user(1000, 1000)
        .tmpfs_with("/run", "mode=1777")
        .boot();
    container.wait_for_line(BOOTED);
    container.wait_for_line("/etc/services.d/web/run: it is not executable for this user");
    stop(&container);
    let path = "/etc/services.d/web/run: it is not executable for this user; chmod 0755";
    assert_once(&container, path);
    // Names without a directory would be looked up in PID 1's, where `run` is /run.
    assert_none(&container, "mainstay: run:");
    assert_none(&container, "mainstay: finish:");
}

/// `-v ./hook:/etc/cont-init.d/10:ro` of a file without its run bit: the mode cannot be changed.
#[test]
fn a_hook_that_is_mounted_read_only_names_the_variable_that_makes_it_run() {
    let image = Image::new();
    image.write("/etc/cont-init.d/10", "");
    let mount = harness::Scratch::new();
    mount.write("hook", sh("echo hook ran"));
    let source = mount.path().join("hook");
    std::fs::set_permissions(&source, PermissionsExt::from_mode(0o644)).expect("a mode");
    let boot = |value: &str| {
        let container = image
            .init([])
            .env("S6_READ_ONLY_ROOT", value)
            .bind_read_only(&source, "/etc/cont-init.d/10")
            .boot();
        container.wait_for_line(BOOTED);
        container
    };
    let container = boot("0");
    assert_once(
        &container,
        "/etc/cont-init.d/10: it is not executable for this user",
    );
    assert_once(
        &container,
        "set S6_READ_ONLY_ROOT=1: the boot then copies hooks and makes them executable",
    );
    assert_once(
        &container,
        "Read-only file system (set S6_READ_ONLY_ROOT=1: the boot then works on copies)",
    );
    assert_none(&container, "hook ran");
    stop(&container);
    let container = boot("1");
    assert_once(&container, "hook ran");
    assert_none(&container, "not executable");
    stop(&container);
}

/// What cannot be had for the kernel's sake is no service less: the container is not ready, or,
/// where the image wants that, not there.
#[test]
fn a_boot_that_loses_a_service_is_not_ready() {
    let image = Image::new();
    image
        .service("a", "echo a up; exec sleep 1000")
        .service("secret", "echo secret up; exec sleep 1000")
        .mode("/etc/services.d/secret", 0o700);
    let command = || {
        let command = image.init([]).user(1000, 1000);
        command.tmpfs_with("/run", "mode=1777")
    };
    // Asked as its own user: where it is not process 1, root cannot know it for PID 1.
    let is_ready = |container: &Container| {
        let words = ["mainstay", "status", "--ready"];
        container.prepare(words).user(1000, 1000).run().code()
    };
    let container = command().boot();
    container.wait_for_line("a up");
    container.wait_for_line(BOOTED);
    assert_order(
        &container,
        &[
            "/etc/services.d/secret: cannot ",
            "the boot has lost hooks or services",
        ],
    );
    assert_eq!(is_ready(&container), 1);
    assert_eq!(stop(&container).code(), Some(0));
    let container = command().env("S6_BEHAVIOUR_IF_STAGE2_FAILS", "2").boot();
    assert_eq!(code(&container), 111);
    assert_none(&container, "a up");
    // A file beside `run` is said, and no more.
    image
        .remove("/etc/services.d/secret")
        .write_mode("/etc/services.d/a/key", "", 0o600);
    let container = command().boot();
    container.wait_for_line("a up");
    container.wait_for_line(BOOTED);
    assert_once(&container, "/etc/services.d/a/key: cannot copy: Permission");
    assert_eq!(is_ready(&container), 0);
    assert_eq!(stop(&container).code(), Some(0));
}
