//! What a tree sees, what the machine sees of it, and what is left: with stand-ins for
//! process 1, so that nothing but the namespaces is looked at.
#![forbid(unsafe_code)]

use std::fs;
use std::path::Path;
use std::process::Command;

use kernel::signal::{SIGHUP, SIGINT, SIGKILL, SIGTERM};
use try_tests::{PLAIN_USER, Scratch, Trial, eventually};

/// What `mainstay try` says itself before the tree begins.
const OWN_LINES: usize = 2;

/// Boots a tree whose /run.sh is this script; gives exit code and lines.
fn run(script: &str, words: &[&str]) -> (i32, Vec<String>) {
    let tree = tree(script);
    let words = [&[tree.path().to_str().unwrap()], words].concat();
    Trial::begin(words).end()
}

fn tree(script: &str) -> Scratch {
    let tree = Scratch::new();
    tree.script("run.sh", &format!("#!/bin/sh\n{script}\n"));
    tree
}

#[track_caller]
fn assert_line(lines: &[String], wanted: &str) {
    assert!(
        lines.iter().any(|line| line == wanted),
        "no line {wanted:?} in:\n{}",
        lines.join("\n")
    );
}

#[test]
fn the_tree_is_process_1_with_its_command_environment_and_exit_code() {
    let (code, lines) = run(
        "echo \"pid $$ args $*\"; env; echo \"cwd $PWD\"; umask; hostname; exit 7",
        &["--env", "GREETING=a b", "--", "two words", "x"],
    );
    assert_eq!(code, 7);
    assert_line(&lines, "pid 1 args two words x");
    assert_line(&lines, "GREETING=a b");
    assert_line(&lines, "SIGNAL_BUILD_STOP=99");
    assert_line(&lines, "S6_BEHAVIOUR_IF_STAGE2_FAILS=2");
    assert_line(&lines, "S6_KILL_FINISH_MAXTIME=5000");
    assert_line(&lines, "S6_KILL_GRACETIME=3000");
    assert_line(&lines, "HOME=/root");
    assert_line(&lines, "HOSTNAME=try");
    assert_line(&lines, "cwd /");
    assert_line(&lines, "0022");
    assert_line(&lines, "try");
    assert!(
        !lines.iter().any(|line| line.starts_with("CARGO")),
        "the caller's environment came along"
    );
    assert!(lines[0].contains("no sandbox"), "{}", lines[0]);
}

#[test]
fn capabilities_are_dockers_fourteen_and_nothing_else_is_inherited() {
    let (_, lines) = run(
        "grep Cap /proc/self/status; ls /proc/self/fd | tr '\\n' ' '; echo
         set -- $(cat /proc/self/stat); echo \"session $6 terminal $7\"
         cat /proc/self/status",
        &[],
    );
    for set in ["CapPrm", "CapEff", "CapBnd"] {
        assert_line(&lines, &format!("{set}:\t00000000a80425fb"));
    }
    for set in ["CapInh", "CapAmb"] {
        assert_line(&lines, &format!("{set}:\t0000000000000000"));
    }
    // Number 3 is the directory that ls reads.
    assert_line(&lines, "0 1 2 3 ");
    assert_line(&lines, "session 1 terminal 0");
    for set in ["SigBlk", "SigIgn", "SigCgt"] {
        let mask = lines
            .iter()
            .find_map(|line| line.strip_prefix(set))
            .unwrap();
        let mask = u64::from_str_radix(mask.trim_start_matches(':').trim(), 16).unwrap();
        // 32 and 33 are the C library's own: it does not let go of what it inherited.
        assert_eq!(mask & !(0b11 << 31), 0, "{set}");
    }
}

