#!/usr/bin/env bash
# The image's own, run as the command of /init.
echo "own run.sh: $CUSTOMER, $# words"
exit 9
