//! Which calls of the engine are made, and which lines are said: an engine that writes down what
//! it is asked. What dgoss 0.4.10 does was seen in the same way.
#![forbid(unsafe_code)]

use std::process::Command;
use std::time::{Duration, Instant};

use check_tests::dgoss::{Done, Place, done, end_of};

/// The engine: answers by variables.
const ENGINE: &str = r#"#!/bin/sh
{ for word; do printf '<%s> ' "$word"; done; echo; } >>"$RECORD"
case $1 in
run|create)
    test -z "$SLOW" || sleep "$SLOW"
    test -z "$MAKE" || { echo "docker: no such image" >&2; exit "$MAKE"; }
    echo 0123456789abcdef0123 ;;
inspect)
    case $3 in
    *ExitCode*) printf '%s\n3\nfalse\n' "${RUNNING:-true}" ;;
    *Architecture*) echo "${MACHINE:-amd64}" ;;
    *Image*) echo sha256:0123 ;;
    *) echo "${RUNNING:-true}" ;;
    esac ;;
exec)
    case $* in
    *goss_wait.yaml*) exit "${WAIT:-0}" ;;
    *' sh -c :') exit "${NO_SHELL:-0}" ;;
    *) test -z "$LONG" || sleep "$LONG"; echo tested; exit "${TESTS:-0}" ;;
    esac ;;
logs) echo a line of the log ;;
ps) test -z "$MADE" || echo 0123456789abcdef0123 ;;
esac
"#;

const ID: &str = "0123456789abcdef0123";

struct Recorded {
    place: Place,
}

impl Recorded {
    fn new() -> Recorded {
        let place = Place::with("goss.yaml", "command: {\"true\": {exit-status: 0}}\n");
        for name in ["docker", "podman"] {
            place.dir.script(&format!("bin/{name}"), ENGINE);
        }
        Recorded { place }
    }

    fn command(&self, name: &str, words: &[&str], variables: &[(&str, &str)]) -> Command {
        let mut command = self.place.command(name, words);
        let path = format!("{}:/usr/bin:/bin", self.place.dir.at("bin").display());
        command
            .env("PATH", path)
            .env("RECORD", self.place.dir.at("record"));
        command.envs(variables.iter().copied());
        command
    }

    fn call(&self, words: &[&str], variables: &[(&str, &str)]) -> Done {
        done(&mut self.command("dgoss", words, variables))
    }

    /// The calls, with what differs from run to run in a fixed form. The log's reader runs beside
    /// the others: its place is not compared.
    fn calls(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.place.dir.at("record")).unwrap_or_default();
        let temp = self.place.temp().canonicalize().unwrap();
        let rules = [
            (format!("{}/dgoss.[0-9a-f]*", temp.display()), "TEMP"),
            ("mainstay-check=[0-9a-f]*".to_string(), "LABEL"),
            (ID.to_string(), "ID"),
        ];
        let text = rules.iter().fold(text, |text, (regex, with)| {
            let regex = regex::Regex::new(regex).unwrap();
            regex.replace_all(&text, *with).into_owned()
        });
        let lines = text.lines().map(|line| line.trim().replace("> <", " "));
        let lines = lines.map(|line| line.trim_matches(['<', '>']).to_string());
        lines.filter(|line| line != "logs -f ID").collect()
    }

    #[track_caller]
    fn assert_clean(&self) {
        assert_eq!(self.place.left_in_temp(), [] as [String; 0]);
    }
}

const END: [&str; 3] = ["stop --time 1 ID", "logs --tail 1 ID", "rm -vf ID"];

#[test]
fn a_run_by_mount() {
    let engine = Recorded::new();
    let end = engine.call(&["run", "-e", "A=b c", "image", "cmd"], &[]);
    assert_eq!((end.code, end.out.as_str()), (0, "tested\n"));
    let lines = [
        "INFO: Starting docker container",
        "INFO: Container ID: 01234567",
        "INFO: Sleeping for 0.2",
        "INFO: Container health",
        "INFO: Running Tests",
        "INFO: Stopping container",
        "INFO: Deleting container",
    ];
    assert_eq!(end.err.lines().collect::<Vec<_>>(), lines);
    let calls = [
        "run -d --label LABEL -v TEMP:/goss:z -e A=b c image cmd",
        "inspect -f {{.State.Running}} ID",
        "exec ID /goss/goss -g /goss/goss.yaml validate --color --format documentation",
    ];
    assert_eq!(engine.calls(), [&calls[..], &END].concat());
    engine.assert_clean();
}

