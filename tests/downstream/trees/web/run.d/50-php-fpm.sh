#!/bin/bash
# Services are offered in services-available; the role decides which of them run.
if [[ $CONTAINER_ROLE == web && ! -e /etc/services.d/php-fpm ]]; then
    ln -s /etc/services-available/php-fpm /etc/services.d/php-fpm
fi
