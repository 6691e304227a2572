#!/bin/sh -e
# Removes what installing packages leaves in an image of Alpine: caches, temporary files, the log.
# A second run changes nothing.
set -e

# shellcheck source=lib/clean.sh
. /scripts/lib/clean.sh

begin "$@"
empty /var/cache/apk /tmp /var/tmp
remove /var/log/apk.log
remove_documentation
