#!/bin/sh -e
# Removes what installing packages leaves in an image of RHEL, Rocky Linux or AlmaLinux: caches, temporary files, logs,
# documentation (licences stay). A second run changes nothing.
set -e

# shellcheck source=lib/clean.sh
. /scripts/lib/clean.sh
# shellcheck source=lib/clean_rpm.sh
. /scripts/lib/clean_rpm.sh
