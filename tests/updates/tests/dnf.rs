//! Security updates on a real dnf 4, by the advisories of a repository; and by a stand-in for
//! yum 3, which is to be had nowhere: dnf behind yum's options and words.
#![forbid(unsafe_code)]

use harness::Root;
use updates_tests::{Image, rpm};

const LONG: &str = "a-package-whose-name-does-not-fit-into-the-column-of-a-table";

fn installed(image: &Image) -> String {
    image.shell("rpm -qa --queryformat '%{NAME} %{VERSION}\\n' | sort")
}

/// Told, done, and nothing else.
fn advisories_alone_upgrade(image: &Image) {
    let files = image.snapshot();
    let told = image.update("--dry-run").ended(0);
    image.assert_as_it_was(&files, "a dry run");
    let expected = [
        &format!("{LONG} 1.0-1 -> 1.1-1 (base, TEST-2026:1)"),
        "brought-in none -> 1.0-1 (base)",
        "epoch 1:1.0-1 -> 1:1.1-1 (base, TEST-2026:2)",
        "fixed 1.0-1 -> 1.1-1 (base, TEST-2026:1 TEST-2026:2)",
        "fixed-twice 1.0-1 -> 1.2-1 (base, TEST-2026:1)",
        "grows 1.0-1 -> 1.1-1 (base, TEST-2026:1)",
    ];
    assert_eq!(told.list.lines().collect::<Vec<_>>(), expected);
    let json = image.update_by("/bin/sh -e", "-n --json").ended(0).json();
    assert_eq!(json, told.changes());

    let done = image.update("").ended(0);
    assert_eq!(done.list, told.list);
    let expected = format!(
        "{LONG} 1.1\nbrought-in 1.0\nepoch 1.1\nfixed 1.1\nfixed-twice 1.2\ngrows 1.1\n\
         held 1.0\nplain 1.0"
    );
    assert_eq!(installed(image), expected);
    assert_eq!(
        image.shell("ls -A /tmp /var/cache/dnf 2>/dev/null || true"),
        "/tmp:"
    );
    assert_eq!(image.update("--json").ended(0).json(), []);
}

#[test]
fn what_dnf_calls_security_and_no_more() {
    advisories_alone_upgrade(&rpm::image(rpm::shared_root(), "rhel"));
}

/// dnf as yum 3 of CentOS 7 speaks. What yum 3 does not have is refused.
const YUM: &str = r#"#!/bin/bash
words=()
for word; do
    case $word in
        --setopt=\**) echo "Error setting option $word" >&2; exit 1 ;;
        update | makecache | updateinfo | list | security | updates | clean | all) words+=("$word") ;;
        --setopt=* | --security | --assumeno | -y | -q | -C | --downloadonly) words+=("$word") ;;
        *) echo "Command line error: no such option: $word" >&2; exit 1 ;;
    esac
done
/usr/bin/dnf-3 "${words[@]}" 2>&1 | sed 's/^Upgrading:/Updating:/
    s/^Installing dependencies:/Installing for dependencies:/
    s/^Operation aborted\./Exiting on user command/'
exit ${PIPESTATUS[0]}
"#;

#[test]
fn what_yum_calls_security_and_no_more() {
    let root = rpm::root();
    root.remove("/usr/bin/dnf")
        .write_script("/usr/bin/yum", YUM);
    let image = rpm::image(&root, "centos");
    // As CentOS 7 is from its archive.
    image.shell("cp -a /srv/rpms/repository/repodata /srv/kept");
    image.shell("modifyrepo_c --remove updateinfo /srv/rpms/repository/repodata >/dev/null");
    let parts = [
        "no repository has advisories (found: base)",
        "yum update --security",
    ];
    image.refuses("", 3, &parts);
    image.shell("rm -r /srv/rpms/repository/repodata; mv /srv/kept /srv/rpms/repository/repodata");
    advisories_alone_upgrade(&image);
}

