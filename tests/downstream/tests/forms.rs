//! Every form in which images call us: first lines, paths, variables, options.
#![forbid(unsafe_code)]

use downstream_tests::{Image, exit_code};
use harness::{Container, signal};

/// What each script of the tree `shebangs` says, in their order.
const SAID: &[&str] = &[
    "01 red bash",
    "02 none bash",
    "03 none bash",
    "04 none sh",
    "05 red sh",
    "06 none errexit",
    "07 execline $0 $0",
    "08 execline 0",
    "09 execline 0 end",
    "10 none sh",
    "11 red bashio",
    "12 none bashio",
    "13 none",
    "14 none bash",
    "15 traced",
    "16 errexit",
    "17 execline 0",
    "18 none sh",
    "19 none bash",
    "20 red",
    "21 python",
    "22 python",
    "23 execline",
    "24 red",
    "25 none",
    "26 by node",
    "27 by node",
    "28 by node",
    "29 options -nF",
    "31 zeroth /var/run/s6/etc/cont-init.d/31",
    "31 first <>",
];

fn shebangs() -> Image {
    let image = Image::debian("shebangs");
    image.run("ln -s python3 /usr/bin/python; ln -s node /usr/bin/nodejs");
    image
}

#[test]
fn hooks_begin_with_every_first_line() {
    let image = shebangs();
    let container = image.init().env("COLOUR", "red").boot();
    container.wait_for_line("[services.d] done.");
    let text = container.log().text();
    let said: Vec<&str> = text.lines().filter(|line| SAID.contains(line)).collect();
    assert_eq!(said, SAID, "{text}");
    // What bash does not understand is a failed hook, and nothing more.
    container.wait_for_line("30: exited ");
    assert!(!text.contains("30 is never said"), "{text}");
    assert!(text.contains("+ echo '15 traced'"), "{text}");
}

