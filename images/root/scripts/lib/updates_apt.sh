# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # set and used by updates.sh
# Security updates with apt (1.6 and later), for Debian and Ubuntu. Sourced after updates.sh.
#
# apt itself reads the sources, in whatever format they are. A pin of our own gives what comes from
# a security suite its usual priority, and everything else 99, one less than what is installed has:
# so only security suites upgrade, while a package that an update newly needs may come from
# anywhere. apt_preferences(5).

# The suites that count: Debian's and Ubuntu's `…-security` (Ubuntu's ESM too), and what Debian 10
# and older call NAME/updates.
write_pins() {
    mkdir "$work/preferences"
    pins=$work/preferences/00-security-updates.pref
    {
        printf 'Package: *\nPin: release a=now\nPin-Priority: 100\n\n'
        for pin in 'l=Debian-Security' 'a=*-security' 'n=*-security'; do
            printf 'Package: *\nPin: release %s\nPin-Priority: 500\n\n' "$pin"
        done
        printf 'Package: *\nPin: release *\nPin-Priority: 99\n\n'
    } >"$pins"
    # Pins of single packages stay in force: the image's author meant them.
    for file in /etc/apt/preferences.d/* /etc/apt/preferences; do
        test -f "$file" || continue
        name=${file##*/}
        cp "$file" "$work/preferences/10-${name%.pref}.pref"
    done
}

write_configuration() {
    mkdir "$work/lists" "$work/lists/partial" "$work/cache" "$work/archives" "$work/archives/partial"
    # apt downloads as the user _apt, who must come through.
    chmod 755 "$work"
    if test "$(id -u)" = 0 && id _apt >/dev/null 2>&1; then
        chown _apt "$work/lists/partial" "$work/archives/partial"
    fi
    {
        # What an image has hooked to `apt-get update` would change the image.
        echo '#clear APT::Update::Pre-Invoke;'
        echo '#clear APT::Update::Post-Invoke;'
        echo '#clear APT::Update::Post-Invoke-Success;'
        echo "Dir::State::Lists \"$work/lists/\";"
        echo "Dir::Cache \"$work/cache/\";"
        echo "Dir::Cache::Archives \"$work/archives/\";"
        echo "Dir::Log::Planner \"$work/planner\";"
        echo 'APT::Update::Error-Mode "any";'
        # The http method of apt 2.6 can wait for ever between two of its own tries.
        echo 'Acquire::Retries "0";'
        echo 'Acquire::http::Timeout "30";'
        echo 'Acquire::https::Timeout "30";'
        echo 'DPkg::Lock::Timeout "60";'
        # A configuration file that the author has changed stays as it is.
        echo 'DPkg::Options { "--force-confdef"; "--force-confold"; };'
        if test -z "$all_updates"; then
            echo "Dir::Etc::Preferences \"$work/none\";"
            echo "Dir::Etc::PreferencesParts \"$work/preferences/\";"
            # An update for security waits for no phase, and a held-back phase is no reason to fail.
            echo 'APT::Get::Always-Include-Phased-Updates "true";'
        fi
        test "$(id -u)" = 0 || echo 'Debug::NoLocking "true";'
    } >"$work/apt.conf"
}

apt() {
    DEBIAN_FRONTEND=noninteractive bounded apt-get -c "$work/apt.conf" -y -q "$@"
}

# upgrade ARGUMENT…
upgrade() {
    if test -n "$allow_removals"; then
        apt "$@" dist-upgrade
    else
        apt "$@" --with-new-pkgs upgrade
    fi
}

