#!/bin/bash
# Prepares what the server needs, then becomes it.
echo "start.sh: $* as $(id -un)"
exec "$@"
