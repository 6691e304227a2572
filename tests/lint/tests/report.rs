//! `mainstay lint --json`, and what `mainstay explain` says.
#![forbid(unsafe_code)]

use lint_tests::{Json, Tree, image};

fn text(value: &str) -> Json {
    Json::Text(value.to_string())
}

#[test]
fn a_report_for_programs_has_everything_under_stable_keys() {
    let below = image();
    let tree = Tree::new();
    tree.write("etc/services.d/web/run", "#!/bin/sh\n")
        .write("etc/cont-init.d/10-\"a\"\u{7f}\n", "#!/bin/sh\r\n")
        .write("run.d/x", "");
    let path = below.path().to_str().expect("a plain path");
    let said = tree.ask(
        "lint",
        &["--json", "--root", path, "--env", "S6_SYNC_DISKS=?\t?"],
    );
    assert_eq!((said.code, said.err.as_str()), (1, ""));
    let report = Json::parse(&said.out);
    let Json::Object(keys) = &report else {
        panic!("{report:?}");
    };
    let keys: Vec<&str> = keys.keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "errors",
            "findings",
            "layout",
            "root",
            "tree",
            "unchecked",
            "version",
            "warnings",
            "whole"
        ]
    );
    assert_eq!(report.get("version"), &Json::Number(1));
    assert_eq!(report.get("errors"), &Json::Number(2));
    assert_eq!(report.get("warnings"), &Json::Number(1));
    assert_eq!(report.get("whole"), &Json::Bool(true));
    assert_eq!(report.get("layout"), &text("docker-base"));
    assert_eq!(report.get("root"), &text(path));
    let findings = report.get("findings").items();
    let of = |id: &str| {
        let found = findings
            .iter()
            .find(|finding| finding.get("id") == &text(id));
        found.unwrap_or_else(|| panic!("no {id}: {}", said.out))
    };
    let hook = of("crlf-shebang");
    let Json::Object(keys) = hook else {
        panic!("{hook:?}");
    };
    let keys: Vec<&str> = keys.keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        ["file", "id", "line", "path", "remedy", "severity", "what"]
    );
    assert_eq!(hook.get("severity"), &text("error"));
    assert_eq!(hook.get("line"), &Json::Number(1));
    assert_eq!(hook.get("path"), &text("/etc/cont-init.d/10-\"a\"\\x7f\\n"));
    let file = format!("{}/etc/cont-init.d/10-\"a\"\\x7f\\n", tree.path().display());
    assert_eq!(hook.get("file"), &text(&file));
    assert_eq!(of("run-d-name").get("line"), &Json::Null);
    let variable = of("variable-value");
    assert_eq!(variable.get("path"), &text("S6_SYNC_DISKS=?\\t?"));
    assert_eq!(variable.get("file"), variable.get("path"));
}

#[test]
fn a_report_of_nothing_is_a_document_too() {
    let tree = Tree::new();
    tree.write("etc/services.d/web/run", "#!/bin/sh\n");
    let said = tree.ask("lint", &["--json"]);
    assert_eq!(said.code, 0);
    let report = Json::parse(&said.out);
    assert_eq!(report.get("findings"), &Json::List(vec![]));
    assert_eq!(report.get("root"), &Json::Null);
    assert_eq!(report.get("whole"), &Json::Bool(false));
}

/// A tree with everything in it.
fn full() -> Tree {
    let tree = Tree::new();
    tree.write("run.d/20-b.sh", "true\n")
        .write("run.d/10-a.sh", "true\n")
        .write("etc/fix-attrs.d/01", "/srv/log true app 0644 2700\n")
        .write("etc/cont-init.d/10-a", "#!/bin/sh\n")
        .write("etc/cont-init.d/20-b", "#!/bin/sh\r\n")
        .write("etc/services.d/web/run", "#!/bin/sh\n")
        .write("etc/services.d/web/finish", "#!/bin/sh\n")
        .write("etc/services.d/web/notification-fd", "3\n")
        .write("etc/services.d/web/down-signal", "QUIT\n")
        .write("etc/services.d/web/timeout-kill", "2500\n")
        .write("etc/services.d/web/timeout-finish", "700\n")
        .write("etc/services.d/web/log/run", "#!/bin/sh\nexec cat\n")
        .write("etc/services.d/off/run", "#!/bin/sh\n")
        .write("etc/services.d/off/down", "")
        .write("etc/services-available/extra/run", "#!/bin/sh\n")
        .write("etc/cont-finish.d/10-drain", "#!/bin/sh\n");
    tree
}

#[track_caller]
fn in_order(said: &str, wanted: &[&str]) {
    let mut rest = said;
    for part in wanted {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => panic!("no {part:?}, or not there, in:\n{said}"),
        }
    }
}

