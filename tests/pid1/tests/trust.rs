//! What root is led by: environment files, lists of owners and modes, copies, links made in
//! advance; and becoming somebody else for good.
#![forbid(unsafe_code)]

use harness::{Container, rounds};
use pid1_tests::{Image, assert_none, assert_once, code, sh, stop};
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

/// The directory of the container's environment.
const ENVIRONMENT: &str = "/var/run/s6/container_environment";

/// An image with the attacker's program.
fn image() -> Image {
    let image = Image::new();
    image.copy_file(env!("CARGO_BIN_EXE_attacker"), "/attacker");
    image
}

/// What with-contenv gives this user, sorted.
#[track_caller]
fn contenv(container: &Container, uid: u32) -> (Vec<String>, String) {
    let words = ["with-contenv", "/bin/cat", "/proc/self/environ"];
    let output = container.prepare(words).user(uid, uid).run().ok();
    let mut list: Vec<String> = output
        .stdout
        .split(|byte| *byte == 0)
        .map(|entry| String::from_utf8_lossy(entry).into_owned())
        .collect();
    list.retain(|entry| !entry.is_empty());
    list.sort();
    (list, output.error_text())
}

fn has(list: &[String], name: &str) -> bool {
    let start = format!("{name}=");
    list.iter().any(|entry| entry.starts_with(&start))
}

#[test]
fn files_that_a_user_could_have_written_do_not_lead_root() {
    let image = image();
    let container = image.init([]).env("KEPT", "yes").boot();
    container.wait_for_line(pid1_tests::BOOTED);
    container
        .shell(&format!(
            "cd {ENVIRONMENT}; echo -n /data/evil.so >LD_PRELOAD; chown app LD_PRELOAD
             echo -n /data/evil.sh >BASH_ENV; chmod 666 BASH_ENV
             mkdir /data; echo -n /data/bin >/data/path; chown app /data/path; ln -sf /data/path PATH
             echo -n fine >MINE"
        ))
        .ok();
    let (root, warnings) = contenv(&container, 0);
    for name in ["LD_PRELOAD", "BASH_ENV", "PATH"] {
        assert!(!has(&root, name), "{name} in {root:?}");
        let told = warnings
            .lines()
            .filter(|line| line.contains(&format!("/{name}: ")));
        assert_eq!(told.count(), 1, "{name}: {warnings}");
    }
    assert!(has(&root, "KEPT") && has(&root, "MINE"), "{root:?}");
    // Who has no more rights than those who write reads all of it.
    let (user, warnings) = contenv(&container, 1000);
    assert!(
        has(&user, "LD_PRELOAD") && has(&user, "BASH_ENV"),
        "{user:?}"
    );
    assert_eq!(warnings, "");
    stop(&container);
}

#[test]
fn a_directory_that_a_user_may_write_to_does_not_lead_root() {
    for opened in ["chmod 777", "chown app", "chmod 775"] {
        let image = image();
        image.hook("1", &format!("{opened} {ENVIRONMENT}"));
        let container = image.init([]).env("KEPT", "yes").boot();
        container.wait_for_line(pid1_tests::BOOTED);
        // What was root's can be moved there: its owner says nothing about its name.
        container
            .shell(&format!("mv {ENVIRONMENT}/KEPT {ENVIRONMENT}/LD_PRELOAD"))
            .ok();
        let (root, warnings) = contenv(&container, 0);
        assert_eq!(root, &[] as &[String], "{opened}");
        assert_eq!(warnings.lines().count(), 1, "{opened}: {warnings}");
        assert!(
            warnings.contains("root takes no variable from it"),
            "{warnings}"
        );
        stop(&container);
    }
    // As in /tmp: nobody can move what is not theirs.
    let image = image();
    image.hook("1", &format!("chmod 1777 {ENVIRONMENT}"));
    let container = image.init([]).env("KEPT", "yes").boot();
    container.wait_for_line(pid1_tests::BOOTED);
    let words = [
        "/bin/sh",
        "-c",
        &format!("echo -n evil >{ENVIRONMENT}/LD_PRELOAD"),
    ];
    container.prepare(words).user(1000, 1000).run().ok();
    let (root, _) = contenv(&container, 0);
    assert!(has(&root, "KEPT") && !has(&root, "LD_PRELOAD"), "{root:?}");
    stop(&container);
}

