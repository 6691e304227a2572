//! Programs that reach beyond their caller: they run inside a container of the test's own alone.
#![forbid(unsafe_code)]

use harness::Placement;
use pid1_tests::{BOOTED, IDLE, Image, assert_none, assert_once, code, stop};

/// A script that was written for the original: it waits for what s6-nuke did.
#[test]
fn s6_nuke_signals_everybody_but_itself_and_process_1() {
    let image = Image::new();
    image.service(
        "listens",
        &format!("trap 'echo got HUP' HUP; trap 'echo got TERM; exit' TERM; echo listens; {IDLE}"),
    );
    image.service("a", "trap '' HUP; echo a up; exec sleep 1000");
    // kill(2) with -1 spares process 1 alone: a PID 1 that is not it is asked to stop.
    let container = image.init([]).placement(Placement::Pid1).boot();
    container.wait_for_line(BOOTED);
    container.wait_for_line("a up");
    container.wait_for_line("listens");
    // The shell that calls it is hit too: it lives on as it has asked for.
    let script =
        |option: &str| format!("trap '' HUP TERM; s6-nuke -{option} && echo nuked {option}");
    let output = container.shell(&script("h")).ok().text();
    assert!(output.contains("nuked h"), "{output}");
    container.wait_for_line("got HUP");
    assert_none(&container, "got TERM");
    let output = container.shell(&script("t")).ok().text();
    assert!(output.contains("nuked t"), "{output}");
    container.wait_for_line("got TERM");
    container.wait_for_nth_line(2, "a up");
    // KILL to everybody: the service is started again, and nobody has touched PID 1.
    container.prepare(["s6-nuke", "-k"]).run();
    container.wait_for_nth_line(3, "a up");
    assert_eq!(stop(&container).code(), Some(0));
    assert_none(&container, "crashed");
    assert_none(&container, "not found");
}

#[test]
fn s6_chroot_looks_its_program_up_under_the_new_root() {
    let image = Image::new();
    image.copy_file("/bin/busybox", "/jail/bin/busybox");
    image.symlink("busybox", "/jail/bin/pwd");
    let container = image.init(["s6-chroot", "/jail", "pwd"]).boot();
    assert_eq!(code(&container), 0);
    let lines = container.log().lines();
    let at = lines.iter().position(|line| line.text.contains(BOOTED));
    let next = at
        .and_then(|at| lines.get(at + 1))
        .map(|line| line.text.trim_end());
    assert_eq!(next, Some("/"));
    let container = image.init(["s6-chroot", "/nowhere", "pwd"]).boot();
    assert_eq!(code(&container), 111);
    assert_once(
        &container,
        "s6-chroot: fatal: unable to change the root to /nowhere: No such file",
    );
    let container = image.init(["s6-chroot", "/jail", "ls"]).boot();
    assert_eq!(code(&container), 127);
    // Who may not is told so.
    let container = image
        .init(["s6-setuidgid", "nobody", "s6-chroot", "/jail", "pwd"])
        .boot();
    assert_eq!(code(&container), 111);
    assert_once(&container, "Operation not permitted");
}

/// Without the right to: the machine's clock is everybody's.
#[test]
fn s6_clock_sets_nothing_without_the_right_to() {
    let image = Image::new();
    let container = image.init(["s6-clock", "@400000006553f12500000005"]).boot();
    assert_eq!(code(&container), 111);
    assert_once(
        &container,
        "s6-clock: fatal: unable to set the clock: Operation not permitted",
    );
}

#[test]
fn s6_nice_goes_on_where_it_may_not_unless_it_is_strict() {
    let image = Image::new();
    let nice = |words: &[&str]| {
        let words = [&["/init", "s6-setuidgid", "nobody", "s6-nice"], words].concat();
        image.command(words[0], &words[1..]).boot()
    };
    let container = nice(&["-n", "-5", "echo", "went on"]);
    assert_eq!(code(&container), 0);
    assert_once(&container, "went on");
    assert_once(
        &container,
        "s6-nice: warning: unable to add -5 to the nice value: Operation not permitted",
    );
    let container = nice(&["-i", "-n", "-5", "echo", "went on"]);
    assert_eq!(code(&container), 111);
    assert_none(&container, "went on");
}

/// Images call it for the user that the container runs as already (`docker run --user`).
#[test]
fn s6_setuidgid_to_whom_one_is_already_works_without_any_right() {
    let image = Image::new();
    image.write(
        "/etc/passwd",
        "root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\napp:x:1000:1000::/:/bin/sh\n",
    );
    image.write(
        "/etc/group",
        "root:x:0:\nnogroup:x:65534:\napp:x:1000:\nlog:x:40:app\n",
    );
    let run = |uid: u32, groups: &[u32], words: &[&str]| {
        let container = image
            .command(words[0], &words[1..])
            .user_with_groups(uid, uid, groups)
            .capabilities(&[])
            .boot();
        (code(&container), container)
    };
    let ask = ["sh", "-c", "echo ran as $(id -u):$(id -g) in $(id -G)"];
    for (groups, who) in [
        (&[40][..], "app"),
        (&[], "app:app"),
        (&[], "1000:1000"),
        (&[1000], "1000:1000"),
        (&[1000, 40], "app"),
    ] {
        let (ended, container) = run(1000, groups, &[&["s6-setuidgid", who], &ask[..]].concat());
        if ended != 0 {
            container.fail(&format!("{who} with {groups:?}: {ended}"));
        }
        assert_once(&container, "ran as 1000:1000");
        assert_none(&container, "warning");
    }
    // A group that it has not: it goes on with less, and says so.
    let (ended, container) = run(1000, &[], &[&["s6-setuidgid", "app"], &ask[..]].concat());
    assert_eq!(ended, 0);
    assert_once(
        &container,
        "s6-setuidgid: warning: goes on without group 40: only root can give it",
    );
    // One that it should not have, or another user: never.
    for (groups, who) in [
        (&[40, 7][..], "app"),
        (&[7], "1000:1000"),
        (&[], "nobody"),
        (&[], "0:0"),
    ] {
        let (ended, container) = run(1000, groups, &[&["s6-setuidgid", who], &ask[..]].concat());
        assert_eq!(ended, 111, "{who}");
        assert_none(&container, "ran as");
    }
    // The same for its siblings, and for a root that may not set groups.
    let (ended, container) = run(
        1000,
        &[],
        &[
            &["s6-applyuidgid", "-u", "1000", "-g", "1000", "-G", ""],
            &ask[..],
        ]
        .concat(),
    );
    assert_eq!(ended, 0);
    assert_once(&container, "ran as 1000:1000");
    let (ended, container) = run(0, &[], &[&["s6-setuidgid", "root"], &ask[..]].concat());
    assert_eq!(ended, 0);
    assert_once(&container, "ran as 0:0");
}