#[test]
fn a_run_by_copy_with_a_wait_file_and_variables() {
    let engine = Recorded::new();
    engine.place.dir.write("goss_wait.yaml", "{}");
    engine.place.dir.write("vars.yaml", "{}");
    let variables = [
        ("GOSS_FILES_STRATEGY", "cp"),
        ("GOSS_VARS", "vars.yaml"),
        ("GOSS_WAIT_OPTS", "-r 5s -s '1s' > /dev/null"),
        ("GOSS_OPTS", ""),
        ("GOSS_SLEEP", "0"),
        ("TESTS", "1"),
    ];
    let end = engine.call(&["run", "image"], &variables);
    assert_eq!(end.code, 1);
    for line in [
        "INFO: Creating docker container",
        "INFO: Copy goss files into container",
        "INFO: Starting docker container",
        "INFO: Found goss_wait.yaml, waiting for it to pass before running tests",
        "INFO: Sleeping for 0",
    ] {
        assert!(
            end.err.lines().any(|one| one == line),
            "{line}\n{}",
            end.err
        );
    }
    let calls = [
        "create --label LABEL image",
        "cp TEMP/. ID:/goss",
        "start ID",
        "exec ID /goss/goss -g /goss/goss_wait.yaml --vars=/goss/vars.yaml validate -r 5s -s 1s",
        "inspect -f {{.State.Running}} ID",
        "exec ID /goss/goss -g /goss/goss.yaml --vars=/goss/vars.yaml validate",
        // It failed: does it still run?
        "inspect -f {{.State.Running}} ID",
    ];
    assert_eq!(engine.calls(), [&calls[..], &END].concat());
    engine.assert_clean();
}

#[test]
fn podman_alone_with_an_image_keeps_it_running() {
    let engine = Recorded::new();
    let end = engine.call(&["run", "image"], &[("CONTAINER_RUNTIME", "podman")]);
    assert_eq!(end.code, 0);
    assert!(
        end.err.starts_with("INFO: Starting podman container\n"),
        "{}",
        end.err
    );
    let first = "run -d --label LABEL -v TEMP:/goss:z image sleep infinity";
    assert_eq!(engine.calls()[0], first);
}

#[test]
fn text_for_a_shell_goes_through_one() {
    let engine = Recorded::new();
    let variables = [("GOSS_OPTS", "-f tap | cat"), ("GOSS_VARS", "v.yaml")];
    engine.place.dir.write("v.yaml", "{}");
    assert_eq!(engine.call(&["run", "image"], &variables).code, 0);
    let call =
        "exec ID sh -c /goss/goss -g /goss/goss.yaml --vars='/goss/v.yaml' validate -f tap | cat";
    assert!(
        engine.calls().iter().any(|one| one == call),
        "{:?}",
        engine.calls()
    );
    let none = [("GOSS_OPTS", "-f tap | cat"), ("NO_SHELL", "127")];
    let end = engine.call(&["run", "image"], &none);
    assert_eq!(end.code, 1);
    assert!(end.err.contains("GOSS_OPTS holds '|'"), "{}", end.err);
    engine.assert_clean();
}

