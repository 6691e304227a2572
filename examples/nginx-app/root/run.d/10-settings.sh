#!/bin/bash -e
# Before the supervisor starts: what does not fit ends the container at once, with one line.

case ${WORKERS:-2} in
  '' | *[!0-9]*)
    echo "[settings] WORKERS=$WORKERS is not a number"
    exit 1
    ;;
esac
