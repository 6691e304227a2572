//! The private folder: who finds it, and who does not take it for theirs.
#![forbid(unsafe_code)]

use anywhere_tests::image::{self, OUT};
use harness::{Container, Placement, Root, Scratch, signal};
use std::os::unix::fs::PermissionsExt;

fn shared() -> Scratch {
    let place = Scratch::new();
    let everybody = std::fs::Permissions::from_mode(0o1777);
    std::fs::set_permissions(place.path(), everybody).expect("a directory of the test's own");
    place
}

fn boot(root: &Root, temporary: &Scratch, out: &Scratch, token: &str) -> Container {
    let container = Container::new(root, ["/init"])
        .placement(Placement::Pid1)
        .user(12345, 0)
        .read_only()
        .bind(temporary.path(), "/tmp")
        .bind(out.path(), OUT)
        .env("TOKEN", token)
        .boot();
    container.wait_for("the service is up", || {
        let said = container.read("/out/log").unwrap_or_default();
        String::from_utf8_lossy(&said).contains("web up")
    });
    container
}

#[test]
fn programs_find_it_and_neighbours_leave_it_alone() {
    let root = image::make();
    let (temporary, outs) = (shared(), [shared(), shared()]);
    let tokens = ["first", "second"];
    let containers: Vec<Container> = outs
        .iter()
        .zip(tokens)
        .map(|(out, token)| boot(&root, &temporary, out, token))
        .collect();
    for (container, token) in containers.iter().zip(tokens) {
        // As docker exec does: with the first environment, as the same user and as root.
        for user in [(12345, 0), (0, 0)] {
            let run = |words: &[&str]| container.prepare(words).user(user.0, user.1).run();
            let status = run(&["mainstay", "status"]).ok().text();
            assert!(status.contains("web"), "{status}");
            let found = run(&["with-contenv", "sh", "-c", "echo $TOKEN"]);
            assert_eq!(found.text(), token, "{user:?}: {found}");
        }
    }
    let names: Vec<_> = ["mainstay-12345", "mainstay-12345.1"].into();
    for name in &names {
        assert!(temporary.path().join(name).is_dir(), "{name}");
    }
    for container in &containers {
        container.signal(signal::TERM);
        assert_eq!(container.wait().code(), Some(0));
    }
    for name in &names {
        assert!(!temporary.path().join(name).exists(), "{name} was left");
    }
}

#[test]
fn a_folder_made_in_advance_is_not_trusted() {
    let root = image::make();
    let (temporary, out) = (shared(), shared());
    let trap = temporary.path().join("mainstay-12345");
    std::fs::create_dir(&trap).expect("a directory");
    std::fs::write(trap.join("control"), "").expect("a file");
    let container = boot(&root, &temporary, &out, "mine");
    assert!(temporary.path().join("mainstay-12345.1").is_dir());
    container.signal(signal::TERM);
    assert_eq!(container.wait().code(), Some(0));
    assert!(trap.join("control").exists());
}
