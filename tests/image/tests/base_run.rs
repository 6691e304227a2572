//! The base images on a real engine: how images that derive from them start and stop, in every
//! way that a platform may run them.
#![forbid(unsafe_code)]

use harness::{Engine, Log, Scratch};
use image_tests::base_image;
use std::fs;
use std::os::unix::fs::PermissionsExt;

const VARIANTS: &[&str] = &["debian-12", "debian-13", "alpine", "static"];

/// A line that says that the boot is over.
const BOOTED: &str = "[services.d] done.";

/// How a platform runs a container, as options of `docker run`.
const WAYS: &[(&str, &[&str])] = &[
    ("as root", &[]),
    ("an arbitrary user", &["--user", "12345:0"]),
    (
        "a root that is read-only",
        &["--read-only", "--tmpfs", "/run"],
    ),
    ("below an init", &["--init"]),
    (
        "without capabilities",
        &["--cap-drop", "ALL", "--security-opt", "no-new-privileges"],
    ),
    (
        "all of it",
        &[
            "--user",
            "12345:0",
            "--read-only",
            "--tmpfs",
            "/run:mode=1777",
            "--cap-drop",
            "ALL",
            "--security-opt",
            "no-new-privileges",
        ],
    ),
];

/// What an image adds: a hook of each kind and a service, in the shell of the variant or, where
/// there is none, in execline.
const IN_SHELL: &[(&str, &str)] = &[
    (
        "run.d/10-first.sh",
        "echo \"run.d has the role ${CONTAINER_ROLE:-none}\"\nexit ${RUN_D_CODE:-0}\n",
    ),
    (
        "etc/cont-init.d/10-hook",
        "#!/usr/bin/with-contenv sh\necho the hook runs\nexit ${HOOK_CODE:-0}\n",
    ),
    (
        "etc/services.d/web/run",
        "#!/bin/sh\ntrap 'echo web got TERM; exit 0' TERM\necho web is up\n\
         while :; do sleep 1000 & wait $!; done\n",
    ),
    (
        "etc/services.d/web/finish",
        "#!/bin/sh\necho \"web finish $1\"\n",
    ),
    ("etc/cont-finish.d/10-drain", "#!/bin/sh\necho it drains\n"),
];
const IN_EXECLINE: &[(&str, &str)] = &[
    (
        "etc/cont-init.d/10-hook",
        "#!/bin/execlineb -P\nwith-contenv\nforeground { s6-echo \"the hook runs\" }\n\
         importas -D 0 CODE HOOK_CODE\nexit ${CODE}\n",
    ),
    (
        "etc/services.d/web/run",
        "#!/bin/execlineb -P\nforeground { s6-echo \"web is up\" }\ns6-pause\n",
    ),
    (
        "etc/services.d/web/finish",
        "#!/bin/execlineb -S1\ns6-echo \"web finish ${1}\"\n",
    ),
    (
        "etc/cont-finish.d/10-drain",
        "#!/bin/execlineb -P\ns6-echo \"it drains\"\n",
    ),
];

/// An image that derives from a variant, made once.
fn derived(engine: &Engine, variant: &str) -> String {
    let image = format!("test/derived-{variant}");
    engine.once(&image, || {
        let files = Scratch::new();
        let tree = if variant == "static" {
            IN_EXECLINE
        } else {
            IN_SHELL
        };
        for (name, text) in tree {
            let path = files.path().join("root").join(name);
            fs::create_dir_all(path.parent().expect("a directory above")).expect("made");
            fs::write(&path, text).expect("written");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a mode");
        }
        files.write("Dockerfile", "ARG BASE\nFROM ${BASE}\nCOPY root/ /\n");
        let base = format!("BASE={}", base_image(engine, variant));
        let built = engine.build(&image, files.path(), &["--build-arg", &base]);
        built.expect("built by the classic builder, as a derived image may be");
    });
    image
}

/// The lines are there in this order.
#[track_caller]
fn in_order(log: &Log, parts: &[&str], what: &str) {
    let text = log.text();
    let mut rest = text.as_str();
    for part in parts {
        let Some(at) = rest.find(part) else {
            panic!("{what}: no {part:?} in its place:\n{text}");
        };
        rest = &rest[at + part.len()..];
    }
}

#[test]
fn every_variant_stops_in_order_however_it_is_run() {
    let engine = Engine::shared();
    for variant in VARIANTS {
        let image = derived(engine, variant);
        for (way, options) in WAYS {
            let what = format!("{variant}, {way}");
            let container = engine.container(&image).options(*options).start();
            container.wait_for_line("web is up");
            container.wait_for_line(BOOTED);
            let took = container.stop(20);
            assert!(took.as_secs() < 15, "{what}: killed after {took:?}");
            assert_eq!(container.wait(), 0, "{what}\n{}", container.log().text());
            let log = container.log();
            in_order(
                log,
                &["the hook runs", "web is up", "mainstay: stopped in"],
                &what,
            );
            in_order(log, &[BOOTED, "it drains", "mainstay: stopped in"], &what);
            let finish = if *variant == "static" {
                "web finish 256"
            } else {
                in_order(log, &["run.d has the role none", "the hook runs"], &what);
                in_order(log, &["web got TERM", "web finish 0"], &what);
                "web finish 0"
            };
            in_order(log, &[BOOTED, finish, "mainstay: stopped in"], &what);
            let last = log.lines().last().map(|line| line.text.clone());
            let last = last.unwrap_or_default();
            assert!(last.starts_with("mainstay: stopped in"), "{what}: {last}");
        }
    }
}

