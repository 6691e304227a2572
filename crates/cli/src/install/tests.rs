//! Whole installations into trees of their own.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

const NAMES: &[&str] = &[
    "init",
    "run.sh",
    "boot-step",
    "execlineb",
    "cd",
    "s6-setuidgid",
    "with-contenv",
];

/// A directory that holds an image tree and a neighbour that nothing may reach.
struct Tree(PathBuf);

impl Tree {
    fn new() -> Tree {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("install-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(path.join("root")).unwrap();
        Tree(path)
    }

    fn root(&self) -> PathBuf {
        self.0.join("root")
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root().join(path.trim_start_matches('/'))
    }

    fn write(&self, path: &str, text: &str, mode: u32) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn link(&self, target: &str, path: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.at(path)).unwrap()
    }

    fn target(&self, path: &str) -> String {
        let target = fs::read_link(self.at(path)).unwrap();
        target.into_os_string().into_string().unwrap()
    }

    /// Every path with its kind, mode and content.
    fn picture(&self) -> BTreeMap<PathBuf, String> {
        let mut picture = BTreeMap::new();
        collect(&self.0, &mut picture);
        picture
    }

    fn install(&self) -> String {
        install(
            &self.root(),
            Layout::DockerBase,
            false,
            NAMES,
            b"binary 1",
            None,
        )
        .unwrap()
    }

