#!/bin/bash -e
# Before the supervisor starts: one service for each worker, all from one directory.

case ${WORKERS:=2} in
  '' | *[!0-9]*)
    echo "[workers] WORKERS=$WORKERS is not a number"
    exit 1
    ;;
esac

# A container that is started again still has those of the last time.
rm -f /etc/services.d/worker-*
for n in $(seq 1 "$WORKERS"); do
  ln -s /etc/services-available/worker "/etc/services.d/worker-$n"
done
echo "[workers] $WORKERS enabled"
