//! What a process hands on to the program that it becomes, and PID 1 to what it starts: the table
//! of docs/inherited.md.
#![forbid(unsafe_code)]

use harness::{Command, Container, Placement, capability, signal};
use pid1_tests::{BOOTED, Image, assert_none, assert_once, sh, stop};

/// Umasks: the usual ones, ones that open, and ones that close more than one may think.
const MASKS: [u32; 8] = [0o022, 0o000, 0o002, 0o017, 0o027, 0o070, 0o077, 0o777];

/// setrlimit(2)'s numbers.
const FILE_SIZE: u32 = 1;
const CORE: u32 = 4;
const DESCRIPTORS: u32 = 7;

/// close_range(2): without it services are started by fork.
const CLOSE_RANGE: i64 = 436;
const ENOSYS: i32 = 38;

/// An image in which everything that runs says its umask.
fn speaking() -> Image {
    let image = Image::new();
    let say = |who: &str| format!("echo \"{who} has $(umask)\"");
    image
        .hook("1", &say("hook"))
        .service("a", &format!("{}; exec sleep 1000", say("run")))
        .service_file("a", "finish", sh(&say("finish")))
        .service("quiet", "exec sleep 1000")
        .stop_hook("1", &say("stop hook"));
    let handler = "/etc/s6/services/.s6-svscan/SIGUSR1";
    image.write_script(handler, sh(&say("handler")));
    image
}

/// Modes and kinds of everything below /run, by name.
fn modes(container: &Container) -> String {
    let find = "find /run -exec stat -c '%a %F %n' {} + | sort -k 3";
    container.shell(find).ok().text()
}

/// Boots, has everything say its umask, and gives what the state looked like.
fn boot_and_ask(command: Command, mask: u32) -> String {
    let container = command.umask(mask).boot();
    let has = |who: &str| {
        container.wait_for_line(&format!("{who} has {mask:04o}"));
    };
    has("hook");
    has("run");
    has("command");
    container.wait_for_line(BOOTED);
    // Whoever may ask may: the socket is there, and the folder that it is in is trusted.
    container.exec(["mainstay", "status"]).ok();
    let found = modes(&container);
    container.signal(signal::USR1);
    has("handler");
    container.exec(["mainstay", "restart", "a"]).ok();
    container.wait_for_nth_line(2, &format!("run has {mask:04o}"));
    // A user of its own reads the container's variables.
    let variables = ["s6-setuidgid", "nobody", "with-contenv", "env"];
    let output = container.exec(variables).ok().text();
    assert!(output.contains("HOSTNAME=box"), "{mask:04o}: {output}");
    assert_eq!(stop(&container).code(), Some(0), "{mask:04o}");
    has("finish");
    has("stop hook");
    for loss in ["Not a directory", "will not work", "cannot"] {
        assert_none(&container, loss);
    }
    found
}

const COMMAND: [&str; 3] = ["sh", "-c", "echo \"command has $(umask)\"; exec sleep 1000"];

#[test]
fn the_state_is_the_same_whatever_the_umask_and_the_image_has_the_one_that_was_handed_in() {
    let image = speaking();
    let mut usual = None;
    for mask in MASKS {
        let found = boot_and_ask(image.init(COMMAND), mask);
        let usual = usual.get_or_insert(found.clone());
        assert_eq!(found, *usual, "umask {mask:04o}");
    }
    let usual = usual.expect("at least one");
    for line in usual.lines() {
        let (mode, rest) = line.split_once(' ').expect("a mode");
        let mode = u32::from_str_radix(mode, 8).expect("octal");
        // Sticky directories and s6's event directories are meant to be open.
        let open = mode & 0o022 != 0 && mode & 0o1000 == 0 && !rest.starts_with("symbolic link");
        assert!(!open, "others may write: {line}");
    }
}