/// The command and the hooks of the stop are root's too.
#[test]
fn the_command_is_not_led_either() {
    let image = image();
    image.hook(
        "1",
        &format!("echo -n evil >{ENVIRONMENT}/LD_PRELOAD; chown app {ENVIRONMENT}/LD_PRELOAD"),
    );
    let container = image
        .init([
            "/bin/sh",
            "-c",
            "echo command has ${LD_PRELOAD:-nothing} and $KEPT",
        ])
        .env("KEPT", "its own")
        .boot();
    assert_eq!(code(&container), 0);
    assert_once(&container, "command has nothing and its own");
    assert_once(
        &container,
        "LD_PRELOAD: others than root can have written it",
    );
}

/// Patterns of images: hooks that write variables, edit PATH in place, link secrets; as root, and in
/// an image whose USER is somebody else, where everything is that user's.
#[test]
fn hooks_write_variables_in_an_image_of_any_user() {
    for uid in [0, 1000] {
        let image = image();
        image.write("/secret", "told");
        image.hook(
            "1",
            &format!(
                "cd {ENVIRONMENT}; printf %s 192.0.2.7 >WAN_IP; printf :/opt/bin >>PATH
                 sed -i '1s|^|/config/bin:|' PATH; ln -s /secret SECRET"
            ),
        );
        let container = image
            .init([])
            .user(uid, uid)
            .tmpfs_with("/run", "mode=777")
            .boot();
        container.wait_for_line(pid1_tests::BOOTED);
        // Root looks into a user's container by docker exec.
        for reader in [0, uid] {
            if reader != uid
                && !std::env::var("MAINSTAY_TEST_PLACEMENT").is_ok_and(|p| p == "child")
            {
                let (list, warnings) = contenv(&container, reader);
                assert!(
                    has(&list, "WAN_IP"),
                    "{reader} reads {uid}: {list:?} {warnings}"
                );
            }
        }
        let (list, warnings) = contenv(&container, uid);
        assert_eq!(warnings, "", "{uid}");
        assert!(list.contains(&"SECRET=told".to_string()), "{uid}: {list:?}");
        let path = list
            .iter()
            .find(|entry| entry.starts_with("PATH="))
            .expect("a PATH");
        assert!(
            path.starts_with("PATH=/config/bin:/usr") && path.ends_with(":/opt/bin"),
            "{path}"
        );
        stop(&container);
    }
}

/// docker-base gives all of /var/run/s6 to its user when the image is built; the same image is also
/// run as root.
#[test]
fn a_state_directory_that_the_image_gave_to_its_user_works_for_root_too() {
    let image = image();
    image
        .directory("/run/s6/container_environment")
        .directory("/run/s6/services")
        .directory("/run/s6/etc");
    for name in ["", "/container_environment", "/services", "/etc"] {
        image.owner(format!("/run/s6{name}"), 1000, 1000);
    }
    for uid in [0, 1000] {
        let container = image.init([]).user(uid, uid).env("KEPT", "yes").boot();
        container.wait_for_line(pid1_tests::BOOTED);
        let (list, warnings) = contenv(&container, uid);
        assert!(has(&list, "KEPT"), "{uid}: {list:?}");
        assert_eq!(warnings, "", "{uid}");
        stop(&container);
    }
}

/// The same image, and a /run that is everybody's: as root it must not run what its users put in the
/// place of hooks and services.
#[test]
fn a_state_directory_that_the_image_gave_to_its_user_is_root_s_again() {
    let image = image();
    for name in ["", "/container_environment", "/services", "/etc"] {
        let path = format!("/made/s6{name}");
        image
            .directory(&path)
            .owner(&path, 1000, 1000)
            .mode(&path, 0o777);
    }
    image
        .service("a", "echo a up; exec sleep 1000")
        .stop_hook("1", "echo hook of the image");
    image.run_d("1.sh", "cp -a /made/s6/. /run/s6");
    let container = image
        .command("/run.sh", &[])
        .tmpfs_with("/run", "mode=777")
        .boot();
    container.wait_for_line("a up");
    let attack = "
        cd /run
        mv s6 old; mv s6/services old; mv s6/etc old; mv s6/container_environment old
        rm -rf s6/etc/cont-finish.d; mkdir -p s6/etc/cont-finish.d s6/services/evil
        echo x >s6/container_environment/LD_PRELOAD
        ls -l /run/s6; true";
    container
        .prepare(["/bin/sh", "-c", attack])
        .user(1000, 1000)
        .run()
        .ok();
    assert_eq!(
        container.list("/run/s6").expect("lists"),
        ["container_environment", "etc", "services"]
    );
    assert!(!container.exists("/run/s6/services/evil"));
    assert!(!container.exists("/run/old"));
    let (_, warnings) = contenv(&container, 0);
    assert_eq!(warnings, "");
    stop(&container);
    assert_once(&container, "hook of the image");
}

