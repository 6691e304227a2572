#!/usr/bin/with-contenv bash
# Some settings of nginx are variables of the container.
if [[ $SERVER_NAME ]]; then
    sed -i "s/server_name .*;/server_name $SERVER_NAME;/" /etc/nginx/nginx.conf
fi
nginx -t &> /dev/null || nginx -t
php-fpm -t &> /dev/null || php-fpm -t
