#!/usr/bin/env bash
# Not with-contenv: the value is in the environment of the stop alone.
if [[ "${S6_STAGE2_EXITED}" -ne 0 ]]; then
    echo "the container failed: ${S6_STAGE2_EXITED}"
else
    echo "goodbye"
fi
