//! The container's environment: what hooks, services and the command see of it.
#![forbid(unsafe_code)]

use harness::{Container, signal};
use pid1_tests::{BOOTED, Image, assert_once, code, stop};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// Says its environment, sorted, each line behind NAME.
fn say_env(name: &str) -> String {
    format!(
        "env | grep -v -e ^PWD= -e ^SHLVL= -e ^OLDPWD= -e ^_= | sort | sed 's/^/{name}: /'; echo {name} done"
    )
}

fn lines(container: &Container, name: &str) -> Vec<String> {
    let start = format!("{name}: ");
    let lines = container.log().lines().into_iter();
    lines
        .filter_map(|line| line.text.strip_prefix(&start).map(str::to_owned))
        .collect()
}

#[test]
fn hooks_and_services_start_with_a_path_alone() {
    let image = Image::new();
    image
        .hook("1", &say_env("hook"))
        .service("a", &format!("{}; exec sleep 1000", say_env("run")))
        .stop_hook("1", &say_env("stop"));
    image
        .service("b", "exit 0")
        .finish("b", &format!("{}; exit 125", say_env("finish")));
    let container = image.init([]).env("SECRET", "x").boot();
    container.wait_for_line("run done");
    container.wait_for_line("finish done");
    stop(&container);
    for who in ["hook", "run", "finish"] {
        let seen = lines(&container, who);
        assert_eq!(seen, ["PATH=/usr/bin:/usr/sbin:/bin:/sbin"], "{who}");
    }
    let stop = lines(&container, "stop");
    assert!(
        stop.iter()
            .all(|line| line.starts_with("PATH=") || line.starts_with("S6_")),
        "{stop:?}"
    );
}

#[test]
fn with_contenv_brings_the_container_s_variables_back() {
    let image = Image::new();
    image.write_script(
        "/etc/cont-init.d/1",
        "#!/usr/bin/with-contenv sh\necho hook sees $GREETING\n",
    );
    image.service_file(
        "a",
        "run",
        "#!/usr/bin/with-contenv sh\necho run sees $GREETING\nexec sleep 1000\n",
    );
    let container = image.init([]).env("GREETING", "hello world").boot();
    container.wait_for_line("hook sees hello world");
    container.wait_for_line("run sees hello world");
    stop(&container);
}

#[test]
fn what_a_hook_writes_into_container_environment_is_seen_by_all_that_come_later() {
    let image = Image::new();
    image
        .hook("1", "echo changed > /var/run/s6/container_environment/GREETING; rm /var/run/s6/container_environment/GONE")
        .service_file("a", "run", "#!/usr/bin/with-contenv sh\necho run sees $GREETING $GONE.\nexec sleep 1000\n");
    image.write_script(
        "/etc/cont-finish.d/1",
        "#!/usr/bin/with-contenv sh\necho stop sees $GREETING $GONE.\n",
    );
    let container = image
        .init([
            "sh",
            "-c",
            "echo command sees $GREETING $GONE.; exec sleep 1000",
        ])
        .env("GREETING", "first")
        .env("GONE", "here")
        .boot();
    container.wait_for_line("run sees changed .");
    container.wait_for_line("command sees changed .");
    stop(&container);
    assert_once(&container, "stop sees changed .");
}

#[test]
fn each_variable_is_a_file_with_its_value_and_no_newline() {
    let image = Image::new();
    let container = image
        .init([])
        .env("PLAIN", "value")
        .env("EMPTY", "")
        .env("SPACES", "  a b  ")
        .boot();
    container.wait_for_line(BOOTED);
    let read = |name: &str| {
        container
            .read(format!("/var/run/s6/container_environment/{name}"))
            .expect(name)
    };
    assert_eq!(read("PLAIN"), b"value");
    assert_eq!(read("EMPTY"), b"");
    assert_eq!(read("SPACES"), b"  a b  ");
    assert!(read("PATH").starts_with(b"/usr/local/sbin:"));
    stop(&container);
}

/// Names and values that engines let through and that shells trip over.
fn odd() -> Vec<(String, Vec<u8>)> {
    vec![
        ("1VAR_NAME".into(), b"one".to_vec()),
        ("var.name".into(), b"two".to_vec()),
        ("var-name".into(), b"three".to_vec()),
        ("BIG".into(), vec![b'x'; 100 * 1024]),
        ("LINES".into(), b"a\nb\n".to_vec()),
        ("NEWLINE".into(), b"\n".to_vec()),
        ("EMPTY".into(), b"".to_vec()),
        ("BYTES".into(), b"\xff\xfe\x01".to_vec()),
        ("EQUALS".into(), b"a=b=c".to_vec()),
        (".hidden".into(), b"dot".to_vec()),
        ("a/b".into(), b"slash".to_vec()),
        ("x".repeat(300), b"long name".to_vec()),
        ("sp ace".into(), b"space".to_vec()),
    ]
}

