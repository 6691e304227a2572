#!/bin/bash
# The pages end when nobody waits for them any more.
while pgrep -x nginx > /dev/null; do sleep 0.1; done
echo "nginx is gone"
pkill -QUIT -o -x 'php-fpm.*'
while pgrep -x 'php-fpm.*' > /dev/null; do sleep 0.1; done
echo "php-fpm is gone"
