<?php
echo "job {$argv[1]} runs as " . exec('id -un') . "\n";
sleep(1000);
