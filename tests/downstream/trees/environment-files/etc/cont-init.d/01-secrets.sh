#!/usr/bin/with-contenv bash
# NAME__FILE and FILE__NAME name files that hold a variable's value.
for path in $(find /var/run/s6/container_environment/ | grep "__FILE$"); do
    secret=$(cat "$path")
    name=$(basename "$path")
    cp "$secret" "/var/run/s6/container_environment/${name%__FILE}"
done
for name in $(awk 'BEGIN { for (name in ENVIRON) if (name ~ /^FILE__/) print name }'); do
    tr -d '\n' < "${!name}" > "/var/run/s6/container_environment/${name#FILE__}"
done