    fn uninstall(&self) -> String {
        uninstall(&self.root(), false).unwrap()
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn collect(dir: &Path, picture: &mut BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let metadata = fs::symlink_metadata(&path).unwrap();
        let mut text = format!("{:o} ", metadata.mode());
        if metadata.is_dir() {
            collect(&path, picture);
        } else if metadata.is_symlink() {
            text.push_str(&fs::read_link(&path).unwrap().to_string_lossy());
        } else {
            text.push_str(&String::from_utf8_lossy(&fs::read(&path).unwrap()));
        }
        picture.insert(path, text);
    }
}

#[test]
fn an_empty_tree_gets_everything_and_loses_it_again() {
    let tree = Tree::new();
    let before = tree.picture();
    let told = tree.install();
    assert!(told.ends_with("0 kept\n"), "{told}");
    assert_eq!(tree.read(BINARY), "binary 1");
    let private = "/usr/libexec/mainstay/s6-setuidgid";
    assert_eq!(tree.target("/bin/s6-setuidgid"), private);
    assert_eq!(tree.target("/usr/bin/s6-setuidgid"), "/bin/s6-setuidgid");
    assert_eq!(tree.target(private), "mainstay");
    assert_eq!(tree.target("/init"), "/usr/libexec/mainstay/init");
    let interpreter = fs::symlink_metadata(tree.at("/bin/execlineb")).unwrap();
    assert!(interpreter.is_file() && interpreter.mode() & 0o777 == 0o755);
    assert_eq!(
        interpreter.ino(),
        fs::metadata(tree.at(BINARY)).unwrap().ino()
    );
    for script in [
        "/run.sh",
        "/init.sh",
        "/worker.sh",
        "/etc/s6/init/init-stage2",
    ] {
        assert_eq!(
            fs::metadata(tree.at(script)).unwrap().mode() & 0o777,
            0o755,
            "{script}"
        );
    }
    for dir in [
        "/etc/cont-init.d",
        "/etc/services-available",
        "/run.d",
        "/etc/s6/services/.s6-svscan",
    ] {
        assert!(tree.at(dir).is_dir(), "{dir}");
    }
    tree.uninstall();
    assert_eq!(tree.picture(), before);
    assert!(tree.uninstall().starts_with("nothing is installed"));
}

#[test]
fn a_second_run_changes_nothing() {
    let tree = Tree::new();
    tree.install();
    let first = tree.picture();
    assert!(tree.install().contains(": 0 changes, 0 kept"));
    assert_eq!(tree.picture(), first);
}

#[test]
fn another_layout_takes_the_place_of_the_first() {
    let tree = Tree::new();
    tree.write("/run.sh", "the image's own", 0o755);
    let before = tree.picture();
    let names = |text: &str| text.contains(": 0 changes");
    let run = |layout| install(&tree.root(), layout, false, NAMES, b"program", None).unwrap();
    run(Layout::S6V2);
    let alone = tree.picture();
    run(Layout::DockerBase);
    assert!(tree.at("/worker.sh").exists());
    assert_ne!(tree.read("/run.sh"), "the image's own");
    assert!(!names(&run(Layout::S6V2)));
    assert!(!tree.at("/worker.sh").exists());
    assert_eq!(tree.read("/run.sh"), "the image's own");
    assert_eq!(tree.picture(), alone);
    tree.uninstall();
    assert_eq!(tree.picture(), before);
}

#[test]
fn a_dry_run_lists_and_writes_nothing() {
    let tree = Tree::new();
    tree.write("/usr/bin/cd", "the image's", 0o755);
    tree.link("usr/bin", "/bin");
    let before = tree.picture();
    let told = install(&tree.root(), Layout::S6V2, true, NAMES, b"x", None).unwrap();
    assert_eq!(tree.picture(), before);
    for line in [
        "copy    /usr/libexec/mainstay/mainstay",
        "link    /init -> /usr/libexec/mainstay/init",
        "link    /usr/bin/cd -> /usr/libexec/mainstay/cd; what was there goes to /usr/libexec/mainstay/replaced/usr/bin/cd",
        "make    /etc/services.d/",
        "write   /etc/s6/init/init-stage2",
    ] {
        assert!(told.lines().any(|other| other == line), "{line}\n{told}");
    }
    tree.install();
    let installed = tree.picture();
    let told = uninstall(&tree.root(), true).unwrap();
    assert!(told.contains("restore /usr/bin/cd") && told.contains("nothing was written"));
    assert_eq!(tree.picture(), installed);
}

#[test]
fn where_bin_is_a_link_each_program_is_linked_once_and_what_it_replaces_comes_back() {
    let tree = Tree::new();
    tree.link("usr/bin", "/bin");
    tree.write("/usr/bin/cd", "#!/bin/sh\nbuiltin cd\n", 0o755);
    tree.link("/somewhere", "/usr/bin/s6-setuidgid");
    tree.write("/usr/bin/unrelated", "stays", 0o644);
    let before = tree.picture();
    let told = tree.install();
    assert!(
        told.contains("/usr/libexec/mainstay/cd; what was there goes to"),
        "{told}"
    );
    assert_eq!(tree.target("/bin"), "usr/bin");
    assert_eq!(tree.target("/usr/bin/cd"), "/usr/libexec/mainstay/cd");
    assert!(
        fs::symlink_metadata(tree.at("/usr/bin/execlineb"))
            .unwrap()
            .is_file()
    );
    assert_eq!(
        tree.read("/usr/libexec/mainstay/replaced/usr/bin/cd"),
        "#!/bin/sh\nbuiltin cd\n"
    );
    assert!(tree.install().contains(": 0 changes"));
    tree.uninstall();
    assert_eq!(tree.picture(), before);
}

#[test]
fn where_bin_is_apart_only_what_the_original_replaces_is_replaced() {
    let tree = Tree::new();
    tree.write("/bin/cd", "a", 0o755);
    tree.write("/usr/bin/cd", "b", 0o755);
    tree.write("/usr/bin/with-contenv", "c", 0o755);
    tree.write("/bin/with-contenv", "d", 0o755);
    tree.install();
    assert_eq!(tree.target("/bin/cd"), "/usr/libexec/mainstay/cd");
    assert_eq!(tree.read("/usr/bin/cd"), "b");
    assert_eq!(
        tree.target("/usr/bin/with-contenv"),
        "/usr/libexec/mainstay/with-contenv"
    );
    assert_eq!(tree.read("/bin/with-contenv"), "d");
}

#[test]
fn a_program_that_the_image_moved_and_replaced_stays_so() {
    let tree = Tree::new();
    tree.install();
    // As derived images do: `mv /bin/s6-setuidgid /scripts/`, then one of their own.
    fs::rename(
        tree.at("/bin/s6-setuidgid"),
        tree.at("/scripts/s6-setuidgid"),
    )
    .unwrap();
    tree.write("/bin/s6-setuidgid", "#!/bin/bash\n", 0o755);
    fs::rename(
        tree.at("/usr/bin/with-contenv"),
        tree.at("/usr/bin/with-contenvb"),
    )
    .unwrap();
    tree.write("/usr/bin/with-contenv", "#!/bin/bash\n", 0o755);
    let before = tree.picture();
    let told = tree.install();
    assert!(
        told.contains("keep    /bin/s6-setuidgid: the image changed it"),
        "{told}"
    );
    assert_eq!(tree.picture(), before);
    // Found in the other directory too, where PATH may look first.
    for (path, place) in [
        ("/usr/bin/s6-setuidgid", "/bin/s6-setuidgid"),
        ("/bin/with-contenv", "/usr/bin/with-contenv"),
    ] {
        assert_eq!(tree.target(path), place);
    }
    // The moved link still leads to the program under its own name.
    assert_eq!(
        tree.target("/scripts/s6-setuidgid"),
        "/usr/libexec/mainstay/s6-setuidgid"
    );
    tree.uninstall();
    assert_eq!(tree.read("/bin/s6-setuidgid"), "#!/bin/bash\n");
    assert!(!tree.at("/init").exists());
}

#[test]
fn edits_of_the_texts_stay_and_a_new_version_replaces_the_rest() {
    let tree = Tree::new();
    tree.install();
    tree.write("/etc/s6/init/init-stage2-fixattrs.txt", "edited", 0o644);
    tree.write("/etc/cont-init.d/10-x", "hook", 0o644);
    let told = install(
        &tree.root(),
        Layout::DockerBase,
        false,
        NAMES,
        b"binary 2",
        None,
    )
    .unwrap();
    assert!(
        told.contains("keep    /etc/s6/init/init-stage2-fixattrs.txt"),
        "{told}"
    );
    assert_eq!(tree.read("/etc/s6/init/init-stage2-fixattrs.txt"), "edited");
    assert_eq!(tree.read(BINARY), "binary 2");
    assert_eq!(tree.read("/bin/execlineb"), "binary 2");
    assert!(!tree.at("/usr/libexec/mainstay/replaced").exists());
    tree.uninstall();
    assert_eq!(tree.read("/etc/s6/init/init-stage2-fixattrs.txt"), "edited");
    assert_eq!(tree.read("/etc/cont-init.d/10-x"), "hook");
    assert!(!tree.at("/usr/libexec").exists());
}

#[test]
fn what_was_removed_since_comes_back() {
    let tree = Tree::new();
    tree.install();
    let first = tree.picture();
    fs::remove_file(tree.at("/run.sh")).unwrap();
    fs::remove_file(tree.at("/usr/libexec/mainstay/cd")).unwrap();
    assert!(tree.install().contains(": 2 changes"));
    assert_eq!(tree.picture(), first);
}

#[test]
fn links_of_an_evil_image_never_reach_the_machine() {
    let tree = Tree::new();
    let machine = tree.0.join("machine");
    fs::create_dir_all(machine.join("bin")).unwrap();
    fs::write(machine.join("bin/cd"), "the machine's").unwrap();
    fs::write(machine.join("run.sh"), "the machine's").unwrap();
    let outside = machine.to_str().unwrap().to_string();
    tree.link(&format!("{outside}/bin"), "/bin");
    tree.link("../../../../../../../../../../machine/etc", "/etc");
    tree.link("/../../machine", "/scripts");
    tree.link(&format!("{outside}/run.sh"), "/run.sh");
    fs::create_dir_all(tree.at("/usr")).unwrap();
    tree.link(&format!("{outside}/libexec"), "/usr/libexec");
    let before = {
        let mut picture = BTreeMap::new();
        collect(&machine, &mut picture);
        picture
    };
    tree.install();
    let mut after = BTreeMap::new();
    collect(&machine, &mut after);
    assert_eq!(after, before);
    // The same paths, below the root: where the links lead for the image itself.
    assert!(
        tree.at(&format!("{outside}/libexec/mainstay/mainstay"))
            .is_file()
    );
    assert!(tree.at("/machine/etc/s6/init/init-stage2").is_file());
    tree.uninstall();
    assert_eq!(tree.target("/run.sh"), format!("{outside}/run.sh"));
    let mut after = BTreeMap::new();
    collect(&machine, &mut after);
    assert_eq!(after, before);
}

#[test]
fn what_cannot_be_looked_up_is_told_before_anything_is_written() {
    let tree = Tree::new();
    tree.link("b", "/etc");
    tree.link("etc", "/b");
    let before = tree.picture();
    let failure = install(&tree.root(), Layout::S6V2, false, NAMES, b"x", None).unwrap_err();
    let line = failure.line("install");
    assert!(line.contains("/etc/cont-init.d in /"), "{line}");
    assert_eq!(tree.picture(), before);
    let missing = install(&tree.at("/none"), Layout::S6V2, false, NAMES, b"x", None).unwrap_err();
    assert!(missing.line("install").contains("open the root"));
}

#[test]
fn a_broken_record_is_told_with_its_line() {
    let tree = Tree::new();
    tree.write(manifest::PATH, "nonsense\n", 0o644);
    let failure = install(&tree.root(), Layout::S6V2, false, NAMES, b"x", None).unwrap_err();
    assert!(failure.line("install").contains("manifest:1: no line"));
}

/// Runs bash on a script of ours with this environment directory in place of PID 1's.
fn bigcontenv(tree: &Tree, before: &str, after: &str) -> String {
    let script = include_str!("texts/with-bigcontenv").replace(
        "/var/run/s6/container_environment",
        tree.at("/env").to_str().unwrap(),
    );
    tree.write("/script", &script, 0o644);
    let source = tree.at("/script");
    let text = format!("{before}\nsource {}\n{after}", source.display());
    let output = Command::new("bash").arg("-c").arg(text).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn with_bigcontenv_exports_whatever_bash_can_hold() {
    let tree = Tree::new();
    let big = "largevar".repeat(10_000);
    for (name, value) in [
        ("BIG", big.as_str()),
        ("LINES2", "a\nb\n\n"),
        ("EMPTY", ""),
        ("BLANKS", "  x  y "),
        ("UID", "7"),
        ("EUID", "7"),
        ("PPID", "7"),
        ("SHELLOPTS", "x"),
        ("BASHOPTS", "x"),
        ("IFS", "x"),
        ("MINE", "theirs"),
        ("1VAR_NAME", "x"),
        ("var.name", "x"),
        ("var-name", "x"),
        ("BACKSLASH", "a\\nb$x`y`"),
    ] {
        tree.write(&format!("/env/{name}"), value, 0o644);
    }
    let strict = "set -euo pipefail; set -f; readonly MINE=mine";
    let print = "printf '[%s]' \"$LINES2\" \"$EMPTY\" \"$BLANKS\" \"$MINE\" \"$BACKSLASH\" \"$-\"";
    let told = bigcontenv(&tree, strict, print);
    let rest = told
        .strip_prefix("[a\nb\n\n][][  x  y ][mine][a\\nb$x`y`][")
        .expect(&told);
    assert!(
        rest.contains('f') && rest.contains('e'),
        "options are as before: {rest}"
    );
    let exported = bigcontenv(&tree, "", "env | grep ^BIG= | tr -d '\\n'");
    assert_eq!(exported, format!("BIG={big}"));
    let names = bigcontenv(
        &tree,
        "",
        "env | cut -d= -f1; compgen -v; compgen -A function || :",
    );
    assert!(!names.contains("__contenv"), "{names}");
}

#[test]
fn with_bigcontenv_without_an_environment_does_nothing() {
    let tree = Tree::new();
    assert_eq!(bigcontenv(&tree, "set -eu", "echo on"), "on\n");
}

#[test]
fn the_scripts_pass_every_word_on() {
    let tree = Tree::new();
    let program = tree.at("/program");
    tree.write("/program", "#!/bin/sh\nprintf '<%s>' \"$@\"\n", 0o755);
    for (name, text) in [
        ("run.sh", include_str!("texts/run.sh")),
        ("init.sh", include_str!("texts/init.sh")),
        ("worker.sh", include_str!("texts/worker.sh")),
    ] {
        let called = format!("/usr/libexec/mainstay/{name}");
        assert!(text.contains(&called), "{name}");
        let text = text.replace(&called, program.to_str().unwrap());
        tree.write(name, &text, 0o755);
        for shell in [&[][..], &["sh"], &["bash", "-e"]] {
            let mut words: Vec<&str> = shell.to_vec();
            let path = tree.at(name);
            words.extend([path.to_str().unwrap(), "2", "a b", ""]);
            let output = Command::new(words[0]).args(&words[1..]).output().unwrap();
            assert_eq!(
                String::from_utf8_lossy(&output.stdout),
                "<2><a b><>",
                "{words:?}"
            );
        }
    }
}

#[test]
fn with_a_date_everything_that_is_written_has_it() {
    let tree = Tree::new();
    tree.write("/usr/bin/with-contenv", "the original\n", 0o755);
    let root = tree.root();
    let date = 1_790_000_000;
    install(&root, Layout::DockerBase, false, NAMES, b"x", Some(date)).unwrap();
    let mut pending = vec![root.clone()];
    while let Some(path) = pending.pop() {
        let facts = fs::symlink_metadata(&path).unwrap();
        let original = path.ends_with("replaced/usr/bin/with-contenv");
        if original {
            assert_ne!(facts.mtime(), date, "it keeps its own");
        } else if path != root {
            assert_eq!(facts.mtime(), date, "{}", path.display());
        }
        if facts.is_dir() {
            pending.extend(
                fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        }
    }
    for (text, expected) in [("", None), ("0", Some(0)), ("1790000000", Some(date))] {
        assert_eq!(time(Some(OsStr::new(text))).unwrap(), expected, "{text}");
    }
    for text in ["-1", "now", "1e9", "99999999999999"] {
        assert!(time(Some(OsStr::new(text))).is_err(), "{text}");
    }
}
