//! Gossfiles and files of variables that are no files, or include each other for ever.

use std::process::Command;

use super::with;
use check_tests::watched::Call;
use temp::Temp;

fn fifo(dir: &Temp, name: &str) {
    let made = Command::new("mkfifo").arg(dir.at(name)).status();
    assert!(made.expect("mkfifo").success());
}

const GOOD: &str = "file: {/etc/passwd: {exists: true}}\n";

#[test]
fn what_is_no_regular_file_is_refused_as_a_gossfile() {
    let dir = Temp::new();
    dir.dir("dir.yaml");
    fifo(&dir, "fifo.yaml");
    dir.link("/dev/zero", "zero.yaml");
    dir.link("/dev/tty", "tty.yaml");
    dir.link("/proc/self/mem", "mem.yaml");
    dir.link("loop.yaml", "loop.yaml");
    dir.link("nothing", "dangling.yaml");
    dir.write("other.txt", GOOD);
    for name in [
        "dir.yaml",
        "fifo.yaml",
        "zero.yaml",
        "tty.yaml",
        "mem.yaml",
        "loop.yaml",
        "dangling.yaml",
        "absent.yaml",
    ] {
        Call::new(&dir, &format!("-g {name} validate"))
            .run()
            .refused(name);
        let included = dir.write("first.yaml", format!("{GOOD}gossfile: {{{name}: {{}}}}\n"));
        let seen = Call::new(&dir, "-g first.yaml validate").run();
        seen.refused(name);
        seen.says(&included.file_name().expect("a name").to_string_lossy());
    }
    Call::new(&dir, "-g other.txt validate")
        .run()
        .refused("other.txt");
}

#[test]
fn a_proc_file_that_is_no_yaml_is_refused() {
    let dir = Temp::new();
    for (name, target) in [
        ("a.yaml", "/proc/kallsyms"),
        ("b.yaml", "/proc/self/environ"),
    ] {
        dir.link(target, name);
        let seen = Call::new(&dir, &format!("-g {name} validate"))
            .env("A", "b")
            .run();
        seen.refused(name);
    }
}

#[test]
fn an_endless_standard_input_is_refused() {
    let dir = Temp::new();
    for path in ["/dev/zero", "/dev/urandom"] {
        let seen = Call::new(&dir, "-g - validate").stdin(path).run();
        seen.refused("STDIN");
    }
    Call::new(&dir, "-g - validate").run().refused("");
}

#[test]
fn variables_come_from_files_alone() {
    let dir = with(GOOD);
    dir.dir("dir");
    fifo(&dir, "fifo");
    dir.link("/dev/zero", "zero");
    dir.link("/proc/self/mem", "mem");
    dir.write("bytes", b"a: \xff\n");
    dir.write("list", "- a\n");
    dir.write("yaml", "a: [\n");
    dir.write(
        "deep",
        "a: ".to_string() + &"[".repeat(10_000) + &"]".repeat(10_000),
    );
    dir.write("json", "{\"a\": 1");
    dir.write("large", "# x\n".repeat(5 << 20));
    for name in [
        "dir", "fifo", "zero", "mem", "bytes", "list", "yaml", "deep", "json", "large", "absent",
    ] {
        Call::new(&dir, &format!("--vars {name} validate"))
            .run()
            .refused(name);
        let seen = Call::new(&dir, &format!("--vars {name} validate"))
            .as_goss()
            .run();
        seen.refused("failed while loading vars file");
    }
    for inline in ["[", "{a", "[1]", "3", "a:b"] {
        let seen = Call::new(&dir, &format!("--vars-inline {inline} validate")).run();
        seen.refused("vars");
    }
}

#[test]
fn files_that_include_each_other_end() {
    let dir = Temp::new();
    dir.write("self.yaml", "gossfile: {self.yaml: {}}\n");
    dir.write("a.yaml", "gossfile: {b.yaml: {}}\n");
    dir.write("b.yaml", "gossfile: {./a.yaml: {}}\n");
    dir.write("linked.yaml", "gossfile: {link.yaml: {}}\n");
    dir.link("linked.yaml", "link.yaml");
    dir.write("all.yaml", "gossfile: {all*.yaml: {}}\n");
    dir.write("d/up.yaml", "gossfile: {../d/up.yaml: {}}\n");
    for name in [
        "self.yaml",
        "a.yaml",
        "linked.yaml",
        "all.yaml",
        "d/up.yaml",
    ] {
        let seen = Call::new(&dir, &format!("-g {name} validate")).run();
        seen.refused("each includes the next");
        let seen = Call::new(&dir, &format!("-g {name} validate"))
            .as_goss()
            .run();
        assert_eq!(seen.exit, 78);
        assert!(
            seen.stdout.contains("max depth of 50 reached"),
            "{}",
            seen.stdout
        );
    }
}

/// Ten files that each include the next level ten times: 10^10 without a limit.
#[test]
fn includes_do_not_multiply() {
    let dir = Temp::new();
    for level in 0..10 {
        let mut text = "gossfile:\n".to_string();
        for time in 0..10 {
            text += &format!("  a{time}: {{file: {}.yaml}}\n", level + 1);
        }
        dir.write(&format!("{level}.yaml"), text);
    }
    dir.write("10.yaml", GOOD);
    Call::new(&dir, "-g 0.yaml validate")
        .run()
        .refused("more than");
}

#[test]
fn patterns_of_includes_are_bounded() {
    let dir = Temp::new();
    for name in ["[", "a[", "*[*", "absent*", "{}"] {
        dir.write(
            "goss.yaml",
            format!("{GOOD}gossfile: {{\"{name}\": {{}}}}\n"),
        );
        Call::new(&dir, "validate").run().refused("goss.yaml:2:");
    }
    let stars = "*a".repeat(2_000);
    dir.write(
        "goss.yaml",
        format!("{GOOD}gossfile: {{\"{stars}\": {{}}}}\n"),
    );
    dir.write(&"a".repeat(200), "");
    let seen = Call::new(&dir, "validate").run();
    assert_eq!(seen.exit, 78);
}
