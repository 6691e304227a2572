#!/bin/bash -e
# Jobs at times run beside the workers, in one container of many: the others have CRON=0.
# The image has /etc/services.d as a link into /run: that can be written with a read-only root too.
mkdir -p /run/services.d
case ${CRON:-1} in
  1) ln -sfn /etc/services-available/cron /run/services.d/cron ;;
  0) rm -f /run/services.d/cron ;;
  *)
    echo "[cron] CRON=$CRON: neither 0 nor 1"
    exit 1
    ;;
esac
