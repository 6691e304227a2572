#!/bin/bash
# The entry point of an image that runs as its own user.
echo "starting as $(id -un)"
exec /init "$@"
