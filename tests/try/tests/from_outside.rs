//! A trial that runs, from another terminal: `--tree`, and what a terminal changes.
#![forbid(unsafe_code)]

use std::path::Path;
use std::process::Command;

use kernel::signal::SIGTERM;
use try_tests::{PLAIN_USER, Scratch, Trial, eventually};

/// A tree with one service.
fn tree() -> Scratch {
    let tree = Scratch::new();
    tree.script(
        "root/etc/services.d/web/run",
        "#!/bin/sh\ntrap 'echo web got HUP' HUP\ntrap 'exit 0' TERM\necho web up\n\
         while :; do sleep 0.05; done\n",
    );
    tree
}

/// The exit code of `binary WORDS`, what it says on standard output and on error.
fn run(binary: &Path, words: &[&str]) -> (i32, String, String) {
    let output = Command::new(binary).args(words).output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let code = output.status.code().expect("an exit code");
    (code, text(output.stdout), text(output.stderr))
}

fn mainstay(words: &[&str]) -> (i32, String, String) {
    run(harness::mainstay(), words)
}

#[test]
fn all_commands_reach_it_by_its_tree_or_its_process() {
    let place = tree();
    let root = place.path().join("root");
    let root = root.to_str().unwrap();
    let trial = Trial::begin([root]);
    let said = trial.await_line("from another terminal:");
    assert!(said.ends_with(&format!(" status --tree {root}")), "{said}");
    trial.await_line("web up");
    let (code, table, _) = mainstay(&["status", "--tree", root]);
    assert_eq!(code, 0);
    assert!(table.contains("container: up, ready"), "{table}");
    let pid = trial.pid().to_string();
    let (code, other, _) = mainstay(&["status", "--tree", &pid, "web"]);
    assert_eq!(code, 0);
    assert!(other.contains("web"), "{other}");
    // By a name that is not the one it was called by.
    let beside = format!("{root}/../root");
    let (code, text, _) = mainstay(&["signal", "--tree", &beside, "web", "HUP"]);
    assert!(
        code == 0 && text.starts_with("web: HUP sent to pid "),
        "{text}"
    );
    trial.await_line("web got HUP");
    for (verb, part) in [
        ("restart", "web: up again as pid "),
        ("stop", "web: down after "),
        ("start", "web: up as pid "),
    ] {
        let (code, text, error) = mainstay(&[verb, "--tree", root, "web"]);
        assert!(code == 0 && text.starts_with(part), "{verb}: {text}{error}");
    }
    // Whoever asks without it is told that there is one.
    let (code, _, error) = mainstay(&["status"]);
    assert_eq!(code, 111);
    assert!(error.contains("--tree "), "{error}");
    let (code, _, error) = mainstay(&["stop-container", "--tree", root]);
    assert_eq!(code, 0, "{error}");
    let (code, lines) = trial.end();
    assert_eq!(code, 0, "{lines:?}");
}

#[test]
fn what_is_not_tried_and_what_is_tried_twice_is_said() {
    let place = tree();
    let root = place.path().join("root");
    let root = root.to_str().unwrap();
    let (code, _, error) = mainstay(&["status", "--tree", root]);
    assert_eq!(code, 111);
    assert!(
        error.contains("no `mainstay try` of yours boots"),
        "{error}"
    );
    let (code, _, error) = mainstay(&["status", "--tree", "/no/such/tree"]);
    assert_eq!(code, 111);
    assert!(error.contains("/no/such/tree"), "{error}");
    let trials = [Trial::begin([root]), Trial::begin([root])];
    for trial in &trials {
        trial.await_line("web up");
    }
    let (code, _, error) = mainstay(&["status", "--tree", root]);
    assert_eq!(code, 111);
    for trial in &trials {
        let named = format!("--tree {}", trial.pid());
        assert!(error.contains(&named), "{error}");
        let (code, ..) = mainstay(&["stop-container", "--tree", &trial.pid().to_string()]);
        assert_eq!(code, 0);
    }
    for trial in trials {
        assert_eq!(trial.end().0, 0);
    }
}

/// A tree may hold links in place of the socket: none leads out of it.
#[test]
fn a_link_in_the_tree_leads_nobody_out() {
    let place = tree();
    let listener = std::os::unix::net::UnixListener::bind(place.path().join("socket")).unwrap();
    listener.set_nonblocking(true).unwrap();
    let outside = place.path().join("socket");
    place.script(
        "root/etc/services.d/web/run",
        &format!(
            "#!/bin/sh\nrm /run/mainstay/control\nln -s {} /run/mainstay/control\necho moved\n\
             trap 'exit 0' TERM\nwhile :; do sleep 0.05; done\n",
            outside.display()
        ),
    );
    let root = place.path().join("root");
    let trial = Trial::begin([root.to_str().unwrap()]);
    trial.await_line("moved");
    let (code, _, error) = mainstay(&["status", "--tree", root.to_str().unwrap()]);
    assert_eq!(code, 111, "{error}");
    assert!(listener.accept().is_err(), "somebody was led out");
    trial.signal(SIGTERM);
    assert_eq!(trial.end().0, 0);
}