/// The value of a variable in `/proc/self/environ`'s form.
fn value(environ: &[u8], name: &str) -> Option<Vec<u8>> {
    environ.split(|byte| *byte == 0).find_map(|entry| {
        entry
            .strip_prefix(name.as_bytes())?
            .strip_prefix(b"=")
            .map(<[u8]>::to_vec)
    })
}

#[test]
fn odd_names_and_values_reach_the_command_unchanged() {
    let image = Image::new();
    let mut command = image.init(["cp", "/proc/self/environ", "/seen"]);
    for (name, value) in odd() {
        command = command.env(&name, OsStr::from_bytes(&value));
    }
    let container = command.boot();
    assert_eq!(code(&container), 0);
    let seen = container.read("/seen").expect("written");
    for (name, expected) in odd() {
        assert_eq!(
            value(&seen, &name).as_deref(),
            Some(&expected[..]),
            "{name}"
        );
    }
}

#[test]
fn odd_names_and_values_reach_a_service_with_contenv_unchanged() {
    let image = Image::new();
    image.service(
        "a",
        "with-contenv cp /proc/self/environ /seen && echo written; exec sleep 1000",
    );
    let mut command = image.init([]);
    for (name, value) in odd() {
        command = command.env(&name, OsStr::from_bytes(&value));
    }
    let container = command.boot();
    container.wait_for_line("written");
    let seen = container.read("/seen").expect("written");
    for (name, expected) in odd() {
        assert_eq!(
            value(&seen, &name).as_deref(),
            Some(&expected[..]),
            "{name}"
        );
    }
    stop(&container);
}

#[test]
fn s6_keep_env_leaves_hooks_and_services_the_container_s_environment() {
    let image = Image::new();
    image
        .hook("1", "echo hook sees $GREETING")
        .service("a", "echo run sees $GREETING; exec sleep 1000")
        .stop_hook("1", "echo stop sees $GREETING");
    let container = image
        .init([])
        .env("S6_KEEP_ENV", "1")
        .env("GREETING", "hello")
        .boot();
    container.wait_for_line("run sees hello");
    stop(&container);
    assert_once(&container, "hook sees hello");
    assert_once(&container, "stop sees hello");
}

#[test]
fn s6_keep_env_does_not_lose_the_settings_of_the_stop() {
    let image = Image::new();
    image.service("a", "trap '' TERM HUP; echo a up; sleep 1000");
    let container = image
        .init([])
        .env("S6_KEEP_ENV", "1")
        .env("S6_KILL_GRACETIME", "100")
        .env("S6_SERVICES_GRACETIME", "100")
        .boot();
    container.wait_for_line("a up");
    stop(&container);
    container.wait_for_line("100 ms after TERM (S6_KILL_GRACETIME)");
}

#[test]
fn an_environment_without_path_gets_one() {
    let image = Image::new();
    let container = image.init(["/bin/sh", "-c", "exec env"]).env_clear().boot();
    assert_eq!(code(&container), 0);
    assert_once(
        &container,
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    );
}

/// Not the command alone: the container's PATH is what with-contenv and `docker exec`-like
/// readers of its files see.
#[test]
fn a_container_without_path_has_the_original_s() {
    const FULL: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    let image = Image::new();
    let say =
        |who: &str| format!("#!/usr/bin/with-contenv sh\nenv | grep ^PATH= | sed 's/^/{who} /'\n");
    image
        .write_script("/etc/cont-init.d/1", say("hook"))
        .write_script(
            "/etc/services.d/a/run",
            format!("{}exec sleep 1000\n", say("run")),
        );
    let kept = |value| {
        let container = image.init([]).env_clear().env("S6_KEEP_ENV", value).boot();
        container.wait_for_line(&format!("hook {FULL}"));
        container.wait_for_line(&format!("run {FULL}"));
        stop(&container);
    };
    kept("0");
    kept("1");
    // One that is there counts, also an empty one.
    let container = image.init([]).env_clear().env("PATH", "/bin").boot();
    container.wait_for_line("run PATH=/bin");
    stop(&container);
}

#[test]
fn the_image_s_own_environment_for_hooks_and_services_is_used() {
    let image = Image::new();
    image.hook("1", &say_env("hook"));
    image
        .write("/etc/s6/init/env/PATH", "/opt:/usr/bin:/bin")
        .write("/etc/s6/init/env/TZ", "UTC");
    let container = image.up();
    stop(&container);
    assert_eq!(
        lines(&container, "hook"),
        ["PATH=/opt:/usr/bin:/bin", "TZ=UTC"]
    );
}

