# What every script of this folder may call. The supervisor is always Debian's.

# until COMMAND...: waits for it to succeed, at most ten seconds.
until_ok() {
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        test $tries -lt 1000 || { echo "never: $*"; exit 99; }
        sleep 0.01
    done
}

# unhex HEX: its bytes.
unhex() { /usr/bin/printf "$(echo "$1" | sed 's/ //g; s/../\\x&/g')"; }

# fake DIR [STATUS-IN-HEX]: a service directory with somebody who reads its fifo and holds its
# lock, nothing else.
fake() {
    mkdir -p "$1/supervise" "$1/event"
    chmod 3730 "$1/event"
    mkfifo "$1/supervise/control"
    /usr/bin/s6-setlock "$1/supervise/lock" sleep 1000 <>"$1/supervise/control" >/dev/null 2>&1 &
    until_ok /usr/bin/s6-svok "$1"
    test -z "$2" || unhex "$2" >"$1/supervise/status"
}

# service NAME RUN [FINISH]: a service directory in scan/, down at first.
service() {
    mkdir -p "scan/$1"
    touch "scan/$1/down"
    printf '#!/bin/sh\n%s\n' "$2" >"scan/$1/run"
    chmod +x "scan/$1/run"
    test -z "$3" || { printf '#!/bin/sh\n%s\n' "$3" >"scan/$1/finish"; chmod +x "scan/$1/finish"; }
}

# supervise: Debian's s6-svscan on scan/, until every service has its supervisor.
supervise() {
    PATH=/usr/bin:/bin /usr/bin/s6-svscan scan >/dev/null 2>&1 </dev/null &
    for dir in scan/*; do
        until_ok /usr/bin/s6-svok "$dir"
        until_ok test -s "$dir/supervise/status"
    done
}

# is DIR FIELDS VALUES: Debian's s6-svstat says so.
is() { test "$(/usr/bin/s6-svstat -o "$2" "$1" 2>/dev/null)" = "$3"; }

# steady: without the numbers that differ from run to run.
steady() { sed -E 's/[0-9]+ seconds/N seconds/g; s/pid [0-9]+/pid N/; s/@[0-9a-f]{24}/@STAMP/g'; }

# nobody_listens DIR: waits until its event directory holds no fifo.
nobody_listens() { nobody_listens_in "$1/event"; }

# nobody_listens_in DIR: the same for a directory of events.
nobody_listens_in() { until_ok sh -c 'test -z "$(ls -A "$1")"' sh "$1"; }

# who: ids of this process.
who='echo "$(id -u) $(id -g)" $(sed -n "s/^Groups://p" /proc/self/status)'

# accounts: users and groups of a made-up image, in this mount namespace only.
accounts() {
    cat >passwd <<EOF
root:x:0:0:root:/root:/bin/sh
web:x:33:34:web:/var/www:/bin/sh
lonely:x:40:40::/:/bin/sh
broken:x:41
many:x:50:51::/:/bin/sh
EOF
    cat >group <<EOF
root:x:0:web
www:x:34:
lonely:x:40:
logs:x:60:web,many
more:x:61:many,root
own:x:51:many
EOF
    mount --bind passwd /etc/passwd && mount --bind group /etc/group
}

# hear DIR: begins to keep the letters that are told in an event directory, in the file letters.
hear() {
    : >letters
    mkfifo "$1/.hear"
    exec 8<>"$1/.hear"
    cat <&8 >letters 2>/dev/null &
    mv "$1/.hear" "$1/ftrig1:@400000006b04d20019689633:d9STgX"
}

# heard LETTERS: waits until they were told.
heard() { until_ok grep -qs "^$1" letters; }

# elsewhere NAME RUN [FINISH]: the same as service, in other/.
elsewhere() {
    service "$@"
    mkdir -p other
    mv "scan/$1" other/
}

# logger_of DIR: gives the service a logger that appends to the file log of this directory.
logger_of() {
    mkdir "$1/log"
    printf '#!/bin/sh\nwhile read -r line; do echo "$line" >>%s/log; done\n' "$PWD" >"$1/log/run"
    chmod +x "$1/log/run"
}

# logger NAME: the same for a service in scan/.
logger() { logger_of "scan/$1"; }

# flags DIR: the length of the status, whether there is a pid, the wait status, the flags.
flags() {
    wc -c <"$1/supervise/status"
    od -An -v -tx1 -w35 "$1/supervise/status" | {
        set -- $(cat)
        shift 24
        pid=none
        test "$1$2$3$4$5$6$7$8" = 0000000000000000 || pid=one
        shift 8
        echo "pid $pid wait status $1$2 flags $3"
    }
}

# pid_of DIR: the pid in its status.
pid_of() { echo $((0x$(od -An -v -tx1 -j24 -N8 "$1/supervise/status" | tr -d ' '))); }
