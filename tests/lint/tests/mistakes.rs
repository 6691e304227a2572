//! What people do wrong with whole trees and calls, and what they read.
#![forbid(unsafe_code)]

use std::path::Path;

use lint_tests::{Tree, binary, image, mainstay, own_machine};

fn good() -> Tree {
    let tree = Tree::new();
    tree.write(
        "etc/services.d/web/run",
        "#!/usr/bin/with-contenv bash\nexec sleep 1\n",
    );
    tree
}

#[test]
fn a_finding_says_where_what_and_what_to_do() {
    let tree = good();
    tree.write("etc/cont-init.d/10-a", "#!/bin/sh\r\ntrue\r\n");
    let said = tree.lint(&image(), &[]);
    assert_eq!(said.code, 1);
    assert_eq!(
        said.out,
        "etc/cont-init.d/10-a:1: error[crlf-shebang]: the line ends with a carriage return, \
         which becomes part of the interpreter's name; save it with Unix line endings \
         (sed -i 's/\\r$//' etc/cont-init.d/10-a)\n1 error, 0 warnings\n"
    );
    assert_eq!(said.err, "");
}

#[test]
fn warnings_fail_when_they_are_asked_to() {
    let tree = good();
    tree.write("run.d/10-a", "");
    let below = image();
    assert_eq!(tree.lint(&below, &[]).code, 0);
    let strict = tree.lint(&below, &["--strict"]);
    assert_eq!(strict.code, 1);
    assert!(
        strict.out.ends_with("0 errors, 1 warning\n"),
        "{}",
        strict.out
    );
    assert_eq!(good().lint(&below, &["--strict"]).code, 0);
}

#[test]
fn the_directory_of_the_dockerfile_is_not_the_tree() {
    let tree = Tree::new();
    tree.write("Dockerfile", "FROM x\n")
        .write("root/etc/services.d/web/run", "#!/bin/sh\n");
    let said = tree.lint(&image(), &[]);
    assert_eq!(said.ids(), ["nothing-to-do"]);
}

#[test]
fn an_image_without_the_usual_link_misses_the_state_on_a_read_only_root() {
    let tree = good();
    tree.script(
        "etc/cont-init.d/10-a",
        "#!/bin/sh\nls /var/run/s6/container_environment\n",
    );
    let below = image();
    assert!(tree.lint(&below, &[]).ids().is_empty());
    std::fs::remove_file(below.path().join("var/run")).expect("the link");
    let said = tree.lint(&below, &[]);
    assert_eq!(said.ids(), ["var-run-not-linked"]);
    assert!(
        said.out.starts_with("etc/cont-init.d/10-a:2: "),
        "{}",
        said.out
    );
}

#[test]
fn without_an_image_below_nothing_is_said_of_what_lies_there() {
    let tree = good();
    tree.write("etc/cont-init.d/10-a", "#!/usr/bin/python3\n")
        .write("etc/fix-attrs.d/01", "/srv true app 0644 0755\n")
        .write(
            "etc/services.d/a/run",
            "#!/bin/sh\nexec s6-setuidgid app s6-rc x\n",
        )
        .write("etc/services.d/b/Run", "");
    let said = tree.ask("lint", &[]);
    assert_eq!(said.ids(), ["no-run"], "{}", said.out);
    assert!(
        said.out.contains("note: this tree is no whole image"),
        "{}",
        said.out
    );
    assert!(said.out.contains("--root ROOT"), "{}", said.out);
}

#[test]
fn a_whole_image_is_its_own_root() {
    let tree = image();
    tree.write(
        "etc/services.d/web/run",
        "#!/bin/sh\nexec s6-setuidgid app sleep 1\n",
    )
    // The distribution's own scripts are its own.
    .script("usr/bin/lsb", "#!/usr/bin/perl4\n")
    .script("usr/share/doc/x/example", "#!/usr/bin/env node\n");
    let said = tree.ask("lint", &["--strict"]);
    assert_eq!(
        (said.code, said.out.as_str()),
        (0, "0 errors, 0 warnings\n")
    );
    tree.script("bin/own", "#!/bin/zsh\n");
    tree.write("etc/cont-init.d/10-a", "#!/bin/zsh\n");
    let said = tree.ask("lint", &[]);
    assert_eq!(said.ids(), ["interpreter-missing"], "{}", said.out);
}

