//! The other scripts of images: other mirrors, cleaning, tuning; and all of them as scripts.
#![forbid(unsafe_code)]

use harness::{Container, Output, Root};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use updates_tests::debian::{Format, Trust, debian, image};
use updates_tests::{Image, scripts};

/// Every script: the file itself, not the links to it.
fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "sh") {
            found.push(path);
        }
    }
}

fn all() -> Vec<PathBuf> {
    let mut found = Vec::new();
    files(&scripts(), &mut found);
    found.sort();
    assert!(found.len() > 15, "{found:?}");
    found
}

#[test]
fn shellcheck_finds_nothing() {
    let output = Command::new("shellcheck")
        .args([
            "--shell=sh",
            "--external-sources",
            "--source-path=SCRIPTDIR",
        ])
        .args(all())
        .output()
        .expect("shellcheck: run `make setup`");
    let words = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{words}");
}

#[test]
fn every_shell_can_read_them_and_each_can_be_executed() {
    use std::os::unix::fs::PermissionsExt;
    for path in all() {
        for shell in [&["dash"][..], &["bash", "--posix"], &["busybox", "ash"]] {
            let output = Command::new(shell[0])
                .args(&shell[1..])
                .arg("-n")
                .arg(&path)
                .output()
                .unwrap();
            let words = String::from_utf8_lossy(&output.stderr);
            assert!(
                output.status.success(),
                "{shell:?} {}: {words}",
                path.display()
            );
        }
        let text = fs::read_to_string(&path).unwrap();
        let library = path.parent().unwrap().ends_with("lib");
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(
            text.starts_with("#!/bin/sh -e\n"),
            !library,
            "{}",
            path.display()
        );
        assert_eq!(mode & 0o111 != 0, !library, "{}", path.display());
    }
}

#[test]
fn a_family_has_both_scripts_by_the_names_of_os_release() {
    for family in [
        "debian",
        "ubuntu",
        "centos",
        "rhel",
        "rockylinux",
        "almalinux",
        "alpine",
    ] {
        for task in ["security_updates", "clean"] {
            let path = scripts().join(format!("{task}_{family}.sh"));
            assert!(path.is_file(), "{}", path.display());
        }
    }
}

/// Names in capitals that are no variables of the user's.
const INTERNAL: &[&str] = &[
    "IFS",
    "LC_ALL",
    "TAB",
    "FAILED",
    "USAGE",
    "NO_CHANNEL",
    "UNREADABLE",
    "KEPT_BACK",
];

#[test]
fn the_page_of_variables_has_what_the_scripts_read() {
    let page = fs::read_to_string(harness::workspace().join("docs/variables.md")).unwrap();
    let mut read = std::collections::BTreeSet::new();
    for path in all() {
        let text = fs::read_to_string(&path).unwrap();
        let code = text
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'));
        for line in code {
            for part in line.split("${").skip(1) {
                let capital = |c: &char| c.is_ascii_uppercase() || *c == '_';
                let name: String = part.chars().take_while(capital).collect();
                // `${NAME:-…}`: may be unset, so it is the user's to set.
                if !name.is_empty() && part[name.len()..].starts_with(":-") {
                    read.insert(name);
                }
            }
        }
    }
    assert!(read.len() >= 9, "{read:?}");
    for name in read {
        let known = INTERNAL.contains(&name.as_str()) || page.contains(&format!("| `{name}` |"));
        assert!(known, "docs/variables.md has no {name}");
    }
}

const ONE_LINE: &str = "\
# http://archive.ubuntu.com/ubuntu/ stays in a comment
deb http://archive.ubuntu.com/ubuntu/ noble main restricted
deb [arch=amd64 signed-by=/key] http://archive.ubuntu.com/ubuntu noble-updates main
deb http://security.ubuntu.com/ubuntu/ noble-security main
deb-src https://archive.ubuntu.com/ubuntu/ noble main
deb http://ports.ubuntu.com/ubuntu-ports/ noble main
deb http://archive.ubuntu.com/ubuntu-of-others/ noble main
";

const DEB822: &str = "\
Types: deb
URIs: http://archive.ubuntu.com/ubuntu/ http://mirror.example.org/ubuntu
Suites: noble noble-updates
Components: main
Signed-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg

Types: deb
URIs: http://security.ubuntu.com/ubuntu/
Suites: noble-security
Components: main
Signed-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg
";

/// A container of Debian with sources of Ubuntu, and a way to run the script in it.
struct Sources(Container);

