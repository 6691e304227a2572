//! What can go wrong with apt: a line that says what, why and what to do, and an image as it was.
#![forbid(unsafe_code)]

use harness::Root;
use updates_tests::debian::{Format, Trust, debian, image};
use updates_tests::{Archive, Deb, Image, Suite};

fn signed() -> Image {
    image(&Root::debian(), debian(), Format::OneLine, Trust::Key)
}

const LISTS: &str = "/srv/security/dists/bookworm-security/main/binary-amd64";
const RELEASE: &str = "/srv/security/dists/bookworm-security/InRelease";

#[test]
fn a_mirror_that_fails_changes_nothing() {
    let image = signed();
    // What is broken by which command, and what the line has.
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "a list that is not what was signed",
            "echo x >>LISTS/Packages",
            &[
                "http://127.0.0.1:8081/",
                "Packages",
                "choose another mirror",
            ],
        ),
        (
            "a Release file that was changed",
            "sed -i 's/^Components: main/Components: mine/' RELEASE",
            &["http://127.0.0.1:8081", "BADSIG", "do not trust it"],
        ),
        (
            "no signature",
            "rm RELEASE",
            &["http://127.0.0.1:8081", "is not signed", "do not trust it"],
        ),
        (
            "another's key",
            "rm /srv/archive/key.gpg && touch /srv/archive/key.gpg",
            &["http://127.0.0.1:8080", "do not trust it"],
        ),
        (
            "a package that was changed",
            "for file in /srv/security/pool/bookworm-security/*; do echo x >>$file; done",
            &[
                "http://127.0.0.1:8081/pool/bookworm-security/",
                "unexpected size",
            ],
        ),
        (
            "a package with other bytes of the same number",
            "for file in /srv/security/pool/bookworm-security/*
             do printf X | dd of=$file bs=1 seek=100 conv=notrunc 2>/dev/null; done",
            &["http://127.0.0.1:8081/pool/", "Hash Sum mismatch"],
        ),
        (
            "one package missing among several",
            "rm /srv/security/pool/bookworm-security/grows_1.1_all.deb",
            &["grows_1.1_all.deb", "404"],
        ),
        (
            "one of two mirrors down",
            "sed -i s/8081/8089/ /etc/apt/sources.list",
            &[
                "http://127.0.0.1:8089/",
                "Could not connect",
                "run it again",
            ],
        ),
        (
            "the other mirror down",
            "sed -i s/8080/8089/ /etc/apt/sources.list",
            &[
                "http://127.0.0.1:8089/",
                "Could not connect",
                "run it again",
            ],
        ),
        (
            "a host that is not there",
            "sed -i 's/127.0.0.1:8081/nowhere.invalid/' /etc/apt/sources.list",
            &["http://nowhere.invalid/", "resolving"],
        ),
        (
            "a suite that is not there",
            "sed -i 's/bookworm-security/bullseye-security/' /etc/apt/sources.list",
            &[
                "bullseye-security",
                "does not have a Release file",
                "sources.list",
            ],
        ),
        (
            "a source that nobody can read",
            "echo 'deb [x' >>/etc/apt/sources.list",
            &["/etc/apt/sources.list", "Malformed", "correct that file"],
        ),
    ];
    for (what, command, parts) in cases {
        image.shell("cp -a /srv /dev/shm/srv; cp /etc/apt/sources.list /dev/shm/sources.list");
        image.shell(&command.replace("LISTS", LISTS).replace("RELEASE", RELEASE));
        println!("{what}");
        image.refuses("", 4, parts).says(&["nothing was changed"]);
        image.shell("cp -a /dev/shm/srv /; rm -r /dev/shm/srv; cp /dev/shm/sources.list /etc/apt/");
    }
    // As nothing was done by halves, everything still can be.
    assert_eq!(image.update("").ended(0).changes().len(), 6);
}