#[test]
fn an_image_of_another_machine_is_measured_by_its_own_shell() {
    let below = image();
    below.script("usr/bin/sh", binary(22, "/bin/sh"));
    let tree = good();
    tree.script("opt/tool", binary(22, "/bin/sh"));
    assert_eq!(tree.lint(&below, &["--strict"]).code, 0);
    tree.script("opt/tool", binary(own_machine(), "/bin/sh"));
    assert_eq!(tree.lint(&below, &[]).ids(), ["other-machine"]);
}

#[test]
fn what_env_may_have_put_on_the_path_is_not_told() {
    let tree = Tree::new();
    tree.script("opt/java/openjdk/bin/java", "")
        .script("opt/venv/bin/python4", "")
        .write(
            "etc/services.d/a/run",
            "#!/usr/bin/with-contenv sh\nexec java -jar x\n",
        )
        .write("etc/services.d/b/run", "#!/usr/bin/with-contenv python4\n");
    let said = tree.lint(&image(), &["--strict"]);
    assert_eq!(said.code, 0, "{}", said.out);
}

#[test]
fn findings_of_the_image_below_are_shown_there() {
    let below = image();
    below.write("etc/cont-init.d/00-base", "no shebang\n");
    let said = good().lint(&below, &[]);
    assert!(
        said.out.starts_with("BELOW/etc/cont-init.d/00-base:1: "),
        "{}",
        said.out
    );
}

/// Every path that a finding or its remedy names is the author's own file, whatever links
/// lead there, and never one of the machine's.
#[test]
fn what_is_pasted_changes_the_tree_and_not_the_machine() {
    let below = image();
    below
        .dir("opt/below")
        .write("opt/below/run", "#!/bin/sh\r\n")
        .write("srv/sh", "\x7fELF");
    let tree = good();
    tree.write("etc/services-available/worker/run", "#!/bin/sh\r\n")
        .link("/etc/services-available/worker", "etc/services.d/worker")
        .write("srv/hook", "#!/bin/sh\r\n")
        .link("/srv/hook", "etc/cont-init.d/10-hook")
        .write("etc/cont-init.d/20 two", "#!/bin/sh\r\n")
        .link("/opt/below", "etc/services.d/below")
        .write("etc/cont-init.d/30-sh", "#!/srv/sh\n")
        .write("srv/own-sh", "\x7fELF")
        .write("etc/cont-init.d/40-sh", "#!/srv/own-sh\n");
    let said = tree.lint(&below, &[]);
    let line = |part: &str| {
        let mut lines = said.out.lines();
        let found = lines.find(|line| line.starts_with(part));
        found.unwrap_or_else(|| panic!("no {part} in {}", said.out))
    };
    // A link of a directory is followed within the tree.
    let worker = line("etc/services-available/worker/run:1: ");
    assert!(
        worker.ends_with("$//' etc/services-available/worker/run)"),
        "{worker}"
    );
    // The hook is a link; what is to be changed is what it leads to.
    let hook = line("etc/cont-init.d/10-hook:1: ");
    assert!(hook.ends_with("$//' srv/hook)"), "{hook}");
    let two = line("etc/cont-init.d/20 two:1: ");
    assert!(two.contains("$//' '") && two.ends_with("20 two')"), "{two}");
    // What comes from the image below is changed where the image is made.
    let other = line("BELOW/opt/below/run:1: ");
    assert!(
        other.ends_with("(in the Dockerfile: RUN sed -i 's/\\r$//' /opt/below/run)"),
        "{other}"
    );
    let shell = line("etc/cont-init.d/30-sh:1: ");
    assert!(
        shell.ends_with("in the Dockerfile: RUN chmod 0755 /srv/sh, or name another"),
        "{shell}"
    );
    let shell = line("etc/cont-init.d/40-sh:1: ");
    assert!(
        shell.ends_with("; chmod 0755 srv/own-sh, or name another"),
        "{shell}"
    );
    for line in said.out.lines() {
        for command in ["chmod 0755 /", "sed -i 's/\\r$//' /"] {
            let machine = line
                .find(command)
                .is_some_and(|at| !line[..at].ends_with("RUN "));
            assert!(!machine, "{line}");
        }
    }
    // `explain` says the same.
    let root = below.path().to_str().expect("a plain path");
    let explained = tree.ask("explain", &["--root", root]);
    let own = tree.path().join("srv/own-sh");
    let wanted = format!("chmod 0755 {}", own.display());
    assert!(explained.out.contains(&wanted), "{}", explained.out);
    assert!(
        !explained.out.contains("; chmod 0755 /srv"),
        "{}",
        explained.out
    );
}