impl Sources {
    fn new() -> Self {
        let root = Root::debian();
        Image::prepare(&root);
        root.write("/etc/apt/sources.list", ONE_LINE);
        root.write("/etc/apt/sources.list.d/ubuntu.sources", DEB822);
        Self(Container::new(&root, ["sleep", "1000"]).boot())
    }

    fn update(&self, variables: &[(&str, &str)]) -> Output {
        let mut results = Vec::new();
        // The second run must change nothing, and say the same.
        for shell in ["/bin/bash", "/bin/sh"] {
            let script = "/scripts/ubuntu/update_apt_sources.sh";
            let mut exec = self.0.prepare([shell, "-e", script]);
            for (name, value) in variables {
                exec = exec.env(name, value);
            }
            results.push((exec.run(), self.lines(), self.paragraphs()));
        }
        assert_eq!(
            results[0].1, results[1].1,
            "a second run has changed something"
        );
        assert_eq!(
            results[0].2, results[1].2,
            "a second run has changed something"
        );
        assert_eq!(results[0].0.error_text(), results[1].0.error_text());
        results.remove(0).0
    }

    fn lines(&self) -> String {
        self.0.text("/etc/apt/sources.list")
    }

    fn paragraphs(&self) -> String {
        self.0.text("/etc/apt/sources.list.d/ubuntu.sources")
    }
}

#[test]
fn sources_of_both_formats_are_pointed_elsewhere() {
    let sources = Sources::new();
    let none = sources.update(&[]).ok();
    assert_eq!(
        (none.text(), none.error_text()),
        (String::new(), String::new())
    );
    assert_eq!(
        (sources.lines().as_str(), sources.paragraphs().as_str()),
        (ONE_LINE, DEB822)
    );

    let done = sources.update(&[
        ("UBUNTU_ARCHIVE_MIRROR_URL", "https://mirror.test/remote&1/"),
        ("UBUNTU_SECURITY_MIRROR_URL", "http://mirror.test/security"),
        ("UBUNTU_PORTS_MIRROR_URL", "http://mirror.test/ports/"),
        ("DEBUG", "1"),
    ]);
    let lines = "\
# http://archive.ubuntu.com/ubuntu/ stays in a comment
deb https://mirror.test/remote&1/ noble main restricted
deb [arch=amd64 signed-by=/key] https://mirror.test/remote&1/ noble-updates main
deb http://mirror.test/security noble-security main
deb-src https://mirror.test/remote&1/ noble main
deb http://mirror.test/ports/ noble main
deb http://archive.ubuntu.com/ubuntu-of-others/ noble main
";
    assert_eq!(sources.lines(), lines);
    let paragraphs = DEB822
        .replace(
            "http://archive.ubuntu.com/ubuntu/",
            "https://mirror.test/remote&1/",
        )
        .replace(
            "http://security.ubuntu.com/ubuntu/",
            "http://mirror.test/security",
        );
    assert_eq!(sources.paragraphs(), paragraphs);
    let said = done.ok().text();
    assert!(said.contains("*** DEBUG is set. Dumping /etc/apt/sources.list ***"));
    assert!(said.contains("deb http://mirror.test/security noble-security main"));
    assert!(!said.contains("stays in a comment"));
    let left = sources
        .0
        .shell("ls /etc/apt /etc/apt/sources.list.d /tmp")
        .ok();
    assert!(!left.text().contains("new"), "{left}");
}

#[test]
fn only_one_file_when_it_is_named_and_it_must_be_there() {
    let sources = Sources::new();
    let one = ("APT_SOURCE_LIST", "/etc/apt/sources.list.d/ubuntu.sources");
    let url = ("UBUNTU_ARCHIVE_MIRROR_URL", "http://mirror.test/a/");
    sources.update(&[one, url]).ok();
    assert_eq!(sources.lines(), ONE_LINE);
    assert!(
        sources
            .paragraphs()
            .contains("URIs: http://mirror.test/a/ http://mirror.example.org")
    );

    let gone = sources.update(&[("APT_SOURCE_LIST", "/tmp/foo"), url]);
    assert_eq!(gone.code(), 1);
    assert_eq!(gone.error_text(), "failure: /tmp/foo does not exist!");
    sources
        .0
        .shell("rm -r /etc/apt/sources.list /etc/apt/sources.list.d/*")
        .ok();
    let exec = sources.0.exec(["/scripts/ubuntu/update_apt_sources.sh"]);
    assert_eq!(exec.code(), 1);
    assert!(
        exec.error_text()
            .starts_with("failure: /etc/apt/sources.list does not exist")
    );
}

