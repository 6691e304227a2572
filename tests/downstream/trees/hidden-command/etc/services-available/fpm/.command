#!/bin/bash
set -o pipefail
echo "[fpm] launching with $WORKERS workers in $PWD"
exec sleep 1000
