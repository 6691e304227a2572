#!/bin/bash
# Workers of the same image run without a web server.
if [[ $CONTAINER_ROLE == web && ! -e /etc/services.d/nginx ]]; then
    echo "[run] the role is web"
    ln -s /etc/services-available/nginx /etc/services.d/nginx
fi
