#!/bin/bash -e
# Debian's pool as this image needs it.
ln -s /usr/sbin/php-fpm[0-9]* /usr/sbin/php-fpm
sed -i 's|;*error_log = .*|error_log = /dev/stderr|' /etc/php/*/fpm/php-fpm.conf
sed -i -e 's/^listen = .*/listen = 127.0.0.1:9000/' -e 's/^pm = .*/pm = static/' \
    -e 's/^;*clear_env.*/clear_env = no/' \
    -e 's/^;*catch_workers_output.*/catch_workers_output = yes/' \
    -e 's/^;*decorate_workers_output.*/decorate_workers_output = no/' "$FPM_POOL"
mkdir -p /run/php
chown "$NOT_ROOT_USER" /run/php