#[test]
fn services_begin_with_every_first_line() {
    let image = shebangs();
    image.run(
        "for hook in /etc/cont-init.d/*; do
             service=/etc/services.d/${hook##*/}
             mkdir -p $service
             mv $hook $service/run
             printf '#!/bin/sh\\nexit 125\\n' > $service/finish
         done",
    );
    let container = image.init().env("COLOUR", "red").boot();
    for line in SAID {
        let line = line.replace("/var/run/s6/etc/cont-init.d/31", "./run");
        // They run beside each other, and some write their newline in a write of its own.
        container.wait_for(&line, || container.log().text().contains(&line));
    }
    container.signal(signal::TERM);
    assert_eq!(exit_code(&container), Some(0));
}

#[test]
fn a_hook_finds_itself_by_the_path_that_images_know() {
    let image = Image::debian("hook-paths");
    for read_only in ["0", "1"] {
        let container = image.init().env("S6_READ_ONLY_ROOT", read_only).boot();
        container.wait_for_line("known place: /var/run/s6/etc/cont-init.d/00-container");
        container.wait_for_line("[services.d] done.");
        container.signal(signal::TERM);
        assert_eq!(exit_code(&container), Some(0));
        container.wait_for_line("at the end: /var/run/s6/etc/cont-finish.d/00-container");
    }
}

/// What scripts test, read, list and write to, by the path they have it under.
const PATHS: &[&str] = &[
    "test -x /init",
    "test -x /usr/bin/with-contenv",
    "test -x /bin/with-contenv",
    "test -f /bin/execlineb -a ! -L /bin/execlineb",
    "test -x /usr/bin/execlineb",
    "test -x /bin/s6-svc -a -x /usr/bin/s6-svc",
    "test -d /etc/services.d/app",
    "test -d /etc/cont-init.d -a -d /etc/cont-finish.d -a -d /etc/fix-attrs.d",
    "test -d /etc/s6/services",
    "test -f /etc/s6/init/init-stage2 -a -f /etc/s6/init/init-stage3",
    "test -f /etc/s6/init/init-stage2-fixattrs.txt",
    "s6-rmrf /etc/s6/services/s6-fdholderd/down",
    "test \"$(cat /var/run/s6/container_environment/CUSTOMER)\" = us",
    "test \"$(cat /run/s6/container_environment/CUSTOMER)\" = us",
    "cd /var/run/s6/etc && ls cont-init.d/10-say services.d/app/run",
    "s6-svstat /var/run/s6/services/app | grep -q ^up",
    "s6-svstat /run/s6/services/app | grep -q ^up",
    "s6-svstat /run/service/app | grep -q ^up",
    "s6-svstat /var/run/service/app | grep -q ^up",
    "test -p /run/service/app/supervise/control",
    "test -p /var/run/s6/services/app/supervise/control",
    "for one in /var/run/s6/services/*; do test -d $one/supervise || exit 1; done",
    "s6-svscanctl -a /var/run/s6/services && s6-svscanctl -an /run/service",
    "s6-envdir -I /var/run/s6/env-stage3 true",
    "echo direct > /proc/1/fd/1",
];

#[test]
fn every_hard_coded_path_leads_where_images_expect() {
    for base in [Image::debian, Image::busybox] {
        for real_directory in [false, true] {
            let image = base("renamed-init");
            if real_directory {
                image.run("rm /var/run; mkdir -p /var/run/s6");
            }
            let container = image.init().env("CUSTOMER", "us").boot();
            container.wait_for_line("app is up for us");
            container.wait_for("app shows as up", || {
                let state = container.exec(["s6-svstat", "-u", "/var/run/s6/services/app"]);
                state.text() == "true"
            });
            for script in PATHS {
                // Where /var/run is no link, what images made of /run/service is one name less.
                if real_directory && script.contains("/var/run/service") {
                    continue;
                }
                let output = container.shell(script);
                assert!(output.status.success(), "{script}: {output}");
            }
            // The stop may reach the caller before it has ended itself.
            let _ = container.exec(["s6-svscanctl", "-t", "/run/service"]);
            assert_eq!(exit_code(&container), Some(0));
        }
    }
}

/// Every value of every variable that images set.
const VARIABLES: &[(&str, &str)] = &[
    ("S6_BEHAVIOUR_IF_STAGE2_FAILS", "2"),
    ("S6_BEHAVIOUR_IF_STAGE2_FAILS", "1"),
    ("S6_CMD_WAIT_FOR_SERVICES_MAXTIME", "0"),
    ("S6_CMD_WAIT_FOR_SERVICES", "1"),
    ("S6_KILL_GRACETIME", "3000"),
    ("S6_KILL_GRACETIME", "10000"),
    ("S6_KILL_FINISH_MAXTIME", "5000"),
    ("S6_KILL_FINISH_MAXTIME", "55000"),
    ("S6_KILL_FINISH_MAXTIME", "10000"),
    ("S6_SERVICES_GRACETIME", "18000"),
    ("S6_SERVICES_GRACETIME", "25000"),
    ("S6_SERVICES_READYTIME", "50"),
    ("S6_VERBOSITY", "1"),
    ("S6_VERBOSITY", "2"),
    ("S6_KEEP_ENV", "1"),
    ("S6_LOGGING", "0"),
    ("S6_LOGGING_SCRIPT", "T 1 n0 s10000000 T"),
    ("S6_READ_ONLY_ROOT", "1"),
    ("S6_FIX_ATTRS_HIDDEN", "1"),
];

#[test]
fn every_value_of_every_variable_boots_and_stops() {
    let image = Image::debian("renamed-init");
    let check = |variables: &[(&str, &str)]| {
        let words = [
            "/init",
            "sh",
            "-c",
            "echo \"command for $CUSTOMER\"; exec sleep 1000",
        ];
        let mut command = image.start(words).env("CUSTOMER", "us");
        for (name, value) in variables {
            command = command.env(name, value);
        }
        let container = command.boot();
        container.wait_for_line("hook ran for us");
        container.wait_for_line("app is up for us");
        container.wait_for_line("command for us");
        container.signal(signal::TERM);
        assert_eq!(exit_code(&container), Some(0), "{variables:?}");
        let log = container.log();
        // But for the last line there is nothing to say.
        assert_eq!(log.count("mainstay: "), 1, "{variables:?}\n{}", log.text());
        assert!(!log.text().contains("had to kill"), "{}", log.text());
    };
    for variable in VARIABLES {
        check(std::slice::from_ref(variable));
    }
    // Later values win where a name is there twice.
    check(VARIABLES);
}

/// Words of ENTRYPOINT and CMD, what the command says, and the container's exit code.
const COMMANDS: &[(&[&str], &str, i32)] = &[
    (&["/init", "/run.sh"], "own run.sh: us, 0 words", 9),
    (&["/init", "/etc/start"], "started by the command", 0),
    (
        &[
            "/init",
            "python3",
            "-u",
            "-m",
            "served",
            "-g",
            "daemon off;",
        ],
        "module ['-g', 'daemon off;'] us",
        0,
    ),
    (
        &["/bin-entrypoint.sh", "sh", "-c", "echo $PREPARED; exit 4"],
        "yes",
        4,
    ),
    (&["/init", "with-contenv", "printenv", "CUSTOMER"], "us", 0),
    (
        &["/init", "s6-setuidgid", "nobody", "id", "-un"],
        "nobody",
        0,
    ),
];

#[test]
fn commands_of_images_run_beside_the_services() {
    let image = Image::debian("commands");
    for (words, line, code) in COMMANDS {
        let command = image.start(words.iter().copied()).env("CUSTOMER", "us");
        let (status, log) = command.env("PYTHONPATH", "/opt/module").run();
        assert_eq!(status.code(), Some(*code), "{words:?}\n{}", log.text());
        let said = log.text().lines().any(|one| one == *line);
        assert!(said, "{words:?}\n{}", log.text());
    }
    // An interactive one reads the container's standard input to its end.
    let command = image.start(["/init", "python3", "-i", "-q"]).piped_input();
    let mut container = command.boot();
    container.wait_for_line("app is up");
    container.write_input(b"print(6 * 7)\nexit(5)\n");
    assert_eq!(exit_code(&container), Some(5));
    container.wait_for_line("42");
}

fn forms() -> Container {
    let image = Image::debian("forms");
    let container = image
        .init()
        .env("CUSTOMER", "us")
        .env("PUID", "1000")
        .boot();
    container.wait_for_line("app is up");
    container.wait_for_line("ready begins");
    container.wait_for_line("[services.d] done.");
    container
}

/// `s6-svc` with its arguments, and what shows of it.
enum Shows {
    Line(&'static str),
    State(&'static str, &'static str),
    Fails(i32),
}

#[test]
fn services_are_controlled_with_every_option() {
    use Shows::{Fails, Line, State};
    let container = forms();
    let app = "/var/run/s6/services/app";
    for (arguments, shows) in [
        ("-h /var/run/s6/services/app", Line("app got HUP")),
        ("-1 /var/run/s6/services/app", Line("app got USR1")),
        ("-t /var/run/s6/services/app", Line("app got TERM")),
        ("-r /var/run/s6/services/app", Line("app is up")),
        (
            "-d /var/run/s6/services/app",
            State("up,wantedup", "false false"),
        ),
        (
            "-u /var/run/s6/services/app",
            State("up,wantedup", "true true"),
        ),
        ("-wD -d -T2500 /run/s6/services/app", State("up", "false")),
        ("-wu -u -T2500 /run/service/app", State("up", "true")),
        ("-wd -d /var/run/s6/services/app/", State("up", "false")),
        ("-wU -u -T250 /var/run/s6/services/ready", Fails(99)),
        ("-u /var/run/s6/services/app/", State("up", "true")),
        (
            "-O /var/run/s6/services/app",
            State("up,wantedup", "true false"),
        ),
        (
            "-t /var/run/s6/services/app",
            State("up,wantedup", "false false"),
        ),
        ("-d /no/such/service", Fails(111)),
    ] {
        let lines = match shows {
            Line(line) => container.log().count(line),
            State(..) | Fails(_) => 0,
        };
        let output = container.shell(&format!("exec /bin/s6-svc {arguments}"));
        match shows {
            Line(line) => {
                container.wait_for_nth_line(lines + 1, line);
                // A signal before the shell has its traps would end it.
                container.wait_for("app has its child", || {
                    container.exec(["s6-svstat", "-o", "up", app]).text() == "true"
                        && container.log().count("app is up") > container.log().count("got TERM")
                });
            }
            State(fields, wanted) => {
                assert!(output.status.success(), "{arguments}: {output}");
                container.wait_for(arguments, || {
                    container.exec(["s6-svstat", "-o", fields, app]).text() == wanted
                });
            }
            Fails(code) => assert_eq!(output.code(), code, "{arguments}: {output}"),
        }
    }
    container.write("/tmp/ready", "");
    container
        .shell("s6-svc -wU -u /var/run/s6/services/ready")
        .ok();
    container
        .shell("cd /var/run/s6/services/ready && s6-svc -O .")
        .ok();
    container
        .shell("s6-svwait -u -t 5000 /var/run/s6/services/ready")
        .ok();
}

/// Shell scripts with what they write.
const CALLS: &[(&str, &str)] = &[
    ("s6-setuidgid nobody id -un", "nobody"),
    ("s6-setuidgid root id -un", "root"),
    (
        "s6-setuidgid 1000:1001 sh -c 'echo $(id -u):$(id -g)'",
        "1000:1001",
    ),
    (
        "PGID=100; s6-setuidgid ${PUID}:${PGID} sh -c 'echo $(id -u):$(id -g)'",
        "1000:100",
    ),
    ("s6-envuidgid nobody sh -c 'echo $UID $GID'", "65534 65534"),
    ("s6-envuidgid nobody s6-applyuidgid -U id -un", "nobody"),
    (
        "touch /tmp/f; s6-envuidgid nobody s6-chown -U -- /tmp/f; stat -c %U /tmp/f",
        "nobody",
    ),
    ("s6-mkdir -p /tmp/a/b/c; echo /tmp/a/b/*", "/tmp/a/b/c"),
    ("s6-echo 'some  text'; s6-echo -n -- -n", "some  text\n-n"),
    (
        "echo line | s6-format-filter '[ TRACE ] %s'",
        "[ TRACE ] line",
    ),
    ("s6-sleep 2; echo slept", "slept"),
    (
        "mkdir -p /tmp/empty; touch /tmp/empty/x; s6-rmrf /tmp/empty; ls -d /tmp/empty 2>&1 | wc -l",
        "1",
    ),
    ("s6-svdt /var/run/s6/services/ready | wc -l", "0"),
    ("s6-svstat -u /var/run/s6/services/app", "true"),
    (
        "test $(s6-svstat -o pid /run/service/app) -gt 1 && echo a pid",
        "a pid",
    ),
    ("s6-svstat /var/run/s6/services/app | cut -d' ' -f1", "up"),
    ("env -i /usr/bin/with-contenv sh -c 'echo $CUSTOMER'", "us"),
    ("with-contenv env | grep CUSTOMER", "CUSTOMER=us"),
    (
        "env -i s6-envdir -fn -- /var/run/s6/container_environment /bin/bash -c 'echo $CUSTOMER'",
        "us",
    ),
    (
        "s6-envdir -I /no/such/directory echo all the same",
        "all the same",
    ),
    (
        "s6-test 1 -ne 0 && s6-test 256 -eq 256 && s6-test ! -d /tmp/no && echo yes",
        "yes",
    ),
    (
        "s6-test 0 -eq 0 && s6-test ! -f /tmp/no && s6-test 2 -eq 2 && echo yes",
        "yes",
    ),
    ("s6-test 256 -ne 256 || echo $?", "1"),
    ("printcontenv CUSTOMER", "us"),
];

#[test]
fn scripts_call_programs_with_every_option() {
    let container = forms();
    for (script, wanted) in CALLS {
        let output = container
            .prepare(["/bin/bash", "-c", script])
            .env("PUID", "1000");
        let output = output.run();
        assert_eq!(output.text(), *wanted, "{script}: {output}");
        assert!(output.status.success(), "{script}: {output}");
    }
}

/// execline scripts, their arguments, what they write and their exit codes.
const SCRIPTS: &[(&str, &[&str], &str, i32)] = &[
    (
        "if { s6-test ${1} -ne 0 } if { s6-test ${1} -ne 256 } echo stop",
        &["3"],
        "stop",
        0,
    ),
    (
        "if { s6-test ${1} -ne 0 } if { s6-test ${1} -ne 256 } echo stop",
        &["0"],
        "",
        1,
    ),
    (
        "if { s6-test ${1} -ne 0 } if { s6-test ${1} -ne 256 } echo stop",
        &["256"],
        "",
        1,
    ),
    (
        "if -n { s6-test $# -ne 0 } if -n { s6-test ${1} -eq 256 } echo on",
        &["0", "0"],
        "",
        1,
    ),
    ("if { s6-test $# -eq 2 } echo two", &["a", "b"], "two", 0),
    ("if -n { s6-test ! -d /tmp } echo there", &[], "there", 0),
    ("if -t { s6-test ! -f /etc/passwd } echo no", &[], "", 0),
    (
        "redirfd -w 2 /dev/null foreground { ls /no/such } echo quiet",
        &[],
        "quiet",
        0,
    ),
    (
        "foreground { redirfd -w 1 /tmp/out echo kept } cat /tmp/out",
        &[],
        "kept",
        0,
    ),
    (
        "backtick -in NAME { printf \"a\\nb\\n\" } importas -u NAME NAME echo <${NAME}>",
        &[],
        "<a\nb>",
        0,
    ),
    (
        "backtick -n NAME { echo word } import -u NAME echo ${NAME}",
        &[],
        "word",
        0,
    ),
    (
        "backtick -i -n NAME { echo word } importas X NAME echo ${X}",
        &[],
        "word",
        0,
    ),
    ("importas -u -D0 NUMBER NO_SUCH echo ${NUMBER}", &[], "0", 0),
    ("importas -u -D5 NUMBER NO_SUCH echo ${NUMBER}", &[], "5", 0),
    ("importas -u HERE HOSTNAME echo ${HERE}", &[], "box", 0),
    ("define name value echo ${name}s", &[], "values", 0),
    (
        "multisubstitute { define a one importas -u b HOSTNAME importas -D x c NO_SUCH } echo ${a} ${b} ${c}",
        &[],
        "one box x",
        0,
    ),
    (
        "foreground { background { echo beside } wait { } } echo after",
        &[],
        "beside\nafter",
        0,
    ),
    (
        "foreground { background { echo only a block } } s6-sleep 1",
        &[],
        "only a block",
        0,
    ),
    ("exit 7", &[], "", 7),
    (
        "ifthenelse { s6-test ${1} -eq 0 } { echo yes } { echo no }",
        &["0"],
        "yes",
        0,
    ),
    (
        "ifthenelse { s6-test ${1} -eq 0 } { echo yes } { echo no }",
        &["1"],
        "no",
        0,
    ),
    ("pipeline { echo through } cat", &[], "through", 0),
    ("fdmove -c 2 1 sh -c \"echo error >&2\"", &[], "error", 0),
    ("cd /tmp pwd", &[], "/tmp", 0),
    ("export A b sh -c \"echo $A\"", &[], "b", 0),
    (
        "with-contenv importas -u CUSTOMER CUSTOMER echo ${CUSTOMER}",
        &[],
        "us",
        0,
    ),
    (
        "foreground { with-contenv sh -c \"echo $CUSTOMER\" } s6-true",
        &[],
        "us",
        0,
    ),
    (
        "trap { term { echo heard } hup { echo hup } } sh -c \"kill $PPID; s6-sleep 1; exit 3\"",
        &[],
        "heard",
        3,
    ),
    (
        "trap { hup { echo hup } } sh -c \"kill -9 $$\"",
        &[],
        "",
        137,
    ),
    (
        "trap -x { term { echo heard } } sh -c \"kill -USR1 $PPID; s6-sleep 5\"",
        &[],
        "",
        138,
    ),
    ("define -s words \"a b\" echo <${words}>", &[], "<a> <b>", 0),
];

#[test]
fn execline_scripts_use_every_option() {
    let container = forms();
    for (script, arguments, wanted, code) in SCRIPTS {
        let words = ["execlineb", "-S0", "-c", script];
        let words = words.iter().chain(arguments.iter());
        let output = container.exec(words);
        assert_eq!(output.text(), *wanted, "{script}: {output}");
        assert_eq!(output.code(), *code, "{script}: {output}");
    }
}

#[test]
fn every_way_to_check_for_readiness_makes_services_ready() {
    let image = Image::debian("checks");
    image.run("echo 127.0.0.1 localhost > /etc/hosts; echo box > /etc/hostname; chmod 755 /etc/services.d/*/data/check");
    let services = [
        "port", "user", "data", "paused", "endless", "limited", "soon", "twice", "bare", "told",
    ];
    let words = [
        "/init",
        "sh",
        "-c",
        "echo \"all are ready\"; exec sleep 1000",
    ];
    let container = image
        .start(words)
        .env("S6_CMD_WAIT_FOR_SERVICES", "1")
        .env("S6_CMD_WAIT_FOR_SERVICES_MAXTIME", "0")
        .env("S6_BEHAVIOUR_IF_STAGE2_FAILS", "2")
        .boot();
    container.wait_for_line("all are ready");
    for name in services {
        let place = format!("/run/s6/services/{name}");
        let state = container.exec(["s6-svstat", "-o", "up,ready", &place]);
        assert_eq!(state.text(), "true true", "{name}");
        if name != "port" {
            assert_eq!(container.log().count(&format!("{name} serves")), 1);
        }
    }
    container.wait_for_line("**** nothing to check ****");
    container.signal(signal::TERM);
    assert_eq!(exit_code(&container), Some(0));
}
