# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # set and used by updates.sh
# Updates with apk-tools 2.14 and 3, for Alpine. Sourced after updates.sh.
#
# Alpine has no suite and no advisories for security alone: a stable branch gets little else. So
# every package is upgraded, which its users are told to do by hand elsewhere.

# apk keeps what it fetches in the work directory, so that a failure leaves the image alone.
package_tool() {
    # shellcheck disable=SC2086 # one word or none
    bounded apk $no_log --cache-dir "$work/cache" "$@"
}

complain() {
    line=$(grep -e '^WARNING: .*: ' -e '^ERROR: ' "$work/log" | head -n 1 |
        sed 's/^[A-Z]*: //; s/^\(updating and opening\|updating\|opening\|opening from cache\|Ignoring\|fetch\|fetching\) //')
    what=${line%%: *}
    why=${line#*: }
    remedy='run it again, or correct /etc/apk/repositories'
    case $line in
        *UNTRUSTED* | *'BAD signature'*) remedy='do not trust it: no key in /etc/apk/keys has signed it, or the mirror was changed' ;;
        *invalid* | *inconsistent* | *'IO ERROR'* | *checksum* | *'BAD '* | *corrupt*) remedy='the mirror is being changed or is broken: run it again, or choose another mirror in /etc/apk/repositories' ;;
        *[Ss]pace*) remedy='make room (TMPDIR may name another directory)' ;;
    esac
    unreadable "${what:-the repositories}" "${why:-apk failed}" "$remedy"
}

# `(1/2) Upgrading NAME (OLD -> NEW)`, `Installing NAME (NEW)`, `Purging NAME (OLD)`.
changes_of() {
    sed -n 's/^([0-9 ]*\/[0-9 ]*) //p' "$1" | awk -v OFS='\t' '
        { gsub(/[()]/, "") }
        $1 == "Upgrading" || $1 == "Downgrading" { print $2, $3, $5, "-", "-" }
        $1 == "Installing" { print $2, "-", $3, "-", "-" }
        $1 == "Purging" { print $2, $3, "-", "-", "-" }' | sort
}

# What is newer in a repository and stays: /etc/apk/world asks for the version that is there.
tell_kept_back() {
    package_tool version -l '<' || return 0
    sed -n 's/^\([^ ]*\) *< \([^ ]*\).*/\1 \2/p' "$work/log" | while read -r package new; do
        name=$(printf '%s\n' "$package" | sed 's/-[^-]*-r[0-9]*$//')
        cut -f 1 "$work/changes" | grep -q -x -F "$name" ||
            say "kept back: $package -> $new: /etc/apk/world or another package holds it"
    done
}

# The repository of each new version, by `apk policy`: `NAME policy:`, `  VERSION:`, `    URL`.
name_sources() {
    names=$(cut -f 1 "$work/changes")
    # shellcheck disable=SC2086 # words on purpose
    package_tool policy $names || return 0
    awk -v FS='\t' -v OFS='\t' '
        FILENAME == ARGV[1] {
            line = $0
            if (line ~ / policy:$/) { name = line; sub(/ policy:$/, "", name) }
            else if (line ~ /^  [^ ].*:$/) { version = line; gsub(/[ :]/, "", version) }
            else if (line !~ /lib\/apk\/db\/installed/ && !((name, version) in source)) {
                sub(/^ */, "", line)
                source[name, version] = line
            }
            next
        }
        ($1, $3) in source { $4 = source[$1, $3] }
        { print }' "$work/log" "$work/changes" >"$work/named"
    mv "$work/named" "$work/changes"
}

prepare() {
    command -v apk >/dev/null || die "$USAGE" "no apk: this script is for Alpine; /security_updates.sh should point to the one of this family"
    test "$(id -u)" = 0 || die "$USAGE" "apk needs root to look at its database, for --dry-run too: run it as root"
    say "Alpine has no security channel: every package with an update is upgraded"
    mkdir "$work/cache"
    # A question leaves no line in /var/log/apk.log, which version 2 does not write.
    no_log=--no-logfile
    case $(apk --version) in
        'apk-tools 2.'*) no_log= ;;
    esac
    package_tool update || complain
    package_tool --simulate upgrade || complain
    changes_of "$work/log" >"$work/changes"
    test ! -s "$work/changes" || name_sources
    tell_kept_back
}

install_changes() {
    # shellcheck disable=SC2046 # words on purpose
    package_tool cache --upgrade download $(awk -F '\t' '$3 != "-" { print $1 }' "$work/changes") || complain
    # KiB: apk keeps a package's new files beside the old ones for as long as it unpacks it.
    for directory in /usr /lib; do
        needed=$(($(du -sk "$work/cache" | cut -f 1) * 4 + 4096))
        room "$directory" "$needed" ||
            die "$UNREADABLE" "no room in $directory: the updates may need $needed KiB, $free are free: nothing was changed: make room and run it again"
    done
    installing=1
    if ! package_tool --no-network upgrade; then
        tail_of_log
        die "$FAILED" "apk failed while it installed: packages may be half changed: throw this layer away, or mend it with apk fix"
    fi
    package_tool info -v
    while IFS=$TAB read -r name _ new _; do
        test "$new" = - || grep -q -x -F "$name-$new" "$work/log" ||
            die "$FAILED" "$name is not at $new: apk ended well but did something else"
    done <"$work/changes"
}

# As after `apk update`: `apk add` may follow at once. clean.sh removes it.
finish() {
    test ! -d /var/cache/apk || cp -p "$work/cache/APKINDEX"* /var/cache/apk 2>/dev/null || true
}