#[test]
fn an_unknown_user_hides_no_other_fault_of_its_line() {
    let tree = good();
    tree.write("etc/fix-attrs.d/01", "/srv maybe nosuchuser 0999 rwx\n");
    let ids = ["fix-attrs-recurse", "fix-attrs-mode", "fix-attrs-mode"];
    let mut with = tree.lint(&image(), &[]);
    let mut found: Vec<String> = with.ids().iter().map(|id| (*id).to_string()).collect();
    found.sort();
    let mut expected = [&ids[..], &["fix-attrs-account"]].concat();
    expected.sort_unstable();
    assert_eq!(found, expected, "{}", with.out);
    // Without the image below nobody knows the user; the rest is told all the same.
    with = tree.ask("lint", &[]);
    found = with.ids().iter().map(|id| (*id).to_string()).collect();
    found.sort();
    let mut expected = ids.to_vec();
    expected.sort_unstable();
    assert_eq!(found, expected, "{}", with.out);
}

#[test]
fn a_shell_that_this_machine_lacks_is_named() {
    let tree = good();
    let below = image();
    below.script("usr/bin/zsh", "\x7fELF");
    tree.write("etc/cont-init.d/10-a", "#!/bin/zsh\nif\n");
    let said = tree.lint(&below, &[]);
    if Path::new("/bin/zsh").exists() {
        assert_eq!(said.ids(), ["shell-syntax"], "{}", said.out);
        return;
    }
    assert_eq!(said.code, 0, "{}", said.out);
    let note = "note: the syntax of 1 script was not checked: this machine has no zsh";
    assert!(said.out.contains(note), "{}", said.out);
}

#[test]
fn run_d_needs_bash() {
    let below = image();
    std::fs::remove_file(below.path().join("usr/bin/bash")).expect("it was there");
    let tree = Tree::new();
    tree.write("run.d/10-a.sh", "#!/bin/sh\n");
    assert_eq!(tree.lint(&below, &[]).ids(), ["run-d-bash"]);
    // In a layout without /run.d nobody runs it.
    let said = tree.lint(&below, &["--layout", "s6-v2"]);
    assert_eq!(said.ids(), ["nothing-to-do"], "{}", said.out);
}

