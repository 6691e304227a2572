#!/usr/bin/with-contenv bash
# The service depends on the container's variables, so it is written at boot.
PORT=${FTP_PORT:-21}
mkdir -p /etc/services.d/ftp
cat > /etc/services.d/ftp/run <<EOL
#!/usr/bin/execlineb -P
with-contenv
importas -u FTP_USER FTP_USER
echo ftp serves port ${PORT} as \${FTP_USER}
EOL
# $1 is meant for finish and is lost here already: the heredoc's end is not quoted.
cat > /etc/services.d/ftp/finish <<EOL
#!/bin/sh
echo >&2 "ftp exited. code=${1}."
s6-svscanctl -t /var/run/s6/services
EOL
chmod +x /etc/services.d/ftp/run /etc/services.d/ftp/finish
