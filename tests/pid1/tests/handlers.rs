//! Programs of the image in the place of what a signal means: those that run, and those that
//! cannot. No signal is ever lost.
#![forbid(unsafe_code)]

use harness::{Container, Placement, signal};
use pid1_tests::{BOOTED, Image, assert_none, assert_once, assert_order, sh, stop};

/// Where an image keeps them.
const HANDLERS: &str = "/etc/s6/services/.s6-svscan";

/// What becomes of a signal whose handler cannot be run.
fn consequence(name: &str) -> String {
    format!("until then {name} does what it does without a handler")
}

/// Handlers that cannot be run: what each is like, and why not.
const BROKEN: [(&str, &str); 10] = [
    ("crlf", "carriage return"),
    (
        "not executable",
        "it is not executable for this user; chmod 0755",
    ),
    ("no shebang", "no #! in the first line"),
    (
        "no interpreter",
        "its interpreter /no/such/program does not exist",
    ),
    ("empty", "the file is empty"),
    ("directory", "it is a directory, which cannot be run"),
    (
        "dead link",
        "it is a link to /no/such/file, which does not exist",
    ),
    ("byte order mark", "a byte order mark stands before the #!"),
    ("other machine", "built for another machine"),
    (
        "env",
        "there is no no-such-program in this image for env to run",
    ),
];

fn put(image: &Image, kind: &str, name: &str) {
    let path = format!("{HANDLERS}/{name}");
    match kind {
        "crlf" => image.write_script(&path, "#!/bin/sh\r\necho handled\r\n"),
        "not executable" => image.write(&path, sh("echo handled")),
        "no shebang" => image.write_script(&path, "echo handled\n"),
        "no interpreter" => image.write_script(&path, "#!/no/such/program\necho handled\n"),
        "empty" => image.write_script(&path, ""),
        "directory" => image.directory(&path),
        "dead link" => image.symlink("/no/such/file", &path),
        "byte order mark" => image.write_script(&path, "\u{feff}#!/bin/sh\necho handled\n"),
        // An ELF header of 64 bits for a machine that this is not (s390).
        "other machine" => {
            let mut header = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0];
            header.extend([0; 8]);
            header.extend([2, 0, 22, 0, 1, 0, 0, 0]);
            header.extend([0; 40]);
            image.write_script(&path, header)
        }
        "env" => image.write_script(&path, "#!/usr/bin/env no-such-program\n"),
        other => panic!("{other}"),
    };
}

fn image() -> Image {
    let image = Image::new();
    image.service("a", "echo a up; exec sleep 1000");
    image
}

fn up(image: &Image, placement: Placement) -> Container {
    let container = image.init([]).placement(placement).boot();
    container.wait_for_line(BOOTED);
    container.wait_for_line("a up");
    container
}

#[test]
fn a_handler_that_cannot_be_run_is_said_at_the_boot_and_its_signal_stops_the_container() {
    for (kind, why) in BROKEN {
        let image = image();
        put(&image, kind, "SIGTERM");
        let container = up(&image, Placement::Pid1);
        let path = format!("{HANDLERS}/SIGTERM:");
        let at_boot = container.log().lines();
        let said = at_boot.iter().any(|line| {
            line.text.contains(&path)
                && line.text.contains(why)
                && line.text.trim_end().ends_with(&consequence("SIGTERM"))
        });
        if !said {
            container.fail(&format!("{kind}: the boot does not say {why:?}"));
        }
        let before = container.log().count(&path);
        assert_eq!(before, 1, "{kind}");
        assert_eq!(stop(&container).code(), Some(0), "{kind}");
        assert_order(&container, &[BOOTED, &path, "stopped in"]);
        assert_none(&container, "handled");
        assert_eq!(container.log().count(&path), 2, "{kind}");
    }
}

