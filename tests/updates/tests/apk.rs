//! Updates on a real Alpine: apk-tools 3, a repository that apk itself has made and signed.
#![forbid(unsafe_code)]

use harness::Root;
use std::process::Command;
use updates_tests::Image;

/// Makes /srv/repository and installs the first versions from it.
const PREPARE: &str = r#"
set -e
mkdir -p /srv/repository/x86_64 /srv/build
cd /srv/build
# pack NAME VERSION [DEPENDENCY]
pack() {
    rm -rf files
    mkdir -p "files/usr/share/$1"
    echo "$1 $2" >"files/usr/share/$1/data"
    apk mkpkg --sign-key /srv/key --files files --info name:$1 --info version:$2 --info arch:x86_64 \
        --info license:MIT --info origin:$1 --info description:$1 ${3:+--info depends:$3} \
        --output /srv/repository/x86_64/$1-$2.apk
}
publish() {
    apk mkndx --sign-key /srv/key --output /srv/repository/x86_64/APKINDEX.tar.gz \
        /srv/repository/x86_64/*.apk
}
cp /srv/key.rsa.pub /etc/apk/keys/
pack same 1.0-r0; pack newer 1.0-r0; pack grows 1.0-r0; pack brought-in 1.0-r0; pack pinned 1.0-r0
publish
echo /srv/repository >/etc/apk/repositories
apk add same newer grows pinned=1.0-r0
pack newer 1.1-r0; pack grows 1.0-r1 brought-in; pack pinned 1.1-r0
publish
echo http://127.0.0.1:8080 >/etc/apk/repositories
rm -rf /var/cache/apk/* /srv/build
"#;

fn root() -> Root {
    let root = Root::alpine();
    Image::prepare(&root);
    let keys = harness::Scratch::new();
    let key = keys.path().join("key");
    let openssl = |arguments: &[&str]| {
        let output = Command::new("openssl").args(arguments).output();
        let output = output.expect("openssl: run `make setup`");
        assert!(output.status.success(), "openssl {arguments:?}");
    };
    let (private, public) = (key.to_string_lossy(), format!("{}.rsa.pub", key.display()));
    openssl(&["genrsa", "-out", &private, "2048"]);
    openssl(&["rsa", "-in", &private, "-pubout", "-out", &public]);
    root.copy_to(keys.path(), "/srv");
    Image::change(&root, &format!("#!/bin/sh\n{PREPARE}"));
    root
}

fn image(root: &Root) -> Image {
    let image = Image::boot(root, "alpine");
    image.serve("/srv/repository", 8080);
    image
}

fn installed(image: &Image) -> String {
    image.shell("apk list -I --no-network 2>/dev/null | sed 's/ .*//' | sort")
}

#[test]
fn everything_is_upgraded_and_that_is_said() {
    let image = image(&root());
    let (files, before) = (image.snapshot(), installed(&image));
    let told = image.update("--dry-run").ended(0);
    image.assert_as_it_was(&files, "a dry run");
    told.says(&["Alpine has no security channel", "every package"])
        .says(&["3 packages would change"])
        .says(&["kept back: pinned-1.0-r0 -> 1.1-r0", "/etc/apk/world"]);
    let lines = "brought-in none -> 1.0-r0 (http://127.0.0.1:8080)\n\
                 grows 1.0-r0 -> 1.0-r1 (http://127.0.0.1:8080)\n\
                 newer 1.0-r0 -> 1.1-r0 (http://127.0.0.1:8080)";
    assert_eq!(told.list, lines);
    // By BusyBox' shell, as an Alpine without bash has it.
    let json = image.update_by("/bin/sh -e", "--json -n").ended(0).json();
    assert_eq!(json, told.changes());

    let done = image.update("").ended(0);
    assert_eq!(done.list, lines);
    let expected = before
        .replace("grows-1.0-r0", "grows-1.0-r1")
        .replace("newer-1.0-r0", "newer-1.1-r0");
    let expected: Vec<&str> = expected.lines().chain(["brought-in-1.0-r0"]).collect();
    let mut now: Vec<String> = installed(&image).lines().map(Into::into).collect();
    let mut expected: Vec<String> = expected.into_iter().map(Into::into).collect();
    now.sort();
    expected.sort();
    assert_eq!(now, expected);
    assert_eq!(image.shell("ls -A /tmp"), "");
    assert_eq!(image.update("--json").ended(0).json(), []);
    // As after `apk update`: the index is there.
    let known = image.shell("apk policy --no-network newer");
    assert!(known.contains("http://127.0.0.1:8080"), "{known}");
}

#[test]
fn a_repository_that_fails_changes_nothing() {
    let image = image(&root());
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "one of two down",
            "echo http://127.0.0.1:8089 >>/etc/apk/repositories",
            &["http://127.0.0.1:8089/", "refused", "/etc/apk/repositories"],
        ),
        (
            "no key",
            "rm /etc/apk/keys/key.rsa.pub",
            &["http://127.0.0.1:8080/", "UNTRUSTED", "do not trust it"],
        ),
        (
            "an index that was changed",
            "echo x >>/srv/repository/x86_64/APKINDEX.tar.gz",
            &["http://127.0.0.1:8080/", "choose another mirror"],
        ),
        (
            "no index",
            "rm /srv/repository/x86_64/APKINDEX.tar.gz",
            &["http://127.0.0.1:8080/", "404"],
        ),
        (
            "a package that was changed",
            "echo x >>/srv/repository/x86_64/newer-1.1-r0.apk",
            &["newer-1.1-r0", "choose another mirror"],
        ),
        (
            "a package that is missing",
            "rm /srv/repository/x86_64/grows-1.0-r1.apk",
            &["grows-1.0-r1", "404"],
        ),
        (
            "no room",
            "mount -t tmpfs -o size=1m small /tmp",
            &["no room in /tmp", "TMPDIR"],
        ),
    ];
    for (what, command, parts) in cases {
        image.shell("cp -a /srv/repository /dev/shm/kept; cp -a /etc/apk /dev/shm/apk");
        image.shell(command);
        println!("{what}");
        image.refuses("", 4, parts).says(&["nothing was changed"]);
        image.shell(
            "umount /tmp 2>/dev/null || true
             cp -a /dev/shm/kept/. /srv/repository; rm -r /dev/shm/kept
             cp -a /dev/shm/apk/. /etc/apk; rm -r /dev/shm/apk",
        );
    }
    assert_eq!(image.update("").ended(0).changes().len(), 3);
}

#[test]
fn apk_asks_for_root_even_to_tell() {
    let image = image(&root());
    image.update_as_nobody("").ended(2).says(&["USER root"]);
    let said = image.update_as_nobody("--dry-run").ended(2);
    said.says(&["apk needs root", "--dry-run"]);
}