#[test]
fn hooks_and_the_command_run_in_the_working_directory_of_the_image() {
    let image = Image::new();
    image
        .run_d("1.sh", "echo run.d in $PWD")
        .hook("1", "echo hook in $PWD")
        .directory("/srv/app");
    let container = image
        .command("/run.sh", &["sh", "-c", "echo command in $PWD"])
        .directory("/srv/app")
        .boot();
    assert_eq!(code(&container), 0);
    for who in ["run.d", "hook", "command"] {
        assert_once(&container, &format!("{who} in /srv/app"));
    }
}

#[test]
fn a_service_runs_in_its_directory_with_input_from_dev_null() {
    let image = Image::new();
    image.service(
        "a",
        "echo in $PWD with $(readlink /proc/self/fd/0); exec sleep 1000",
    );
    let container = image.init([]).piped_input().boot();
    let line = container.wait_for_line("in /").text;
    assert!(line.contains("/run/s6/services/a with /dev/null"), "{line}");
    stop(&container);
}

#[test]
fn s6_cmd_arg0_is_one_word_ahead_of_the_command() {
    let image = Image::new();
    image.write_script("/a b", "#!/bin/sh\necho \"called: $0 $# $1\"\n");
    let with = image.init(["word"]).env("S6_CMD_ARG0", "/a b").boot();
    assert_eq!(code(&with), 0);
    assert_once(&with, "called: /a b 1 word");
    let without = image.init([]).env("S6_CMD_ARG0", "/a b").boot();
    assert_eq!(code(&without), 0);
    assert_once(&without, "called: /a b 0");
}

#[test]
fn words_of_the_command_arrive_unchanged() {
    let image = Image::new();
    image.write_script(
        "/say",
        "#!/bin/sh\nfor word; do printf '<%s>\\n' \"$word\"; done\n",
    );
    let container = image
        .init(["/say", "a b", "", "$HOME", "'\"", "x\ty", "é"])
        .boot();
    assert_eq!(code(&container), 0);
    let said = container.log().text();
    for word in ["<a b>", "<>", "<$HOME>", "<'\">", "<x\ty>", "<é>"] {
        assert!(said.contains(word), "{word} in {said}");
    }
}

#[test]
fn the_command_has_a_process_group_of_its_own_in_pid_1_s_session() {
    let image = Image::new();
    let container = image.init(["sh", "-c", "echo up; . /idle.sh"]).boot();
    container.wait_for_line("up");
    let list = container.processes();
    let command = list
        .iter()
        .find(|one| one.arguments.first().is_some_and(|word| word == "sh"))
        .expect("runs");
    let init = list
        .iter()
        .find(|one| one.pid == command.parent)
        .expect("its parent");
    assert_eq!(command.group, command.pid);
    assert_eq!(command.session, init.session);
    container.signal(signal::TERM);
    container.wait();
}

#[test]
fn signals_that_the_engine_left_ignored_or_blocked_are_reset_for_everybody() {
    let image = Image::new();
    let say = |name: &str| {
        format!("grep -E '^Sig(Blk|Ign):' /proc/$$/status | sed 's/^/{name} /'; echo {name} said")
    };
    image
        .hook("1", &say("hook"))
        .service("a", &format!("{}; exec sleep 1000", say("run")));
    let container = image
        .init(["sh", "-c", &format!("{}; exec sleep 1000", say("command"))])
        .ignored(&[signal::PIPE, signal::USR2])
        .blocked(&[signal::TERM, signal::WINCH])
        .boot();
    container.wait_for_line("run said");
    container.wait_for_line("command said");
    stop(&container);
    for who in ["hook", "run", "command"] {
        assert_once(&container, &format!("{who} SigBlk:\t0000000000000000"));
        let line = container
            .log()
            .find(&format!("{who} SigIgn:"))
            .expect("said");
        let mask = line.text.rsplit('\t').next().expect("a mask");
        let mask = u64::from_str_radix(mask, 16).expect("hexadecimal");
        for number in [signal::PIPE, signal::USR2] {
            assert_eq!(mask >> (number - 1) & 1, 0, "{who}: {number} is ignored");
        }
    }
}

#[test]
fn descriptors_of_the_engine_reach_the_command_and_nobody_else() {
    let image = Image::new();
    // Each line is one write: the command speaks at the same time.
    image.write("/data", "from the engine\n");
    image
        .hook("1", "echo \"hook has $(ls /proc/self/fd | tr '\\n' ' ')\"")
        .service(
            "a",
            "echo \"run has $(ls /proc/self/fd | tr '\\n' ' ')\"; exec sleep 1000",
        );
    let container = image
        .init(["sh", "-c", "cat <&7; exec sleep 1000"])
        .opened(7, "/data")
        .boot();
    container.wait_for_line("from the engine");
    // 3 is ls' own, of the directory that it reads.
    container.wait_for_line("hook has 0 1 2 3 ");
    let line = container.wait_for_line("run has ").text;
    assert_eq!(line.trim_end(), "run has 0 1 2 3");
    stop(&container);
}
