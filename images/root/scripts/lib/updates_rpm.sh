# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # set and used by updates.sh
# Security updates with dnf 4 or yum 3, for Rocky Linux, AlmaLinux, RHEL and CentOS. Sourced after
# updates.sh.
#
# Which updates are for security is what the repositories' advisories say (updateinfo.xml). A
# package that has one goes to its newest version, as with `dnf upgrade --security`: repositories
# often keep no older one.

# dnf and yum keep what they fetch in the work directory, so that a failure leaves the image alone.
manager() {
    # shellcheck disable=SC2086 # words on purpose
    bounded $program $settings "$@"
}

choose_manager() {
    settings="--setopt=cachedir=$work/cache --setopt=logdir=$work --setopt=keepcache=1
        --setopt=metadata_expire=1d --setopt=retries=3 --setopt=timeout=30"
    if command -v dnf >/dev/null; then
        program=dnf
        update=upgrade
        # One repository that is down is a failure, whatever its configuration says.
        settings="$settings --setopt=skip_if_unavailable=0 --setopt=*.skip_if_unavailable=0"
    elif command -v yum >/dev/null; then
        program=yum
        update=update
        settings="$settings --setopt=skip_if_unavailable=0"
    elif command -v microdnf >/dev/null; then
        die "$NO_CHANNEL" "microdnf cannot tell which updates are for security: nothing was changed: microdnf install dnf, then run it again"
    else
        die "$USAGE" "no dnf and no yum: this script is for Rocky Linux, AlmaLinux, RHEL and CentOS; /security_updates.sh should point to the one of this family"
    fi
    test -n "$all_updates" || settings="$settings --security"
}

end_of_life() {
    case $(cat /etc/centos-release 2>/dev/null) in
        *' 7'* | *' 8'*) echo 'CentOS 7 and 8 are at their end of life: baseurl= in /etc/yum.repos.d must name their archive, http://vault.centos.org' ;;
        *) echo "run it again, or correct the files in /etc/yum.repos.d" ;;
    esac
}

# The first words about what went wrong, and which repository it was.
complain() {
    # A line that ends with a colon goes on in the next one.
    complaint=$(awk '
        /^(Error|failure): ./ || on {
            line = $0
            sub(/^(Error|failure): /, "", line)
            gsub(/^ +| +$/, "", line)
            text = text (on ? " " : "") line
            on = line ~ /:$/
            if (!on) exit
        }
        END { print text }' "$work/log")
    test -n "$complaint" || complaint=$(sed -n '/[Ee]rror\|[Ff]ail\|[Cc]annot\|No space\|not signed/p' "$work/log" | head -n 1)
    what=$(sed -n "s/^Problem repository: \[\(.*\)\]$/\1/p; s/.*for repo '\([^']*\)'.*/\1/p; s/.* from \([^:]*\): \[Errno.*/\1/p" "$work/log" | head -n 1)
    test -n "$what" || what=$(sed -n 's/.* for \([a-z]*:\/\/[^ ]*\).*/\1/p' "$work/log" | head -n 1)
    remedy=$(end_of_life)
    case $(cat "$work/log") in
        *'No space left'* | *'needs'*'filesystem'* | *'more space needed'*) remedy='make room (TMPDIR may name another directory)' ;;
        *'do not have any GPG public keys'*)
            complaint='it asks for signed packages and has no key'
            remedy='give it gpgkey=' ;;
        *GPG* | *[Ss]ignature* | *'not signed'*) remedy='do not trust it: the key in its gpgkey= is not the one that signed, or the mirror was changed' ;;
        *[Cc]hecksum*) remedy='the mirror is being changed or is broken: run it again, or choose another mirror' ;;
    esac
    unreadable "${what:-the repositories}" "${complaint:-$program failed}" "$remedy"
}

# Repositories with and without advisories, by the list of files that each has fetched.
find_advisories() {
    with='' without=''
    for file in $(find "$work/cache" -name repomd.xml | sort); do
        name=${file%/repodata/repomd.xml}
        name=${name%/repomd.xml}
        name=$(basename "$name" | sed 's/-[0-9a-f]\{16\}$//')
        if grep -q 'type="updateinfo"' "$file"; then
            with="$with $name"
        else
            without="$without $name"
        fi
    done
    if test -z "$with$without"; then
        die "$NO_CHANNEL" "no repository is enabled: nothing was changed: see /etc/yum.repos.d"
    fi
    test -z "$all_updates" || return 0
    if test -z "$with"; then
        die "$NO_CHANNEL" "no repository has advisories (found:$without), so $program $update --security would silently do nothing: nothing was changed: --all-updates installs every update"
    fi
    test -z "$without" || say "without advisories, so never updated for security:$without"
}