#[test]
fn variables_of_a_file_are_shown_with_their_line() {
    let tree = good();
    let file = Tree::new();
    file.write(
        "env",
        "# ours\nA=1\nS6_KILL_GRACETIME=5s\n\nHOME\nS6_KEEPENV=1\nS6_LOGGING=1\n",
    );
    let path = file.path().join("env");
    let path = path.to_str().expect("a plain path");
    let said = tree.lint(
        &image(),
        &["--env-file", path, "--env", "S6_SYNC_DISKS=maybe"],
    );
    let expected = [
        format!(
            "{path}:3: error[variable-value]: S6_KILL_GRACETIME=5s: not a number of milliseconds; using 3000"
        ),
        format!(
            "{path}:6: warning[dead-variable]: nothing reads S6_KEEPENV; did you mean S6_KEEP_ENV?"
        ),
        format!(
            "{path}:7: warning[variable-not-in-effect]: S6_LOGGING=1: only 0 is in effect: everything goes to the container's output; unset it, or give a service a log/ directory of its own"
        ),
        "S6_SYNC_DISKS=maybe: error[variable-value]: not 0 or 1; using 0".to_string(),
        "2 errors, 2 warnings".to_string(),
    ];
    let mut lines: Vec<&str> = said.out.lines().collect();
    let sum = lines.pop();
    lines.sort_unstable();
    lines.extend(sum);
    let mut expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    expected[..4].sort_unstable();
    assert_eq!(lines, expected);
    assert!(said.ids().contains(&"variable-not-in-effect"));
}

#[test]
fn as_a_plain_user_what_cannot_be_listed_is_said_and_the_rest_is_read() {
    let user = match kernel::credentials::user() {
        0 => 64_123,
        own => own,
    };
    let tree = good();
    tree.mode("", 0o755)
        .dir("root")
        .mode("root", 0)
        .write("etc/cont-init.d/10-a", "#!/bin/sh\n")
        .mode("etc/cont-init.d", 0)
        .write("etc/services.d/b/Run", "");
    let said = tree.ask_as(user, "lint", &[]);
    assert_eq!(
        said.ids(),
        ["unreadable", "no-run", "not-looked-at"],
        "{}{}",
        said.out,
        said.err
    );
    assert_eq!(said.code, 1);
    tree.mode("root", 0o755).mode("etc/cont-init.d", 0o755);
}

#[test]
fn calls_that_do_not_fit_say_what_to_type() {
    let tree = good();
    let tree = tree.path().to_str().expect("a plain path");
    for (words, code, expected) in [
        (&[][..], 100, "which tree?"),
        (
            &["--root"],
            100,
            "--root needs a directory; see `mainstay lint --help`",
        ),
        (&["--layout", "v9", tree], 100, "there is no layout v9"),
        (
            &["--env", "S6_X", tree],
            100,
            "--env S6_X is not NAME=VALUE",
        ),
        (
            &["--frobnicate", tree],
            100,
            "there is no option --frobnicate",
        ),
        (&[tree, tree], 100, "one tree at a time"),
        (
            &["--user", "nobody-here", tree],
            100,
            "there is no user nobody-here",
        ),
        (&["--cap-drop", "a b", tree], 100, "--cap-drop a b"),
        (&["--json=x", tree], 100, "--json takes no value"),
        (
            &["/no/such/tree"],
            111,
            "unable to read the tree /no/such/tree: No such file",
        ),
        (
            &["/etc/passwd"],
            111,
            "unable to read the tree /etc/passwd: Not a directory",
        ),
        (
            &["--root", "/no/such", tree],
            111,
            "unable to read the root /no/such",
        ),
        (
            &["--env-file", "/no/such", tree],
            111,
            "unable to read /no/such",
        ),
    ] {
        let said = mainstay("lint", words);
        assert_eq!(said.code, code, "{words:?}: {}", said.err);
        assert!(said.err.contains(expected), "{words:?}: {}", said.err);
        assert_eq!(
            (said.out.as_str(), said.err.lines().count()),
            ("", 1),
            "{words:?}"
        );
    }
    for command in ["lint", "explain"] {
        let help = mainstay(command, &["--help"]);
        assert_eq!(help.code, 0);
        assert!(
            help.out.starts_with(&format!("usage: mainstay {command} ")),
            "{}",
            help.out
        );
    }
}

#[test]
fn every_name_is_in_the_documentation() {
    let page = harness::workspace().join(Path::new("docs/lint.md"));
    let page = std::fs::read_to_string(page).expect("the page is there");
    for (_, rules) in layouts::overlay2::lint::rules() {
        for rule in rules {
            assert!(page.contains(&format!("### `{}`", rule.id)), "{}", rule.id);
        }
    }
}
