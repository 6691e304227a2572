#!/bin/sh -e
# Installs what Debian's security suites have for this image's packages, and nothing else.
# `/security_updates.sh --help` says how to use it.
set -e

# shellcheck source=lib/updates.sh
. /scripts/lib/updates.sh
# shellcheck source=lib/updates_apt.sh
. /scripts/lib/updates_apt.sh

main "$@"
