//! Trees that somebody made to do harm: to reach the machine, to hang, to fill memory.
#![forbid(unsafe_code)]

use std::os::unix::ffi::OsStrExt;

use lint_tests::{Tree, image};

const RUN: &str = "#!/bin/sh\nexec sleep 1\n";

#[test]
fn nothing_outside_is_reached() {
    let outside = Tree::new();
    outside
        .script("sh", "\x7fELF")
        .write("list", "/srv true root x x\n");
    let place = outside.path().to_str().expect("a plain path");
    let tree = Tree::new();
    tree.write("etc/services.d/web/run", format!("#!{place}/sh\n"))
        .link(format!("{place}/list"), "etc/fix-attrs.d/01")
        .link("../../../../../../../../../etc/own", "etc/cont-init.d")
        .link(place, "etc/services.d/out");
    let below = image();
    below.write("etc/own/10-a", "no shebang");
    let said = tree.lint(&below, &[]);
    assert!(!said.out.contains("fix-attrs-mode"), "{}", said.out);
    assert_eq!(
        said.ids(),
        [
            // `..` ends at the image's own root.
            "no-shebang",
            "unreadable",
            "dead-service-link",
            "interpreter-missing",
        ],
        "{}",
        said.out
    );
}

#[test]
fn fifos_devices_and_circles_are_told_and_not_waited_for() {
    let tree = Tree::new();
    tree.fifo("etc/services.d/web/run", 0o755)
        .write("etc/services.d/a/run", RUN)
        .fifo("etc/services.d/a/timeout-kill", 0o644)
        .link("/dev/zero", "etc/services.d/a/down-signal")
        .link("b", "etc/cont-init.d/a")
        .link("a", "etc/cont-init.d/b")
        .link("..", "etc/services.d/circle")
        .fifo("etc/fix-attrs.d/01", 0o644)
        .fifo("run.d/1.sh", 0o755)
        .fifo("etc/passwd", 0o644)
        .fifo("etc/s6/init/env/PATH", 0o644)
        .fifo("etc/s6/init/init-stage2-fixattrs.txt", 0o644);
    let below = image();
    let said = tree.lint(&below, &[]);
    assert_eq!(said.code, 1, "{}", said.err);
    for id in ["unreadable", "not-a-script", "service-value", "no-run"] {
        assert!(said.ids().contains(&id), "{id}: {}", said.out);
    }
    assert!(
        said.out.contains("etc/cont-init.d/a: error[unreadable]"),
        "{}",
        said.out
    );
}

#[test]
fn names_cannot_write_to_the_terminal() {
    let tree = Tree::new();
    let name = std::ffi::OsStr::from_bytes(b"a\x1b[31m\n\xff");
    let dir = tree.path().join("etc/services.d").join(name);
    std::fs::create_dir_all(&dir).expect("a directory");
    tree.link("/x\x1b\n", "etc/services.d/y");
    let said = tree.lint(&image(), &[]);
    assert_eq!(said.ids(), ["service-name", "dead-service-link"]);
    assert_eq!(said.out.lines().count(), 3, "{}", said.out);
    assert!(said.out.contains("a\\x1b[31m\\n\\xff"), "{}", said.out);
    assert!(!said.out.contains('\x1b'), "{}", said.out);
}

#[test]
fn large_things_are_read_in_part() {
    let tree = Tree::new();
    tree.write("etc/services.d/web/run", RUN);
    let big = tree.path().join("etc/cont-init.d");
    std::fs::create_dir_all(&big).expect("a directory");
    for (name, start) in [("10-script", "#!/bin/sh\n"), ("20-data", "data")] {
        std::fs::write(big.join(name), start).expect("a file");
        let file = std::fs::OpenOptions::new().write(true).open(big.join(name));
        // A hole of 64 GiB.
        file.and_then(|file| file.set_len(64 << 30))
            .expect("a size");
    }
    tree.write("etc/services.d/web/down-signal", vec![b'1'; 100_000]);
    let mut deep = String::from("deep");
    for _ in 0..100 {
        deep.push_str("/d");
    }
    tree.dir(&deep);
    let said = tree.lint(&image(), &[]);
    assert_eq!(
        said.ids(),
        ["not-looked-at", "no-shebang", "service-value"],
        "{}",
        said.out
    );
}

#[test]
fn a_hundred_thousand_entries_are_looked_at() {
    let tree = Tree::new();
    tree.write("etc/services.d/web/run", RUN);
    let dir = tree.path().join("etc/services.d");
    for number in 0..100_000 {
        std::os::unix::fs::symlink("web", dir.join(format!("n{number}"))).expect("a link");
    }
    std::fs::remove_file(dir.join("n99999")).expect("it was made");
    tree.link("nowhere", "etc/services.d/n99999");
    let said = tree.lint(&image(), &[]);
    assert_eq!(said.ids(), ["dead-service-link"], "{}", said.out);
}

#[test]
fn scripts_made_to_cost_time_and_memory_are_read_soon() {
    let tree = Tree::new();
    let deep = "{ a ".repeat(60_000);
    for (name, text) in [
        (
            "10-documents",
            format!("#!/bin/sh\n{}", "cat <<a\n".repeat(30_000)),
        ),
        ("20-blocks", format!("#!/bin/execlineb -P\n{deep}")),
        (
            "30-line",
            format!("#!/bin/sh\n{}\n", "S6_X=1 ".repeat(30_000)),
        ),
        (
            "40-users",
            format!("#!/bin/sh\n{}\n", "exec s6-setuidgid ${U} ".repeat(10_000)),
        ),
        (
            "50-words",
            format!(
                "#!/bin/execlineb -P\n{}\n",
                "s6-setuidgid $U ".repeat(10_000)
            ),
        ),
    ] {
        tree.write(&format!("etc/cont-init.d/{name}"), text);
    }
    let big = format!("#!/bin/sh\n{}", "true\n".repeat(50_000));
    tree.write("etc/services.d/web/run", &big);
    for number in 0..100 {
        tree.link("web", &format!("etc/services.d/n{number}"));
    }
    let said = tree.lint(&image(), &[]);
    assert_eq!(
        said.ids(),
        ["execline-syntax", "not-looked-at"],
        "{}",
        said.out
    );
}