#[test]
fn an_expired_list_is_refused() {
    let image = signed();
    // Nobody signs it anew: the word of the source must do.
    image.shell(&format!(
        "sed -i 's/signed-by=[^]]*/trusted=yes/' /etc/apt/sources.list
         rm {RELEASE}; cd /srv/security/dists/bookworm-security
         echo 'Valid-Until: Thu, 01 Jan 2015 00:00:00 UTC' >>Release"
    ));
    let parts = ["http://127.0.0.1:8081", "expired", "this clock is wrong"];
    image.refuses("", 4, &parts);
}

#[test]
fn without_a_security_suite_nothing_is_done_unless_all_is_wanted() {
    let image = signed();
    image.shell("sed -i /security/d /etc/apt/sources.list");
    let parts = [
        "no source is a security suite",
        "bookworm bookworm-updates",
        "--all-updates",
    ];
    image.refuses("", 3, &parts);
    image.refuses("--dry-run", 3, &parts);
    let told = image.update("--dry-run --all-updates").ended(0);
    let lines = "fixed-twice 1.0 -> 1.2 (bookworm-updates)\nplain 1.0 -> 1.1 (bookworm-updates)";
    assert_eq!(told.list, lines);
    let by_variable = image.shell("SECURITY_UPDATES_ALL=1 sh -e /security_updates.sh 2>&1");
    assert!(by_variable.contains(lines), "{by_variable}");
    let wrong = image.shell("SECURITY_UPDATES_ALL=yes sh -e /security_updates.sh 2>&1 || true");
    assert_eq!(
        wrong,
        "security_updates: SECURITY_UPDATES_ALL=yes: neither 0 nor 1"
    );

    image.shell(": >/etc/apt/sources.list");
    image.refuses("", 3, &["no package source"]);
}

#[test]
fn a_full_disk_is_noticed_before_anything_changes() {
    let image = signed();
    image.shell("mount -t tmpfs -o size=1m small /tmp");
    image.refuses("", 4, &["no room in /tmp", "TMPDIR"]);
    image.shell(
        "umount /tmp; cp -a /var/lib/dpkg /dev/shm/dpkg
         mount -t tmpfs -o size=\"$(($(du -sk /dev/shm/dpkg | cut -f 1) + 2000))k\" small /var/lib/dpkg
         cp -a /dev/shm/dpkg/. /var/lib/dpkg; rm -r /dev/shm/dpkg",
    );
    image.refuses("", 4, &["no room in /var/lib/dpkg", "make room"]);
}

#[test]
fn who_is_not_root_may_ask_and_no_more() {
    let image = signed();
    let said = image.update_as_nobody("").ended(2);
    said.says(&["as user 65534", "USER root"]);
    let asked = image.update_as_nobody("--dry-run").ended(0);
    assert_eq!(asked.changes(), image.update("--dry-run").changes());
}

#[test]
fn a_read_only_root_may_be_asked() {
    let image = signed();
    let told = image.update("-n");
    image.shell("mount -t tmpfs none /tmp; mount -o remount,ro /");
    assert_eq!(image.update("-n").ended(0).changes(), told.changes());
    image.refuses("", 2, &["/ is read-only", "Dockerfile"]);
}

#[test]
fn a_run_that_is_ended_leaves_nothing() {
    let image = signed();
    image.shell("sed -i s/8081/8085/ /etc/apt/sources.list");
    let before = image.snapshot();
    // A mirror that takes the connection and never answers.
    image.shell(
        "(sleep 100 | /usr/local/lib/serve/busybox nc -l -p 8085 127.0.0.1) >/dev/null 2>&1 &
         timeout --preserve-status 3 bash -e /security_updates.sh >/dev/shm/said 2>&1 \
             || echo $? >>/dev/shm/said",
    );
    let said = image.shell("cat /dev/shm/said; ls -A /tmp");
    assert_eq!(said, "143", "it ends by the signal, and /tmp is empty");
    image.assert_as_it_was(&before, "a run that was ended");
}

