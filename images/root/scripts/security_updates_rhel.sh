#!/bin/sh -e
# Installs what the advisories of RHEL's, Rocky Linux's or AlmaLinux's repositories call security
# updates of this image's packages.
# `/security_updates.sh --help` says how to use it.
set -e

# shellcheck source=lib/updates.sh
. /scripts/lib/updates.sh
# shellcheck source=lib/updates_rpm.sh
. /scripts/lib/updates_rpm.sh

main "$@"
