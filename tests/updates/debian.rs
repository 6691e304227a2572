//! Archives as Debian and Ubuntu have them, and an image that gets its packages there.

use crate::{Archive, Deb, Image, Suite};
use harness::Root;
use std::sync::OnceLock;

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
pub fn debian() -> &'static Archive {
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
pub fn ubuntu() -> &'static Archive {
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

/// How the sources are written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Format {
    /// sources.list
    OneLine,
    /// A file of paragraphs.
    Deb822,
}

/// Signed with the archive's key, or `[trusted=yes]` and not signed at all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Trust {
    /// The archive has signed.
    Key,
    /// Nobody has.
    Word,
}

/// An image whose packages come from `archive`, in /srv/archive and on port 8080; its security
/// suite once more, in /srv/security and on port 8081.
pub fn image(root: &Root, archive: &Archive, format: Format, trust: Trust) -> Image {
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
