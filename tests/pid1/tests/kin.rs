//! What the last line says of whose a process was that had to be killed.
#![forbid(unsafe_code)]

use harness::signal;
use pid1_tests::{Image, last_line};

/// A program that survives HUP and TERM, under a name of its own.
fn stays(image: &Image, name: &str) {
    image.write_script(
        format!("/{name}"),
        format!("#!/bin/sh\ntrap '' HUP TERM\necho {name} stays\n. /idle.sh\n"),
    );
}

/// Whose the last line says that a process of this name was; none where it does not name it.
fn whose(last: &str, name: &str) -> Option<String> {
    let from = last.find(&format!("{name} (pid "))?;
    let words = last[from..].split([',', ':', ';']).next()?;
    let (_, owner) = words.split_once(") ").unwrap_or((words, ""));
    Some(owner.trim().to_string())
}

/// Boots, waits until everybody of `names` stays and `runs` programs `sleep 1000` run, and
/// stops: the last line.
#[track_caller]
fn boot_and_kill(image: &Image, command: &str, names: &[&str], runs: usize) -> String {
    let container = image
        .init(["sh", "-c", command])
        .env("S6_KILL_GRACETIME", "300")
        .env("S6_SERVICES_GRACETIME", "1000")
        .boot();
    for name in names {
        container.wait_for_line(&format!("{name} stays"));
    }
    container.write("/go", "");
    container.wait_for("every run is the last one", || {
        let processes = container.processes();
        let sleeps = processes.iter();
        let sleeps = sleeps.filter(|one| one.arguments == ["sleep", "1000"]);
        sleeps.count() == runs
    });
    container.signal(signal::TERM);
    last_line(&container)
}

#[test]
fn a_killed_process_is_that_of_the_service_that_has_made_it() {
    let image = Image::new();
    let names = ["left", "apart", "flat", "after", "grand", "handed"];
    for name in names {
        stays(&image, name);
    }
    image
        // Its run has ended and is another by now.
        .service(
            "a",
            "[ -e /a.seen ] && exec sleep 1000
            touch /a.seen; /left & while [ ! -e /go ]; do usleep 10000; done; exit 1",
        )
        // It leads a session of its own; its parent lives until the stop.
        .service("b", "setsid /apart & exec sleep 1000")
        .service("c", "/flat & exec sleep 1000")
        .service_file("c", "nosetsid", "")
        .service(
            "d",
            "[ -e /d.seen ] && exec sleep 1000; touch /d.seen; exit 0",
        )
        .finish("d", "[ -e /d.fin ] || { touch /d.fin; /after & }")
        // A grandchild in a session of its own, its parent alive.
        .service("e", "sh -c 'setsid /grand & . /idle.sh' & exec sleep 1000");
    let last = boot_and_kill(&image, "/handed & exec sleep 1000", &names, 6);
    for (name, owner) in [
        ("left", "of a"),
        ("apart", "of b"),
        ("flat", "of c"),
        ("after", "of d"),
        ("grand", "of e"),
        ("handed", "of the command"),
    ] {
        assert_eq!(whose(&last, name).as_deref(), Some(owner), "{name}: {last}");
    }
}

#[test]
fn nothing_false_is_said_of_one_that_is_nobody_s() {
    let image = Image::new();
    let names = ["hooked", "daemon"];
    for name in names {
        stays(&image, name);
    }
    image
        .hook("10-hook", "setsid /hooked &")
        // Parent, session and group are its own: nobody can tell.
        .service("f", "( setsid /daemon & ) ; exec sleep 1000");
    let last = boot_and_kill(&image, "exec sleep 1000", &names, 2);
    assert_eq!(whose(&last, "hooked").as_deref(), Some(""), "{last}");
    let daemon = whose(&last, "daemon");
    assert!(matches!(daemon.as_deref(), Some("" | "of f")), "{last}");
}