#[test]
fn explain_tells_the_boot_and_the_stop_in_their_order() {
    let below = image();
    let path = below.path().to_str().expect("a plain path");
    let said = full().ask(
        "explain",
        &[
            "--root",
            path,
            "-e",
            "SIGNAL_BUILD_STOP=99",
            "-e",
            "S6_BEHAVIOUR_IF_STAGE2_FAILS=2",
            "-e",
            "S6_CMD_WAIT_FOR_SERVICES=1",
            "-e",
            "S6_CMD_WAIT_FOR_SERVICES_MAXTIME=1234",
            "-e",
            "S6_KILL_FINISH_MAXTIME=6000",
            "-e",
            "S6_SERVICES_GRACETIME=2000",
            "-e",
            "S6_KILL_GRACETIME=500",
            "-e",
            "WORKER_MAX_JOBS=500",
            "-e",
            "WORKER_MAX_MEMORY=256M",
            "-e",
            "WORKER_PREFIX=1",
        ],
    );
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    in_order(
        &said.out,
        &[
            "\n1. ",
            "/run.d/10-a.sh\n",
            "/run.d/20-b.sh\n",
            "Exit code 99",
            "\n2. ",
            "/etc/fix-attrs.d/01:\n",
            "line 1: /srv/log and all that is below it: user 1000, group 1000, files 0644, directories 2700\n",
            "\n3. ",
            "/etc/cont-init.d/10-a\n",
            "/etc/cont-init.d/20-b\n",
            "! line 1: error[crlf-shebang]: ",
            "stops the container, which ends with its exit code",
            "\n4. ",
            "off: stays down",
            "web: counts as ready when it writes a line to descriptor 3\n",
            "what it prints goes to web/log\n",
            "finish, killed after 700 ms\n",
            "by QUIT, and killed 2500 ms later\n",
            "web/log: ",
            "worker-1 and so on, run COMMAND as the container's user",
            "One that has done 500 jobs (WORKER_MAX_JOBS) or holds 256.0M of memory \
             (WORKER_MAX_MEMORY) is ended in order and started again, one at a time.",
            "Each of their lines begins with `[worker-%i] `",
            "extra: off, until",
            "\n5. ",
            "or after 1234 ms",
            "\n6. ",
            "at most 6000 ms each",
            "/etc/cont-finish.d/10-drain\n",
            "2000 ms (S6_SERVICES_GRACETIME)",
            "KILL after 500 ms (S6_KILL_GRACETIME)",
            "at most 8500 ms",
        ],
    );
    assert!(!said.out.contains("docker stop -t"), "{}", said.out);
    assert!(!said.out.contains("Besides"), "{}", said.out);
}

#[test]
fn explain_says_what_an_engines_patience_cuts_and_what_has_no_limit() {
    let tree = full();
    let long = tree.ask("explain", &["-e", "S6_KILL_FINISH_MAXTIME=55000"]);
    assert!(long.out.contains("`docker stop -t 62`"), "{}", long.out);
    let endless = tree.ask("explain", &["-e", "S6_SERVICES_GRACETIME=0"]);
    assert!(
        endless.out.contains("no limit (S6_SERVICES_GRACETIME)"),
        "{}",
        endless.out
    );
    assert!(
        endless.out.contains("no limit but the engine's"),
        "{}",
        endless.out
    );
}

#[test]
fn explain_tells_every_finding_once() {
    let tree = full();
    tree.write("etc/services.d/lost", "")
        .write("etc/services.d/gone/Run", "")
        .script("usr/local/bin/health", "#!/bin/sh\npidof s6-supervise\n")
        .write("etc/services-available/extra/timeout-kill", "x")
        .write("run.d/notes.txt", "");
    let words = ["-e", "S6_KILL_GRACETIME=x", "-e", "S6_KEEPENV=1"];
    let found = tree.ask("lint", &words);
    let told = tree.ask("explain", &words);
    let mut expected = found.ids();
    expected.sort_unstable();
    let mut ids: Vec<&str> = told
        .out
        .lines()
        .filter(|line| line.contains("! "))
        .filter_map(|line| line.split_once('[')?.1.split(']').next())
        .collect();
    ids.sort_unstable();
    assert!(ids.len() > 6, "{}", told.out);
    assert_eq!(ids, expected, "{}", told.out);
}

#[test]
fn explain_tells_the_profile_that_is_asked_for() {
    let tree = full();
    tree.write(
        "etc/cont-profile.d/test/services.d/other/run",
        "#!/bin/sh\n",
    );
    let said = tree.ask("explain", &["-e", "S6_RUNTIME_PROFILE=test"]);
    in_order(&said.out, &["Services", "other: counts as up"]);
    assert!(!said.out.contains("web: "), "{}", said.out);
}

#[test]
fn neither_changes_anything_nor_runs_it() {
    let below = image();
    let tree = full();
    tree.script("etc/cont-init.d/30-ran", "#!/bin/sh\ntouch ran /tmp/ran\n");
    let path = below.path().to_str().expect("a plain path");
    let state = |tree: &Tree| {
        let done = std::process::Command::new("find")
            .arg(tree.path())
            .args(["-printf", "%p %m %s %u %l %T@ %C@\n"])
            .output();
        String::from_utf8_lossy(&done.expect("find starts").stdout).into_owned()
    };
    let before = (state(&tree), state(&below));
    for command in ["lint", "explain"] {
        tree.ask(command, &["--root", path]);
    }
    assert_eq!((state(&tree), state(&below)), before);
}
