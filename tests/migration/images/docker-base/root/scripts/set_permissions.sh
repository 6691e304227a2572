#!/bin/bash -e
# The image also runs as NOT_ROOT_USER: what it writes belongs to that user, its hooks too.
mkdir -p /tmp/nginx
touch /var/log/nginx/error.log
rm /var/run
mkdir -p /var/run/s6
chown -R "$NOT_ROOT_USER" /etc/services.d /etc/services-available /etc/nginx /tmp /var
sed -i "s/root/$NOT_ROOT_USER/" /etc/s6/init/init-stage2-fixattrs.txt
