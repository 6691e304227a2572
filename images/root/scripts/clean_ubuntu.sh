#!/bin/sh -e
# Removes what installing packages leaves in an image of Ubuntu: unneeded packages, lists, caches,
# temporary files, logs, documentation (copyright files stay). A second run changes nothing.
set -e

# shellcheck source=lib/clean.sh
. /scripts/lib/clean.sh
# shellcheck source=lib/clean_apt.sh
. /scripts/lib/clean_apt.sh
