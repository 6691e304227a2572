//! What an author's slip looks like: one line, once, with the file that the author wrote, and
//! everything else goes on.
#![forbid(unsafe_code)]

use harness::Scratch;
use pid1_tests::{Image, assert_none, assert_once, code, stop};

/// A service's `run` that cannot be, and what its one line says.
const BAD_RUNS: &[(&str, &str, &str)] = &[
    ("noshebang", "echo x\n", ":1: no #! in the first line"),
    (
        "crlf",
        "#!/bin/sh\r\nx\r\n",
        ":1: the line ends with a carriage return",
    ),
    ("bom", "\u{feff}#!/bin/sh\n", ":1: a byte order mark"),
    (
        "gone",
        "#!/opt/none -e\n",
        ":1: its interpreter /opt/none does not exist",
    ),
    (
        "env",
        "#!/usr/bin/env none\n",
        ":1: there is no none in this image for env",
    ),
    (
        "contenv",
        "#!/usr/bin/with-contenv none\n",
        ":1: there is no none in this image for with-contenv",
    ),
    (
        "words",
        "#!/usr/bin/env sh -e\n",
        ":1: the kernel hands `sh -e` to env as one word",
    ),
    ("empty", "", ": the file is empty"),
];

#[test]
fn a_bad_run_is_named_once_where_it_was_written_and_the_rest_goes_on() {
    for read_only_root in ["0", "1"] {
        let image = Image::new();
        image.service("good", "echo good up; exec sleep 1000");
        for (name, text, _) in BAD_RUNS {
            image.write_script(format!("/etc/services.d/{name}/run"), text);
        }
        image
            .write("/etc/services.d/norun/data", "")
            .write("/etc/services.d/isdir/run/x", "")
            .write_script("/etc/services.d/finish/run", "#!/bin/sh\r\n")
            .write_script("/etc/services.d/finish/finish", "#!/opt/none\n")
            .symlink("/etc/services-available/none", "/etc/services.d/dead");
        let container = image
            .init([])
            .env("S6_READ_ONLY_ROOT", read_only_root)
            .boot();
        container.wait_for_line("good up");
        // Long enough for each to be tried again, as often as it is.
        container.wait_for("the second try of env", || {
            container.log().count("'none'") > 1 || container.log().count("none: No such") > 1
        });
        stop(&container);
        for (name, _, cause) in BAD_RUNS {
            assert_once(
                &container,
                &format!("mainstay: /etc/services.d/{name}/run{cause}"),
            );
        }
        for line in [
            "mainstay: /etc/services.d/norun/run: this service has no run script",
            "mainstay: /etc/services.d/isdir/run: it is a directory, which cannot be run",
            "mainstay: /etc/services.d/finish/run:1: ",
            "mainstay: /etc/services.d/finish/finish:1: its interpreter",
            "/services.d/dead: it is a link to /etc/services-available/none, which does not exist",
        ] {
            assert_once(&container, line);
        }
        assert_none(&container, "mainstay: /var/run/s6");
    }
}

#[test]
fn hooks_and_lists_are_named_where_they_were_written() {
    let image = Image::new();
    image
        .write("/etc/fix-attrs.d/01", "/etc/passwd false root 0644\n")
        .write_script("/etc/cont-init.d/10", "#!/bin/sh\r\n")
        .write_script("/etc/cont-init.d/20", "#!/bin/sh\nexit 3\n")
        .write_script("/etc/cont-finish.d/10", "#!/opt/none\n");
    let container = image
        .init([])
        .env("S6_BEHAVIOUR_IF_STAGE2_FAILS", "1")
        .boot();
    container.wait_for_line(pid1_tests::BOOTED);
    stop(&container);
    for line in [
        "mainstay: /etc/fix-attrs.d/01:1: only 4 of 5 fields",
        "mainstay: /etc/cont-init.d/10:1: the line ends with a carriage return",
        "mainstay: /etc/cont-init.d/20: exited 3; the boot goes on",
        "mainstay: /etc/cont-finish.d/10:1: its interpreter /opt/none",
    ] {
        assert_once(&container, line);
    }
    assert_none(&container, "mainstay: /var/run/s6");
}

#[test]
fn a_command_that_cannot_be_run_says_why_and_what_to_do() {
    let image = Image::new();
    image
        .write_script("/crlf", "#!/bin/sh\r\n")
        .write("/plain", "x\n")
        .write_script("/gone", "#!/opt/none\n");
    for (command, expected, line) in [
        (
            "no-such",
            127,
            "cannot run the command no-such: no directory of PATH (",
        ),
        ("/no/such", 127, "cannot run the command /no/such: "),
        (
            "/crlf",
            127,
            "cannot run the command /crlf:1: the line ends with a carriage",
        ),
        (
            "/gone",
            127,
            "cannot run the command /gone:1: its interpreter /opt/none",
        ),
        (
            "/plain",
            126,
            "cannot run the command /plain: it is not executable",
        ),
        (
            "/etc",
            126,
            "cannot run the command /etc: it is a directory, which cannot be run",
        ),
        ("", 126, "cannot run the command ``: it is an empty word"),
    ] {
        let container = image.init([command]).boot();
        assert_eq!(code(&container), expected, "{command}");
        assert_once(&container, line);
    }
}

#[test]
fn run_d_without_bash_says_that_bash_is_missing() {
    let image = Image::new();
    image
        .remove("/bin/bash")
        .write("/run.d/10.sh", "echo never\n");
    let container = image.command("/run.sh", &[]).boot();
    assert_eq!(code(&container), 127);
    assert_once(
        &container,
        "mainstay: /run.d/10.sh: it runs under /bin/bash, which does not exist in this image",
    );
    assert_none(&container, "never");
}

