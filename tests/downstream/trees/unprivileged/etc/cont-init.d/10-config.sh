#!/usr/bin/with-contenv bash
echo "configured for $SITE as $(id -un)"
