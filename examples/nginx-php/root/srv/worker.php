<?php
// Does a job a second; TERM ends it between two jobs.
pcntl_async_signals(false);
$over = false;
pcntl_signal(SIGTERM, function () use (&$over) { $over = true; });
$name = 'worker ' . (getenv('WORKER_ID') ?: getmypid());
echo "[$name] waits for jobs\n";
while (!$over) {
    sleep(1);
    pcntl_signal_dispatch();
}
echo "[$name] ends between two jobs\n";