#[test]
fn what_is_no_file_in_the_environment_is_neither_opened_nor_waited_for() {
    let image = image();
    let container = image.init([]).env("KEPT", "yes").boot();
    container.wait_for_line(pid1_tests::BOOTED);
    container
        .shell(&format!(
            "cd {ENVIRONMENT}; mkfifo FIFO; mkdir DIR; ln -s FIFO LINK; ln -s /dev/zero ZERO
             mknod DEVICE c 1 5; ln -s /nowhere DEAD; ln -s LOOP LOOP; ln -s /run/mainstay/control SOCKET
             truncate -s 100G HUGE 2>/dev/null || dd if=/dev/null of=HUGE bs=1 seek=100G 2>/dev/null"
        ))
        .ok();
    let (list, _) = contenv(&container, 0);
    for name in [
        "FIFO", "DIR", "LINK", "ZERO", "DEVICE", "DEAD", "LOOP", "SOCKET",
    ] {
        assert!(!has(&list, name), "{name}");
    }
    assert!(has(&list, "KEPT"));
    // The same for the generic tools, which tell it.
    for tool in ["s6-envdir", "justc-envdir"] {
        let output = container.exec([tool, ENVIRONMENT, "/bin/true"]);
        assert!(
            output.code() == 0 || output.code() == 111,
            "{tool}: {output}"
        );
    }
    stop(&container);
}

