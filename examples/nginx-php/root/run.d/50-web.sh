#!/bin/bash -e
# Services are offered in services-available; the container's role decides which of them run.
cd /etc/services.d
if ! test -w .; then
  echo "[role] $PWD cannot be written; with a read-only root add: --tmpfs $PWD"
  exit 1
fi
# A kept container may have had another role before.
rm -f nginx php-fpm
case ${CONTAINER_ROLE:-web} in
  web) ln -s ../services-available/nginx ../services-available/php-fpm . ;;
  worker) ;; # /worker.sh says so, and brings the services
  *)
    echo "[role] CONTAINER_ROLE=$CONTAINER_ROLE: neither web nor worker"
    exit 1
    ;;
esac