#[test]
fn every_signal_keeps_its_own_meaning_where_its_handler_cannot_be_run() {
    let image = image();
    for name in [
        "SIGHUP", "SIGUSR1", "SIGINT", "SIGQUIT", "SIGPWR", "SIGABRT",
    ] {
        put(&image, "crlf", name);
    }
    for placement in [Placement::Pid1, Placement::Child] {
        let stops = [signal::INT, signal::QUIT, signal::PWR, signal::ABRT];
        for (number, name) in stops
            .into_iter()
            .zip(["SIGINT", "SIGQUIT", "SIGPWR", "SIGABRT"])
        {
            let container = up(&image, placement);
            container.signal(number);
            assert_eq!(container.wait().code(), Some(0), "{name}");
            let said = format!("{HANDLERS}/{name}:1: ");
            assert_eq!(container.log().count(&said), 2, "{name}");
        }
        let container = up(&image, placement);
        // HUP rescans; why its handler did not run is said once, however often it comes.
        let add = "mkdir -p /var/run/s6/services/new && printf '#!/bin/sh\necho new up\nexec sleep 1000\n' \
                   > /var/run/s6/services/new/run && chmod 755 /var/run/s6/services/new/run";
        container.shell(add).ok();
        container.signal(signal::HUP);
        container.wait_for_line("new up");
        let said = format!("{HANDLERS}/SIGHUP:1: ");
        container.wait_for_nth_line(2, &said);
        for _ in 0..3 {
            container.signal(signal::HUP);
            container.signal(signal::USR1);
        }
        container.wait_for_nth_line(2, &format!("{HANDLERS}/SIGUSR1:1: "));
        assert_eq!(stop(&container).code(), Some(0));
        assert_eq!(container.log().count(&said), 2);
    }
}

#[test]
fn a_handler_that_runs_takes_the_signal_s_place_also_when_it_fails() {
    let image = image();
    image.write_script(
        format!("{HANDLERS}/SIGTERM"),
        sh("echo \"handled in $PWD\"; [ -e /gentle ] || exit 3; s6-svscanctl -t ."),
    );
    let container = up(&image, Placement::Pid1);
    assert_none(&container, "handler");
    container.signal(signal::TERM);
    container.wait_for_line("handled in /run/s6/services");
    container.signal(signal::TERM);
    container.wait_for_nth_line(2, "handled in");
    container.write("/gentle", "");
    assert_eq!(stop(&container).code(), Some(0));
    assert_none(&container, "without a handler");
}

/// A hook may write or break one at run time: it is asked what it is when the signal comes.
#[test]
fn a_handler_that_a_hook_makes_or_breaks_counts_when_the_signal_comes() {
    let image = image();
    image.write_script(format!("{HANDLERS}/SIGTERM"), sh("echo handled"));
    image.hook(
        "1",
        "cd /var/run/s6/services/.s6-svscan; printf '#!/bin/sh\necho made\n' > SIGUSR1; chmod 755 SIGUSR1",
    );
    let container = up(&image, Placement::Pid1);
    container.signal(signal::USR1);
    container.wait_for_line("made");
    container.signal(signal::TERM);
    container.wait_for_line("handled");
    container
        .shell("chmod 644 /var/run/s6/services/.s6-svscan/SIGTERM")
        .ok();
    assert_eq!(stop(&container).code(), Some(0));
    assert_once(&container, "not executable for this user");
}

#[test]
fn a_handler_runs_where_run_is_mounted_noexec() {
    let image = image();
    image.write_script(format!("{HANDLERS}/SIGUSR1"), sh("echo handled"));
    image.symlink("/bin/busybox", format!("{HANDLERS}/SIGUSR2"));
    let container = image.init([]).tmpfs_with("/run", "mode=755,noexec").boot();
    container.wait_for_line(BOOTED);
    container.signal(signal::USR1);
    container.wait_for_line("handled");
    assert_eq!(stop(&container).code(), Some(0));
    assert_none(&container, "without a handler");
}

#[test]
fn what_is_named_like_a_signal_and_is_no_handler_is_said() {
    let image = image();
    for name in ["sigterm", "SIGTERM.sh", "SIGKILL"] {
        image.write_script(format!("{HANDLERS}/{name}"), sh("echo handled"));
    }
    let container = up(&image, Placement::Pid1);
    for name in ["sigterm", "SIGTERM.sh", "SIGKILL"] {
        assert_once(
            &container,
            &format!("{HANDLERS}/{name}: no signal's handler has this name"),
        );
    }
    assert_eq!(stop(&container).code(), Some(0));
    assert_none(&container, "handled");
}

/// PID 1 crashes between a signal and the end of its handler: the handler's end is still known.
#[test]
fn a_crash_while_a_handler_runs_loses_nothing() {
    let image = image();
    image.write_script(
        format!("{HANDLERS}/SIGTERM"),
        sh("echo handling; while [ ! -e /go ]; do usleep 10000; done; exit 127"),
    );
    let container = up(&image, Placement::Pid1);
    container.signal(signal::TERM);
    container.wait_for_line("handling");
    container.signal(signal::SEGV);
    container.wait_for_line("goes on from its last state");
    container.write("/go", "");
    // As what cannot be run ends: the signal's own meaning follows.
    assert_eq!(container.wait().code(), Some(0));
}
