"""A worker of the pool: does one job after the other. TERM ends it between two of them."""

import os
import signal
import socket
import threading
import time

import jobs

# Mainstay numbers the workers of a pool. With the container's name the number tells them apart
# everywhere, and a worker that is started again is the same one.
NUMBER = os.environ.get("WORKER_ID", str(os.getpid()))
OWNER = f"{socket.gethostname()}/{NUMBER}"

stopping = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stopping.set())


def say(line):
    print(f"[worker {NUMBER}] {line}", flush=True)


def work(text):
    time.sleep(0.1)
    return text.upper()


def count():
    """Tells Mainstay that a job is done, where WORKER_MAX_JOBS has it count them."""
    if "WORKER_JOBS_FD" in os.environ:
        os.write(int(os.environ["WORKER_JOBS_FD"]), b"\n")


def main():
    database = jobs.connect()
    if back := jobs.give_back(database, OWNER):
        say(f"was killed; {back} of its jobs waits again")
    say(f"one of {os.environ.get('WORKER_COUNT', 'some')}, waits for jobs")
    while not stopping.is_set():
        job = jobs.take(database, OWNER)
        if job is None:
            stopping.wait(0.2)
            continue
        number, text = job
        jobs.done(database, number, work(text))
        say(f"job {number}: done")
        count()
    say("ends between two jobs")


main()
