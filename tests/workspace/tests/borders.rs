//! The borders between the crates, as ARCHITECTURE.md draws them.
#![forbid(unsafe_code)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn workspace() -> &'static Path {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest
        .ancestors()
        .nth(2)
        .expect("tests/workspace is two levels down")
}

/// What `package` links, itself included, by name.
fn linked(package: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .current_dir(workspace())
        .args([
            "tree",
            "--offline",
            "--locked",
            "--edges",
            "normal",
            "--prefix",
            "none",
        ])
        .args(["--format", "{p}", "--package", package])
        .output()
        .expect("cargo can be started");
    assert!(
        output.status.success(),
        "cargo tree: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let names = text.lines().filter_map(|line| line.split(' ').next());
    names.map(str::to_owned).collect()
}

fn assert_links_only(package: &str, allowed: &[&str]) {
    let names = linked(package);
    assert!(names.contains(package), "{names:?}");
    let strangers: Vec<&String> = names
        .iter()
        .filter(|name| *name != package && !allowed.contains(&name.as_str()))
        .collect();
    assert!(
        strangers.is_empty(),
        "{package} links {strangers:?}: what is linked into PID 1 must be read in an hour"
    );
}

/// What PID 1 links, and what for.
const IN_PID_1: &[(&str, &str)] = &[
    ("kernel", "system calls"),
    ("plan", "what is to run"),
    ("engine", "the decisions"),
    ("s6wire", "the files that other programs read"),
    ("places", "where things lie"),
    ("client", "hooks' children tell PID 1 what they run"),
    ("layouts", "the image's files become a plan"),
    (
        "execline",
        "layouts looks into scripts, and matches patterns",
    ),
    ("stage", "what the boot's child writes"),
    ("libc", "system calls"),
];

#[test]
fn pid_1_links_little() {
    let allowed: Vec<&str> = IN_PID_1.iter().map(|(name, _)| *name).collect();
    assert_links_only("init", &allowed);
}

#[test]
fn only_the_binary_links_pid_1() {
    for package in ["tools", "cli", "layouts", "stage", "chain", "client"] {
        let names = linked(package);
        for stranger in ["init", "engine"] {
            assert!(!names.contains(stranger), "{package} links {stranger}");
        }
    }
    assert!(linked("mainstay").contains("init"));
}

/// Of what is only for fuzzing the release has nothing: the feature is asked for by
/// fuzz/properties alone.
#[test]
fn the_release_has_nothing_that_is_only_for_fuzzing() {
    let features = |package: &str| {
        let output = Command::new(env!("CARGO"))
            .current_dir(workspace())
            .args(["tree", "--offline", "--locked", "--edges", "features"])
            .args(["--package", package])
            .output()
            .expect("cargo can be started");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let of_release = features("mainstay");
    assert!(of_release.contains("init"), "{of_release}");
    assert!(!of_release.contains("fuzzing"), "{of_release}");
    assert!(features("fuzz-properties").contains("feature \"fuzzing\""));
    let mut files = Vec::new();
    sources(&workspace().join("crates"), &mut files);
    for path in files {
        let text = fs::read_to_string(&path).expect("a source can be read");
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            if line.ends_with("mod for_fuzzing;") {
                let above = &lines[at.saturating_sub(2)..at];
                assert!(
                    above.contains(&"#[cfg(feature = \"fuzzing\")]"),
                    "{}:{}",
                    path.display(),
                    at + 1
                );
            }
        }
    }
}

#[test]
fn where_things_lie_is_known_by_one_small_crate() {
    assert_links_only("places", &["kernel", "libc"]);
    assert_links_only("client", &["places", "kernel", "libc"]);
}

#[test]
fn readers_do_not_write() {
    assert_links_only(
        "layouts",
        &["kernel", "plan", "s6wire", "execline", "places", "libc"],
    );
    let mut files = Vec::new();
    sources(&workspace().join("crates/layouts/src"), &mut files);
    let mut strays = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).expect("a source can be read");
        let code = text.split("\n#[cfg(test)]").next().unwrap_or(&text);
        let is_test = path.ends_with("tests.rs");
        let writes = WRITING.iter().filter(|word| code.contains(**word));
        strays.extend(
            writes
                .filter(|_| !is_test)
                .map(|word| format!("{}: {word}", path.display())),
        );
    }
    assert_eq!(strays, &[] as &[String], "what writes belongs into stage");
}

/// Nothing after a reader knows which layout it was: a new one is a folder in `layouts` and
/// a line in `install`.
#[test]
fn pid_1_and_the_boot_know_no_layout_by_name() {
    let mut files = Vec::new();
    for name in ["plan", "engine", "init", "stage", "client", "tools"] {
        sources(
            &workspace().join("crates").join(name).join("src"),
            &mut files,
        );
    }
    let named = |path: &PathBuf| {
        let text = fs::read_to_string(path).expect("a source can be read");
        ["overlay2", "overlay3"]
            .iter()
            .any(|layout| text.contains(layout))
    };
    files.retain(named);
    assert_eq!(files, &[] as &[PathBuf], "ask layouts::Layout");
}

/// How a file is made, changed or removed.
const WRITING: &[&str] = &[
    "fs::write(",
    "File::create",
    "OpenOptions",
    "create_dir",
    "remove_file",
    "remove_dir",
    "symlink(",
    "rename(",
    "set_permissions",
    "fs::set_owner",
    "fs::set_mode",
    "dir::make",
    "dir::create",
    "dir::remove",
    "removal::",
    "make_fifo",
    "O_CREAT",
    "O_WRONLY",
    "O_RDWR",
];

#[test]
fn the_mind_of_the_supervisor_links_no_system() {
    assert_links_only("engine", &["plan"]);
    for pure in ["plan", "s6wire", "execline"] {
        assert_links_only(pure, &[]);
    }
}