#[test]
fn wrong_use_is_said() {
    let image = signed();
    image.refuses("--dryrun", 2, &["unknown argument --dryrun", "--help"]);
    let help = image.update("--help").ended(0);
    for part in [
        "usage: ",
        "--dry-run",
        "--json",
        "--all-updates",
        "Exit codes",
    ] {
        assert!(help.list.contains(part), "no {part} in {}", help.list);
    }
    image.shell("ln -sf /scripts/security_updates_centos.sh /security_updates.sh");
    image.refuses("", 2, &["no dnf and no yum"]);
    image.shell("ln -sf /scripts/security_updates_alpine.sh /security_updates.sh");
    image.refuses("", 2, &["no apk"]);
}

/// Archives for what dpkg itself does not manage.
fn hard() -> Archive {
    let deb = |name, version| Deb {
        name,
        version,
        ..Deb::default()
    };
    let suite = |directory, packages| Suite {
        directory,
        suite: directory,
        codename: directory,
        origin: "Debian",
        label: "Debian",
        packages,
    };
    Archive::new(&[
        suite(
            "trixie",
            &[
                deb("easy", "1"),
                deb("jealous", "1"),
                deb("victim", "1"),
                deb("broken", "1"),
            ],
        ),
        suite(
            "trixie-security",
            &[
                deb("easy", "2"),
                Deb {
                    fields: &["Conflicts: victim"],
                    ..deb("jealous", "2")
                },
                Deb {
                    postinst: Some("echo cannot set up >&2; exit 7"),
                    ..deb("broken", "2")
                },
            ],
        ),
        suite("trixie-updates", &[deb("victim", "3")]),
    ])
}

fn hard_image() -> Image {
    let root = Root::debian_13();
    let archive = hard();
    Image::prepare(&root);
    root.copy_to(archive.path(), "/srv/archive");
    root.remove("/etc/apt/sources.list");
    root.write(
        "/etc/apt/sources.list.d/debian.sources",
        "Types: deb\nURIs: file:///srv/archive\nSuites: trixie trixie-updates trixie-security\n\
         Components: main\nSigned-By: /srv/archive/key.gpg\n",
    );
    let image = Image::boot(&root, "debian");
    image.shell("apt-get update -qq; apt-get install -qqy easy=1 >/dev/null 2>&1");
    image
}

#[test]
fn an_update_that_removes_a_package_is_kept_back_and_said() {
    let image = hard_image();
    image.shell("apt-get install -qqy jealous=1 victim=1 >/dev/null 2>&1");
    let done = image.update("").ended(5);
    assert_eq!(done.list, "easy 1 -> 2 (trixie-security)");
    done.says(&["kept back: jealous 1 -> 2", "--allow-removals"]);
    let told = image.update("-n --allow-removals").ended(0);
    assert_eq!(
        told.list,
        "jealous 1 -> 2 (trixie-security)\nvictim 1 -> removed (not in a repository)"
    );
    let json = image.update("-n --json --allow-removals").ended(0);
    assert_eq!(json.json(), told.changes());
    assert_eq!(image.update("--allow-removals").ended(0).list, told.list);
    let state = image.shell("dpkg-query -W -f '${db:Status-Status}' victim");
    assert_eq!(state, "config-files");
}

#[test]
fn pins_of_the_author_hold_and_open_no_door() {
    let image = hard_image();
    image.shell(
        "apt-get install -qqy broken=1 victim=1 >/dev/null 2>&1
         printf 'Package: broken\\nPin: version 1\\nPin-Priority: 1001\\n\\n\
         Package: victim\\nPin: release a=trixie-updates\\nPin-Priority: 900\\n' \
         >/etc/apt/preferences.d/mine",
    );
    let done = image.update("").ended(0);
    assert_eq!(done.list, "easy 1 -> 2 (trixie-security)");
}

#[test]
fn a_package_that_cannot_be_configured_is_a_failure_that_says_so() {
    let image = hard_image();
    image.shell("apt-get install -qqy broken=1 >/dev/null 2>&1");
    let done = image.update("").ended(1);
    done.says(&[
        "dpkg failed",
        "broken",
        "half changed",
        "dpkg --configure -a",
    ]);
    done.says(&["cannot set up"]);
}
