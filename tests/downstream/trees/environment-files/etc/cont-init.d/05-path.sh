#!/usr/bin/with-contenv bash
# PATH is edited in place: appended to as bytes, and put in front of by sed.
printf ':/opt/go/bin' >> /var/run/s6/container_environment/PATH
sed -i '1s|^|/config/go/bin:|' /var/run/s6/container_environment/PATH
