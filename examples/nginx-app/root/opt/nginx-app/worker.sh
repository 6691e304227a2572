#!/bin/sh
# Takes jobs out of the spool, one at a time; several workers never take the same one,
# since a rename succeeds only once. TERM ends it between two jobs.
name=$1
cd /run/nginx-app/spool || exit 1
stop=
trap 'stop=1' TERM
echo "[$name] waits for jobs"
while [ ! "$stop" ]; do
  for job in new/*; do
    [ "$stop" ] && break
    id=${job#new/}
    if mv "$job" "taken/$id" 2>/dev/null; then
      tr a-z A-Z <"taken/$id" >"taken/.$id" && mv "taken/.$id" "done/$id" && rm "taken/$id"
      echo "[$name] did job $id"
    fi
  done
  # In the background: a TERM ends the wait at once.
  sleep 0.2 &
  wait $!
done
echo "[$name] ends"
