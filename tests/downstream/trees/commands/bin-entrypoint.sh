#!/bin/bash
# Prepares, then hands over, words and all.
export PREPARED=yes
exec /init "$@"
