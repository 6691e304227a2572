#!/usr/bin/with-contenv sh
echo "$BIG_VALUE"
