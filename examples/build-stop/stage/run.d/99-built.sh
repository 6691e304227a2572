#!/bin/bash -e
# In the build all is done once the hooks before this one have run: services do not start.
echo "[build] stops here"
exit "$SIGNAL_BUILD_STOP"