#[test]
fn what_does_not_start_or_pass_says_so() {
    for (variables, code, words) in [
        (
            &[("RUNNING", "false")][..],
            1,
            "ERROR: the container failed to start: it ended with exit code 3",
        ),
        (
            &[("WAIT", "1")],
            1,
            "ERROR: goss_wait.yaml never passed: it still runs",
        ),
        (&[("MAKE", "125")], 125, "docker: no such image"),
        (
            &[("GOSS_PATH", "/no/goss")],
            1,
            "ERROR: Couldn't find goss installation, please set GOSS_PATH to it",
        ),
        (
            &[("CONTAINER_RUNTIME", "lxc")],
            1,
            "ERROR: CONTAINER_RUNTIME=lxc: must be docker or podman",
        ),
        (
            &[("GOSS_FILES_STRATEGY", "link")],
            1,
            "ERROR: GOSS_FILES_STRATEGY=link: must be mount or cp",
        ),
        (
            &[("GOSS_FILE", "other.yaml")],
            78,
            "ERROR: there is no ./other.yaml",
        ),
        (&[("PATH", "/no/such")], 1, "is it installed?"),
    ] {
        let engine = Recorded::new();
        engine.place.dir.write("goss_wait.yaml", "{}");
        let end = engine.call(&["run", "image"], variables);
        assert_eq!(end.code, code, "{variables:?}: {}", end.err);
        assert!(end.err.contains(words), "{words}\n{}", end.err);
        if words.contains(": it ") {
            assert!(end.err.contains("a line of the log"), "{}", end.err);
        }
        engine.assert_clean();
    }
}

#[test]
fn a_program_for_another_machine_is_named() {
    let engine = Recorded::new();
    let other = match std::env::consts::ARCH {
        "aarch64" => "amd64",
        _ => "arm64",
    };
    let variables = [("TESTS", "126"), ("MACHINE", other)];
    let end = engine.call(&["run", "image"], &variables);
    assert_eq!(end.code, 126, "{}", end.err);
    let words = format!("and the image for {other}: set GOSS_PATH to one for linux/{other}");
    assert!(end.err.contains(&words), "{}", end.err);
    let end = engine.call(
        &["run", "image"],
        &[("TESTS", "126"), ("GOSS_PATH", "goss.yaml")],
    );
    assert!(end.err.contains("look at GOSS_PATH"), "{}", end.err);
    engine.assert_clean();
}

#[test]
fn wrong_words_get_the_usage() {
    let engine = Recorded::new();
    for words in [&["build", "x"][..], &[]] {
        let end = engine.call(words, &[]);
        assert_eq!(end.code, 1);
        assert_eq!(
            end.err,
            "ERROR: USAGE: dgoss [run|edit] <docker_run_params>\n"
        );
    }
    let end = done(&mut engine.command("mainstay-check", &["container", "build"], &[]));
    assert_eq!(end.code, 1);
    assert!(end.err.contains("container run|edit"), "{}", end.err);
    let end = done(&mut engine.command("mainstay-check", &["container", "--help"], &[]));
    assert!(
        end.code == 0 && end.out.contains("GOSS_FILES_STRATEGY"),
        "{end:?}"
    );
    assert_eq!(engine.calls(), [] as [String; 0]);
}

#[test]
fn an_edit_brings_the_files_back() {
    let engine = Recorded::new();
    // Whoever edits writes into the directory that is mounted.
    let shell = "case $1$2 in exec-it) echo new >\"$(sed -n 's/.*<\\([^>]*dgoss[^>]*\\):.goss:z>.*/\\1/p' \"$RECORD\")/goss.yaml\"; exit 7;; esac\n";
    engine.place.dir.script(
        "bin/docker",
        ENGINE.replace("case $1 in\nrun", &format!("{shell}case $1 in\nrun")),
    );
    let end = engine.call(&["edit", "image"], &[]);
    assert_eq!(end.code, 7, "{}", end.err);
    let text = std::fs::read_to_string(engine.place.dir.at("goss.yaml")).unwrap();
    assert_eq!(text, "new\n");
    let call = "exec -it ID sh -c cd /goss; PATH=\"/goss:$PATH\" exec sh";
    assert_eq!(engine.calls()[1], call);
    engine.assert_clean();
}