#[test]
fn a_repository_that_fails_changes_nothing() {
    let image = rpm::image(rpm::shared_root(), "rhel");
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "a host that does not answer",
            "sed -i s/8080/8089/ /etc/yum.repos.d/base.repo",
            &["base", "Cannot download repomd.xml", "/etc/yum.repos.d"],
        ),
        (
            "one of two down, though it may be skipped",
            "printf '[other]\nname=other\nbaseurl=http://127.0.0.1:8089/\ngpgcheck=0\n\
             skip_if_unavailable=1\n' >/etc/yum.repos.d/other.repo",
            &["other", "Cannot download repomd.xml"],
        ),
        (
            "no repomd.xml",
            "echo nonsense >REPODATA/repomd.xml",
            &["base", "repomd.xml"],
        ),
        (
            "a list that is not what was promised",
            "for file in REPODATA/*-primary.xml.*; do echo x >>$file; done",
            &["base", "primary", "choose another mirror"],
        ),
        (
            "a package that is missing",
            "rm REPOSITORY/noarch/fixed-1.1-1.noarch.rpm",
            &["cannot read http://127.0.0.1:8080/repository/noarch/fixed-1.1-1.noarch.rpm"],
        ),
        (
            "a package with other bytes",
            "printf X | dd of=REPOSITORY/noarch/grows-1.1-1.noarch.rpm bs=1 seek=100 conv=notrunc \
             2>/dev/null",
            &["grows-1.1-1.noarch", "choose another mirror"],
        ),
        (
            "packages that nobody has signed, with a key",
            "sed -i s/gpgcheck=0/gpgcheck=1/ /etc/yum.repos.d/base.repo
             echo gpgkey=file:///srv/key >>/etc/yum.repos.d/base.repo; touch /srv/key",
            &["GPG check FAILED", "do not trust it"],
        ),
        (
            "packages that nobody has signed, and no key",
            "sed -i s/gpgcheck=0/gpgcheck=1/ /etc/yum.repos.d/base.repo",
            &["cannot read base", "has no key", "gpgkey="],
        ),
        (
            "no room",
            "mount -t tmpfs -o size=1m small /tmp",
            &["no room in /tmp", "TMPDIR"],
        ),
    ];
    for (what, command, parts) in cases {
        image.shell("cp -a /srv/rpms /dev/shm/rpms; cp -a /etc/yum.repos.d /dev/shm/repos");
        let command = command.replace("REPODATA", "REPOSITORY/repodata");
        image.shell(&command.replace("REPOSITORY", "/srv/rpms/repository"));
        println!("{what}");
        image.refuses("", 4, parts).says(&["nothing was changed"]);
        image.shell(
            "umount /tmp 2>/dev/null || true
             rm -r /srv/rpms/* /etc/yum.repos.d; mv /dev/shm/repos /etc/yum.repos.d
             mv /dev/shm/rpms/* /srv/rpms/; rmdir /dev/shm/rpms",
        );
    }
    assert_eq!(image.update("").ended(0).changes().len(), 6);
}

#[test]
fn without_advisories_nothing_is_done_unless_all_is_wanted() {
    let image = rpm::image(rpm::shared_root(), "rhel");
    image.shell(
        "dnf -q -y --repofrompath=plain,/srv/rpms/plain --nogpgcheck install elsewhere-1.0 --setopt=obsoletes=0 old-name-1.0 \
         >/dev/null 2>&1; rm -rf /var/cache/dnf
         sed -i 's|8080/repository|8080/plain|; s/\\[base]/[plain]/' /etc/yum.repos.d/base.repo",
    );
    let parts = [
        "no repository has advisories (found: plain)",
        "silently do nothing",
    ];
    image.refuses("", 3, &parts).says(&["--all-updates"]);
    image.refuses("--dry-run", 3, &parts);
    let told = image.update("--dry-run --all-updates").ended(0);
    assert_eq!(
        told.list,
        "elsewhere 1.0-1 -> 1.1-1 (plain)\nnew-name none -> 2.0-1 (plain)\n\
         old-name 1.0-1 -> removed (not in a repository)"
    );
    assert_eq!(image.update("--all-updates").ended(0).list, told.list);
    // Of two repositories one has advisories: which has none is said.
    image.shell(
        "sed 's|8080/plain|8080/repository|; s/\\[plain]/[base]/' /etc/yum.repos.d/base.repo \
                 >/etc/yum.repos.d/more.repo",
    );
    let told = image.update("--dry-run").ended(0);
    told.says(&["without advisories", "plain"]);
    image.shell("rm /etc/yum.repos.d/*");
    image.refuses("", 3, &["no repository is enabled"]);
}

#[test]
fn microdnf_alone_is_no_way() {
    let root = Root::debian();
    Image::prepare(&root);
    root.write_script("/usr/bin/microdnf", "#!/bin/sh\nexit 1\n");
    let image = Image::boot(&root, "rhel");
    image.refuses("", 3, &["microdnf cannot tell", "microdnf install dnf"]);
}
