#!/bin/bash -e
# Services are offered in services-available; the container's role decides which of them run.
# The image has /etc/services.d as a link into /run: that can be written with a read-only root too.
mkdir -p /run/services.d
case ${CONTAINER_ROLE:-web} in
  web)
    ln -sfn /etc/services-available/nginx /run/services.d/nginx
    ln -sfn /etc/services-available/php-fpm /run/services.d/php-fpm
    ;;
  worker)
    # /worker.sh has set it, and brings the services. A kept container may have been web before.
    rm -f /run/services.d/nginx /run/services.d/php-fpm
    ;;
  *)
    echo "[role] CONTAINER_ROLE=$CONTAINER_ROLE: neither web nor worker"
    exit 1
    ;;
esac
