//! The scripts around the base images: `images/build`, `images/test.sh`, `images/bake`,
//! `images/sbom`.
#![forbid(unsafe_code)]

use harness::{Engine, Root, Scratch, workspace};
use image_tests::context;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

/// A copy of the sources as far as the scripts read them, and a `cargo` that knows stand-ins.
fn sources() -> Scratch {
    let copy = context();
    fs::copy(
        workspace().join("Cargo.toml"),
        copy.path().join("Cargo.toml"),
    )
    .expect("a copy");
    let mut cargo = String::from("#!/bin/sh\nfor last; do :; done\ncase $last in\n");
    let mut names = Vec::new();
    for name in harness::stand_ins() {
        let tree = harness::stand_in(name).expect("a tree");
        cargo += &format!("{name}) echo '{}' ;;\n", tree.display());
        names.push(name);
    }
    cargo += &format!(
        "--) printf '%s\\n' {} ;;\n*) exit 1 ;;\nesac\n",
        names.join(" ")
    );
    copy.write("cargo", cargo);
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(copy.path().join("cargo"), mode).expect("a mode");
    copy
}

/// Runs one of the scripts against the tests' engine.
fn script(engine: &Engine, sources: &Path, words: &[&str]) -> (i32, String) {
    let mut command = Command::new(sources.join("images").join(words[0]));
    command.args(&words[1..]).current_dir("/");
    engine.speak_to(&mut command);
    command
        .env("CARGO", sources.join("cargo"))
        .env("SBOM", "no")
        .env("SOURCE_DATE_EPOCH", "1700000000")
        .env("BUILD_OPTIONS", "--network none")
        .env("RUN_OPTIONS", "--network none")
        .env("IMAGE", "test/scripts");
    finish(command)
}

