//! A Debian archive, made by dpkg-deb, apt-ftparchive and gpg. deb(5), sources.list(5).

use harness::Scratch;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A package with one file and one conffile that name its version.
#[derive(Clone, Copy, Debug, Default)]
pub struct Deb<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its version.
    pub version: &'a str,
    /// Further lines of the control file.
    pub fields: &'a [&'a str],
    /// The script that runs when it is configured.
    pub postinst: Option<&'a str>,
    /// KiB of its file: random bytes.
    pub kib: usize,
}

/// A suite of the archive and what its Release file says.
#[derive(Clone, Copy, Debug)]
pub struct Suite<'a> {
    /// The directory in `dists`, which sources name.
    pub directory: &'a str,
    /// Suite, Codename, Origin and Label.
    pub suite: &'a str,
    /// See above.
    pub codename: &'a str,
    /// See above.
    pub origin: &'a str,
    /// See above.
    pub label: &'a str,
    /// Its packages.
    pub packages: &'a [Deb<'a>],
}

/// An archive below a directory of the machine, signed with a key of its own: `key.gpg` in it.
#[derive(Debug)]
pub struct Archive {
    files: Scratch,
}

impl Archive {
    /// Makes it.
    ///
    /// # Panics
    /// When a tool is missing or fails.
    pub fn new(suites: &[Suite]) -> Self {
        let archive = Self {
            files: Scratch::new(),
        };
        let keys = archive.keys();
        fs::create_dir_all(archive.path()).unwrap();
        fs::create_dir(&keys).unwrap();
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        fs::set_permissions(&keys, private).unwrap();
        let make = [
            "--quick-generate-key",
            "Archive",
            "ed25519",
            "sign",
            "never",
        ];
        archive.gpg(&make);
        let key = archive.path().join("key.gpg");
        archive.gpg(&["--output", &key.to_string_lossy(), "--export"]);
        for suite in suites {
            archive.publish(suite);
        }
        // It is started by the first of these and would outlive the test.
        let mut end = Command::new("gpgconf");
        run(end.args(["--kill", "gpg-agent"]).env("GNUPGHOME", &keys));
        archive
    }

    /// Where it is on the machine.
    pub fn path(&self) -> PathBuf {
        self.files.path().join("archive")
    }

    fn keys(&self) -> PathBuf {
        self.files.path().join("keys")
    }

    fn gpg(&self, arguments: &[&str]) {
        let mut gpg = Command::new("gpg");
        gpg.args(["--batch", "--quiet", "--yes", "--passphrase", ""])
            .args(["--pinentry-mode", "loopback"])
            .env("GNUPGHOME", self.keys());
        run(gpg.args(arguments));
    }

    /// Packs a suite's packages and signs its index.
    fn publish(&self, suite: &Suite) {
        let pool = Path::new("pool").join(suite.directory);
        fs::create_dir_all(self.path().join(&pool)).unwrap();
        for deb in suite.packages {
            self.pack(deb, &pool);
        }
        let dist = self.path().join("dists").join(suite.directory);
        let binary = dist.join("main/binary-amd64");
        fs::create_dir_all(&binary).unwrap();
        let mut list = Command::new("apt-ftparchive");
        let list = run(list.arg("packages").arg(&pool).current_dir(self.path()));
        fs::write(binary.join("Packages"), list).unwrap();
        let mut release = Command::new("apt-ftparchive");
        for (name, value) in [
            ("Origin", suite.origin),
            ("Label", suite.label),
            ("Suite", suite.suite),
            ("Codename", suite.codename),
            ("Components", "main"),
            ("Architectures", "amd64"),
        ] {
            release.arg("-o");
            release.arg(format!("APT::FTPArchive::Release::{name}={value}"));
        }
        let text = run(release.arg("release").arg(&dist));
        fs::write(dist.join("Release"), text).unwrap();
        let (signed, plain) = (dist.join("InRelease"), dist.join("Release"));
        let (signed, plain) = (signed.to_string_lossy(), plain.to_string_lossy());
        self.gpg(&["--output", &signed, "--clearsign", &plain]);
    }

    fn pack(&self, deb: &Deb, pool: &Path) {
        let Deb { name, version, .. } = deb;
        let tree = Scratch::new();
        // Of a size that differs from any other version's.
        let mut bytes = format!("{name} {version}\n").into_bytes();
        let noise = fs::File::open("/dev/urandom").unwrap();
        let count = deb.kib as u64 * 1024;
        std::io::Read::read_to_end(&mut std::io::Read::take(noise, count), &mut bytes).unwrap();
        let mut control = format!(
            "Package: {name}\nVersion: {version}\nArchitecture: all\n\
             Maintainer: Archive <archive@example.org>\nInstalled-Size: {}\nDescription: {name}\n",
            deb.kib + 8
        );
        for field in deb.fields {
            control.push_str(field);
            control.push('\n');
        }
        tree.write("DEBIAN/control", control)
            .write("DEBIAN/conffiles", format!("/etc/{name}.conf\n"))
            .write(&format!("etc/{name}.conf"), format!("version={version}\n"))
            .write(&format!("usr/share/{name}/data"), bytes)
            .write(&format!("usr/share/doc/{name}/copyright"), "free\n")
            .write(&format!("usr/share/doc/{name}/changelog"), "news\n")
            .write(&format!("usr/share/man/man1/{name}.1"), "manual\n");
        if let Some(script) = deb.postinst {
            tree.write("DEBIAN/postinst", format!("#!/bin/sh\n{script}\n"));
            let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            fs::set_permissions(tree.path().join("DEBIAN/postinst"), executable).unwrap();
        }
        let readable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(tree.path(), readable).unwrap();
        let file = self
            .path()
            .join(pool)
            .join(format!("{name}_{version}_all.deb"));
        let mut build = Command::new("dpkg-deb");
        build.args(["--root-owner-group", "-Zgzip", "-z1", "--build"]);
        run(build.arg(tree.path()).arg(file));
    }
}

/// Runs a tool of the machine, and says what it wrote.
#[track_caller]
fn run(command: &mut Command) -> Vec<u8> {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}: run `make setup`"));
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {words}");
    output.stdout
}
