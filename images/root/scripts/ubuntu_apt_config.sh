#!/bin/sh -e
# Tunes apt and dpkg for images of Ubuntu and Debian: no caches, no translations, compressed lists,
# no fsync. What is set is in ubuntu/apt.conf.d and ubuntu/dpkg.cfg.d beside this script.
set -e

here=$(dirname "$(readlink -f "$0")")
mkdir -p /etc/apt/apt.conf.d /etc/dpkg/dpkg.cfg.d
cp "$here/ubuntu/apt.conf.d/90mainstay" /etc/apt/apt.conf.d/90mainstay
cp "$here/ubuntu/dpkg.cfg.d/90mainstay-unsafe-io" /etc/dpkg/dpkg.cfg.d/90mainstay-unsafe-io