/// The exit code and both streams of a command.
fn finish(mut command: Command) -> (i32, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().expect("it can be started");
    let text = [stdout, stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    (status.code().unwrap_or(-1), text)
}

#[test]
fn what_has_a_base_is_built_and_passes_dgoss_and_the_rest_says_what_it_needs() {
    let engine = Engine::shared();
    let sources = sources();
    let (code, text) = script(engine, sources.path(), &["build"]);
    assert_eq!(code, 0, "{text}");
    for line in [
        "  built      test/scripts:0.1.0-debian-12 over a stand-in, mainstay/stand-in:debian-12",
        "  built      test/scripts:0.1.0-debian-13 over a stand-in, mainstay/stand-in:debian-13",
        "  built      test/scripts:0.1.0-alpine-3.23 over a stand-in, ",
        "  built      test/scripts:0.1.0-static\n",
        "  not built  ubuntu-18.04: needs the image ubuntu:18.04, which is not here and cannot be",
        "  not built  ubuntu-24.04: needs the image ubuntu:24.04, which is not here; no registry",
        "  not built  rockylinux-10: needs the image rockylinux/rockylinux:10, which is not here",
        "images: 4 built, 11 not built, 0 failed",
    ] {
        let line = line.replace("0.1.0", env!("CARGO_PKG_VERSION"));
        assert!(text.contains(&line), "no {line}\n{text}");
    }
    let words = [
        "image",
        "inspect",
        "--format",
        "{{.Created}} {{json .Config.Labels}}",
    ];
    let image = format!("test/scripts:{}-debian-12", env!("CARGO_PKG_VERSION"));
    let told = engine
        .docker(words.iter().copied().chain([&*image]))
        .ok()
        .text();
    for part in [
        "\"org.opencontainers.image.created\":\"2023-11-14T22:13:20Z\"",
        "\"mainstay.base.end-of-life\":\"2028-06-30\"",
        "\"org.opencontainers.image.base.name\":\"mainstay/stand-in:debian-12\"",
        &format!(
            "\"org.opencontainers.image.version\":\"{}\"",
            env!("CARGO_PKG_VERSION")
        ),
    ] {
        assert!(told.contains(part), "no {part}\n{told}");
    }

    let (code, text) = script(engine, sources.path(), &["test.sh"]);
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains("images: 4 variants passed, 0 failed"),
        "{text}"
    );
    assert_eq!(text.matches("Failed: 0, Skipped: 0").count(), 4, "{text}");

    // Whoever names a variant wants it.
    let (code, text) = script(engine, sources.path(), &["build", "centos-7"]);
    assert_eq!(code, 1, "{text}");
    let (code, text) = script(engine, sources.path(), &["test.sh", "centos-7"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("images/build centos-7 makes it"), "{text}");
}

#[test]
fn mistakes_are_told_in_one_line() {
    let engine = Engine::shared();
    let sources = sources();
    let words = |words: &[&str]| script(engine, sources.path(), words);
    for (call, line) in [
        (
            &["build", "debain-12"] as &[&str],
            "images: debain-12 names no variant; the nearest is debian-12; there are: ubuntu-18.04 ",
        ),
        (
            &["build", "rocky9"],
            "images: rocky9 names no variant; the nearest is rockylinux-9; ",
        ),
        (
            &["build", "--quick"],
            "images: --quick: no option of images/build; there are --list and --help",
        ),
        (
            &["test.sh", "alpine3.23"],
            "images: alpine3.23 names no variant; the nearest is alpine-3.23; ",
        ),
    ] {
        let (code, text) = words(call);
        assert_eq!(code, 1, "{text}");
        assert!(text.starts_with(line), "{text}");
        assert_eq!(text.trim_end().lines().count(), 1, "{text}");
    }
    let mut command = Command::new(sources.path().join("images/build"));
    command
        .env("DOCKER_HOST", "unix:///nowhere/socket")
        .arg("static");
    let (code, text) = finish(command);
    assert_eq!(code, 1, "{text}");
    let line = "images: no engine answers (Cannot connect to the Docker daemon";
    assert!(text.starts_with(line), "{text}");
    let mut command = Command::new(sources.path().join("images/build"));
    command.env("CONTAINER_ENGINE", "dokcer").arg("static");
    let (code, text) = finish(command);
    assert_eq!(code, 1, "{text}");
    assert!(
        text.starts_with("images: dokcer is not along PATH"),
        "{text}"
    );
    fs::remove_file(sources.path().join("dist/mainstay-x86_64")).expect("removed");
    let (code, text) = words(&["build", "static"]);
    assert_eq!(code, 1, "{text}");
    let line = "images: dist/mainstay-x86_64 is missing: `release/build x86_64` makes it";
    assert!(text.starts_with(line), "{text}");
}

#[test]
fn buildx_reads_the_same_table_of_variants_bases_and_tags() {
    let sources = sources();
    let root = Root::debian_13_with(&["docker-buildx"]);
    let buildx = root
        .mounted_at()
        .join("usr/libexec/docker/cli-plugins/docker-buildx");
    let print = format!(
        "cd '{}' && BUILDX='{}' IMAGE=mainstay/base SOURCE_DATE_EPOCH=1700000000 \
         images/bake --print && images/build --list >list",
        sources.path().display(),
        buildx.display()
    );
    let printed = root.with_tree(["sh", "-ec", &print]).ok().text();
    sources.write("print.json", &printed);
    let filter =
        ".target[] | [.args.VARIANT, .args.BASE, .args.END_OF_LIFE, (.tags | join(\" \"))] | @tsv";
    let mut jq = Command::new("jq");
    jq.args(["-r", filter])
        .arg(sources.path().join("print.json"));
    let (code, text) = finish(jq);
    assert_eq!(code, 0, "{text}");
    let list = fs::read_to_string(sources.path().join("list")).expect("a list");
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&text), sorted(&list));
    assert_eq!(list.lines().count(), 15, "{list}");
    let version = env!("CARGO_PKG_VERSION");
    for line in [
        format!("\tmainstay/base:{version}-ubuntu-24.04 mainstay/base:{version} "),
        format!("mainstay/base:{version}-alpine "),
        "rockylinux-9\trockylinux/rockylinux:9\t2032-05-31\t".to_owned(),
    ] {
        assert!(list.contains(&line), "no {line}\n{list}");
    }
    let all = ".target[] | [.target, (.platforms | join(\" \")), (.attest | length), .args.CREATED] | @tsv";
    let mut jq = Command::new("jq");
    jq.args(["-r", all]).arg(sources.path().join("print.json"));
    let (_, text) = finish(jq);
    for line in text.lines() {
        let rest = "\tlinux/amd64 linux/arm64\t2\t2023-11-14T22:13:20Z";
        assert!(
            line == format!("image{rest}") || line == format!("static{rest}"),
            "{line}"
        );
    }
    assert_eq!(text.matches("static\t").count(), 1, "{text}");
}

