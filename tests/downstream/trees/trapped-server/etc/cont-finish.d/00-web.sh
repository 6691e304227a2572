#!/usr/bin/execlineb -P
foreground { /opt/quit }
echo "web is drained"
