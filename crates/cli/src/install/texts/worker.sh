#!/bin/sh
# A pool of workers: /worker.sh N COMMAND...
# The scripts of /run.d with CONTAINER_ROLE=worker, then N supervised copies of COMMAND.
exec /usr/libexec/mainstay/worker.sh "$@"
