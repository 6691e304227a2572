//! The shortest boots there are: one service, one hook, one command, one signal.
#![forbid(unsafe_code)]

use harness::{Container, Root, signal};

/// BusyBox with nothing but the binary as `/init`.
fn root() -> Root {
    let root = Root::busybox();
    root.copy_file(harness::mainstay(), "/init");
    root
}

const NONE: &[String] = &[];

#[test]
fn a_service_runs_until_a_term() {
    let root = root();
    root.write_script(
        "/etc/services.d/web/run",
        "#!/bin/sh\necho web is up\nexec /bin/sleep 1000\n",
    );
    let container = Container::new(&root, ["/init"]).boot();
    container.wait_for_line("web is up");
    container.wait_for_process("/bin/sleep 1000");
    container.signal(signal::TERM);
    assert_eq!(container.wait().code(), Some(0));
    assert_eq!(container.left_running(), NONE);
}

#[test]
fn a_killed_service_starts_again() {
    let root = root();
    root.write_script(
        "/etc/services.d/web/run",
        "#!/bin/sh\necho web is up\nexec /bin/sleep 1000\n",
    );
    let container = Container::new(&root, ["/init"]).boot();
    let first = container.wait_for_process("/bin/sleep 1000");
    container.signal_process(first.pid, signal::KILL);
    container.wait_for_nth_line(2, "web is up");
    container.wait_for("another process", || {
        let mut list = container.processes().into_iter();
        list.any(|one| one.pid != first.pid && one.arguments == ["/bin/sleep", "1000"])
    });
}

#[test]
fn a_hook_runs_before_the_services_and_the_command_after_them() {
    let root = root();
    root.write_script("/etc/cont-init.d/10-hook", "#!/bin/sh\necho the hook\n");
    root.write_script(
        "/etc/services.d/web/run",
        "#!/bin/sh\necho web is up\nexec /bin/sleep 1000\n",
    );
    let command = ["/init", "sh", "-c", "echo the command; read line; exit 23"];
    let mut container = Container::new(&root, command).piped_input().boot();
    container.wait_for_line("the command");
    container.wait_for_line("web is up");
    container.write_input(b"\n");
    assert_eq!(container.wait().code(), Some(23));
    let log = container.log();
    assert!(log.position("the hook") < log.position("web is up"));
    assert!(log.position("the hook") < log.position("the command"));
    assert_eq!(container.left_running(), NONE);
}

#[test]
fn a_failing_hook_stops_the_container_with_its_own_code() {
    let root = root();
    root.write_script("/etc/cont-init.d/10-hook", "#!/bin/sh\nexit 7\n");
    root.write_script("/etc/services.d/web/run", "#!/bin/sh\necho web is up\n");
    let container = Container::new(&root, ["/init"]);
    let container = container.env("S6_BEHAVIOUR_IF_STAGE2_FAILS", "2").boot();
    assert_eq!(container.wait().code(), Some(7));
    assert_eq!(container.log().count("web is up"), 0);
    assert_eq!(container.left_running(), NONE);
}
