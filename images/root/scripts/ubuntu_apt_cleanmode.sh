#!/bin/sh -e
# Packages that are installed from now on bring no documentation but their copyright files, in
# images of Ubuntu and Debian.
set -e

here=$(dirname "$(readlink -f "$0")")
mkdir -p /etc/dpkg/dpkg.cfg.d
cp "$here/ubuntu/dpkg.cfg.d/90mainstay-no-documentation" /etc/dpkg/dpkg.cfg.d/90mainstay-no-documentation
