#!/bin/sh -e
# Upgrades this image's packages: Alpine has no channel for security alone.
# `/security_updates.sh --help` says how to use it.
set -e

# shellcheck source=lib/updates.sh
. /scripts/lib/updates.sh
# shellcheck source=lib/updates_apk.sh
. /scripts/lib/updates_apk.sh

main "$@"
