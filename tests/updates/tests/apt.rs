//! Security updates on real apt: Debian 12 and 13, sources of one line and deb822, archives that
//! are signed and that are trusted unsigned.
#![forbid(unsafe_code)]

use harness::Root;
use std::collections::BTreeMap;
use std::sync::OnceLock;
use updates_tests::{Archive, Change, Deb, Image, Suite};

const fn deb<'a>(name: &'a str, version: &'a str) -> Deb<'a> {
    Deb {
        name,
        version,
        fields: &[],
        postinst: None,
        kib: 0,
    }
}

const fn with<'a>(name: &'a str, version: &'a str, fields: &'a [&'a str]) -> Deb<'a> {
    Deb {
        fields,
        ..deb(name, version)
    }
}

/// What is installed to begin with. The names say what the other suites have.
const RELEASE: &[Deb] = &[
    deb("plain", "1.0"),
    deb("fixed", "1.0"),
    deb("fixed-twice", "1.0"),
    deb("held", "1.0"),
    deb("grows", "1.0"),
    deb("phased", "1.0"),
    deb("newer-here", "2.0"),
    deb("asks", "1.0"),
    deb("brought-in", "1.0"),
    deb("stranger", "1.0"),
];
const UPDATES: &[Deb] = &[deb("plain", "1.1"), deb("fixed-twice", "1.2")];
const SECURITY: &[Deb] = &[
    deb("fixed", "1.1"),
    deb("fixed-twice", "1.1"),
    deb("held", "1.1"),
    with("grows", "1.1", &["Depends: brought-in"]),
    with("phased", "1.1", &["Phased-Update-Percentage: 0"]),
    deb("newer-here", "1.5"),
    deb("asks", "1.1"),
    deb("not-installed", "1.1"),
];

const fn suite<'a>(directory: &'a str, suite: &'a str, packages: &'a [Deb<'a>]) -> Suite<'a> {
    Suite {
        directory,
        suite,
        codename: directory,
        origin: "Debian",
        label: "Debian",
        packages,
    }
}

/// Debian's, as they are called: the label of the security suite is another one.
fn debian() -> &'static Archive {
    static MADE: OnceLock<Archive> = OnceLock::new();
    MADE.get_or_init(|| {
        Archive::new(&[
            suite("bookworm", "oldstable", RELEASE),
            suite("bookworm-updates", "oldstable-updates", UPDATES),
            Suite {
                label: "Debian-Security",
                ..suite("bookworm-security", "oldstable-security", SECURITY)
            },
        ])
    })
}

/// Ubuntu's: one codename for all suites, one label.
fn ubuntu() -> &'static Archive {
    static MADE: OnceLock<Archive> = OnceLock::new();
    let suite = |name, packages| Suite {
        codename: "noble",
        origin: "Ubuntu",
        label: "Ubuntu",
        ..suite(name, name, packages)
    };
    MADE.get_or_init(|| {
        Archive::new(&[
            suite("noble", RELEASE),
            suite("noble-updates", UPDATES),
            suite("noble-security", SECURITY),
        ])
    })
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Format {
    OneLine,
    Deb822,
}

/// Signed with the archive's key, or `[trusted=yes]` and not signed at all.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Trust {
    Key,
    Word,
}

