#!/bin/sh
# The container's start: the scripts of /run.d in the order of their names, then the
# process manager. All of it happens in the program below, which is process 1 at once.
exec /usr/libexec/mainstay/run.sh "$@"
