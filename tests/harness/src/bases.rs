//! The read-only trees that roots stand on. Each is made once and kept in the cache.

pub(crate) mod alpine;

use crate::{programs, sys};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Part of every base's name: a change in how bases are made makes new ones.
const VERSION: u32 = 1;

/// A variant of the base images, and the tree that stands in for its own base.
type StandIn = (&'static str, fn() -> PathBuf);

/// What stands in for the bases of `images/` where there is no registry.
const STAND_INS: &[StandIn] = &[
    ("debian-12", || debian(12, &[])),
    ("debian-13", || debian(13, &[])),
    ("alpine-3.23", alpine::complete),
];

/// The variants of the base images that a tree stands in for here.
pub fn stand_ins() -> impl Iterator<Item = &'static str> {
    STAND_INS.iter().map(|(name, _)| *name)
}

/// The kept tree that stands in for the base of a variant; made at the first use.
pub fn stand_in(variant: &str) -> Option<PathBuf> {
    let mut all = STAND_INS.iter();
    let (_, make) = all.find(|(name, _)| *name == variant)?;
    Some(make())
}

/// A kept repository of packages for apk: bash, sed and grep, not signed (`allow-untrusted` in
/// `/etc/apk/config`).
pub fn alpine_mirror() -> PathBuf {
    alpine::mirror()
}

/// The directory for what is kept between test runs, with the places that boxes mount on.
pub(crate) fn cache() -> &'static Path {
    static PLACE: OnceLock<PathBuf> = OnceLock::new();
    PLACE.get_or_init(|| {
        let place = match std::env::var_os("MAINSTAY_TEST_CACHE") {
            Some(given) => programs::workspace().join(given),
            None if sys::effective_uid() == 0 => PathBuf::from("/var/cache/mainstay-tests"),
            None => programs::workspace().join("target/test-bases"),
        };
        let text = place.to_string_lossy();
        assert!(
            !text.contains([':', ',', '\\']),
            "overlay mounts cannot take `:`, `,` or `\\` in {text}: set MAINSTAY_TEST_CACHE"
        );
        for name in ["mounts/root", "mounts/box"] {
            let path = place.join(name);
            fs::create_dir_all(&path)
                .unwrap_or_else(|error| panic!("cannot make {}: {error}", path.display()));
        }
        place
    })
}

/// A base called `name`, made by `make` in a fresh directory unless it is there.
/// Test programs that want it at the same time wait for the first.
fn kept(name: &str, make: impl FnOnce(&Path) -> Result<(), String>) -> PathBuf {
    let place = cache().join(name);
    let attempt = || -> Result<(), String> {
        let text = |error: io::Error| error.to_string();
        let lock = File::create(cache().join(format!("{name}.lock"))).map_err(text)?;
        lock.lock().map_err(text)?;
        if place.exists() {
            return Ok(());
        }
        let fresh = cache().join(format!("{name}.part"));
        if fresh.exists() {
            fs::remove_dir_all(&fresh).map_err(text)?;
        }
        fs::create_dir(&fresh).map_err(text)?;
        fs::set_permissions(&fresh, fs::Permissions::from_mode(0o755)).map_err(text)?;
        make(&fresh)?;
        fs::rename(&fresh, &place).map_err(text)
    };
    if !place.exists() {
        attempt().unwrap_or_else(|why| panic!("cannot make {}: {why}", place.display()));
    }
    place
}

/// BusyBox and nothing else: root, nobody and `app` (1000) as users.
pub(crate) fn busybox() -> PathBuf {
    let program = ["/bin/busybox", "/usr/bin/busybox"]
        .into_iter()
        .map(Path::new)
        .find(|path| path.is_file())
        .expect("no /bin/busybox: run `make setup` (Debian: apt-get install busybox-static)");
    let facts = fs::metadata(program).expect("busybox can be examined");
    let name = format!("busybox-{VERSION}-{}-{}", facts.len(), facts.mtime());
    kept(&name, |root| {
        fill_busybox(root, program).map_err(|error| error.to_string())
    })
}