#[test]
fn the_umask_reaches_services_that_are_forked_and_those_of_another_process_one() {
    let image = speaking();
    for mask in [0o002, 0o077] {
        let forked = image.init(COMMAND).denied(CLOSE_RANGE, ENOSYS);
        boot_and_ask(
            forked.capabilities(&[capability::DOCKER, &[21]].concat()),
            mask,
        );
        boot_and_ask(image.init(COMMAND).placement(Placement::Child), mask);
    }
}

#[test]
fn a_boot_by_script_has_the_umask_that_was_handed_in() {
    let image = speaking();
    let text = image.text("/etc/s6/init/init-stage2");
    let edited = text.replacen(
        "\nforeground\n",
        "\nforeground { sh -c \"echo script has $(umask)\" }\nforeground\n",
        1,
    );
    image.write_script("/etc/s6/init/init-stage2", edited);
    for mask in [0o000, 0o077] {
        let found = boot_and_ask(image.init(COMMAND), mask);
        let usual = boot_and_ask(image.init(COMMAND), 0o022);
        assert_eq!(found, usual, "umask {mask:04o}");
    }
}

#[test]
fn a_plain_user_s_state_is_its_own_whatever_the_umask() {
    let image = speaking();
    for place in ["/run", "/nowhere"] {
        let mut usual = None;
        for mask in [0o022, 0o000, 0o002, 0o077] {
            image.directory(place);
            let container = image
                .init(COMMAND)
                .user(1000, 1000)
                .tmpfs_with(place, "mode=755,uid=1000")
                .umask(mask)
                .boot();
            container.wait_for_line(&format!("run has {mask:04o}"));
            container.wait_for_line(&format!("command has {mask:04o}"));
            container
                .prepare(["mainstay", "status"])
                .user(1000, 1000)
                .run()
                .ok();
            let find = "find /run /tmp/mainstay-1000 -exec stat -c '%a %F %n' {} + 2>/dev/null | sort -k 3";
            let found = container.shell(find).text();
            let usual = usual.get_or_insert(found.clone());
            assert_eq!(found, *usual, "umask {mask:04o}");
            assert_eq!(stop(&container).code(), Some(0));
        }
    }
}

#[test]
fn a_crash_of_pid_1_loses_neither_umask_nor_limits() {
    let image = speaking();
    let limits = |who: &str| format!("echo \"{who} may open $(ulimit -n)\"");
    image
        .hook("2", &limits("hook"))
        .stop_hook("2", &limits("stop hook"));
    image.service("limited", &format!("{}; exec sleep 1000", limits("run")));
    // Once it goes on, at the third it is the last resort.
    for crashes in [1, 3] {
        let container = image
            .init(COMMAND)
            .umask(0o027)
            .limit(DESCRIPTORS, 100, 4000)
            .boot();
        container.wait_for_line("run has 0027");
        container.wait_for_line("command has 0027");
        container.wait_for_line("run may open 100");
        for _ in 0..crashes {
            let before = container.log().count("PID 1 crashed");
            container.signal(signal::SEGV);
            container.wait_for_nth_line(before + 1, "PID 1 crashed");
        }
        if crashes == 1 {
            for name in ["a", "limited"] {
                container.exec(["mainstay", "restart", name]).ok();
            }
            container.wait_for_nth_line(2, "run has 0027");
            container.wait_for_nth_line(2, "run may open 100");
        }
        assert_eq!(stop(&container).code(), Some(0));
        assert_once(&container, "stop hook has 0027");
        assert_once(&container, "stop hook may open 100");
    }
}

#[test]
fn a_second_supervisor_s_command_has_the_umask_that_it_came_with() {
    let image = speaking();
    let container = image.up();
    let words = [
        "sh",
        "-c",
        "umask 0017; exec /init sh -c 'echo second has $(umask)'",
    ];
    let output = container.exec(words).ok();
    assert!(output.text().contains("second has 0017"), "{output}");
    stop(&container);
}

