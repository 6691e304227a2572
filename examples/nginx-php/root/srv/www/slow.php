<?php
// ?ms=1500: a request that takes its time.
usleep(1000 * (int) ($_GET['ms'] ?? 1000));
echo "answered by ", getmypid(), " after a while\n";
