#!/bin/bash -e
# Jobs at times run beside the workers, in one container of many: the others have CRON=0.
cd /etc/services.d
if ! test -w .; then
  echo "[cron] $PWD cannot be written; with a read-only root add: --tmpfs $PWD"
  exit 1
fi
rm -f cron
case ${CRON:-1} in
  0) ;;
  1) ln -s ../services-available/cron . ;;
  *)
    echo "[cron] CRON=$CRON: neither 0 nor 1"
    exit 1
    ;;
esac