# try_to_fetch: apt's complaint is in $complaint, nothing when all went well.
# Old versions of apt end with 0 when a repository has failed: their words are what counts.
try_to_fetch() {
    status=0
    apt update || status=$?
    complaint=$(sed -n '/^[WE]: Failed to fetch /p
        /^[WE]: \(GPG error\|The repository\|An error occurred during the signature\)/p
        /^E: /p' "$work/log" | head -n 1)
    test "$status" = 0 || : "${complaint:=E: apt-get update ended with $status}"
    test "$status" != 124 || complaint='E: apt-get update was ended after 15 minutes'
}

fetch_lists() {
    try_to_fetch
    case $complaint in
        *onnect* | *resolv* | *time* | *'Bad response'* | *'Service Unavailable'*)
            sleep 1
            try_to_fetch
            ;;
    esac
    test -n "$complaint" || return 0
    complaint=${complaint#[WE]: }
    what=$(printf '%s\n' "$complaint" | sed -n 's/.*\(\(https\{0,1\}\|file\|copy\|ftp\|cdrom\|mirror[^ :]*\):[^ ,'\'']*\).*/\1/p')
    why=$(printf '%s\n' "$complaint" | sed 's/^Failed to fetch [^ ]*  *//; s/^GPG error: //; s/[. ]*$//')
    case $complaint in
        *'Release file'*'expired'* | *'not valid yet'*)
            remedy='the mirror is stale or this clock is wrong: choose another mirror (/scripts/ubuntu/update_apt_sources.sh)' ;;
        *'does not have a Release file'* | *404*)
            remedy='the suite is not there: correct /etc/apt/sources.list or the files in /etc/apt/sources.list.d; a release at its end of life moves to another host' ;;
        *NO_PUBKEY* | *'not signed'* | *BADSIG* | *signature* | *'GPG error'*)
            remedy='do not trust it: the key in its Signed-By= is not the one that signed, or the mirror was changed' ;;
        *'Hash Sum mismatch'* | *'unexpected size'*)
            remedy='the mirror is being changed or is broken: run it again, or choose another mirror (/scripts/ubuntu/update_apt_sources.sh)' ;;
        *Malformed* | *'is not known on line'* | *'could not be read'*)
            remedy='correct that file' ;;
        *ertificate*)
            remedy='install ca-certificates, or use http: lists and packages are signed' ;;
        *'No space left'* | *'enough free space'*)
            remedy="set TMPDIR to a directory with room" ;;
        *) remedy='run it again, or choose another mirror (/scripts/ubuntu/update_apt_sources.sh)' ;;
    esac
    unreadable "${what:-the package sources}" "${why:-apt-get update failed}" "$remedy"
}

# A source that is there and has its lists.
find_security_suites() {
    targets=$work/targets
    # shellcheck disable=SC2016 # apt's own fields
    apt-get -c "$work/apt.conf" indextargets \
        --format '$(RELEASE) $(SUITE) $(CODENAME) $(LABEL)' 'Created-By: Packages' >"$targets" 2>/dev/null || true
    if ! test -s "$targets"; then
        die "$NO_CHANNEL" "no package source: nothing was changed: /etc/apt/sources.list and /etc/apt/sources.list.d name none that is enabled"
    fi
    test -z "$all_updates" || return 0
    if ! grep -q -e '-security\( \|$\)' -e ' Debian-Security$' "$targets"; then
        die "$NO_CHANNEL" "no source is a security suite (found: $(awk '!seen[$1]++ { printf "%s%s", (NR > 1 ? " " : ""), $1 }' "$targets")): nothing was changed: add NAME-security to /etc/apt/sources.list, or say --all-updates"
    fi
}

# changes_of FILE: `Inst NAME [OLD] (NEW SOURCE, SOURCE [ARCHITECTURE])` and `Remv NAME [OLD]`.
changes_of() {
    awk -v OFS='\t' '
        # A suite by the name that the sources have for it, where only one has it.
        FILENAME == ARGV[1] { if (!($2 in release)) release[$2] = $1; else if (release[$2] != $1) release[$2] = $2; next }
        $1 == "Remv" { print $2, substr($3, 2, length($3) - 2), "-", "-", "-" }
        $1 == "Inst" {
            old = $3 ~ /^\[/ ? substr($3, 2, length($3) - 2) : "-"
            inner = substr($0, index($0, "(") + 1)
            sub(/ \[[^]]*\]\).*/, "", inner)
            new = inner; sub(/ .*/, "", new)
            sources = inner; sub(/^[^ ]* */, "", sources)
            count = split(sources, list, /, */)
            source = list[1]
            for (i = count; i > 0; i--) if (list[i] ~ /-security$|^Debian-Security:/) source = list[i]
            sub(/.*[\/:]/, "", source)
            print $2, old, new, (source in release ? release[source] : source), "-"
        }' "$targets" "$1" | sort
}

# Pins of single packages may want an upgrade that is none for security: those stay as they are.
hold_the_others() {
    awk '$1 == "Inst" && $3 ~ /^\[/ && $0 !~ /(-security|Debian-Security:[^ ,]*)(,| \[)/ {
        printf "Package: %s\nPin: version %s\nPin-Priority: 30000\n\n", $2, substr($3, 2, length($3) - 2)
    }' "$work/log" >"$work/others"
    test -s "$work/others" || return 0
    cat "$pins" >>"$work/others"
    mv "$work/others" "$pins"
    simulate
}

simulate() {
    upgrade --simulate && return
    tail_of_log
    die "$FAILED" "apt cannot work out an upgrade: nothing was changed: $(sed -n 's/^E: //p' "$work/log" | head -n 1)"
}

