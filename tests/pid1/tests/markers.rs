//! The lines by which the log says how far the boot and the stop are. Scripts wait for them, so
//! their text, their stream and their order are s6-overlay v2's.
#![forbid(unsafe_code)]

use harness::{Container, Stream, signal};
use pid1_tests::{BOOTED, IDLE, Image, assert_none, stop};

/// Every line that begins with the name of a phase, in order.
fn markers(container: &Container) -> Vec<String> {
    let phases = [
        "[s6-init]",
        "[fix-attrs.d]",
        "[cont-init.d]",
        "[services.d]",
        "[cmd]",
        "[cont-finish.d]",
        "[s6-finish]",
    ];
    let lines = container.log().lines().into_iter();
    lines
        .map(|line| line.text.trim_end_matches(['\r', '\n']).to_string())
        .filter(|line| phases.iter().any(|phase| line.starts_with(phase)))
        .collect()
}

/// A boot of all kinds of user files.
const BOOT: [&str; 14] = [
    "[s6-init] making user provided files available at /var/run/s6/etc...exited 0.",
    "[s6-init] ensuring user provided files have correct perms...exited 0.",
    "[fix-attrs.d] applying ownership & permissions fixes...",
    "[fix-attrs.d] 01: applying... ",
    "[fix-attrs.d] 01: exited 0.",
    "[fix-attrs.d] done.",
    "[cont-init.d] executing container initialization scripts...",
    "[cont-init.d] 10: executing... ",
    "[cont-init.d] 10: exited 0.",
    "[cont-init.d] 20: executing... ",
    "[cont-init.d] 20: exited 3.",
    "[cont-init.d] done.",
    "[services.d] starting services",
    "[services.d] done.",
];

const STOP_HOOKS: [&str; 4] = [
    "[cont-finish.d] executing container finish scripts...",
    "[cont-finish.d] 10: executing... ",
    "[cont-finish.d] 10: exited 0.",
    "[cont-finish.d] done.",
];

const FINISH: [&str; 3] = [
    "[s6-finish] waiting for services.",
    "[s6-finish] sending all processes the TERM signal.",
    "[s6-finish] sending all processes the KILL signal and exiting.",
];

fn image() -> Image {
    let image = Image::new();
    image.write("/etc/fix-attrs.d/01", "/tmp false root - -\n");
    image
        .hook("10", "true")
        .hook("20", "exit 3")
        .service("a", "exec sleep 1000")
        .stop_hook("10", "true");
    image
}

#[test]
fn every_marker_comes_once_in_its_order_and_on_standard_output() {
    let image = image();
    let container = image
        .init([])
        .env("S6_BEHAVIOUR_IF_STAGE2_FAILS", "0")
        .boot();
    container.wait_for_line(BOOTED);
    assert_eq!(markers(&container), BOOT);
    assert_eq!(stop(&container).code(), Some(0));
    assert_eq!(
        markers(&container),
        [&BOOT[..], &STOP_HOOKS, &FINISH].concat()
    );

    let command = Container::new(&image, ["/init", "true"])
        .env("S6_BEHAVIOUR_IF_STAGE2_FAILS", "0")
        .boot();
    assert_eq!(command.wait().code(), Some(0));
    let with_command = [&BOOT[..], &["[cmd] true exited 0"], &STOP_HOOKS, &FINISH].concat();
    assert_eq!(markers(&command), with_command);
    for line in command.log().lines() {
        if line.text.starts_with('[') {
            assert_eq!(line.stream, Stream::Stdout, "{line:?}");
        }
    }
}

#[test]
fn a_boot_by_script_says_the_same() {
    let image = image();
    let path = "/etc/s6/init/init-stage2";
    image.write_script(path, format!("{}\n# edited\n", image.text(path)));
    let container = image
        .init([])
        .env("S6_BEHAVIOUR_IF_STAGE2_FAILS", "0")
        .boot();
    container.wait_for_line(BOOTED);
    assert_eq!(markers(&container), BOOT);
    stop(&container);
}

/// Directories that are not there have no markers; services' own are always there.
#[test]
fn what_is_not_there_is_not_said() {
    let image = Image::new();
    for dir in ["fix-attrs.d", "cont-init.d", "cont-finish.d"] {
        image.remove(format!("/etc/{dir}"));
    }
    let container = image.up();
    assert_eq!(stop(&container).code(), Some(0));
    let expected = [&BOOT[..2], &BOOT[12..], &FINISH].concat();
    assert_eq!(markers(&container), expected);
}

#[test]
fn a_stop_that_has_to_kill_and_one_that_syncs_say_so() {
    let image = Image::new();
    image.remove("/etc/cont-finish.d");
    image.hook(
        "1",
        &format!("(trap '' HUP TERM; echo deaf up; {IDLE}) & usleep 100000"),
    );
    let container = image
        .init([])
        .env("S6_KILL_GRACETIME", "100")
        .env("S6_SYNC_DISKS", "1")
        .boot();
    container.wait_for_line("deaf up");
    container.wait_for_line(BOOTED);
    assert_eq!(stop(&container).code(), Some(0));
    let [waiting, term, kill] = FINISH;
    let expected = [waiting, "[s6-finish] syncing disks.", term, kill];
    assert!(markers(&container).ends_with(&expected.map(String::from)));
}

/// The scripts of /run.d are docker-base's: a stop while they run has nothing of the overlay's to
/// say.
#[test]
fn a_stop_ahead_of_the_boot_says_nothing_of_it() {
    let image = image();
    image.run_d("10.sh", "echo sleeping; sleep 1000");
    let container = image.command("/run.sh", &[]).boot();
    container.wait_for_line("sleeping");
    container.signal(signal::TERM);
    container.wait();
    assert_none(&container, "[s6-");
}
