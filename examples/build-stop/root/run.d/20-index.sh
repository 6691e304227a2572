#!/bin/bash -e
# The slow part of a start. In an image whose build has done it there is nothing left to do.
if test -e /srv/index.sqlite; then
  echo "[index] is in the image"
else
  python3 /app/index.py /srv/pages /srv/index.sqlite
fi