#[test]
fn the_surroundings_are_an_engines() {
    let (_, lines) = run(
        "for f in null zero full random urandom tty; do [ -c /dev/$f ] && echo \"device $f\"; done
         ls /dev | tr '\\n' ' '; echo
         echo x 2>/dev/null >/proc/sys/kernel/hostname || echo 'proc/sys refused'
         echo x 2>/dev/null >/sys/kernel/uevent_seqnum || echo 'sys refused'
         mkdir /sys/fs/cgroup/x 2>/dev/null || echo 'cgroup refused'
         wc -c </proc/timer_list; ls /sys/firmware | wc -l
         ls /proc | grep -c '^[0-9]'
         echo hi >/dev/stdout; echo there >/dev/stderr; echo gone >/dev/null
         : >/run/a && : >/tmp/b && : >/dev/shm/c && echo 'all writable'
         stat -c '%n %a' /run /tmp /dev/shm; cat /etc/hostname; tail -n 1 /etc/hosts",
        &[],
    );
    for device in ["null", "zero", "full", "random", "urandom", "tty"] {
        assert_line(&lines, &format!("device {device}"));
    }
    for line in [
        "fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero ",
        "proc/sys refused",
        "sys refused",
        "cgroup refused",
        "0",
        "hi",
        "there",
        "all writable",
        "/run 755",
        "/tmp 1777",
        "/dev/shm 1777",
        "try",
        "127.0.1.1\ttry",
    ] {
        assert_line(&lines, line);
    }
    assert!(!lines.iter().any(|line| line == "gone"));
}

#[test]
fn nothing_of_the_machine_is_written_and_no_mount_is_seen_there() {
    let name = format!("mainstay-try-{}", std::process::id());
    let tree = tree(&format!(
        "for d in / /etc /usr/bin /usr/local /var/lib /opt /tmp /run /dev/shm; do
           echo content >$d/{name} || echo \"failed $d\"
         done
         rm /etc/passwd; rm -r /usr/share/doc; echo changed >/etc/fstab
         mount -t tmpfs none /mnt 2>/dev/null && echo 'could mount'
         echo ready; read word; exit 0"
    ));
    let before = fs::read("/etc/passwd").unwrap();
    let fstab = fs::read("/etc/fstab").ok();
    let mut trial = Trial::begin([tree.path()]);
    trial.await_line("ready");
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    assert!(!mounts.contains("layer-"), "{mounts}");
    trial.write("go\n");
    let (code, lines) = trial.end();
    assert_eq!(code, 0, "{lines:?}");
    assert!(
        !lines
            .iter()
            .any(|l| l.starts_with("failed") || l == "could mount"),
        "{lines:?}"
    );
    for directory in [
        "/",
        "/etc",
        "/usr/bin",
        "/usr/local",
        "/var/lib",
        "/opt",
        "/tmp",
        "/run",
        "/dev/shm",
    ] {
        let path = Path::new(directory).join(&name);
        assert!(!path.exists(), "{} was written", path.display());
    }
    assert_eq!(fs::read("/etc/passwd").unwrap(), before);
    assert_eq!(fs::read("/etc/fstab").ok(), fstab);
    assert!(!Path::new("/.machine").exists());
}

#[test]
fn the_tree_is_laid_over_as_a_copy_is() {
    let tree = tree(
        "cat /bin/of-the-tree; stat -c '%n %U %a' /etc/own /etc/own/file /etc/hosts.allow /etc
         readlink /etc/own/link; stat -c '%F' /etc/own/fifo; [ -e /bin/sh ] && echo 'sh is there'
         stat -c %Y /etc/own/file",
    );
    let at = |name: &str| tree.path().join(name);
    tree.script("bin/of-the-tree", "text of the tree\n");
    tree.script("etc/own/file", "x");
    tree.script("etc/hosts.allow", "replaced");
    std::os::unix::fs::symlink("/nowhere", at("etc/own/link")).unwrap();
    kernel::fs::make_fifo(&at("etc/own/fifo"), 0o600).unwrap();
    let file = fs::File::open(at("etc/own/file")).unwrap();
    let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(86_400);
    file.set_modified(long_ago).unwrap();
    if kernel::credentials::user() == 0 {
        std::os::unix::fs::chown(at("etc/own"), Some(PLAIN_USER), None).unwrap();
    }
    let (code, lines) = Trial::begin([tree.path()]).end();
    assert_eq!(code, 0, "{lines:?}");
    for line in [
        "text of the tree",
        "/etc/own root 755",
        "/etc/own/file root 755",
        "/etc/hosts.allow root 755",
        "/etc root 755",
        "/nowhere",
        "fifo",
        "sh is there",
        "86400",
    ] {
        assert_line(&lines, line);
    }
}