#[test]
fn a_signal_ends_it_and_leaves_nothing() {
    let sources = Sources::new();
    for shell in ["bash", "sh"] {
        // It is in the middle of its work when awk has begun.
        let ended = sources.0.shell(&format!(
            "mkdir -p /bin.test
printf '#!/bin/sh\\nexec sleep 1\\n' >/bin.test/awk
chmod +x /bin.test/awk
export PATH=/bin.test:$PATH UBUNTU_ARCHIVE_MIRROR_URL=http://mirror.test/a/
{shell} -e /scripts/ubuntu/update_apt_sources.sh &
until ls /tmp/tmp.*/new 2>/dev/null; do sleep 0.05; done
kill $!
wait $!
echo ended $?
ls -A /tmp"
        ));
        let said = ended.text();
        let end = said.split_once("ended ").map(|(_, end)| end.trim());
        assert_eq!(end, Some("143"), "{shell}: {ended}");
    }
    assert_eq!(sources.lines(), ONE_LINE);
}

#[test]
fn other_addresses_than_http_are_not_taken() {
    let sources = Sources::new();
    for url in [
        "ftp://foo.bar",
        "httpd",
        "http://",
        "/srv/mirror",
        "http://a b/",
        "http://a/\nb",
    ] {
        let said = sources.update(&[("UBUNTU_ARCHIVE_MIRROR_URL", url)]).ok();
        assert_eq!(
            said.error_text(),
            format!("warning: Unsupported mirror url: {url}")
        );
    }
    assert_eq!(
        (sources.lines().as_str(), sources.paragraphs().as_str()),
        (ONE_LINE, DEB822)
    );
}

#[test]
fn mirrors_of_debian_too() {
    let sources = Sources::new();
    sources.0.write(
        "/etc/apt/sources.list",
        "deb http://deb.debian.org/debian trixie main\n\
         deb http://deb.debian.org/debian-security trixie-security main\n\
         deb http://security.debian.org/debian-security/ trixie-security main\n",
    );
    sources
        .update(&[
            ("DEBIAN_ARCHIVE_MIRROR_URL", "https://mirror.test/debian"),
            ("DEBIAN_SECURITY_MIRROR_URL", "https://mirror.test/security"),
        ])
        .ok();
    assert_eq!(
        sources.lines(),
        "deb https://mirror.test/debian trixie main\n\
         deb https://mirror.test/security trixie-security main\n\
         deb https://mirror.test/security trixie-security main\n"
    );
}

#[test]
fn a_link_to_a_list_stays_a_link() {
    let sources = Sources::new();
    sources
        .0
        .shell("chmod 640 /etc/apt/sources.list; mv /etc/apt/sources.list /srv/list; ln -s /srv/list /etc/apt/sources.list")
        .ok();
    sources
        .update(&[("UBUNTU_PORTS_MIRROR_URL", "http://mirror.test/ports/")])
        .ok();
    let facts = sources
        .0
        .shell("readlink /etc/apt/sources.list; stat -c %a /srv/list")
        .ok();
    assert_eq!(facts.text(), "/srv/list\n640");
    assert!(
        sources
            .lines()
            .contains("deb http://mirror.test/ports/ noble main")
    );
}

#[test]
fn tuned_apt_brings_no_documentation_but_copyrights_and_leaves_no_caches() {
    let image = image(&Root::debian(), debian(), Format::OneLine, Trust::Key);
    image.shell("rm -rf /var/cache/apt; mkdir -p /var/cache/apt/archives/partial");
    for script in ["ubuntu_apt_config.sh", "ubuntu_apt_cleanmode.sh"] {
        image.shell(&format!(
            "/bin/bash -e /scripts/{script} && sh -e /scripts/{script}"
        ));
    }
    image.shell("apt-get update -qq; apt-get install -qqy not-installed >/dev/null 2>&1");
    let files = image.shell(
        "find /usr/share/doc/not-installed /usr/share/man/man1/not-installed.1 2>/dev/null || true",
    );
    assert_eq!(
        files,
        "/usr/share/doc/not-installed\n/usr/share/doc/not-installed/copyright"
    );
    assert_eq!(image.shell("find /var/cache/apt -type f ! -name lock"), "");
    let settings =
        image.shell("apt-config dump | grep -e Languages -e GzipIndexes; dpkg --help >/dev/null");
    assert!(
        settings.contains("Acquire::Languages:: \"none\""),
        "{settings}"
    );
    assert!(
        settings.contains("Acquire::GzipIndexes \"true\""),
        "{settings}"
    );
    // Updates come as before, and bring no documentation either.
    assert_eq!(image.update("").ended(0).changes().len(), 6);
    assert_eq!(image.shell("ls /usr/share/doc/brought-in"), "copyright");
}

