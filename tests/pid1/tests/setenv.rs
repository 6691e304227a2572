//! `mainstay setenv` and `mainstay path`: what hooks of any user leave for later ones.
#![forbid(unsafe_code)]

use harness::{Container, Placement};
use pid1_tests::{BOOTED, Image, stop};

/// An image whose first hook sets variables, and whose second hook and service see them.
fn image() -> Image {
    let image = Image::new();
    image
        .hook(
            "1",
            "umask 077\nmainstay setenv GREETING ' hello\nworld '\nmainstay setenv EMPTY ''\n\
             mainstay setenv -- DASH -n\nmainstay setenv GONE x\nmainstay setenv --unset GONE\n\
             mainstay setenv GREETING=x; echo \"wrong: $?\"\n\
             mainstay setenv A/B x; echo \"name: $?\"",
        )
        .write_script(
            "/etc/cont-init.d/2",
            "#!/usr/bin/with-contenv sh\n\
             echo \"hook: $(printf %s \"$GREETING\" | tr '\\n' /)|$DASH|${EMPTY-unset}|${GONE-gone}\"\n\
             d=$(mainstay path environment)\n\
             stat -c 'mode: %a' \"$d/GREETING\"\n\
             ls -A \"$d\" | grep -c '^[.]'\n",
        );
    image.service_file(
        "a",
        "run",
        "#!/usr/bin/with-contenv sh\necho \"service: $DASH\"\nexec sleep 1000\n",
    );
    image
}

#[track_caller]
fn assert_seen(container: &Container) {
    container.wait_for_line(BOOTED);
    container.wait_for_line("hook:  hello/world |-n||gone");
    container.wait_for_line("service: -n");
    container.wait_for_line("mode: 644");
    container.wait_for_line("wrong: 100");
    container.wait_for_line("name: 100");
    let log = container.log();
    assert!(
        log.lines().iter().any(|line| line.text == "0"),
        "a file is left"
    );
    assert_eq!(log.count("two words: mainstay setenv GREETING x"), 1);
}

#[test]
fn variables_reach_later_hooks_and_services() {
    let image = image();
    let container = image.init([]).boot();
    assert_seen(&container);
    let list = container.exec(["mainstay", "path"]).ok().text();
    for (name, path) in [
        ("services", "/var/run/s6/services"),
        ("environment", "/var/run/s6/container_environment"),
        ("hooks", "/var/run/s6/etc"),
        ("state", "/var/run/s6"),
        ("socket", "/run/mainstay/control"),
    ] {
        assert!(list.contains(&format!("{name}\t{path}")), "{list}");
        assert_eq!(container.exec(["mainstay", "path", name]).ok().text(), path);
        assert!(container.exists(path), "{path}");
    }
    // Who may not is told so.
    let other = container
        .prepare(["mainstay", "setenv", "A", "b"])
        .user(1000, 1000)
        .run();
    assert_eq!(other.code(), 111);
    assert!(
        other.error_text().contains("before s6-setuidgid"),
        "{other}"
    );
    stop(&container);
}

#[test]
fn the_same_for_a_user_whose_state_is_in_a_private_folder() {
    let image = image();
    let container = image
        .command("/init", &[])
        .placement(Placement::Pid1)
        .user(1000, 1000)
        .read_only()
        .boot();
    assert_seen(&container);
    let find = |name: &str| {
        let call = container.prepare(["mainstay", "path", name]);
        call.user(1000, 1000).run().ok().text()
    };
    assert_eq!(find("services"), "/dev/shm/mainstay-1000/s6/services");
    assert_eq!(find("socket"), "/dev/shm/mainstay-1000/control");
    for name in ["services", "environment", "hooks", "state", "socket"] {
        assert!(container.exists(find(name)), "{name}");
    }
    stop(&container);
}

#[test]
fn where_nothing_can_be_written_the_hook_is_told() {
    let image = Image::new();
    image.hook(
        "1",
        "mainstay setenv A b; echo \"set: $?\"; mainstay path environment; echo \"path: $?\"",
    );
    let container = image
        .command("/init", &[])
        .placement(Placement::Pid1)
        .user(1000, 1000)
        .read_only()
        .tmpfs_with("/dev/shm", "mode=755,ro")
        .boot();
    container.wait_for_line("set: 111");
    container.wait_for_line("path: 111");
    assert_eq!(container.log().count("there is no state"), 2);
    stop(&container);
}
