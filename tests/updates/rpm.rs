//! Repositories of RPMs with and without advisories, made inside of an image by rpmbuild,
//! createrepo_c and modifyrepo_c; the image's own dnf is Debian's, 4.14.

use crate::Image;
use harness::Root;
use std::sync::OnceLock;

/// The packages that dnf and its repositories need; and the awk of Red Hat's systems.
pub const PACKAGES: &[&str] = &["dnf", "rpm", "createrepo-c", "gawk"];

/// Makes /srv/rpms/repository, and installs the first versions. The names say what there is.
const PREPARE: &str = r#"
set -e
mkdir -p /srv/rpms/build /srv/rpms/repository /srv/rpms/plain
cd /srv/rpms/build
# pack NAME VERSION [LINE [SECTION]]
pack() {
    cat >$1.spec <<EOF
Name: $1
Version: $2
Release: 1
Summary: $1
License: MIT
BuildArch: noarch
$3
%description
$1
%install
mkdir -p %{buildroot}/usr/share/$1
echo $1 $2 >%{buildroot}/usr/share/$1/data
%files
/usr/share/$1
$4
EOF
    rpmbuild --quiet -bb --define "_topdir $PWD" --define "_rpmdir ${place:-/srv/rpms/repository}" $1.spec
}
pack plain 1.0; pack fixed 1.0; pack fixed-twice 1.0; pack held 1.0; pack grows 1.0; pack epoch 1.0 "Epoch: 1"
pack a-package-whose-name-does-not-fit-into-the-column-of-a-table 1.0; pack brought-in 1.0
pack plain 1.1; pack fixed 1.1; pack fixed-twice 1.1; pack fixed-twice 1.2; pack held 1.1
pack grows 1.1 "Requires: brought-in"; pack epoch 1.1 "Epoch: 1"
pack a-package-whose-name-does-not-fit-into-the-column-of-a-table 1.1
place=/srv/rpms/plain
pack old-name 1.0; pack new-name 2.0 "Obsoletes: old-name"; pack elsewhere 1.0; pack elsewhere 1.1
cat >updates.xml <<EOF
<?xml version="1.0"?>
<updates>
<update from="test" status="final" type="security" version="1"><id>TEST-2026:1</id><title>fixes</title>
<severity>Important</severity><issued date="2026-01-01 00:00:00"/>
<pkglist><collection short="t"><name>t</name>
$(for name in fixed fixed-twice held grows a-package-whose-name-does-not-fit-into-the-column-of-a-table; do
    echo "<package name=\"$name\" version=\"1.1\" release=\"1\" epoch=\"0\" arch=\"noarch\"><filename>$name-1.1-1.noarch.rpm</filename></package>"
done)
</collection></pkglist></update>
<update from="test" status="final" type="security" version="1"><id>TEST-2026:2</id><title>more</title>
<severity>Low</severity><issued date="2026-01-02 00:00:00"/>
<pkglist><collection short="t"><name>t</name>
<package name="fixed" version="1.1" release="1" epoch="0" arch="noarch"><filename>fixed-1.1-1.noarch.rpm</filename></package>
<package name="epoch" version="1.1" release="1" epoch="1" arch="noarch"><filename>epoch-1.1-1.noarch.rpm</filename></package>
</collection></pkglist></update>
<update from="test" status="final" type="bugfix" version="1"><id>TEST-2026:3</id><title>bug</title>
<issued date="2026-01-03 00:00:00"/><pkglist><collection short="t"><name>t</name>
<package name="plain" version="1.1" release="1" epoch="0" arch="noarch"><filename>plain-1.1-1.noarch.rpm</filename></package>
</collection></pkglist></update>
</updates>
EOF
createrepo_c --quiet /srv/rpms/repository
createrepo_c --quiet /srv/rpms/plain
modifyrepo_c --mdtype=updateinfo updates.xml /srv/rpms/repository/repodata >/dev/null
rm -rf /srv/rpms/build
mkdir -p /etc/yum.repos.d
cat >/etc/yum.repos.d/base.repo <<EOF
[base]
name=base
baseurl=http://127.0.0.1:8080/repository
enabled=1
gpgcheck=0
EOF
/usr/local/lib/serve/busybox httpd -p 127.0.0.1:8080 -h /srv/rpms
dnf -q -y install plain-1.0 fixed-1.0 fixed-twice-1.0 held-1.0 grows-1.0 epoch-1:1.0 \
    a-package-whose-name-does-not-fit-into-the-column-of-a-table-1.0
printf '\nexcludepkgs=held\n' >>/etc/dnf/dnf.conf
rm -rf /var/cache/dnf /var/log/dnf* /var/log/hawkey.log
"#;

/// The same for all tests of a program that leave it as it is.
pub fn shared_root() -> &'static Root {
    static MADE: OnceLock<Root> = OnceLock::new();
    MADE.get_or_init(root)
}

/// A root with dnf, the packages and the repositories.
pub fn root() -> Root {
    let root = Root::debian_with(PACKAGES);
    Image::prepare(&root);
    Image::change(&root, &format!("#!/bin/bash\n{PREPARE}"));
    root
}

/// An image over it that is served its repositories on port 8080.
pub fn image(root: &Root, family: &str) -> Image {
    let image = Image::boot(root, family);
    image.serve("/srv/rpms", 8080);
    image
}
