#!/usr/bin/with-contenv bash
# Later hooks and services see what is written here.
ADDRESS=192.0.2.7
printf "%s" "$ADDRESS" > /var/run/s6/container_environment/WAN_IP
echo -n "1" > /var/run/s6/container_environment/NEW_INSTALL
