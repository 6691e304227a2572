#!/bin/bash -e
# The image runs as any user or as NOT_ROOT_USER: what it writes belongs to that one.
mv /bin/s6-setuidgid /scripts/s6-setuidgid
mv /s6-setuidgid /bin/
touch /var/log/nginx/error.log
rm /var/run
mkdir -p /var/run/s6 /tmp/nginx
chown -R "$NOT_ROOT_USER" /etc/services.d/ /etc/services-available/ /bin/s6-* /etc/nginx/ /tmp/ \
    /var/ /etc/cont-init.d /etc/cont-finish.d
chmod 755 -R /etc/s6/ /bin/s6-* /scripts/s6-setuidgid /etc/nginx/ /var/
# Its hooks and services belong to it as well, not to root.
sed -i "s/root/$NOT_ROOT_USER/" /etc/s6/init/init-stage2-fixattrs.txt