#[test]
fn clean_leaves_nothing_of_an_installation_but_copyrights() {
    let image = image(&Root::debian(), debian(), Format::OneLine, Trust::Key);
    image.update("").ended(0);
    image.shell(
        "apt-mark auto stranger >/dev/null
         mkdir -p /tmp/a/b /var/tmp/c; touch '/tmp/a/b/with a space' /tmp/.hidden /var/tmp/c/d
         ln -s /etc/passwd /tmp/link; rm -rf /usr/share/info /var/lib/dpkg/available",
    );
    let said = image.shell("/bin/bash -e /scripts/clean_debian.sh 2>&1");
    assert_eq!(said, "", "nothing is worth a word");
    assert_eq!(
        image.shell("find /tmp /var/tmp /var/lib/apt/lists /var/cache/apt -mindepth 1"),
        ""
    );
    assert_eq!(image.shell("ls /usr/share/doc/fixed"), "copyright");
    assert_eq!(image.shell("find /usr/share/man -type f | head -n 1"), "");
    image.shell("test -f /etc/passwd; ! test -e /usr/share/stranger; test -e /usr/share/fixed");
    // Twice is once.
    let files = image.snapshot();
    assert_eq!(image.shell("sh -e /scripts/clean_ubuntu.sh 2>&1"), "");
    image.assert_as_it_was(&files, "a second run");
    // And apt works as before.
    image.shell("apt-get update -qq && apt-get install -qqy not-installed >/dev/null 2>&1");
}

#[test]
fn clean_spares_what_is_mounted_and_says_what_it_cannot_do() {
    let root = Root::debian();
    Image::prepare(&root);
    let image = Image::boot(&root, "debian");
    image.shell(
        "mkdir -p /tmp/inner/mount /tmp/plain; mount -t tmpfs cache /var/cache/apt
         mount -t tmpfs inner /tmp/inner/mount
         touch /var/cache/apt/kept /tmp/inner/mount/kept /tmp/plain/gone",
    );
    let said = image.shell("/bin/bash -e /scripts/clean_debian.sh 2>&1");
    assert_eq!(said, "clean: /var/cache/apt is mounted: left as it is");
    image.shell("test -f /var/cache/apt/kept; test -f /tmp/inner/mount/kept; ! test -e /tmp/plain");

    let said = image
        .container()
        .prepare(["sh", "-e", "/scripts/clean_debian.sh"]);
    let said = said.user(65534, 65534).run();
    assert_eq!(said.code(), 2);
    assert!(said.error_text().contains("run it as root"), "{said}");

    let locked = Container::new(&root, ["sh", "-e", "/scripts/clean_debian.sh"]);
    let (status, log) = locked.read_only().run();
    assert!(status.success(), "{}", log.text());
    assert_eq!(
        log.text().trim(),
        "clean: /var cannot be written: nothing is cleaned"
    );
}

#[test]
fn clean_of_the_other_families_runs_where_their_tools_are_not() {
    let root = Root::busybox();
    Image::prepare(&root);
    root.directory("/var/cache/apk")
        .directory("/var/cache/dnf/base");
    root.write("/var/cache/apk/index", "")
        .write("/var/cache/dnf/base/index", "");
    root.write("/usr/share/doc/thing/LICENSE", "")
        .write("/usr/share/doc/thing/README", "");
    root.write("/usr/share/man/man1/thing.1", "")
        .write("/var/log/dnf.log", "");
    let container = Container::new(&root, ["sleep", "1000"]).boot();
    for family in ["alpine", "rhel", "centos", "debian"] {
        let script = format!("/scripts/clean_{family}.sh");
        // Who asks what it does gets an answer, and nothing is removed.
        let help = container.exec(["sh", "-e", &script, "--help"]).ok();
        assert!(help.text().starts_with("usage: /clean.sh"), "{family}");
        if family == "alpine" {
            container.exec(["test", "-f", "/var/cache/apk/index"]).ok();
        }
        let said = container.exec(["sh", "-e", &script]).ok();
        assert_eq!(
            (said.text(), said.error_text()),
            (String::new(), String::new()),
            "{family}"
        );
    }
    let left = container.shell(
        "find /var/cache /var/log /usr/share/doc /usr/share/man -type f; \
         ls -d /var/cache/apk /var/cache/dnf",
    );
    assert_eq!(
        left.ok().text(),
        "/usr/share/doc/thing/LICENSE\n/var/cache/apk\n/var/cache/dnf"
    );
}