#[test]
fn a_network_of_its_own_has_a_loopback_device_alone() {
    let (_, lines) = run(
        "tail -n +3 /proc/net/dev | cut -d: -f1; cat /sys/class/net/lo/flags; ls /sys/class/net",
        &["--net", "none"],
    );
    // IFF_UP | IFF_LOOPBACK
    assert_line(&lines, "0x9");
    assert_line(&lines, "    lo");
    assert_line(&lines, "lo");
    assert_eq!(lines.len(), 3 + OWN_LINES, "{lines:?}");
}

#[test]
fn a_term_waits_until_process_1_can_catch_it() {
    for signal in [SIGTERM, SIGHUP] {
        let tree = tree("echo up; read word; trap 'echo stopping; exit 3' TERM; read word; exit 4");
        let mut trial = Trial::begin([tree.path()]);
        trial.await_line("up");
        trial.signal(signal);
        trial.write("now\n");
        trial.await_line("stopping");
        let (code, _) = trial.end();
        assert_eq!(code, 3);
    }
}

#[test]
fn a_second_ctrl_c_makes_the_stop_wait_no_longer() {
    let tree = Scratch::new();
    let script = "#!/bin/sh\necho drain begins\nexec sleep 1000\n";
    tree.script("etc/cont-finish.d/10-drain", script);
    let trial = Trial::begin([tree.path()]);
    trial.await_line("[services.d] done.");
    trial.signal(SIGINT);
    trial.await_line("drain begins");
    // A sooner one would be the echo of the first.
    std::thread::sleep(std::time::Duration::from_millis(600));
    trial.signal(SIGINT);
    trial.await_line("asked again to stop");
    let (code, lines) = trial.end();
    assert_eq!(code, 0, "{lines:?}");
}

#[test]
fn a_third_signal_kills_what_does_not_stop() {
    let tree = tree(
        "trap 'echo again' TERM INT; echo up; while :; do read word; [ \"$word\" ] || sleep 0.01; done",
    );
    let trial = Trial::begin([tree.path()]);
    trial.await_line("up");
    trial.signal(SIGTERM);
    trial.await_lines("again", 1);
    trial.signal(SIGINT);
    trial.await_lines("again", 2);
    trial.signal(SIGTERM);
    let (code, _) = trial.end();
    assert_eq!(code, 128 + SIGKILL);
}

#[test]
fn nothing_outlives_a_trial_that_is_killed() {
    let tree = tree("setsid sleep 1000 & echo up; while :; do wait; sleep 1000; done");
    let trial = Trial::begin([tree.path()]);
    trial.await_line("up");
    let inner = trial.inner_pid();
    trial.signal(SIGKILL);
    // Its streams end only when nobody inside holds them any more.
    let (code, _) = trial.end();
    assert_eq!(code, 128 + SIGKILL);
    eventually("the process inside to go", || {
        (!Path::new(&format!("/proc/{inner}")).exists()).then_some(())
    });
}

