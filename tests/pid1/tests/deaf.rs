//! Before its loop PID 1 hears no signal: nothing there may wait for somebody else.
#![forbid(unsafe_code)]

use harness::{Command, Container, Placement, Scratch, signal, sys};
use pid1_tests::{BOOTED, IDLE, Image, stop};
use std::os::unix::fs::{PermissionsExt, chown};
use std::time::Duration;

fn image() -> Image {
    let image = Image::new();
    image.copy_file(env!("CARGO_BIN_EXE_attacker"), "/attacker");
    image.service("a", &format!("echo a up; {IDLE}"));
    image
}

fn shared() -> Scratch {
    let place = Scratch::new();
    let everybody = std::fs::Permissions::from_mode(0o1777);
    std::fs::set_permissions(place.path(), everybody).expect("a directory of the test's own");
    place
}

#[track_caller]
fn boots_and_stops(command: Command) -> Container {
    let container = command.boot();
    container.wait_for_line("a up");
    container.wait_for_line(BOOTED);
    assert_eq!(stop(&container).code(), Some(0));
    container
}

/// A neighbour in a shared /run listens where PID 1 asks whether somebody supervises here, and
/// accepts nobody: connect(2) waits for room in its queue.
#[test]
fn a_neighbour_whose_queue_is_full_is_not_waited_for() {
    let (image, run) = (image(), shared());
    std::fs::create_dir(run.path().join("mainstay")).expect("a directory");
    let words = ["/attacker", "backlog", "/run/mainstay/control", "/run/full"];
    let neighbour = image
        .command(words[0], &words[1..])
        .bind(run.path(), "/run")
        .piped_input()
        .boot();
    neighbour.wait_for("its queue is full", || run.path().join("full").exists());
    let container = boots_and_stops(image.init([]).bind(run.path(), "/run"));
    let lines = container.log().count("/var/run/s6 is another container's");
    assert_eq!(lines, 1, "it is a neighbour's place, and left alone");
    assert!(run.path().join("mainstay/control").exists());
}

/// A /run whose file system does not answer (FUSE, NFS): a child asks, and PID 1 goes elsewhere. A
/// boot that looks there all the same is a child too, and a stop is heard.
#[test]
fn a_run_that_does_not_answer_keeps_no_stop_from_being_heard() {
    let image = image();
    let delay = Duration::from_secs(6);
    let container = image.init([]).hung("/run", delay).boot();
    container.wait_for_line("/var/run/s6: its file system does not answer");
    container.signal(signal::TERM);
    // The kernel lets nobody go whose question the server has, not even for KILL.
    container.wait_for_line("mainstay: stopped in");
}

/// Whoever is the same user in another container may have left a fifo where PID 1 writes.
#[test]
fn fifos_in_a_private_folder_are_not_waited_for() {
    for name in ["namespace", "lock", "control"] {
        let (image, temporary) = (image(), shared());
        let folder = temporary.path().join("mainstay-12345");
        std::fs::create_dir(&folder).expect("a directory");
        sys::make_fifo(&folder.join(name), 0o600).expect("a fifo");
        for path in [&folder.join(name), &folder] {
            chown(path, Some(12345), Some(0)).expect("as root");
        }
        let private = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(&folder, private).expect("its mode");
        let command = image
            .init([])
            .placement(Placement::Pid1)
            .user(12345, 0)
            .read_only()
            .bind(temporary.path(), "/tmp");
        boots_and_stops(command);
    }
}
