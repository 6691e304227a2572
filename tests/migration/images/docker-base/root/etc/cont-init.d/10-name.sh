#!/usr/bin/with-contenv bash
# A setting of nginx that is a variable of the container.
echo "[nginx] serves ${SERVER_NAME:=everybody}"
sed -i "s/server_name .*;/server_name $SERVER_NAME;/" "$CONF_NGINX_SERVER"
nginx -t &>/dev/null || nginx -t