#[test]
fn an_unknown_user_is_named_with_the_file_and_the_service() {
    let image = Image::new();
    image.write_script(
        "/etc/services.d/web/run",
        "#!/usr/bin/execlineb -P\ns6-setuidgid nobody-known sleep 1000\n",
    );
    let container = image.up();
    container.wait_for_line(
        "unknown user: nobody-known (in /etc/services.d/web/run): /etc/passwd does not have it; \
         make the user",
    );
    // At each try it ends with the same code; why is said once.
    container.wait_for_line("web: ended with exit code 1 after");
    container.wait_for_line("3rd end in a minute");
    stop(&container);
    assert_once(&container, "unknown user");
}

#[test]
fn an_unknown_user_of_workers_is_said_once() {
    let image = Image::new();
    let container = image
        .command("/worker.sh", &["2", "/bin/sleep", "1000"])
        .env("NOT_ROOT_USER", "nobody-known")
        .boot();
    for worker in ["worker-1", "worker-2"] {
        container.wait_for_line(&format!("{worker}: ended with exit code 1 after"));
    }
    container.wait_for_nth_line(2, "3rd end in a minute");
    stop(&container);
    assert_once(
        &container,
        "unknown user: nobody-known (NOT_ROOT_USER of the workers): ",
    );
    assert_once(&container, "unknown user");
}

#[test]
fn without_the_usual_place_for_state_one_line_says_so_and_everything_runs() {
    let image = Image::new();
    image.service("a", "echo a service; exec sleep 1000");
    for (container, remedy) in [
        (
            image.init(["sleep", "2000"]).read_only().boot(),
            "--tmpfs /run:exec,uid=0",
        ),
        (
            image.init(["sleep", "2000"]).user(1000, 1000).boot(),
            "writable to the container's user, or start it with docker run --tmpfs /run:exec,uid=1000",
        ),
    ] {
        container.wait_for_line("a service");
        container.wait_for_process("sleep 2000");
        stop(&container);
        assert_once(&container, "mainstay: /var/run/s6");
        assert_once(&container, remedy);
    }
}

/// In a Pod nobody types docker run. It is known by its variables, and where a Pod has none (static
/// Pods) by what the kubelet mounts.
#[test]
fn in_a_pod_the_remedy_for_a_missing_place_is_the_pod_s() {
    let image = Image::new();
    image.service("a", "echo a service; exec sleep 1000");
    let kubelet = Scratch::new();
    kubelet.write("pods/0a1b-2c/etc-hosts", "127.0.0.1 localhost\n");
    let told = image
        .init([])
        .env("KUBERNETES_SERVICE_HOST", "192.0.2.1")
        .read_only();
    let hosts = kubelet.path().join("pods/0a1b-2c/etc-hosts");
    image.write("/etc/hosts", "");
    let mounted = image
        .init([])
        .bind_read_only(hosts, "/etc/hosts")
        .read_only();
    for container in [told, mounted] {
        let container = container.boot();
        container.wait_for_line("a service");
        stop(&container);
        assert_once(&container, "to have it there mount an emptyDir at /run");
        assert_none(&container, "docker");
    }
}

/// A read-only root and a writable /run, in an image whose /var/run is missing or a directory: what
/// names /var/run/s6 misses the state, also where nothing else does.
#[test]
fn an_image_whose_var_run_is_no_link_to_run_is_told_how_to_have_one() {
    for made in [false, true] {
        let image = Image::new();
        image.remove("/var/run");
        if made {
            image.directory("/var/run");
        }
        image.hook(
            "10-writes",
            "echo on >/var/run/s6/container_environment/DEBUG",
        );
        image.service("a", "echo a service; exec sleep 1000");
        let container = image.init([]).read_only().tmpfs("/run").boot();
        container.wait_for_line("a service");
        stop(&container);
        assert_once(
            &container,
            "mainstay: /var/run/s6: Read-only file system; the state is in /run/s6 instead, and \
             scripts that name /var/run/s6 will miss it",
        );
        assert_once(&container, "RUN rm -rf /var/run && ln -s /run /var/run");
        // Where the root can be written nothing is lost.
        let container = image.init([]).boot();
        container.wait_for_line("a service");
        stop(&container);
        assert_none(&container, "the state is in");
        assert_none(&container, "nonexistent");
    }
}

#[test]
fn a_place_for_state_where_nothing_may_be_executed_is_named_and_scripts_run() {
    let image = Image::new();
    image.service("a", "echo a service; exec sleep 1000");
    let container = image
        .init([])
        .read_only()
        .tmpfs_with("/run", "noexec")
        .env("S6_READ_ONLY_ROOT", "1")
        .boot();
    container.wait_for_line("/var/run/s6: mounted noexec");
    container.wait_for_line("a service");
    stop(&container);
    assert_none(&container, "chmod");
}

#[test]
fn a_program_that_is_nowhere_but_on_a_noexec_mount_is_named() {
    let image = Image::new();
    image.hook(
        "10-makes",
        "mkdir /run/s6/services/made; cp /bin/busybox /run/s6/services/made/run",
    );
    let container = image.init([]).tmpfs_with("/run", "noexec").boot();
    container.wait_for_line(
        "services/made/run lies on a file system that is mounted noexec; mount it with exec",
    );
    stop(&container);
    assert_none(&container, "chmod");
}
