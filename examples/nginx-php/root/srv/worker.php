<?php
// Takes a job a second; TERM ends it between two jobs.
pcntl_async_signals(false);
$over = false;
pcntl_signal(SIGTERM, function () use (&$over) { $over = true; });
echo "[worker] waits for jobs\n";
while (!$over) {
    sleep(1);
    pcntl_signal_dispatch();
}
echo "[worker] ends between two jobs\n";
