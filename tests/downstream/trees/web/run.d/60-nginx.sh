#!/bin/bash
if [[ $CONTAINER_ROLE == web && ! -e /etc/services.d/nginx ]]; then
    ln -s /etc/services-available/nginx /etc/services.d/nginx
fi
echo "role: $CONTAINER_ROLE"