/// A number from a seed, well mixed (splitmix64).
fn random(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *seed;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn bytes(seed: &mut u64, most: u64, alphabet: &[u8]) -> Vec<u8> {
    let length = random(seed) % (most + 1);
    let letter = |seed: &mut u64| alphabet[(random(seed) % alphabet.len() as u64) as usize];
    (0..length).map(|_| letter(seed)).collect()
}

/// F41 (longer than 4 KiB), F42 (several lines), F43 (empty), F44 (dotted and odd names), F45 (128 KiB),
/// F46 (bytes that are no UTF-8; names with `/`, `..` and control characters): environments of random
/// bytes reach a hook's with-contenv and the command exactly, and no name makes a file elsewhere.
#[test]
fn random_environments_arrive_byte_for_byte() {
    let image = image();
    image.write_script(
        "/etc/cont-init.d/1",
        "#!/usr/bin/with-contenv sh\nexec cp /proc/self/environ /hook\n",
    );
    let all: Vec<u8> = (1..=255).collect();
    let odd = b"AZaz09_./-=.. \n\t\x1b\xff\xc3\xa9";
    let mut seed = 41;
    let mut blocks = 0;
    // Each boot carries many blocks, each under a prefix of its own; 10,000 of them nightly.
    while blocks < rounds(600, 10_000) {
        let mut given: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        for _ in 0..200 {
            blocks += 1;
            for number in 0..3 {
                let mut name = bytes(&mut seed, 12, odd);
                name.retain(|byte| *byte != b'=');
                let name = [&name[..], format!("{blocks}.{number}").as_bytes()].concat();
                let most = if random(&mut seed).is_multiple_of(50) {
                    6000
                } else {
                    40
                };
                given.push((name, bytes(&mut seed, most, &all)));
            }
        }
        given.push((b"../../../../escaped".to_vec(), b"x".to_vec()));
        given.push((b"..".to_vec(), b"x".to_vec()));
        given.push((b"/absolute".to_vec(), b"x".to_vec()));
        given.push((b"LARGEST".to_vec(), vec![b'x'; 131_072 - 9]));
        let mut command = image.init(["cp", "/proc/self/environ", "/command"]);
        for (name, value) in &given {
            command = command.env_bytes(name, value);
        }
        let container = command.boot();
        assert_eq!(code(&container), 0);
        for file in ["/hook", "/command"] {
            let seen = container.read(file).expect("written");
            let mut seen: Vec<&[u8]> = seen.split(|byte| *byte == 0).collect();
            seen.sort();
            for (name, value) in &given {
                let entry = [&name[..], b"=", value].concat();
                assert!(
                    seen.binary_search(&&entry[..]).is_ok(),
                    "{file} (seed 41, block {blocks}): {:?} is missing",
                    String::from_utf8_lossy(&entry)
                );
            }
        }
        for stray in ["/escaped", "/absolute", "/var/escaped", "/run/escaped"] {
            assert!(!container.exists(stray), "{stray}");
        }
        let names = container.list(ENVIRONMENT).expect("lists");
        assert!(names.len() > 300, "{}", names.len());
    }
}

/// Boots an image in which root gives /data/d to a user for as long as that user exchanges it with a
/// link to /etc.
fn race(lines: &str) {
    let image = image();
    image
        .write_mode("/etc/shadow", "root:secret", 0o640)
        .directory("/data")
        .write("/list", lines);
    let container = image.init([]).tmpfs("/data").boot();
    container.wait_for_line(pid1_tests::BOOTED);
    container
        .shell(
            "mkdir -p /data/d/sub; echo mine >/data/d/shadow; echo mine >/data/d/sub/shadow
             ln -s /etc /data/link; chown -R app /data",
        )
        .ok();
    let etc = |container: &Container| {
        let facts = |path: &str| {
            let facts = container.metadata(path).expect("is there");
            (facts.uid(), facts.gid(), facts.mode(), facts.nlink())
        };
        (facts("/etc"), facts("/etc/shadow"), facts("/etc/passwd"))
    };
    let before = etc(&container);
    let count = rounds(100_000, 2_000_000).to_string();
    let words = [
        "/attacker",
        "exchange",
        "/data/d",
        "/data/link",
        "/etc",
        &count,
    ];
    let racing = container
        .prepare(words)
        .user(1000, 1000)
        .limit(Duration::from_secs(600))
        .spawn();
    let mut tries = 0;
    while !racing.ended() || tries < 20 {
        container.shell("for n in 1 2 3 4 5 6 7 8 9 10; do fix-attrs </list 2>/dev/null; done");
        tries += 1;
    }
    racing.wait().ok();
    assert_eq!(etc(&container), before, "after {tries} times ten tries");
    let given = container
        .metadata("/data/d/sub/shadow")
        .or(container.metadata("/data/link/sub/shadow"));
    assert_eq!(given.expect("is there").uid(), 1000);
    stop(&container);
}

#[test]
fn a_racer_does_not_lead_fix_attrs_to_etc_shadow_by_a_recursive_line() {
    race("/data/d true app 0666 0777\n");
}

#[test]
fn a_racer_does_not_lead_fix_attrs_to_etc_shadow_by_a_path_or_a_pattern() {
    race(
        "/data/d/shadow false app 0666 0777\n/data/*/shadow false app 0666 0777\n/data/d/s*/sh* false app 0666 0777\n",
    );
}

/// fs.protected_hardlinks keeps users from this on most machines, not on all.
#[test]
fn a_hard_link_under_a_recursive_line_is_not_given_away() {
    let image = image();
    image
        .write_mode("/etc/shadow", "root:secret", 0o640)
        .write_mode("/data/suid", "x", 0o4755)
        .write("/etc/fix-attrs.d/1", "/data true app 0666 0777\n");
    image.owner("/data", 1000, 1000);
    image.run_d("1.sh", "ln /etc/shadow /data/planted; ln /data/suid /data/twin; chown app /data/suid; chmod 4755 /data/suid");
    let container = image.command("/run.sh", &[]).boot();
    container.wait_for_line(pid1_tests::BOOTED);
    let shadow = container.metadata("/etc/shadow").expect("is there");
    assert_eq!(
        (shadow.uid(), shadow.mode() & 0o7777, shadow.nlink()),
        (0, 0o640, 2)
    );
    assert_once(&container, "/data/planted is left as it is: it has 2 names");
    let suid = container.metadata("/data/suid").expect("is there");
    assert_eq!((suid.uid(), suid.mode() & 0o7777), (1000, 0o666));
    stop(&container);
}

/// The scan directory and /var/run/s6/etc are a user's, who exchanges them while the boot's steps copy
/// into them.
#[test]
fn a_racer_does_not_lead_copies_elsewhere() {
    let image = image();
    image.service("web", "exec sleep 1000");
    image
        .service_file("web", "data/file", "text")
        .hook("1", "exit 0");
    image.directory("/target/web").directory("/target/data");
    let container = image.init([]).env("S6_READ_ONLY_ROOT", "1").boot();
    container.wait_for_line(pid1_tests::BOOTED);
    container
        .shell(
            "chown app /run/s6 /run/s6/services /run/s6/etc
             ln -s /target /run/s6/swap; ln -s /target/data /run/s6/services/swap
             chown -h app /run/s6/swap /run/s6/services/swap",
        )
        .ok();
    let count = rounds(100_000, 1_000_000).to_string();
    let race = |one: &str, other: &str, target: &str| {
        container
            .prepare(["/attacker", "exchange", one, other, target, &count])
            .user(1000, 1000)
            .limit(Duration::from_secs(600))
            .spawn()
    };
    let racing = [
        race(
            "/run/s6/services/web",
            "/run/s6/services/swap",
            "/target/data",
        ),
        race("/run/s6/etc", "/run/s6/swap", "/target"),
    ];
    let mut tries = 0;
    while racing.iter().any(|racing| !racing.ended()) || tries < 5 {
        container.shell(
            "for n in 1 2 3 4 5; do
                 for step in user-files services; do
                     S6_READ_ONLY_ROOT=1 /usr/libexec/mainstay/boot-step $step >/dev/null 2>&1
                 done
             done",
        );
        tries += 1;
    }
    for racing in racing {
        racing.wait().ok();
    }
    let found = container.shell("find /target -type f").text();
    assert_eq!(found, "", "after {tries} times five tries");
    stop(&container);
}

/// Every line that names a file of the image is one line, whatever the name holds.
#[test]
fn names_with_newlines_and_escape_sequences_stay_in_their_line() {
    let image = image();
    let evil = "e\u{1b}[2Jvil\nmainstay: fake\u{202e}";
    image
        .write_script(format!("/etc/cont-init.d/{evil}"), sh("exit 3"))
        .write_script(format!("/etc/cont-finish.d/{evil}"), sh("exit 3"))
        .write(
            format!("/etc/fix-attrs.d/{evil}"),
            format!("/no/{evil}\nnonsense \u{1b}[2J\n"),
        )
        .write_script(format!("/etc/services.d/{evil}/run"), sh("exec sleep 1000"))
        .write_script(
            format!("/etc/services.d/bad{evil}/run"),
            "#!/no/such\u{1b}[2J\n",
        )
        .write(format!("/etc/services.d/{evil}/timeout-kill"), evil)
        .write(format!("/run.d/{evil}.sh"), "exit 0\n");
    let container = image
        .command("/run.sh", &[])
        .env("S6_KILL_GRACETIME", evil)
        .env("S6_BEHAVIOUR_IF_STAGE2_FAILS", "1")
        .env("S6_RUNTIME_PROFILE", "")
        .boot();
    container.wait_for_line(pid1_tests::BOOTED);
    container.wait_for_line("such");
    let table = container.exec(["mainstay", "status"]).ok();
    let json = container.exec(["mainstay", "status", "--json"]).ok();
    let restart = container.exec(["mainstay", "restart", evil]);
    let unknown = container.exec(["mainstay", "restart", "no\u{1b}[2J\nsuch"]);
    let tools = [
        container.exec(["s6-svc", "-u", &format!("/no/{evil}")]),
        container.exec(["s6-svstat", &format!("/no/{evil}")]),
        container.exec(["s6-setuidgid", evil, "true"]),
        container.exec(["execlineb", "-c", &format!("\"/no/{evil}\"")]),
        container.exec(["with-contenv", &format!("/no/{evil}")]),
    ];
    assert_eq!(restart.code(), 0, "{restart}");
    assert_ne!(unknown.code(), 0);
    stop(&container);
    let mut texts = vec![container.log().text(), table.text(), json.text()];
    texts.extend([&restart, &unknown].map(|output| format!("{output}")));
    texts.extend(tools.iter().map(ToString::to_string));
    for text in texts {
        assert!(
            !text.contains('\u{1b}') && !text.contains('\u{202e}'),
            "{text:?}"
        );
        assert!(
            !text.lines().any(|line| line.starts_with("mainstay: fake")),
            "{text:?}"
        );
    }
    assert!(table.text().lines().count() <= 4, "{}", table.text());
}

/// F68: a program that was to run as somebody else runs as that user, or not at all.
#[test]
fn who_cannot_become_the_user_runs_nothing() {
    let image = image();
    // By number: setresuid, setresgid, setgroups on this machine.
    for (call, errno) in [(117, 1), (119, 1), (116, 1), (117, 0), (119, 0), (116, 0)] {
        let container = image
            .init([
                "/bin/sh",
                "-c",
                "s6-setuidgid app sh -c 'echo ran as $(id)'; echo code $?",
            ])
            .denied(call, errno)
            .boot();
        container.wait();
        assert_none(&container, "ran as");
        assert_once(&container, "code 111");
    }
    let unknown = [
        "s6-setuidgid nobody-here",
        "s6-setuidgid 4294967295:0",
        "s6-applyuidgid -u 4294967295",
        "s6-setuidgid app:",
    ];
    let script = unknown.map(|words| format!("{words} echo ran")).join("; ");
    let container = image.init(["/bin/sh", "-c", &script]).boot();
    container.wait();
    assert!(
        !container
            .log()
            .lines()
            .iter()
            .any(|line| line.text == "ran")
    );
}

/// F68, its other half: no group of root's is left.
#[test]
fn supplementary_groups_are_cleared() {
    let image = image();
    let container = image
        .init([
            "/bin/sh",
            "-c",
            "for user in app 1000:1000 nobody; do s6-setuidgid $user sh -c \"echo $user: \\$(grep -E '^(Uid|Gid|Groups):' /proc/self/status | tr '\\n\\t' '  ')\"; done",
        ])
        .user_with_groups(0, 0, &[0, 4, 27, 42])
        .boot();
    container.wait();
    for expected in [
        "app: Uid: 1000 1000 1000 1000 Gid: 1000 1000 1000 1000 Groups: 1000 1001",
        "1000:1000: Uid: 1000 1000 1000 1000 Gid: 1000 1000 1000 1000 Groups: 1000",
        "nobody: Uid: 65534 65534 65534 65534 Gid: 65534 65534 65534 65534 Groups: 65534",
    ] {
        let lines = container.log().lines();
        assert!(
            lines.iter().any(|line| line.text.trim_end() == expected),
            "{expected}: {}",
            container.log().text()
        );
    }
}

/// F35: `/dev/stdout` by its name, which programs log to (nginx, apache), for a service that is not
/// root any more.
#[test]
fn a_service_that_is_somebody_else_opens_dev_stdout() {
    let image = image();
    image.service(
        "a",
        "exec s6-setuidgid app sh -c 'echo to stdout >/dev/stdout; echo to stderr >/dev/stderr; exec sleep 1000'",
    );
    image.service(
        "b",
        "exec s6-setuidgid app sh -c 'cat /dev/stdout; echo cat $?; exec sleep 1000'",
    );
    let container = image.up();
    container.wait_for_line("to stdout");
    container.wait_for_line("to stderr");
    // Reading what others write there is another thing.
    container.wait_for_line("cat 1");
    stop(&container);
}

/// F27: no HUP and no CONT reach a service for being made the leader of a session.
#[test]
fn a_new_session_brings_no_signal() {
    let image = image();
    for number in 0..40 {
        image.service(
            &format!("s{number:02}"),
            "trap 'echo got HUP' HUP; trap 'echo got CONT' CONT; . /idle.sh",
        );
    }
    let container = image.up();
    container.wait_for("all are up", || {
        container.exec(["mainstay", "status", "--ready"]).code() == 0
    });
    for number in 0..40 {
        let tally = format!("/var/run/s6/services/s{number:02}/supervise/death_tally");
        assert!(
            container.read(tally).unwrap_or_default().is_empty(),
            "s{number:02} ended"
        );
    }
    assert_none(&container, "got ");
    stop(&container);
}

/// F66: what an earlier run left at the socket's place does not keep this one from it.
#[test]
fn a_stale_socket_is_replaced() {
    let image = image();
    for round in 0..3 {
        let container = image.init([]).keep_changes().boot();
        container.wait_for_line(pid1_tests::BOOTED);
        let output = container.exec(["mainstay", "status"]);
        assert_eq!(output.code(), 0, "round {round}: {output}");
        // Killed with everything in it when dropped.
    }
}

/// F67: the place of the socket was made in advance, by a user or as a link.
#[test]
fn a_place_that_somebody_made_in_advance_is_not_used() {
    type Make = fn(&Image);
    let made: [(&str, Make); 4] = [
        ("a user's directory", |image| {
            image
                .directory("/run/mainstay")
                .owner("/run/mainstay", 1000, 1000);
        }),
        ("an open directory", |image| {
            image
                .directory("/run/mainstay")
                .mode("/run/mainstay", 0o777);
        }),
        ("a link", |image| {
            image
                .directory("/elsewhere")
                .symlink("/elsewhere", "/run/mainstay");
        }),
        ("a file", |image| {
            image.write("/run/mainstay", "");
        }),
    ];
    for (what, make) in made {
        let image = image();
        make(&image);
        let container = image.up();
        assert!(!container.exists("/run/mainstay/control"), "{what}");
        assert!(!container.exists("/elsewhere/control"), "{what}");
        // There is a further choice, which nobody else can have made.
        let output = container.exec(["mainstay", "status"]);
        assert_eq!(output.code(), 0, "{what}: {output}");
        stop(&container);
    }
}

/// F67: where only /tmp can be written, and others have been there first.
#[test]
fn private_folders_that_others_made_in_advance_are_passed_over() {
    use std::os::unix::fs::{PermissionsExt, chown, symlink};
    let scratch = harness::Scratch::new();
    let tmp = scratch.path();
    let mode = |path: &std::path::Path, mode: u32| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(path, mode).expect("a mode");
    };
    mode(tmp, 0o1777);
    for name in ["mainstay-0", "mainstay-0.1", "mainstay-0.2", "target"] {
        std::fs::create_dir(tmp.join(name)).expect("a directory");
        mode(&tmp.join(name), 0o700);
    }
    chown(tmp.join("mainstay-0"), Some(1000), Some(1000)).expect("an owner");
    mode(&tmp.join("mainstay-0.1"), 0o711);
    std::fs::write(tmp.join("mainstay-0.2/lock"), "").expect("a file");
    chown(tmp.join("mainstay-0.2"), Some(1000), Some(1000)).expect("an owner");
    symlink("target", tmp.join("mainstay-0.3")).expect("a link");
    let image = image();
    image.service("a", "echo a up; exec sleep 1000");
    let container = image
        .init([])
        .env("KEPT", "yes")
        .read_only()
        .bind(tmp, "/tmp")
        .boot();
    container.wait_for_line("a up");
    container.wait_for_line("/tmp/mainstay-0.4 instead");
    for name in ["mainstay-0", "mainstay-0.1", "target"] {
        let list: Vec<_> = std::fs::read_dir(tmp.join(name)).expect("lists").collect();
        assert!(list.is_empty(), "{name}: {list:?}");
    }
    container.exec(["mainstay", "status"]).ok();
    assert!(has(&contenv(&container, 0).0, "KEPT"));
    stop(&container);
}