/// Timers that were handed in, and limits whose signal ends a program that does not expect it,
/// end neither a first process nor another one.
#[test]
fn signals_of_the_kernel_for_what_was_handed_in_do_not_end_it() {
    let image = Image::new();
    image.copy_file(env!("CARGO_BIN_EXE_family"), "/family");
    image.service("a", "echo a up; exec sleep 1000");
    for placement in [Placement::Pid1, Placement::Child] {
        let container = image
            .command("/family", &["timers", "/init"])
            .placement(placement)
            .boot();
        container.wait_for_line("a up");
        for number in [
            signal::XCPU,
            signal::XFSZ,
            signal::VTALRM,
            signal::PROF,
            signal::IO,
        ] {
            container.signal(number);
            container.exec(["mainstay", "status"]).ok();
        }
        assert_eq!(stop(&container).code(), Some(0));
        assert_none(&container, "crashed");
    }
}

/// A soft limit on the size of files, as `--ulimit fsize` sets it, is meant for what the image
/// runs: our own records are written. Under a hard one what cannot be written is said.
#[test]
fn a_limit_on_the_size_of_files_keeps_no_service_from_its_start() {
    let image = Image::new();
    image
        .hook("1", "echo \"hook may write $(ulimit -f)\"")
        .service("a", "echo \"run may write $(ulimit -f)\"; exec sleep 1000");
    for placement in [Placement::Pid1, Placement::Child] {
        for soft in [0, 8192] {
            let container = image
                .init([
                    "sh",
                    "-c",
                    "echo \"command may write $(ulimit -f)\"; exec sleep 1000",
                ])
                .placement(placement)
                .limit(FILE_SIZE, soft, u64::MAX)
                .boot();
            for who in ["hook", "run", "command"] {
                container.wait_for_line(&format!("{who} may write {}", soft / 512));
            }
            container.exec(["mainstay", "status", "--ready"]).ok();
            assert_eq!(stop(&container).code(), Some(0));
            assert_none(&container, "File too large");
        }
        let container = image
            .init([])
            .placement(placement)
            .limit(FILE_SIZE, 0, 0)
            .boot();
        container.wait_for_line("/etc/services.d/a/run: cannot copy: File too large");
        container.wait_for_line(BOOTED);
        assert_eq!(stop(&container).code(), Some(0));
        assert_once(&container, "a crash of PID 1 would cost its state");
    }
}

/// What nobody has a reason to change reaches everything as it was handed in.
#[test]
fn what_is_passed_on_reaches_hooks_services_and_the_command_alike() {
    let image = Image::new();
    let say = |who: &str| {
        format!(
            "echo \"{who} has $(cut -d ' ' -f 19 /proc/self/stat) $(cat /proc/self/oom_score_adj) $(ulimit -c) \
             $(grep -h -E '^(NoNewPrivs|Cpus_allowed_list|CapBnd):' /proc/self/status | \
             tr -d '\\t' | tr '\\n' ' ')\""
        )
    };
    image
        .hook("1", &say("hook"))
        .service("a", &format!("{}; exec sleep 1000", say("run")))
        .stop_hook("1", &say("stop hook"));
    image.write_script("/say", sh(&say("$1")));
    let begin = "echo 300 > /proc/self/oom_score_adj; renice -n 5 -p $$ >/dev/null
         taskset -p 1 $$ >/dev/null; /say caller
         exec /init sh -c '/say command; exec sleep 1000'";
    let container = image
        .command("/bin/sh", &["-c", begin])
        .limit(CORE, 512 * 7, 512 * 9)
        .no_new_privileges()
        .boot();
    let caller = container.wait_for_line("caller has 5 300 7 ").text;
    let expected = caller.trim_end().trim_start_matches("caller");
    for who in ["hook", "run", "command"] {
        container.wait_for_line(&format!("{who}{expected}"));
    }
    assert_eq!(stop(&container).code(), Some(0));
    assert_once(&container, &format!("stop hook{expected}"));
}