# changes_of FILE: the table of a transaction. A long name or version goes on in the next line.
changes_of() {
    awk -v OFS='\t' '
        /^(Upgrading|Updating|Downgrading)( for dependencies)?:$/ { kind = "upgrade"; next }
        /^(Reinstalling|Installing)( (weak |for )?(dependencies|group\/module packages))?:$/ { kind = "install"; next }
        /^Removing.*:$/ { kind = "remove"; next }
        /^Skipp(ing|ed).*:$/ { kind = "skip"; next }
        /^(Transaction Summary|=+$|$)/ || /^[^ ]/ { if ($0 !~ /^=/) kind = ""; words = ""; next }
        kind == "" { next }
        # Below a package, what it obsoletes: `replacing  NAME.ARCHITECTURE VERSION`.
        $1 == "replacing" {
            if (NF != 3) next
            name = architecture = $2
            sub(/\.[^.]*$/, "", name)
            sub(/.*\./, "", architecture)
            print "remove", name, architecture, $3, "-"
            next
        }
        {
            # The size, which comes last, may have a unit.
            words = words " " $0
            count = split(words, field, " ")
            if (count < 5 || (count == 5 && field[5] !~ /^[0-9.]+$/)) next
            words = ""
            print kind, field[1], field[2], field[3], field[4]
        }' "$1"
}

# The installed version of NAME.ARCHITECTURE, or `-`.
installed() {
    version=$(rpm -q --queryformat '%|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}\n' "$1" 2>/dev/null | tail -n 1) || version=
    case $version in
        '' | *' '*) echo - ;;
        *) echo "$version" ;;
    esac
}

# Lines `ADVISORY SEVERITY NAME-VERSION-RELEASE.ARCHITECTURE` as `NAME ADVISORY`.
read_advisories() {
    : >"$work/advisories"
    if test "$program" = dnf; then
        manager -q updateinfo list --security --updates || return 0
    else
        manager -q updateinfo list security updates || return 0
    fi
    awk 'NF == 3 && $3 ~ /-[^-]*-[^-]*$/ { sub(/-[^-]*-[^-]*$/, "", $3); print $3, $1 }' "$work/log" |
        sort -u >"$work/advisories"
}

plan() {
    if manager --assumeno "$update" || grep -q -e '^Operation aborted' -e '^Exiting on user command' "$work/log"; then
        cp "$work/log" "$work/planned"
    else
        complain
    fi
    changes_of "$work/planned" >"$work/table"
    while IFS=$TAB read -r kind name architecture new source; do
        old=$(installed "$name.$architecture")
        case $kind in
            skip)
                kept_back=1
                say "kept back: $name $old -> $new: it conflicts or needs what is not there ($program $update $name shows why)"
                continue
                ;;
            install) test "$old" = - || test "$(installed "$name")" != "$new" || continue ;;
        esac
        # A package that may stand beside its older version (the kernel) is new, not upgraded.
        test "$kind" != install || old=-
        if test "$kind" = remove; then
            new=- source=-
        fi
        found=$(awk -v name="$name" '$1 == name { printf "%s%s", (n++ ? " " : ""), $2 }' "$work/advisories")
        printf '%s\t%s\t%s\t%s\t%s\n' "$name" "$old" "$new" "$source" "${found:--}"
    done <"$work/table" | sort >"$work/changes"
    ! grep -q '^skip' "$work/table" || kept_back=1
}

prepare() {
    choose_manager
    # Where what is installed is recorded: a key that is imported on the way is undone on a failure.
    database=$(rpm --eval '%{_dbpath}' 2>/dev/null) || database=/var/lib/rpm
    manager makecache || complain
    find_advisories
    # Its history is not written for a question.
    lasting=$settings
    settings="$settings --setopt=persistdir=$work/persist"
    read_advisories
    plan
}

# restore_database: as it was before the packages were fetched.
restore_database() {
    for file in "$work/database/"*; do
        cmp -s "$file" "$database/${file##*/}" || cp -p "$file" "$database/${file##*/}"
    done
}

install_changes() {
    cp -Rp "$database" "$work/database" ||
        die "$UNREADABLE" "no room in ${TMPDIR:-/tmp}: nothing was changed: set TMPDIR to a directory with room for the packages"
    if ! manager -y --downloadonly "$update"; then
        restore_database
        complain
    fi
    settings=$lasting
    installing=1
    if ! manager -y -C "$update"; then
        if ! grep -q '^Running transaction$' "$work/log"; then
            restore_database
            complain
        fi
        tail_of_log
        die "$FAILED" "$program failed while it installed: packages may be half changed: throw this layer away, or see what $program check says"
    fi
    while IFS=$TAB read -r name old new _; do
        case $new in
            -) ! rpm -q "$name" >/dev/null 2>&1 || die "$FAILED" "$name $old is still there: $program ended well but did something else" ;;
            *)
                rpm -q --queryformat '%|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}\n' "$name" 2>/dev/null | grep -q -x -F "$new" ||
                    die "$FAILED" "$name is not at $new: $program ended well but did something else"
                ;;
        esac
    done <"$work/changes"
}