/// F67, at run time: where others may write to /run, they can put a socket of theirs in the place of
/// PID 1's. Whoever asks looks who listens.
#[test]
fn a_socket_of_somebody_else_in_pid_1_s_place_is_not_believed() {
    let image = image();
    let container = image.init([]).tmpfs_with("/run", "mode=777").boot();
    container.wait_for_line(pid1_tests::BOOTED);
    // At the start it was made sticky.
    container.exec(["chmod", "777", "/run"]).ok();
    let script = "mv /run/mainstay /run/old && mkdir /run/mainstay && exec /attacker listen /run/mainstay/control";
    let words = ["/bin/sh", "-c", script];
    let listening = container
        .prepare(words)
        .user(1000, 1000)
        .limit(Duration::from_secs(600))
        .spawn();
    container.wait_for("the false one", || {
        container.exists("/run/mainstay/control")
    });
    container.wait_for("it is not believed", || {
        let output = container.exec(["mainstay", "status"]);
        assert!(!output.text().contains("fooled"), "{output}");
        output.error_text().contains("user 1000 listens there")
    });
    stop(&container);
    drop(listening);
}

/// No file is installed with a setuid or setgid bit, and none that was there gets one.
#[test]
fn nothing_is_installed_setuid() {
    let image = image();
    let container = image.up();
    let special = "find / -xdev -perm /6000 -type f";
    let after = container.shell(special).text();
    let plain = harness::Root::busybox();
    let (_, before) = Container::new(&plain, ["/bin/sh", "-c", special]).run();
    assert_eq!(after, before.text().trim_end());
    stop(&container);
}
