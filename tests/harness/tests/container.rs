//! The harness proves itself with BusyBox' shell as PID 1.
#![forbid(unsafe_code)]

use harness::{Container, Placement, Root, Stream, signal};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

/// A shell that waits for TERM, starting a child of its own first.
const WAITER: &str = "#!/bin/sh
trap 'echo got TERM; kill $child; wait $child; exit 7' TERM
sleep 1000 & child=$!
echo ready $$ >&2
while :; do wait; done
";

#[test]
fn a_command_is_pid_1_and_its_end_is_seen() {
    let root = Root::busybox();
    root.write_script("/waiter", WAITER);
    let command = Container::new(&root, ["/waiter"]);
    let container = command.placement(Placement::Pid1).boot();
    let line = container.wait_for_line("ready 1");
    assert_eq!(line.stream, Stream::Stderr);
    assert!(
        line.at
            >= container
                .started()
                .saturating_sub(Duration::from_millis(100))
    );
    container.wait_for_process("sleep 1000");
    let list = container.processes();
    assert_eq!((list[0].pid, list[0].name.as_str()), (1, "waiter"));
    assert_eq!((list.len(), list[1].parent), (2, 1));
    container.signal(signal::TERM);
    assert_eq!(container.wait().code(), Some(7));
    assert_eq!(container.left_running(), &[] as &[String]);
    assert!(container.log().position("ready 1") < container.log().position("got TERM"));
    assert!(container.ended_at() > line.at);
}

#[test]
fn beside_a_reaper_the_command_has_another_pid() {
    let root = Root::busybox();
    root.write_script("/waiter", WAITER);
    let command = Container::new(&root, ["/waiter"]);
    let container = command.placement(Placement::Child).boot();
    container.wait_for_line("ready 2");
    assert_eq!(container.exec(["sh", "-c", "echo $PPID"]).text(), "0");
    container.signal(signal::TERM);
    assert_eq!(container.wait().code(), Some(7));
    assert_eq!(container.left_running(), &[] as &[String]);
}

#[test]
fn what_the_command_leaves_running_is_named() {
    let root = Root::busybox();
    root.write_script("/leaver", "#!/bin/sh\n/bin/sleep 999 &\nread line\n");
    for placement in [Placement::Pid1, Placement::Child] {
        let mut container = Container::new(&root, ["/leaver"])
            .placement(placement)
            .piped_input()
            .boot();
        container.wait_for_process("/bin/sleep 999");
        container.write_input(b"\n");
        assert_eq!(container.wait().code(), Some(0));
        let left = container.left_running();
        assert_eq!(left.len(), 1, "{placement:?}: {left:?}");
        assert!(left[0].ends_with(" sleep"), "{left:?}");
    }
}

#[test]
fn a_fatal_signal_is_told_from_an_exit_code() {
    let root = Root::busybox();
    for placement in [Placement::Pid1, Placement::Child] {
        let command = Container::new(&root, ["sleep", "1000"]);
        let container = command.placement(placement).boot();
        container.signal(signal::KILL);
        assert_eq!(container.wait().signal(), Some(signal::KILL));
    }
}

#[test]
fn killing_and_unmounting_everything_reaches_nothing_else() {
    let root = Root::busybox();
    let mounts = || std::fs::read_to_string("/proc/self/mounts").unwrap();
    let before = mounts();
    let script = "umount -a; kill -9 -1; echo survived";
    let command = Container::new(&root, ["sh", "-c", script]);
    let (status, log) = command.all_capabilities().run();
    assert!(log.text().contains("survived") || status.signal().is_some());
    assert!(before.lines().all(|line| mounts().contains(line)));
    assert!(!mounts().contains("harness"));
}

#[test]
fn each_container_has_its_own_changes_unless_they_are_kept() {
    let root = Root::busybox();
    let script = "test -e /seen && echo again; mkdir -p /var/run/x && touch /seen";
    let run = || Container::new(&root, ["sh", "-c", script]);
    for _ in 0..2 {
        let (status, log) = run().run();
        assert_eq!((status.code(), log.text().as_str()), (Some(0), ""));
    }
    assert!(!root.exists("/seen"));
    assert_eq!(run().keep_changes().run().1.text(), "");
    assert_eq!(run().keep_changes().run().1.text(), "again");
    assert!(root.exists("/seen") && root.exists("/run/x"));
}

#[test]
fn a_root_follows_links_inside_itself_only() {
    let root = Root::busybox();
    root.write_mode("/var/run/deep/er", "text", 0o640)
        .symlink("/run", "/elsewhere");
    assert_eq!(root.text("/elsewhere/deep/er"), "text");
    assert_eq!(root.list("/run").unwrap(), ["deep"]);
    let facts = root.metadata("/run/deep/er").unwrap();
    assert_eq!(facts.permissions().mode() & 0o7777, 0o640);
    assert!(!std::path::Path::new("/run/deep").exists());
}