# What has an update for security and does not get it.
tell_kept_back() {
    kept=$(awk '/^[^ ]/ { on = /kept back:/ } on && /^ / { for (i = 1; i <= NF; i++) print $i }' "$work/log")
    test -n "$kept" || return 0
    # shellcheck disable=SC2086 # words on purpose
    apt-cache -c "$work/apt.conf" policy $kept 2>/dev/null | awk '
        /^[^ ].*:$/ { name = $1; sub(/:$/, "", name) }
        $1 == "Installed:" { old = $2 }
        $1 == "Candidate:" { print name, old, $2 }' >"$work/kept"
    apt-mark -c "$work/apt.conf" showhold >"$work/held" 2>/dev/null || true
    while read -r name old new; do
        if grep -q -x -F "$name" "$work/held"; then
            say "kept back: $name $old -> $new is held (apt-mark unhold $name lets it go)"
        elif test -n "$all_updates"; then
            say "kept back: $name $old -> $new: apt defers it, or it would remove other packages (--allow-removals)"
        else
            kept_back=1
            say "kept back: $name $old -> $new would remove or change other packages: say --allow-removals, or apt-get install $name shows why"
        fi
    done <"$work/kept"
}

prepare() {
    command -v apt-get >/dev/null || die "$USAGE" "no apt-get: this script is for Debian and Ubuntu; /security_updates.sh should point to the one of this family"
    write_pins
    write_configuration
    fetch_lists
    find_security_suites
    simulate
    test -n "$all_updates" || hold_the_others
    cp "$work/log" "$work/simulated"
    tell_kept_back
    changes_of "$work/simulated" >"$work/changes"
}

installed_size() {
    # shellcheck disable=SC2016 # dpkg's own fields
    dpkg-query -W -f '${Installed-Size}\n' "$1" 2>/dev/null | head -n 1
}

# needed_room: KiB that the new files take: what grows, and the largest package once more, since
# dpkg unpacks a package's files beside the old ones.
needed_room() {
    while IFS=$TAB read -r name old new _; do
        test "$new" != - || continue
        size=$(apt-cache -c "$work/apt.conf" show "$name=$new" 2>/dev/null | sed -n 's/^Installed-Size: //p' | head -n 1)
        before=0
        test "$old" = - || before=$(installed_size "$name")
        echo "${size:-0} ${before:-0}"
    done <"$work/changes" | awk '
        { growth += $1 - $2; if ($1 > largest) largest = $1 }
        END { print (growth > 0 ? growth : 0) + largest + 4096 }'
}

install_changes() {
    if ! upgrade --download-only; then
        complaint=$(sed -n 's/^E: //p' "$work/log" | head -n 1)
        remedy='run it again, or choose another mirror (/scripts/ubuntu/update_apt_sources.sh)'
        case $complaint in
            *space*) remedy="set TMPDIR to a directory with room" ;;
        esac
        what=$(printf '%s\n' "$complaint" | sed -n 's/^Failed to fetch \([^ ]*\).*/\1/p')
        why=$(printf '%s\n' "$complaint" | sed 's/^Failed to fetch [^ ]*  *//; s/[. ]*$//')
        unreadable "${what:-the packages}" "${why:-apt-get failed}" "$remedy"
    fi
    needed=$(needed_room)
    for directory in /usr /var/lib/dpkg; do
        room "$directory" "$needed" ||
            die "$UNREADABLE" "no room in $directory: the updates may need $needed KiB, $free are free: nothing was changed: make room and run it again"
    done
    installing=1
    # Not --no-download, which cannot find packages of file: addresses. What is fetched is there.
    if ! upgrade; then
        tail_of_log
        die "$FAILED" "dpkg failed while it installed: $(sed -n 's/^dpkg: error processing //p; s/^E: //p' "$work/log" | head -n 1): packages may be half changed: throw this layer away, or mend it with dpkg --configure -a"
    fi
    while IFS=$TAB read -r name old new _; do
        # One line for each architecture.
        # shellcheck disable=SC2016 # dpkg's own fields
        now=$(dpkg-query -W -f '${db:Status-Status} ${Version}\n' "$name" 2>/dev/null | sed -n 's/^installed //p' | head -n 1)
        test "${now:--}" = "$new" || die "$FAILED" "$name is at ${now:--}, not at $new: apt ended well but did something else: see dpkg --audit"
    done <"$work/changes"
}

# As after the original's script the lists are there, fresh: `apt-get install` may follow at once.
# clean.sh removes them.
finish() {
    eval "$(apt-config shell lists Dir::State::Lists/d)"
    rm -rf "$work/lists/partial" "$work/lists/auxfiles" "$work/lists/lock"
    if mkdir -p "$lists" 2>/dev/null &&
        find "$lists" -mindepth 1 -maxdepth 1 -type f ! -name lock -exec rm -f {} + 2>/dev/null &&
        cp -p "$work/lists/"* "$lists" 2>/dev/null; then
        return
    fi
    find "$lists" -mindepth 1 -maxdepth 1 -type f ! -name lock -exec rm -f {} + 2>/dev/null || true
    say "cannot keep the package lists in $lists: run apt-get update before an install"
}
