//! Links of a hostile tree, or of a hostile root below it, that lead out: by the machine's
//! root while it is still there, by a descriptor that the caller or the trial itself has
//! open, by process 1. Nothing of the machine may be written through one.
//!
//! The machine is a stand-in: each trial runs in a mount namespace where a file system in
//! memory covers /var/tmp, which every link aims at.
#![forbid(unsafe_code)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use kernel::signal::SIGKILL;
use try_tests::{Scratch, Trial};

/// What every link aims at, below the machine's root.
const PREY: &str = "var/tmp/prey";

/// The caller's descriptor of the machine's root.
const INHERITED: u32 = 9;

/// Ways to the machine's root. The trial's own descriptors lead to the tree, and from there
/// `..` leads to the root of the file system that it lies on.
fn ways() -> Vec<String> {
    let own = (3..9).map(|fd| format!("/proc/self/fd/{fd}/../../../../../.."));
    let mut ways = vec![
        String::new(),
        "/.machine".to_string(),
        "/proc/1/cwd".to_string(),
        "/proc/1/root".to_string(),
        format!("/proc/self/fd/{INHERITED}"),
        format!("/proc/1/fd/{INHERITED}"),
        "../../../../../..".to_string(),
    ];
    ways.extend(own);
    ways
}

/// A root with what a trial needs of one.
fn system() -> Scratch {
    let root = Scratch::new();
    fs::create_dir_all(root.path().join("bin")).expect("a directory");
    fs::copy("/bin/busybox", root.path().join("bin/sh")).expect("busybox-static is installed");
    root
}

/// Boots `tree` over `root` and gives what has been written to the stand-in, with the
/// trial's exit code and lines.
fn written(tree: &Scratch, root: &Scratch) -> (Vec<String>, i32, Vec<String>) {
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c"]).arg(format!(
        "mount -t tmpfs none /var/tmp && mkdir -p /{PREY}/sub && echo kept >/{PREY}/file || exit 99
         cd / && exec {INHERITED}</
         \"$@\"; code=$?
         find /var/tmp -mindepth 1 ! -path /{PREY} ! -path /{PREY}/sub ! -path /{PREY}/file |
           sed 's/^/out: /'
         mountpoint -q /{PREY} && echo 'out: a mount'
         echo kept | cmp -s - /{PREY}/file || echo 'out: the file'
         exit $code"
    ));
    command.arg("sh").arg(harness::mainstay()).arg("try");
    command.arg(tree.path()).arg("--root").arg(root.path());
    let (code, lines) = Trial::of(command).end();
    assert!(code != 99 && code != 128 + SIGKILL, "{lines:?}");
    let out = lines.iter().filter(|line| line.starts_with("out: "));
    (out.cloned().collect(), code, lines)
}

/// A tree whose process 1 says that it runs.
fn tree() -> Scratch {
    let tree = Scratch::new();
    tree.script("run.sh", "#!/bin/sh\necho runs\nexit 6\n");
    tree
}

#[test]
fn links_of_the_root_do_not_lead_out_what_is_written_into_it() {
    // Each is a directory that somebody writes to: install, the names of /etc, the tree.
    for place in ["usr/libexec", "usr", "etc", "init-parts", "opt/of-the-tree"] {
        for way in ways() {
            let (root, tree) = (system(), tree());
            tree.script("opt/of-the-tree/file", "text");
            tree.script("init-parts/sub/file", "text");
            let link = root.path().join(place);
            fs::create_dir_all(link.parent().expect("below the root")).expect("a directory");
            symlink(format!("{way}/{PREY}"), &link).expect("a link");
            let (out, _, lines) = written(&tree, &root);
            assert!(out.is_empty(), "{place} by {way:?}: {out:?}\n{lines:?}");
        }
    }
}

#[test]
fn links_of_the_tree_do_not_lead_out_what_is_written_below_them() {
    // A link that an earlier part of the same copy has made: run/lock of a tree, with a
    // directory of that name in a second one over it, is what images have.
    for way in ways() {
        let (root, tree) = (system(), tree());
        fs::create_dir_all(root.path().join("run")).expect("a directory");
        symlink(format!("{way}/{PREY}"), root.path().join("var")).expect("a link");
        tree.script("etc/services.d/web/run", "#!/bin/sh\nexit 0\n");
        symlink(format!("{way}/{PREY}"), tree.path().join("lock")).expect("a link");
        tree.script("var/sub/file", "text");
        tree.script("var/file", "other text");
        let (out, _, lines) = written(&tree, &root);
        assert!(out.is_empty(), "by {way:?}: {out:?}\n{lines:?}");
    }
}

#[test]
fn links_in_the_place_of_what_is_mounted_lead_nowhere_and_are_replaced() {
    for name in [".machine", "dev", "proc", "run", "sys", "tmp"] {
        for way in ["", "../../../../../..", "/.machine"] {
            let (root, tree) = (system(), tree());
            symlink(format!("{way}/{PREY}"), root.path().join(name)).expect("a link");
            tree.script("run/of-the-tree/file", "text");
            let (out, code, lines) = written(&tree, &root);
            assert!(out.is_empty(), "{name} by {way:?}: {out:?}\n{lines:?}");
            // As an engine does, it boots all the same.
            assert_eq!(code, 6, "{name} by {way:?}: {lines:?}");
        }
    }
}

#[test]
fn links_of_the_root_do_not_show_the_machines_files() {
    // What /etc/hosts of a root leads to is copied into the trial, for all to read.
    for way in ways() {
        let (root, tree) = (system(), Scratch::new());
        fs::create_dir_all(root.path().join("etc")).expect("a directory");
        symlink(format!("{way}/{PREY}/file"), root.path().join("etc/hosts")).expect("a link");
        let script = "#!/bin/sh\nwhile read -r line; do echo \"has $line\"; done </etc/hosts\n";
        tree.script("run.sh", script);
        let (out, code, lines) = written(&tree, &root);
        assert!(out.is_empty(), "by {way:?}: {out:?}\n{lines:?}");
        assert_eq!(code, 0, "{lines:?}");
        assert!(!lines.iter().any(|line| line == "has kept"), "{way:?}");
        assert!(
            lines.iter().any(|line| line.ends_with("\ttry")),
            "{lines:?}"
        );
    }
}

#[test]
fn a_tree_that_is_a_link_somewhere_is_copied_as_links() {
    let (root, tree) = (system(), tree());
    symlink(format!("/{PREY}"), tree.path().join("prey")).expect("a link");
    let script = "#!/bin/sh\n[ -e /prey/file ] || echo 'leads nowhere'\nexit 6\n";
    tree.script("run.sh", script);
    let (out, code, lines) = written(&tree, &root);
    assert_eq!((out, code), (Vec::new(), 6), "{lines:?}");
    assert!(
        lines.iter().any(|line| line == "leads nowhere"),
        "{lines:?}"
    );
    assert!(!Path::new("/prey").exists());
}