fn fill_busybox(root: &Path, program: &Path) -> io::Result<()> {
    const FILES: &[(&str, &str)] = &[
        (
            "etc/passwd",
            "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n\
             app:x:1000:1000:app:/home/app:/bin/sh\n",
        ),
        (
            "etc/group",
            "root:x:0:\nnogroup:x:65534:\napp:x:1000:\nextra:x:1001:app\n",
        ),
        ("etc/hosts", "127.0.0.1 localhost\n::1 localhost\n"),
    ];
    for name in [
        "bin",
        "sbin",
        "usr/bin",
        "usr/sbin",
        "usr/local/bin",
        "etc",
        "root",
        "home/app",
        "var/log",
        "var/lib",
        "run",
        "tmp",
        "var/tmp",
        "proc",
        "sys",
        "dev",
        "mnt",
    ] {
        fs::create_dir_all(root.join(name))?;
    }
    for name in ["tmp", "var/tmp"] {
        fs::set_permissions(root.join(name), fs::Permissions::from_mode(0o1777))?;
    }
    fs::set_permissions(root.join("root"), fs::Permissions::from_mode(0o700))?;
    if sys::effective_uid() == 0 {
        std::os::unix::fs::chown(root.join("home/app"), Some(1000), Some(1000))?;
    }
    symlink("../run", root.join("var/run"))?;
    for (name, text) in FILES {
        fs::write(root.join(name), text)?;
    }
    fs::copy(program, root.join("bin/busybox"))?;
    let list = Command::new(program).arg("--list-full").output()?;
    for name in String::from_utf8_lossy(&list.stdout).lines() {
        let link = root.join(name);
        if name.contains("..") || link.symlink_metadata().is_ok() || !list.status.success() {
            continue;
        }
        fs::create_dir_all(link.parent().unwrap_or(root))?;
        symlink("/bin/busybox", link)?;
    }
    match root.join("bin/sh").symlink_metadata() {
        Ok(_) => Ok(()),
        Err(_) => Err(io::Error::other("busybox --list-full named no bin/sh")),
    }
}

/// A release of Debian, the smallest variant, with `packages` besides.
pub(crate) fn debian(release: u32, packages: &[&str]) -> PathBuf {
    let suite = match release {
        12 => "bookworm",
        13 => "trixie",
        other => panic!("no base is made of Debian {other}: 12 and 13 are"),
    };
    let mut name = format!("debian-{suite}-{VERSION}");
    for package in packages {
        name.push('-');
        name.push_str(package);
    }
    kept(&name, |root| {
        if sys::effective_uid() != 0 {
            return Err("debootstrap needs root: run the tests once as root, then again".into());
        }
        let mut command = Command::new("debootstrap");
        command.args(["--variant=minbase"]);
        if !packages.is_empty() {
            command.arg(format!("--include={}", packages.join(",")));
        }
        command.arg(suite).arg(root);
        command.args(std::env::var_os("MAINSTAY_TEST_MIRROR"));
        let done = command.output().map_err(|error| {
            format!("debootstrap: {error}: run `make setup` (apt-get install debootstrap)")
        })?;
        if !done.status.success() {
            return Err(format!("debootstrap failed:\n{}", tail(&done.stdout)));
        }
        // Downloaded packages and lists are dead weight in every image made from it.
        for name in ["var/cache/apt/archives", "var/lib/apt/lists"] {
            let directory = root.join(name);
            fs::remove_dir_all(&directory)
                .and_then(|()| fs::create_dir_all(directory.join("partial")))
                .map_err(|error| format!("{}: {error}", directory.display()))?;
        }
        Ok(())
    })
}

/// The last lines of what a program has said.
fn tail(said: &[u8]) -> String {
    let words = String::from_utf8_lossy(said);
    let lines: Vec<&str> = words.lines().collect();
    lines[lines.len().saturating_sub(10)..].join("\n")
}
