# shellcheck shell=sh
# Cleaning with apt, for Debian and Ubuntu. Sourced after clean.sh.

begin "$@"
if command -v apt-get >/dev/null; then
    DEBIAN_FRONTEND=noninteractive
    export DEBIAN_FRONTEND
    # Packages that came for another one's sake which is gone. What is broken stays for who mends it.
    try apt-get -y -q autoremove
    try apt-get -q clean
fi
empty /var/lib/apt/lists /var/cache/apt /var/lib/cache /var/lib/log /tmp /var/tmp
# dpkg's and debconf's copies of the state before the last change.
remove /var/lib/dpkg/status-old /var/lib/dpkg/available-old /var/lib/dpkg/diversions-old \
    /var/lib/dpkg/statoverride-old /var/cache/debconf/config.dat-old /var/cache/debconf/templates.dat-old
# The logs' directories stay: packages want theirs.
for file in /var/log/apt/* /var/log/dpkg.log /var/log/alternatives.log /var/log/bootstrap.log; do
    test ! -f "$file" || remove "$file"
done
remove_documentation
