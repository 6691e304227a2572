<?php
// Takes until somebody makes /tmp/go.
$number = (int) $_GET['number'];
touch("/tmp/begun-$number");
while (!file_exists('/tmp/go')) {
    usleep(10000);
    clearstatcache();
}
echo "page $number is whole\n";
