#!/bin/sh
# The image does a little of its own first.
echo "starting"
exec /s6-init "$@"