#[test]
fn a_plain_user_reaches_his_own_and_root_is_told_why_not() {
    let place = tree();
    let binary = place.binary();
    let root = place.path().join("root");
    let root = root.to_str().unwrap();
    let mut trial = Trial::begin_as_plain_user(&binary, [root]);
    if trial.ends_before("web up") {
        let (code, lines) = trial.end();
        assert_eq!(code, 111, "{lines:?}");
        return;
    }
    let user = PLAIN_USER.to_string();
    let words = ["--reuid", &user, "--regid", &user, "--clear-groups"];
    let as_user = |words_of_call: &[&str]| {
        let mut words = words.to_vec();
        words.push(binary.to_str().unwrap());
        words.extend(words_of_call);
        run(Path::new("setpriv"), &words)
    };
    let (code, table, error) = as_user(&["status", "--tree", root]);
    assert_eq!(code, 0, "{error}");
    assert!(table.contains("web"), "{table}");
    let (code, _, error) = mainstay(&["status", "--tree", root]);
    assert_eq!(code, 111);
    assert!(error.contains("only who began the trial"), "{error}");
    let (code, _, error) = as_user(&["stop-container", "--tree", root]);
    assert_eq!(code, 0, "{error}");
    assert_eq!(trial.end().0, 0);
}

/// Runs a shell's line on a terminal of its own, as script(1) makes one.
fn on_a_terminal(line: &str) -> String {
    let output = Command::new("script")
        .args(["-qec", line, "/dev/null"])
        .output()
        .expect("script(1) runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn colours_are_for_terminals_alone() {
    let place = tree();
    let root = place.path().join("root");
    let root = root.to_str().unwrap();
    let trial = Trial::begin([root]);
    trial.await_line("web up");
    let binary = harness::mainstay();
    let status = format!("{} status --tree {root}", binary.display());
    let green = "\x1b[32mup";
    let seen = eventually("a table", || {
        let seen = on_a_terminal(&format!("TERM=xterm {status}"));
        seen.contains("web").then_some(seen)
    });
    assert!(seen.contains(green), "{seen:?}");
    for plain in [
        format!("TERM=xterm NO_COLOR=1 {status}"),
        format!("TERM=dumb {status}"),
        format!("TERM=xterm {status} --json"),
        format!("TERM=xterm {status} | cat"),
    ] {
        let seen = on_a_terminal(&plain);
        assert!(
            seen.contains("web") && !seen.contains('\x1b'),
            "{plain}: {seen:?}"
        );
    }
    let wrong = place.path().join("wrong");
    place.script("wrong/etc/services.d/web/run", "#!/bin/sh\r\n");
    let lint = format!("TERM=xterm {} lint {}", binary.display(), wrong.display());
    let seen = on_a_terminal(&lint);
    assert!(seen.contains("\x1b[31merror"), "{seen:?}");
    assert!(!on_a_terminal(&format!("{lint} | cat")).contains('\x1b'));
    trial.signal(SIGTERM);
    assert_eq!(trial.end().0, 0);
}

/// After `su` the terminal is still the other user's: what opens /dev/stderr is refused it.
#[test]
fn on_another_users_terminal_output_goes_through_pipes_and_a_hint_says_so() {
    let place = tree();
    let binary = place.binary();
    place.script(
        "root/etc/cont-init.d/1",
        "#!/bin/sh\necho to stderr >/dev/stderr && echo to stdout >/dev/stdout && echo opened\n",
    );
    let root = place.path().join("root");
    let line = format!(
        "setpriv --reuid {PLAIN_USER} --regid {PLAIN_USER} --clear-groups {} try {} -- true",
        binary.display(),
        root.display()
    );
    let seen = on_a_terminal(&line);
    if seen.contains("unable to") {
        assert!(seen.contains("sudo mainstay try"), "{seen}");
        return;
    }
    assert_eq!(
        seen.matches("terminal is another user's").count(),
        1,
        "{seen}"
    );
    for part in ["to stderr", "to stdout", "opened"] {
        assert!(seen.contains(part), "{seen}");
    }
    // One's own terminal stays one.
    let line = format!("{} try {} -- true", binary.display(), root.display());
    let seen = on_a_terminal(&line);
    assert!(
        seen.contains("opened") && !seen.contains("another user's"),
        "{seen}"
    );
}
