"""Asks a web server without a pause and says how it went: load.py HOST PORT

Each request looks the name up anew and takes one of its addresses, as a client behind names that
change does. Anything but a whole 200 is a failure. A line twice a second, as JSON: how many were answered, by
which version, and the first failures in words. TERM ends it, with a last line.
"""

import http.client
import json
import random
import signal
import socket
import sys
import threading
import time
from collections import Counter

HOST, PORT = sys.argv[1], int(sys.argv[2])
done = threading.Event()
lock = threading.Lock()
versions, failures, answered, slow = Counter(), [], Counter(), Counter()


def ask(path):
    """What the server has answered; raises where it has not."""
    addresses = socket.getaddrinfo(HOST, PORT, socket.AF_INET, socket.SOCK_STREAM)
    address = random.choice(addresses)[4]
    connection = http.client.HTTPConnection(*address, timeout=15)
    try:
        connection.request("GET", path, headers={"Host": "app", "Connection": "close"})
        response = connection.getresponse()
        body = response.read().decode()
        if response.status != 200:
            raise OSError(f"answered {response.status}")
        return address[0], body
    except Exception as error:
        raise OSError(f"{address[0]}: {type(error).__name__}: {error}") from error
    finally:
        connection.close()


def load(path, count, pause):
    while not done.is_set():
        start = time.monotonic()
        try:
            _, body = ask(path)
            with lock:
                count["answered"] += 1
                if path == "/":
                    versions[body.split()[1]] += 1
        except Exception as error:
            with lock:
                took = time.monotonic() - start
                failures.append(f"{time.time():.3f} {path} after {took:.3f} s: {error}")
            done.wait(0.05)
        done.wait(pause)


def say():
    with lock:
        line = {
            "answered": answered["answered"],
            "slow": slow["answered"],
            "versions": dict(versions),
            "failed": len(failures),
            "failures": failures[:5],
        }
    print(json.dumps(line), flush=True)


signal.signal(signal.SIGTERM, lambda *_: done.set())
signal.signal(signal.SIGINT, lambda *_: done.set())
# Servers may still be starting. From their first answer on nothing may fail.
while not done.is_set():
    try:
        ask("/")
        break
    except Exception:
        done.wait(0.1)
# Short requests all the time, and two that take two seconds each. Those begin at odds, so that there is
# no moment in which both are over.
tasks = [("/", answered, 0.005)] * 4 + [("/slow.txt", slow, 0.0)] * 2
threads = [threading.Thread(target=load, args=task) for task in tasks]
for thread in threads:
    thread.start()
    if thread is threads[-2]:
        time.sleep(0.9)
while not done.wait(0.5):
    say()
for thread in threads:
    thread.join()
say()
