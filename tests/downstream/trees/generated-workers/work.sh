#!/bin/bash
export CONTAINER_ROLE=worker
count=$1
shift
for i in $(seq 1 "$count"); do
    folder=/etc/services.d/worker-$i
    mkdir "$folder"
    echo "\
#!/usr/bin/execlineb -P

with-contenv
s6-setuidgid ${NOT_ROOT_USER}
$*" > "$folder/run"
done
exec /init
