//! Security updates on real apt: Debian 12 and 13, sources of one line and deb822, archives that
//! are signed and that are trusted unsigned.
#![forbid(unsafe_code)]

use harness::Root;
use std::collections::BTreeMap;
use updates_tests::debian::{Format, Trust, debian, image, ubuntu};
use updates_tests::{Archive, Change, Image};

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
    for shell in ["/bin/sh -e", "/usr/local/lib/serve/busybox ash -e"] {
        let json = image.update_by(shell, "-n --json").ended(0).json();
        assert_eq!(json, told.changes(), "{what} {shell}");
    }

    let done = image.update("").ended(0);
    assert_ne!(image.snapshot(), files, "nothing would be noticed");
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
