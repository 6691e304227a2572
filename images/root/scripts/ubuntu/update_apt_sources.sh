#!/bin/sh -e
# Points apt to other mirrors: in the sources of one line each and in those of deb822, for Ubuntu
# and Debian. A second run changes nothing. sources.list(5).
#
#   UBUNTU_ARCHIVE_MIRROR_URL   instead of http://archive.ubuntu.com/ubuntu/
#   UBUNTU_SECURITY_MIRROR_URL  instead of http://security.ubuntu.com/ubuntu/
#   UBUNTU_PORTS_MIRROR_URL     instead of http://ports.ubuntu.com/ubuntu-ports/
#   DEBIAN_ARCHIVE_MIRROR_URL   instead of http://deb.debian.org/debian/
#   DEBIAN_SECURITY_MIRROR_URL  instead of http://deb.debian.org/debian-security/ and
#                               http://security.debian.org/
#   APT_SOURCE_LIST             the one file to change; else every file that apt reads
#   DEBUG                       not empty: print the result
set -e

fail() {
    echo "failure: $*" >&2
    exit 1
}

# Files that say where packages come from: the given one, or what apt reads.
if test -n "${APT_SOURCE_LIST:-}"; then
    test -f "$APT_SOURCE_LIST" || fail "$APT_SOURCE_LIST does not exist!"
    set -- "$APT_SOURCE_LIST"
else
    set --
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
        test ! -f "$file" || set -- "$@" "$file"
    done
    test $# != 0 || fail "/etc/apt/sources.list does not exist, nor any file in /etc/apt/sources.list.d!"
fi

# What is replaced: lines `OLD NEW`, OLD without http:// and the slash at its end.
work=$(mktemp -d)
temporary=''
trap 'rm -rf "$work"; test -z "$temporary" || rm -f "$temporary"' EXIT
# dash leaves without its EXIT trap when a signal ends it.
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
# rule URL OLD…
rule() {
    url=$1
    shift
    test -n "$url" || return 0
    case $url in
        http://?* | https://?*) ;;
        *)
            echo "warning: Unsupported mirror url: $url" >&2
            return
            ;;
    esac
    case $url in
        *[[:space:]\"\']*)
            echo "warning: Unsupported mirror url: $url" >&2
            return
            ;;
    esac
    for old; do
        printf '%s %s\n' "$old" "$url" >>"$work/rules"
    done
}
: >"$work/rules"
rule "${UBUNTU_ARCHIVE_MIRROR_URL:-}" archive.ubuntu.com/ubuntu
rule "${UBUNTU_SECURITY_MIRROR_URL:-}" security.ubuntu.com/ubuntu
rule "${UBUNTU_PORTS_MIRROR_URL:-}" ports.ubuntu.com/ubuntu-ports
rule "${DEBIAN_ARCHIVE_MIRROR_URL:-}" deb.debian.org/debian httpredir.debian.org/debian
rule "${DEBIAN_SECURITY_MIRROR_URL:-}" deb.debian.org/debian-security \
    security.debian.org/debian-security security.debian.org

# rewrite FILE: with each address replaced that is one of the old ones, as a whole word. Comments
# stay. A new address keeps the slash at its end, or its lack, as it was given.
rewrite() {
    awk '
        FILENAME == ARGV[1] { old[++rules] = $1; new[rules] = $2; next }
        /^[ \t]*#/ { print; next }
        {
            rest = $0
            line = ""
            while (match(rest, /https?:\/\/[^ \t]+/)) {
                word = substr(rest, RSTART, RLENGTH)
                bare = word
                sub(/^https?:\/\//, "", bare)
                sub(/\/+$/, "", bare)
                for (i = 1; i <= rules; i++) if (bare == old[i]) { word = new[i]; break }
                line = line substr(rest, 1, RSTART - 1) word
                rest = substr(rest, RSTART + RLENGTH)
            }
            print line rest
        }' "$work/rules" "$1"
}

for file; do
    # A link stays one: what it leads to is written.
    target=$(readlink -f "$file")
    rewrite "$target" >"$work/new"
    if ! cmp -s "$work/new" "$target"; then
        # All of it or nothing: beside the file, with its owner and mode, then in its place.
        temporary=$target.new.$$
        cp -p "$target" "$temporary" || fail "cannot write beside $target"
        cat "$work/new" >"$temporary" || fail "cannot write beside $target"
        mv -f "$temporary" "$target" || fail "cannot replace $target"
        temporary=''
    fi
    if test -n "${DEBUG:-}"; then
        echo "*** DEBUG is set. Dumping $file ***"
        grep -v '#' "$file" || true
    fi
done
