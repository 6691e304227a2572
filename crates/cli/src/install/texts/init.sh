#!/bin/sh
# Runs the scripts of /run.d in the order of their names, and nothing else.
exec /usr/libexec/mainstay/init.sh "$@"
