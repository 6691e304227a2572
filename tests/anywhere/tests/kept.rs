//! A container that is kept: the same root and the same /run, started again after a kill.
#![forbid(unsafe_code)]

use anywhere_tests::image;
use harness::{Container, Placement, rounds, signal};

/// Killed and started again twenty times, at any moment of its life: each start boots as the first.
#[test]
fn twenty_starts_after_a_kill() {
    let root = image::make();
    for (placement, user) in [
        (Placement::Pid1, (0, 0)),
        (Placement::Child, (0, 0)),
        (Placement::Pid1, (12345, 0)),
    ] {
        if user.0 != 0 {
            // The state of the starts before is another user's: this one goes elsewhere.
            root.mode("/out", 0o777).write_mode("/out/log", "", 0o666);
            root.remove("/out/idle");
        }
        for turn in 1..=rounds(20, 200) {
            let token = format!("{placement:?}-{}-{turn}", user.0);
            let container = Container::new(&root, ["/init"])
                .placement(placement)
                .user(user.0, user.1)
                .env("TOKEN", &token)
                .keep_changes()
                .boot();
            let up = format!("web up {token}\n");
            let seen = || container.read("/out/log").unwrap_or_default();
            let is_up = || String::from_utf8_lossy(&seen()).contains(&up);
            // Some are killed in their boot.
            if turn % 4 != 0 {
                container.wait_for("the service is up, with this start's variables", is_up);
            }
            if turn % 10 == 0 {
                container.wait_for("the service is up", is_up);
                container.signal(signal::TERM);
                let status = container.wait();
                let log = container.log().report(Some(container.started()));
                assert_eq!(status.code(), Some(0), "start {turn}: {status:?}\n{log}");
                let log = String::from_utf8_lossy(&seen()).into_owned();
                assert!(log.contains(&format!("stop hook {token}\n")), "{log}");
            } else {
                container.signal(signal::KILL);
                container.wait();
            }
        }
    }
    // What was not needed any more is gone: one folder, however often it was left.
    let folders = root.list("/tmp").expect("/tmp");
    let ours = folders.iter().filter(|name| name.starts_with("mainstay-"));
    assert!(ours.count() <= 1, "{folders:?}");
}