#[test]
fn the_kernel_crate_needs_libc_alone() {
    assert_links_only("kernel", &["libc"]);
}

/// Every Rust file below `directory`, build outputs aside.
fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a source directory can be read") {
        let path = entry.expect("an entry can be read").path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            sources(&path, found);
        } else if name.ends_with(".rs") {
            found.push(path);
        }
    }
}

/// Whether this line holds the keyword, comments and the text in quotes aside.
fn says_unsafe(line: &str) -> bool {
    let line = line.replace("\\\"", "");
    let code: String = line.split('"').step_by(2).collect::<Vec<_>>().join(" ");
    let code = code.split("//").next().unwrap_or(&code);
    let mut words = code.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    words.any(|word| word == "unsafe")
}

/// The only places that may hold unsafe code.
const UNSAFE_PLACES: &[&str] = &[
    "crates/kernel/src/",
    "crates/mainstay/src/main.rs",
    "tests/harness/src/sys/",
];

#[test]
fn unsafe_code_has_an_address() {
    let mut files = Vec::new();
    sources(workspace(), &mut files);
    assert!(
        files.len() > 20,
        "the sources are where this test looks: {files:?}"
    );
    let mut strays = Vec::new();
    for path in files {
        let name = path
            .strip_prefix(workspace())
            .unwrap_or(&path)
            .to_string_lossy()
            .into_owned();
        if UNSAFE_PLACES.iter().any(|place| name.starts_with(place)) {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a source can be read");
        for (number, line) in text.lines().enumerate() {
            if says_unsafe(line) {
                strays.push(format!("{name}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert_eq!(
        strays,
        &[] as &[String],
        "unsafe code belongs into crates/kernel"
    );
}

#[test]
fn every_crate_but_the_three_forbids_unsafe_code() {
    let allowed = ["crates/kernel", "crates/mainstay", "tests/harness"];
    let mut missing = Vec::new();
    for room in ["crates", "tests", "fuzz"] {
        for entry in fs::read_dir(workspace().join(room)).expect("a room can be read") {
            let path = entry.expect("an entry can be read").path();
            let name = path
                .strip_prefix(workspace())
                .unwrap_or(&path)
                .to_string_lossy()
                .into_owned();
            if !path.join("Cargo.toml").is_file() || allowed.contains(&name.as_str()) {
                continue;
            }
            let roots = ["src/lib.rs", "src/main.rs", "lib.rs"].map(|file| path.join(file));
            for root in roots.iter().filter(|root| root.is_file()) {
                let text = fs::read_to_string(root).expect("a source can be read");
                if !text.contains("#![forbid(unsafe_code)]") {
                    missing.push(root.display().to_string());
                }
            }
        }
    }
    assert_eq!(missing, &[] as &[String]);
}

/// F65: there is no port to be protected, since nothing could open one.
#[test]
fn nothing_that_ships_can_open_a_port() {
    let mut files = Vec::new();
    sources(&workspace().join("crates"), &mut files);
    let mut strays = Vec::new();
    for path in files {
        let name = path
            .strip_prefix(workspace())
            .unwrap_or(&path)
            .to_path_buf();
        // The validator probes ports; it is another program, for build and test.
        if name.starts_with("crates/check") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a source can be read");
        let words = [
            "TcpListener",
            "TcpStream",
            "UdpSocket",
            "libc::bind",
            "libc::listen",
            "from_abstract_name",
        ];
        let found = words.iter().filter(|word| text.contains(**word));
        strays.extend(found.map(|word| format!("{}: {word}", name.display())));
    }
    assert_eq!(strays, &[] as &[String]);
}

#[test]
fn the_keyword_is_found_where_it_is_code() {
    assert!(says_unsafe("    let x = unsafe { y() };"));
    assert!(says_unsafe("pub unsafe fn z() {}"));
    assert!(!says_unsafe("#![forbid(unsafe_code)]"));
    assert!(says_unsafe("let fd = unsafe { open(c\"/dev/null\") };"));
    assert!(!says_unsafe("let text = \"unsafe\";"));
    assert!(!says_unsafe("// unsafe is explained here"));
}

/// What of the standard library ends the process where the kernel refuses a call: a stream of
/// a directory when closing it fails, a hash table when there are no random bytes for it.
const PANICS_OF_STD: &[(&str, &str)] = &[
    ("read_dir(", "kernel::dir::names_in"),
    ("remove_dir_all(", "kernel::removal"),
    ("HashMap", "BTreeMap"),
    ("HashSet", "BTreeSet"),
    ("RandomState", "BTreeMap"),
];

#[test]
fn pid_1_calls_nothing_that_panics_where_the_kernel_refuses() {
    let mut files = Vec::new();
    for name in [
        "kernel", "plan", "engine", "s6wire", "execline", "places", "client", "layouts", "stage",
        "init",
    ] {
        sources(
            &workspace().join("crates").join(name).join("src"),
            &mut files,
        );
    }
    let mut strays = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).expect("a source can be read");
        let name = path.strip_prefix(workspace()).unwrap_or(&path).display();
        // What only tests run may panic.
        if path.file_name().is_some_and(|file| file == "testing.rs") {
            continue;
        }
        let text = text
            .split("\n#[cfg(test)]\nmod tests")
            .next()
            .unwrap_or(&text);
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or(line);
            let found = PANICS_OF_STD.iter().filter(|(word, _)| code.contains(word));
            strays
                .extend(found.map(|(word, instead)| {
                    format!("{name}:{}: {word}: use {instead}", number + 1)
                }));
        }
    }
    assert_eq!(strays, &[] as &[String]);
}