#[test]
fn a_reader_that_goes_stops_the_trial() {
    let tree = tree("trap 'exit 3' TERM; while :; do echo line; sleep 0.01; done");
    let mut command = Command::new("sh");
    command
        .args(["-c", "{ \"$@\"; echo \"code $?\" >&2; } | head -n 3", "sh"])
        .arg(harness::mainstay())
        .arg("try")
        .arg(tree.path());
    let (_, lines) = Trial::of(command).end();
    // The stand-in ends by its own trap, or by the SIGPIPE that its own writing gets.
    let code = lines.iter().find_map(|line| line.strip_prefix("code "));
    assert!(matches!(code, Some("3" | "141")), "{lines:?}");
}

#[test]
fn a_stream_that_is_a_file_can_be_opened_anew_without_losing_lines() {
    let place = Scratch::new();
    let tree = tree(
        "i=0; while [ $i -lt 50 ]; do
           echo \"plain $i\"; echo \"anew $i\" >/dev/stdout; echo \"error $i\" >/dev/stderr
           i=$((i + 1))
         done",
    );
    let log = place.path().join("log");
    let mut command = Command::new("sh");
    command
        .args(["-c", "log=$1; shift; exec \"$@\" >$log 2>&1", "sh"])
        .arg(&log)
        .arg(harness::mainstay())
        .arg("try")
        .arg(tree.path());
    assert_eq!(Trial::of(command).end().0, 0);
    let expected: Vec<String> = (0..50)
        .flat_map(|i| ["plain", "anew", "error"].map(|kind| format!("{kind} {i}")))
        .collect();
    let text = fs::read_to_string(&log).unwrap();
    let lines: Vec<&str> = text.lines().skip(OWN_LINES).collect();
    assert_eq!(lines, expected);
}

#[test]
fn a_plain_user_boots_too_or_is_told_what_stands_against_it() {
    let tree = tree(
        "id -u; : >/etc/own && : >/usr/bin/own && : >/root/own && echo 'written'
         grep CapEff /proc/self/status; exit 6",
    );
    let place = Scratch::new();
    let trial = Trial::begin_as_plain_user(&place.binary(), [tree.path()]);
    let (code, lines) = trial.end();
    if code == 6 {
        assert_line(&lines, "0");
        assert_line(&lines, "written");
        assert_line(&lines, "CapEff:\t00000000a80425fb");
        assert!(
            lines
                .iter()
                .any(|line| line.contains("no user but root exists")),
            "{lines:?}"
        );
    } else {
        assert_eq!(code, 111, "{lines:?}");
        let remedy = lines
            .iter()
            .any(|line| line.contains("fatal: ") && line.contains("mainstay try`"));
        assert!(remedy, "{lines:?}");
    }
}

#[test]
fn a_plain_user_has_our_program_where_the_machine_has_one_of_that_name() {
    // The layer of a plain user cannot hold a file of the machine's root as it is, which
    // setting it aside would have to make it do.
    let root = Scratch::new();
    for program in ["bin/s6-svstat", "bin/s6-svc"] {
        root.script(program, "#!/bin/sh\n");
    }
    for program in ["bin/sh", "bin/readlink"] {
        fs::copy("/bin/busybox", root.path().join(program)).unwrap();
    }
    let tree = tree("for f in /bin/s6-svstat /bin/s6-svc; do readlink $f; done; exit 6");
    let place = Scratch::new();
    let words = [tree.path(), Path::new("--root"), root.path()];
    let trial = Trial::begin_as_plain_user(&place.binary(), words);
    let (code, lines) = trial.end();
    if code == 6 {
        assert_line(&lines, "/usr/libexec/mainstay/s6-svstat");
        assert_line(&lines, "/usr/libexec/mainstay/s6-svc");
    } else {
        assert_eq!(code, 111, "{lines:?}");
        assert!(
            lines
                .iter()
                .any(|line| line.contains("fatal: ") && line.contains("mainstay try`")),
            "{lines:?}"
        );
    }
}