#[test]
fn the_lists_of_what_the_programs_are_made_of_are_those_of_the_lock_file() {
    let mut sbom = Command::new(workspace().join("images/sbom"));
    sbom.env("SOURCE_DATE_EPOCH", "1700000000");
    let (code, text) = finish(sbom);
    assert_eq!(code, 0, "{text}");
    let lock = fs::read_to_string(workspace().join("Cargo.lock")).expect("Cargo.lock");
    for (program, some) in [("mainstay", "libc"), ("mainstay-check", "rustls")] {
        let path = workspace().join(format!("dist/{program}.cdx.json"));
        let filter =
            "[.bomFormat, .metadata.component.name], (.components[] | [.name, .version]) | @tsv";
        let mut jq = Command::new("jq");
        jq.args(["-r", filter]).arg(&path);
        let (code, text) = finish(jq);
        assert_eq!(code, 0, "{text}");
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some(&*format!("CycloneDX\t{program}")));
        let parts: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once('\t')).collect();
        for (name, version) in &parts {
            let entry = format!("name = \"{name}\"\nversion = \"{version}\"");
            assert!(
                lock.contains(&entry),
                "{program}: {name} {version} is not locked"
            );
        }
        assert!(
            parts.iter().any(|(name, _)| *name == some),
            "{program}: {parts:?}"
        );
        let text = fs::read_to_string(&path).expect("text");
        let here = workspace().to_string_lossy();
        assert!(
            !text.contains(&*here),
            "{program}: it says where it was made"
        );
    }
}

#[test]
fn every_script_of_the_images_passes_shellcheck() {
    let images = workspace().join("images");
    let mut files = Vec::new();
    let mut pending = vec![images.clone()];
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(&directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            // Those of root/scripts are checked with what they do, in tests/updates.
            if path.is_symlink() || path == images.join("root/scripts") {
                continue;
            }
            if path.is_dir() {
                pending.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap_or_default();
            let first = text.lines().next().unwrap_or_default();
            let sourced = path.starts_with(images.join("setup")) || path.ends_with("facts");
            if sourced || first.ends_with("/sh") || first.contains("/sh ") || first.contains("bash")
            {
                files.push(path);
            }
        }
    }
    assert!(files.len() >= 14, "{files:?}");
    for path in files {
        let text = fs::read_to_string(&path).expect("text");
        let bash = text.lines().next().unwrap_or_default().contains("bash");
        let mut shellcheck = Command::new("shellcheck");
        // What is sourced is set and read in different files, and is checked by itself; a change
        // in a subshell is meant there.
        shellcheck.args([
            "--severity",
            "warning",
            "--exclude",
            "SC1090,SC1091,SC2034,SC2048,SC2154",
        ]);
        shellcheck
            .args(["--shell", if bash { "bash" } else { "sh" }])
            .arg(&path);
        let (code, text) = finish(shellcheck);
        assert_eq!(code, 0, "{text}");
    }
}