/// An image whose packages come from `archive`, in /srv/archive and on port 8080; its security
/// suite once more, in /srv/security and on port 8081.
fn image(root: &Root, archive: &Archive, format: Format, trust: Trust) -> Image {
    Image::prepare(root);
    root.copy_to(archive.path(), "/srv/archive");
    root.copy_to(archive.path(), "/srv/security");
    let family = if archive.path().join("dists/noble").exists() {
        "ubuntu"
    } else {
        "debian"
    };
    let code = if family == "ubuntu" {
        "noble"
    } else {
        "bookworm"
    };
    root.remove("/etc/apt/sources.list");
    for name in root.list("/etc/apt/sources.list.d").unwrap() {
        root.remove(format!("/etc/apt/sources.list.d/{name}"));
    }
    let suites = [
        (format!("{code} {code}-updates"), 8080),
        (format!("{code}-security"), 8081),
    ];
    match format {
        Format::OneLine => {
            let option = match trust {
                Trust::Key => "signed-by=/srv/archive/key.gpg",
                Trust::Word => "trusted=yes",
            };
            let mut text = String::new();
            for (names, port) in suites {
                for name in names.split(' ') {
                    text.push_str(&format!(
                        "deb [{option}] http://127.0.0.1:{port} {name} main\n"
                    ));
                }
            }
            root.write("/etc/apt/sources.list", text);
        }
        Format::Deb822 => {
            let option = match trust {
                Trust::Key => "Signed-By: /srv/archive/key.gpg",
                Trust::Word => "Trusted: yes",
            };
            let mut text = String::new();
            for (names, port) in suites {
                text.push_str(&format!(
                    "Types: deb\nURIs: http://127.0.0.1:{port}/\nSuites: {names}\n\
                     Components: main\n{option}\n\n"
                ));
            }
            root.write(format!("/etc/apt/sources.list.d/{family}.sources"), text);
        }
    }
    if trust == Trust::Word {
        for (place, name) in [
            ("archive", code.to_string()),
            ("archive", format!("{code}-updates")),
            ("security", format!("{code}-security")),
        ] {
            root.remove(format!("/srv/{place}/dists/{name}/InRelease"));
        }
    }
    let image = Image::boot(root, family);
    image.serve("/srv/archive", 8080);
    image.serve("/srv/security", 8081);
    let names: Vec<String> = RELEASE
        .iter()
        .filter(|deb| deb.name != "brought-in")
        .map(|deb| format!("{}={}", deb.name, deb.version))
        .collect();
    image.shell(&format!(
        "apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -qqy {} >/dev/null 2>&1
         apt-mark hold held >/dev/null; echo mine=1 >/etc/asks.conf
         rm -rf /var/lib/apt/lists/* /var/cache/apt/*",
        names.join(" ")
    ));
    image
}

fn installed(image: &Image) -> BTreeMap<String, String> {
    let list = image.shell("dpkg-query -W -f '${db:Status-Abbrev}|${Package} ${Version}\\n'");
    list.lines()
        .filter_map(|line| line.split_once('|'))
        .filter(|(state, _)| state.trim_end().ends_with('i'))
        .filter_map(|(_, rest)| rest.split_once(' '))
        .map(|(name, version)| (name.into(), version.into()))
        .collect()
}

/// What two inventories differ in, without the source.
fn difference(
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
) -> Vec<(String, Option<String>, Option<String>)> {
    let names: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    names
        .into_iter()
        .map(|name| {
            (
                name.clone(),
                before.get(name).cloned(),
                after.get(name).cloned(),
            )
        })
        .filter(|(_, old, new)| old != new)
        .collect()
}

fn bare(changes: &[Change]) -> Vec<(String, Option<String>, Option<String>)> {
    let changes = changes.iter();
    changes
        .map(|one| (one.name.clone(), one.old.clone(), one.new.clone()))
        .collect()
}

/// The whole of a good run: told, done, and nothing else.
fn security_suites_alone_upgrade(root: &Root, archive: &Archive, format: Format, trust: Trust) {
    let what = format!("{format:?} {trust:?}");
    let image = image(root, archive, format, trust);
    let (before, files) = (installed(&image), image.snapshot());

    let told = image.update("--dry-run").ended(0);
    image.assert_as_it_was(&files, "a dry run");
    told.says(&["6 packages would change"])
        .says(&["kept back: held 1.0 -> 1.1 is held"]);
    let lines: Vec<&str> = told.list.lines().collect();
    let code = if archive.path().join("dists/noble").exists() {
        "noble"
    } else {
        "bookworm"
    };
    let expected = [
        "asks 1.0 -> 1.1 (X-security)",
        "brought-in none -> 1.0 (X)",
        "fixed 1.0 -> 1.1 (X-security)",
        "fixed-twice 1.0 -> 1.1 (X-security)",
        "grows 1.0 -> 1.1 (X-security)",
        "phased 1.0 -> 1.1 (X-security)",
    ]
    .map(|line| line.replace('X', code));
    assert_eq!(lines, expected, "{what}");
    let json = image.update_by("/bin/sh -e", "-n --json").ended(0).json();
    assert_eq!(json, told.changes(), "{what}");

    let done = image.update("").ended(0);
    assert_eq!(done.list, told.list, "{what}");
    assert_eq!(
        difference(&before, &installed(&image)),
        bare(&told.changes()),
        "{what}"
    );
    assert_eq!(
        image.shell("cat /etc/asks.conf"),
        "mine=1",
        "a changed conffile stays"
    );
    let leftovers = image.shell("ls -A /tmp; apt-mark showhold; apt-mark showauto brought-in");
    assert_eq!(leftovers, "held\nbrought-in");

    let again = image.update("--json").ended(0);
    assert_eq!(again.json(), []);
    // As docker-base's users do it: the lists are there.
    image.shell("apt-get install -qqy not-installed >/dev/null 2>&1");
    assert!(installed(&image).contains_key("not-installed"));
}

#[test]
fn debian_12_with_sources_of_one_line_and_a_key() {
    security_suites_alone_upgrade(&Root::debian(), debian(), Format::OneLine, Trust::Key);
}

#[test]
fn debian_12_with_deb822_and_no_signatures() {
    security_suites_alone_upgrade(&Root::debian(), debian(), Format::Deb822, Trust::Word);
}

#[test]
fn debian_13_with_deb822_and_a_key() {
    security_suites_alone_upgrade(&Root::debian_13(), debian(), Format::Deb822, Trust::Key);
}

#[test]
fn debian_13_with_sources_of_one_line_and_no_signatures() {
    security_suites_alone_upgrade(&Root::debian_13(), debian(), Format::OneLine, Trust::Word);
}

#[test]
fn the_suites_of_ubuntu() {
    security_suites_alone_upgrade(&Root::debian(), ubuntu(), Format::Deb822, Trust::Key);
    security_suites_alone_upgrade(&Root::debian_13(), ubuntu(), Format::OneLine, Trust::Key);
}
