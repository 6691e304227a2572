# shellcheck shell=sh
# Cleaning with dnf or yum. Sourced after clean.sh.

begin "$@"
for program in dnf microdnf yum; do
    command -v $program >/dev/null || continue
    try $program clean all
    break
done
empty /var/cache/dnf /var/cache/yum /var/cache/libdnf5 /tmp /var/tmp
for file in /var/log/dnf*.log* /var/log/hawkey.log* /var/log/yum.log*; do
    test ! -f "$file" || remove "$file"
done
remove_documentation