#[test]
fn a_root_without_a_shell_is_said_to_be_none() {
    let root = Scratch::new();
    fs::create_dir_all(root.path().join("usr")).unwrap();
    let words = ["--root", root.path().to_str().unwrap()];
    let (code, lines) = run("exit 0", &words);
    assert_eq!(code, 111, "{lines:?}");
    let said: Vec<&String> = lines.iter().skip(OWN_LINES).collect();
    assert!(
        matches!(&said[..], [line] if line.contains("has no /bin/sh") && line.contains("debootstrap")),
        "{lines:?}"
    );
}

#[test]
fn a_plain_user_with_ids_set_aside_has_every_user_of_an_image() {
    if kernel::credentials::user() != 0 {
        // Only root can set ids aside.
        return;
    }
    // Ids are handed out to users of /etc/passwd alone.
    const DAEMON: u32 = 1;
    let place = Scratch::new();
    let ids = place.path().join("ids");
    fs::write(&ids, format!("{DAEMON}:1000000:65536\n")).unwrap();
    let tree = tree(
        "cat /proc/self/uid_map; : >/etc/own; chown 65534:8 /etc/own; stat -c '%n %u:%g' /etc/own
         stat -c '%n %u' /etc /usr/bin",
    );
    let mut command = Command::new("unshare");
    // In a mount namespace of its own the files of ids can be replaced for this test alone.
    command.args(["--mount", "sh", "-c"]).arg(
        "test -x /usr/bin/newuidmap || { echo 'uidmap is missing: make setup'; exit 1; }
         for f in /etc/subuid /etc/subgid; do
           test -e $f || { mkdir -p $0/etc; cp -a /etc/. $0/etc; mount --bind $0/etc /etc; : >$f; }
           mount --bind $0/ids $f
         done
         id=$1; shift
         exec setpriv --reuid=$id --regid=$id --clear-groups \"$@\"",
    );
    command.arg(place.path()).arg(DAEMON.to_string());
    command.arg(place.binary()).arg("try").arg(tree.path());
    let (code, lines) = Trial::of(command).end();
    if code == 111 {
        // This machine forbids it to plain users: said as in the test above.
        return;
    }
    assert_eq!(code, 0, "{lines:?}");
    assert_line(&lines, &format!("{:10} {:10} {:10}", 0, DAEMON, 1));
    assert_line(&lines, &format!("{:10} {:10} {:10}", 1, 1_000_000, 65_535));
    assert_line(&lines, "/etc/own 65534:8");
    assert_line(&lines, "/etc 0");
    assert_line(&lines, "/usr/bin 0");
}

#[test]
fn a_switch_that_forbids_user_namespaces_is_named_with_what_turns_it() {
    let place = Scratch::new();
    let tree = tree("exit 0");
    let mut command = Command::new("unshare");
    // In a user namespace of its own the limit can be set for this test alone.
    command.args(["--user", "--map-root-user", "sh", "-c"]).arg(
        "echo 0 >/proc/sys/user/max_user_namespaces || exit 77
         exec setpriv --bounding-set=-all --inh-caps=-all \"$@\"",
    );
    command
        .arg("sh")
        .arg(place.binary())
        .arg("try")
        .arg(tree.path());
    let (code, lines) = Trial::of(command).end();
    if code == 77 || lines.iter().any(|line| line.starts_with("unshare:")) {
        // This machine forbids them to begin with; the test above says what then.
        return;
    }
    assert_eq!(code, 111, "{lines:?}");
    let said = lines.iter().any(|line| {
        line.contains("/proc/sys/user/max_user_namespaces is 0")
            && line.contains("sysctl -w user.max_user_namespaces=")
    });
    assert!(said, "{lines:?}");
}

#[test]
fn a_root_of_ones_own_is_the_lower_layer() {
    let (_, lines) = run("ls / | tr '\\n' ' '", &["--root", "/usr"]);
    // A tree whose /bin/sh is there, but no /etc: what an engine writes is made.
    assert!(
        lines
            .iter()
            .any(|line| line.contains(" run.sh ") && line.contains("share")),
        "{lines:?}"
    );
}
