# shellcheck shell=sh
# shellcheck disable=SC2034 # used by the families' files
# What the security_updates scripts of all families share: options, messages, the list of changes.
# To be sourced, by a POSIX shell. A family's file defines `prepare` (which writes the changes to
# $work/changes), `install_changes` and `verify`; `main` calls them in this order.
#
# $work/changes has one line a package: name, old version, new version, source and advisories, with
# a tab between. `-` is nothing: a new package has no old version, a removed one no new one.

# Exit codes, the same for every family. docs/security-updates.md explains them.
readonly FAILED=1 USAGE=2 NO_CHANNEL=3 UNREADABLE=4 KEPT_BACK=5
readonly TAB='	'

say() {
    printf 'security_updates: %s\n' "$*" >&2
}

# die CODE WORDS…: the one line that says why, and the end.
die() {
    code=$1
    shift
    say "$*"
    exit "$code"
}

usage() {
    cat <<EOF
usage: /security_updates.sh [--dry-run] [--json] [--all-updates] [--allow-removals] [--verbose]

Installs the security updates of this image's packages, and nothing else.

  --dry-run, -n      change nothing: print what would change
  --json             print the changes as one JSON array
  --all-updates      install every update, not only those for security (SECURITY_UPDATES_ALL=1)
  --allow-removals   let an update remove other packages where it must (apt only)
  --verbose          show what the package manager says (DEBUG=1)
  --help, -h         print this

One line a package: NAME OLD -> NEW (SUITE OR REPOSITORY, ADVISORIES).
Exit codes: 0 done, or nothing to do; 1 the package manager failed while it installed: packages may
be half changed; 2 wrong use, or not root; 3 no security channel or no advisories; 4 a repository
cannot be read or there is no room; 5 security updates are kept back. After 2, 3 and 4 nothing has
changed.
EOF
}

# options ARGUMENT…: sets dry_run, json, all_updates, allow_removals and verbose.
options() {
    dry_run='' json='' all_updates='' allow_removals='' verbose=${DEBUG:-}
    case ${SECURITY_UPDATES_ALL:-0} in
        1) all_updates=1 ;;
        0) ;;
        *) die "$USAGE" "SECURITY_UPDATES_ALL=$SECURITY_UPDATES_ALL: neither 0 nor 1" ;;
    esac
    for option; do
        case $option in
            -n | --dry-run) dry_run=1 ;;
            --json) json=1 ;;
            --all-updates) all_updates=1 ;;
            --allow-removals) allow_removals=1 ;;
            --verbose) verbose=1 ;;
            -h | --help)
                usage
                exit 0
                ;;
            *) die "$USAGE" "unknown argument $option: --help says what there is" ;;
        esac
    done
    # A package manager's words are read below: they must be the C locale's.
    LC_ALL=C
    export LC_ALL
}

# quietly COMMAND…: runs it with its words in $work/log, and on standard error if they are wanted.
# In the background, so that a signal to this script is not kept waiting.
quietly() {
    status=0
    "$@" >"$work/log" 2>&1 </dev/null &
    child=$!
    wait "$child" || status=$?
    child=''
    test -z "$verbose" || cat "$work/log" >&2
    return $status
}

# bounded COMMAND…: quietly, and ended when it hangs: 15 minutes are a slow mirror's.
bounded() {
    if command -v timeout >/dev/null; then
        quietly timeout 900 "$@"
    else
        quietly "$@"
    fi
}

# tail_of_log: what the package manager said last, for who has to mend it.
tail_of_log() {
    test -n "$verbose" || tail -n 20 "$work/log" | sed 's/^/    /' >&2
}

# unreadable WHAT WHY REMEDY: a repository failed, and nothing has been changed.
unreadable() {
    die "$UNREADABLE" "cannot read $1: $2: nothing was changed: $3"
}

# room DIRECTORY KIB: whether that much is free where the directory is; yes when nobody can say.
room() {
    free=$(df -Pk "$1" 2>/dev/null | awk 'NR == 2 { print $4 }')
    test "${free:-$2}" -ge "$2"
}

print_changes() {
    if test -n "$json"; then
        awk -F '\t' '
            function text(value) {
                gsub(/["\\]/, "\\\\&", value)
                return "\"" value "\""
            }
            function or_null(value) { return value == "-" ? "null" : text(value) }
            BEGIN { printf "[" }
            {
                printf "%s{\"name\":%s,\"old\":%s,\"new\":%s,\"source\":%s,\"advisories\":[",
                    (NR > 1 ? "," : ""), text($1), or_null($2), or_null($3), or_null($4)
                count = $5 == "-" ? 0 : split($5, names, " ")
                for (i = 1; i <= count; i++) printf "%s%s", (i > 1 ? "," : ""), text(names[i])
                printf "]}"
            }
            END { print "]" }' "$work/changes"
    else
        awk -F '\t' '{
            printf "%s %s -> %s (%s%s)\n", $1, ($2 == "-" ? "none" : $2), ($3 == "-" ? "removed" : $3),
                ($4 == "-" ? "not in a repository" : $4), ($5 == "-" ? "" : ", " $5)
        }' "$work/changes"
    fi
}

packages() {
    case $1 in
        1) echo '1 package' ;;
        *) echo "$1 packages" ;;
    esac
}

# leave: ends what still fetches; what installs is waited for, since it would be left half done.
leave() {
    if test -n "$child"; then
        test -n "$installing" || kill "$child" 2>/dev/null || true
        wait "$child" 2>/dev/null || true
    fi
    rm -rf "$work"
}

# main ARGUMENT…: the whole of it. `kept_back` is set by `prepare` where an update is withheld for
# another reason than a hold.
main() {
    options "$@"
    if test -z "$dry_run" && test "$(id -u)" != 0; then
        die "$USAGE" "cannot install updates as user $(id -u): run it as root (USER root in the Dockerfile); --dry-run needs no root"
    fi
    for directory in / /usr /var; do
        if test -z "$dry_run" && ! test -w "$directory"; then
            die "$USAGE" "cannot install updates: $directory is read-only: run it in a Dockerfile; --dry-run works here too"
        fi
    done
    # Everything that is fetched stays here until all of it is: so a failure changes nothing.
    work=$(mktemp -d "${TMPDIR:-/tmp}/security-updates.XXXXXX") ||
        die "$UNREADABLE" "cannot make a directory in ${TMPDIR:-/tmp}: nothing was changed: set TMPDIR to one with room for the packages"
    child='' installing=''
    trap leave EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    room "$work" 4096 || die "$UNREADABLE" "no room in ${TMPDIR:-/tmp}: nothing was changed: set TMPDIR to a directory with room for the packages"
    kept_back=''
    : >"$work/changes"
    prepare
    count=$(awk 'END { print NR }' "$work/changes")
    if test -n "$dry_run"; then
        say "$(packages "$count") would change"
    elif test "$count" = 0; then
        finish
        say "nothing to upgrade"
    else
        install_changes
        finish
        say "$(packages "$count") changed"
    fi
    print_changes
    test -z "$kept_back" || exit "$KEPT_BACK"
}

# finish: what a family leaves behind after a good run; nothing, unless it says otherwise.
finish() {
    :
}
