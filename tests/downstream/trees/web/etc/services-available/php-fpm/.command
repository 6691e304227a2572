#!/bin/bash
set -o pipefail
# Older releases decorate what a page says; then it is filtered.
if grep -q '^decorate_workers_output = no' "$FPM_POOL"; then
    exec php-fpm -F -O
else
    exec php-fpm -F -O 2>&1 | sed -u 's/^.*said into std[a-z]*: "//; s/"$//'
fi
