#!/usr/bin/execlineb -P

foreground { nginx -s quit }
echo "[nginx] drains"
