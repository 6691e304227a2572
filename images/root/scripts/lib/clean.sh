# shellcheck shell=sh
# What the clean scripts of all families share. To be sourced, by a POSIX shell.
#
# What is mounted is not in the image (a build's cache, a tmpfs, a secret) and stays as it is.
# What is missing, or cannot be removed, is no failure.

say() {
    printf 'clean: %s\n' "$*" >&2
}

mounted() {
    awk -v path="$1" '$5 == path { found = 1 } END { exit !found }' /proc/self/mountinfo 2>/dev/null
}

# begin [ARGUMENT…]: where nothing can be written there is nothing to do.
begin() {
    case ${1-} in
    '') ;;
    --help | -h)
        echo "usage: /clean.sh"
        echo
        echo "Removes what installing packages leaves in an image: unneeded packages, lists, caches,"
        echo "temporary files, logs, documentation (copyright files stay). For the end of a RUN line."
        exit 0
        ;;
    *) say "unknown argument $1 is passed over: there is --help alone" ;;
    esac
    if test "$(id -u)" != 0; then
        say "cannot clean as user $(id -u): run it as root (USER root in the Dockerfile)"
        exit 2
    fi
    if ! (: >/var/.clean-probe) 2>/dev/null; then
        say "/var cannot be written: nothing is cleaned"
        exit 0
    fi
    rm -f /var/.clean-probe
    LC_ALL=C
    export LC_ALL
}

# try COMMAND…: what it says is shown only when it fails, and a failure does not end the rest.
try() {
    said=$("$@" 2>&1 </dev/null) && return
    say "$* failed with $?: $(printf '%s\n' "$said" | tail -n 1)"
}

# empty DIRECTORY…: removes what is in it.
empty() {
    for directory; do
        # A link would lead out of the place that is meant.
        if test -L "$directory" || ! test -d "$directory"; then
            continue
        fi
        if mounted "$directory"; then
            say "$directory is mounted: left as it is"
            continue
        fi
        find "$directory" -xdev -depth -mindepth 1 ! -type d -exec rm -f {} + 2>/dev/null || true
        # A directory that holds a mount stays.
        find "$directory" -xdev -depth -mindepth 1 -type d -exec rmdir {} \; 2>/dev/null || true
        left=$(find "$directory" -xdev -mindepth 1 ! -type d 2>/dev/null | head -n 1)
        test -z "$left" || say "$left cannot be removed"
    done
}

# remove FILE…
remove() {
    rm -f "$@" 2>/dev/null || say "cannot remove $*"
}

# Pages that nobody reads in a container. Copyright files stay: licences ask for them.
remove_documentation() {
    for directory in /usr/share/doc /usr/share/man /usr/share/info /usr/share/groff; do
        if mounted "$directory" || ! test -d "$directory"; then
            continue
        fi
        find "$directory" -xdev ! -type d ! -name 'copyright*' ! -iname 'licen[sc]e*' ! -iname 'notice*' \
            ! -iname 'copying*' -exec rm -f {} + 2>/dev/null || true
        # Kept: the directory itself, and those that still have something.
        find "$directory" -xdev -depth -mindepth 1 -type d -exec rmdir {} \; 2>/dev/null || true
    done
}