#[test]
fn an_end_from_outside_leaves_nothing() {
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        for variables in [&[("LONG", "30")][..], &[("SLOW", "30"), ("MADE", "1")]] {
            let engine = Recorded::new();
            let begun = Instant::now();
            let child = engine
                .command("dgoss", &["run", "image"], variables)
                .spawn()
                .unwrap();
            let waited_for = if variables.len() == 1 {
                "exec "
            } else {
                "run "
            };
            while !engine
                .calls()
                .iter()
                .any(|call| call.starts_with(waited_for))
            {
                assert!(
                    begun.elapsed() < Duration::from_secs(20),
                    "{:?}",
                    engine.calls()
                );
                std::thread::sleep(Duration::from_millis(10));
            }
            let number = kernel::signal::parse(signal.as_bytes()).unwrap();
            kernel::signal::send(child.id() as i32, number).unwrap();
            let end = end_of(child);
            assert_eq!(end.code, code, "{}", end.err);
            assert!(begun.elapsed() < Duration::from_secs(20));
            let calls = engine.calls();
            assert_eq!(calls[calls.len() - 3..], END, "{calls:?}");
            engine.assert_clean();
        }
    }
}

#[test]
fn nobody_need_listen_and_what_is_ignored_stays_so() {
    let engine = Recorded::new();
    let mut command = engine.command("dgoss", &["run", "image"], &[]);
    let mut child = command.spawn().unwrap();
    drop(child.stderr.take());
    drop(child.stdout.take());
    child.wait().unwrap();
    let calls = engine.calls();
    assert_eq!(calls[calls.len() - 3..], END, "{calls:?}");
    engine.assert_clean();

    // nohup(1): a hang-up ends nothing.
    let engine = Recorded::new();
    let program = check_tests::program();
    let mut command = engine.command("sh", &[], &[("GOSS_SLEEP", "1")]);
    let script = "trap '' HUP; (sleep 0.3; kill -HUP $$) & exec \"$0\" container run image";
    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-c", script])
        .arg(program)
        .envs(
            command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .current_dir(engine.place.dir.path());
    command = shell;
    assert_eq!(done(&mut command).code, 0);
    engine.assert_clean();
}

#[test]
fn the_log_and_more_files_are_copied() {
    let engine = Recorded::new();
    engine.place.dir.write("more dir/a.yaml", "{}");
    let check =
        "case $1 in run) ls -l \"${6%%:*}\" \"${6%%:*}/more dir\" >\"$RECORD.files\";; esac\n";
    engine.place.dir.script(
        "bin/docker",
        ENGINE.replace("case $1 in\nrun", &format!("{check}case $1 in\nrun")),
    );
    engine.place.dir.write("inc/x.yaml", "file: {}\n");
    let text =
        "gossfile:\n  inc/*.yaml: {}\n  none.yaml: {}\ncommand: {\"true\": {exit-status: 0}}\n";
    engine.place.dir.write("goss.yaml", text);
    let more = engine.place.dir.at("more dir");
    let variables = [
        ("GOSS_ADDITIONAL_COPY_PATH", more.to_str().unwrap()),
        ("CONTAINER_LOG_OUTPUT", "log.txt"),
        ("GOSS_SLEEP", "0.5"),
    ];
    let end = engine.call(&["run", "image"], &variables);
    assert_eq!(end.code, 0, "{}", end.err);
    assert!(
        end.err
            .contains("WARN: goss.yaml includes none.yaml, and there is no ./none.yaml"),
        "{}",
        end.err
    );
    let log = std::fs::read_to_string(engine.place.dir.at("log.txt")).unwrap();
    assert_eq!(log, "a line of the log\n");
    let files = std::fs::read_to_string(engine.place.dir.at("record.files")).unwrap();
    for part in [
        "-rwxr-xr-x",
        " goss\n",
        " goss.yaml\n",
        " inc\n",
        " more dir\n",
        " a.yaml\n",
        "-rw-r--r--",
    ] {
        assert!(files.contains(part), "{part}\n{files}");
    }
}

#[test]
fn what_lies_above_the_files_keeps_its_distance() {
    let engine = Recorded::new();
    engine.place.dir.write("common/base.yaml", "file: {}\n");
    engine.place.dir.write(
        "images/web/goss.yaml",
        "gossfile:\n  ../../common/base.yaml: {}\n",
    );
    let end = engine.call(&["run", "image"], &[("GOSS_FILES_PATH", "images/web")]);
    assert_eq!(end.code, 0, "{}", end.err);
    let call = "exec ID /goss/goss -g /goss/tree/images/web/goss.yaml validate --color --format documentation";
    assert_eq!(engine.calls()[2], call);
}