#[test]
fn the_process_starts_as_described() {
    let root = Root::busybox();
    root.directory("/data").write("/data/file", "from the root");
    let script = "id -u; id -g; id -G; umask; pwd; ulimit -Sn; ulimit -Hn; echo $A; hostname
        cat <&9; echo; grep -E '^(CapBnd|CapEff|NoNewPrivs|SigIgn|SigBlk):' /proc/self/status
        touch /x 2>&1; touch /run/y && ls /run; ip addr show lo | grep -c 'UP'
        (echo 0 >&0) 2>&1 || echo no input";
    let container = Container::new(&root, ["sh", "-c", script])
        .env("A", "b c")
        .user_with_groups(1000, 1000, &[1001])
        .umask(0o27)
        .directory("/data")
        .limit(libc::RLIMIT_NOFILE, 64, 128)
        .host_name("other")
        .opened(9, "/data/file")
        .capabilities(&[harness::capability::KILL])
        .no_new_privileges()
        .ignored(&[signal::USR2])
        .blocked(&[signal::WINCH])
        .read_only()
        .tmpfs_with("/run", "mode=1777")
        .closed(0)
        .boot();
    container.wait();
    let text = container.log().text();
    let lines: Vec<&str> = text.lines().collect();
    let expected = [
        "1000",
        "1000",
        "1000 1001",
        "0027",
        "/data",
        "64",
        "128",
        "b c",
        "other",
        "from the root",
        "SigBlk:\t0000000008000000",
        "SigIgn:\t0000000000000800",
        "CapEff:\t0000000000000000",
        "CapBnd:\t0000000000000020",
        "NoNewPrivs:\t1",
        "touch: /x: Read-only file system",
        "y",
        "1",
        "sh: 0: Bad file descriptor",
        "no input",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_denied_system_call_answers_its_errno() {
    let root = Root::busybox();
    let command = Container::new(&root, ["mkdir", "/made"]);
    let command = command.denied(libc::SYS_mkdir, libc::ENOSYS);
    let (status, log) = command.denied(libc::SYS_mkdirat, libc::ENOSYS).run();
    assert_eq!(status.code(), Some(1));
    assert!(
        log.text().contains("Function not implemented"),
        "{}",
        log.text()
    );
}

#[test]
fn a_command_that_does_not_exist_is_a_failed_boot() {
    let root = Root::busybox();
    for placement in [Placement::Pid1, Placement::Child] {
        let command = Container::new(&root, ["/no/such"]).placement(placement);
        let why = command.try_boot().expect_err("there is no such program");
        assert_eq!(
            why,
            "execute /no/such: No such file or directory (os error 2)"
        );
    }
}

#[test]
fn exec_sees_the_container_and_gives_everything_back() {
    let root = Root::busybox();
    let mut container = Container::new(&root, ["cat"]).piped_input().boot();
    container.write_input(b"to cat\n");
    container.wait_for_line("to cat");
    let output = container
        .prepare(["sh", "-c", "cat; echo $X; id -u; hostname >&2; exit 9"])
        .input("in ")
        .env("X", "y")
        .user(1000, 1000)
        .run();
    assert_eq!(output.text(), "in y\n1000");
    assert_eq!((output.error_text().as_str(), output.code()), ("box", 9));
    assert_eq!(container.exec(["sh", "-c", "kill -9 $$"]).code(), 137);
    let running = container.prepare(["sleep", "1000"]).spawn();
    let sleeper = container.wait_for_process("sleep 1000");
    container.signal_process(sleeper.pid, signal::TERM);
    assert_eq!(running.wait().code(), 143);
    container.write("/tmp/a", "b");
    assert_eq!(container.shell("cat /tmp/a").text(), "b");
    container.end_input();
    assert_eq!(container.wait().code(), Some(0));
}

#[test]
fn containers_do_not_see_each_other() {
    let root = Root::busybox();
    let listen = ["nc", "-l", "-p", "8080"];
    let both: Vec<Container> = (0..2)
        .map(|_| Container::new(&root, listen).boot())
        .collect();
    for container in &both {
        let found = container.wait_for_process("nc -l");
        assert_eq!(found.pid, container.processes().last().unwrap().pid);
        assert!(!container.ended());
    }
}

#[test]
fn the_devices_of_a_container_are_there() {
    let root = Root::busybox();
    let script = "echo x > /dev/null && head -c 4 /dev/urandom | wc -c
        test -c /dev/ptmx && test -w /dev/shm && ls /dev; echo y > /dev/stdout";
    let (status, log) = Container::new(&root, ["sh", "-c", script]).run();
    assert_eq!(status.code(), Some(0));
    let expected = "4 fd full null ptmx pts random shm stderr stdin stdout tty urandom zero y";
    assert_eq!(log.text().replace('\n', " "), expected);
}

#[test]
fn debian_is_debian() {
    let root = Root::debian();
    assert_eq!(root.read_link("/bin").unwrap().to_str(), Some("usr/bin"));
    root.write_script(
        "/bin/mine",
        "#!/bin/bash\n[[ $BASHPID == $$ ]] && . /etc/os-release\necho $VERSION_CODENAME\n",
    );
    assert!(root.exists("/usr/bin/mine") && root.exists("/bin/sh"));
    let (_, log) = Container::new(&root, ["mine"]).run();
    assert_eq!(log.text(), "bookworm");
    assert_eq!(root.metadata("/usr/bin/mine").unwrap().uid(), 0);
}

#[test]
fn a_wait_that_fails_shows_the_log() {
    let root = Root::busybox();
    let failed = std::panic::catch_unwind(|| {
        let container = Container::new(&root, ["sh", "-c", "echo hello; sleep 1000"]).boot();
        container.wait_for_line("hello");
        container.wait_at_most(Duration::from_millis(10));
    });
    let words = failed.expect_err("it cannot have ended");
    let words = words.downcast_ref::<String>().unwrap();
    assert!(
        words.contains("still running after") && words.contains("hello"),
        "{words}"
    );
    assert!(words.contains("sleep 1000"), "{words}");
}