#[test]
fn the_exit_code_is_the_command_s_or_the_failing_hook_s() {
    let engine = Engine::shared();
    for variant in VARIANTS {
        let image = derived(engine, variant);
        let command: &[&str] = match *variant {
            "static" => &["/run.sh", "execlineb", "-c", "exit 42"],
            _ => &["/run.sh", "sh", "-c", "exit 42"],
        };
        for (way, options) in WAYS {
            let run = engine.container(&image).options(*options);
            let (code, log) = run.command(command).run();
            assert_eq!(code, 42, "{variant}, {way}\n{}", log.text());
        }
        let (code, log) = engine.container(&image).env("HOOK_CODE", "7").run();
        assert_eq!(code, 7, "{variant}: the hook's\n{}", log.text());
        assert_eq!(log.count("web is up"), 0, "{variant}");
    }
}

#[test]
fn scripts_of_run_d_stop_the_container_cleanly_or_with_their_code() {
    let engine = Engine::shared();
    for variant in ["debian-12", "alpine"] {
        let image = derived(engine, variant);
        for (given, expected) in [("99", 0), ("5", 5)] {
            let (code, log) = engine.container(&image).env("RUN_D_CODE", given).run();
            assert_eq!(code, expected, "{variant}, {given}\n{}", log.text());
            assert_eq!(log.count("the hook runs"), 0, "{variant}, {given}");
            assert_eq!(log.count("web is up"), 0, "{variant}, {given}");
            if expected != 0 {
                let named = log.find("/run.d/10-first.sh").is_some();
                assert!(named, "{variant}: the script is not named\n{}", log.text());
            }
        }
    }
}

#[test]
fn run_sh_is_the_same_by_bash_by_sh_and_by_itself() {
    let engine = Engine::shared();
    for variant in ["debian-12", "alpine"] {
        let image = derived(engine, variant);
        let forms: [&[&str]; 3] = [&["/bin/bash", "/run.sh"], &["sh", "/run.sh"], &["/run.sh"]];
        for form in forms {
            let container = engine.container(&image).command(form).start();
            container.wait_for_line("run.d has the role none");
            container.wait_for_line(BOOTED);
            let ready = container.exec(["mainstay", "status", "--ready"]);
            assert!(ready.status.success(), "{variant}, {form:?}: {ready}");
            container.stop(20);
            assert_eq!(container.wait(), 0, "{variant}, {form:?}");
        }
        // No entry point: another command is that command.
        let (code, log) = engine
            .container(&image)
            .command(["bash", "-c", "echo $$"])
            .run();
        assert_eq!((code, log.text().trim()), (0, "1"), "{variant}");
    }
}

#[test]
fn workers_are_supervised_beside_the_services_and_hooks_know_the_role() {
    let engine = Engine::shared();
    for variant in ["debian-12", "debian-13", "alpine"] {
        let image = derived(engine, variant);
        let words = [
            "/worker.sh",
            "2",
            "sh",
            "-c",
            "echo works: $*; exec sleep 1000",
            "x",
            "a b",
        ];
        let container = engine.container(&image).command(words).start();
        container.wait_for_line("run.d has the role worker");
        container.wait_for_line(BOOTED);
        container.wait_for("both workers", || container.log().count("works: a b") == 2);
        container.stop(20);
        assert_eq!(container.wait(), 0, "{variant}\n{}", container.log().text());
    }
    let image = derived(engine, "debian-12");
    let (code, log) = engine.container(&image).command(["/worker.sh"]).run();
    assert_eq!(code, 1, "{}", log.text());
    let (code, log) = engine
        .container(&image)
        .command(["/worker.sh", "0", "true"])
        .run();
    assert_ne!(code, 0, "{}", log.text());
}

#[test]
fn values_of_any_length_and_names_of_any_kind_reach_programs() {
    let engine = Engine::shared();
    let big = "x".repeat(5000);
    for variant in ["debian-12", "alpine", "static"] {
        let image = derived(engine, variant);
        let run = engine.container(&image).env("BIG_VALUE", &big);
        let run = run.env("1VAR_NAME", "one").env("var.name", "two");
        let container = run.env("var-name", "three").start();
        container.wait_for_line(BOOTED);
        let script = "with-contenv multisubstitute { importas -u A 1VAR_NAME \
                      importas -u B var.name importas -u C var-name importas -u D BIG_VALUE } \
                      s6-echo ${A}${B}${C}${D}";
        let told = container.exec(["execlineb", "-P", "-c", script]);
        assert_eq!(
            told.text(),
            format!("onetwothree{big}"),
            "{variant}: {told}"
        );
        if variant != "static" {
            let script = "source /scripts/with-bigcontenv; echo \"$BIG_VALUE\"";
            let told = container.exec(["env", "-i", "/bin/bash", "-ec", script]);
            assert_eq!(told.text(), big, "{variant}: {told}");
        }
    }
}
