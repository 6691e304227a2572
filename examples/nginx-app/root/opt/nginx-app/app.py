"""The app behind nginx: HTTP on a Unix socket, Python's standard library alone.

GET /            a greeting, and which process gave it
GET /slow?ms=N   the same after N milliseconds (at most 10000)
POST /jobs       leaves the body for the workers, answers the job's id
GET /jobs/ID     what a worker made of it; 404 until then
"""

import os
import signal
import socketserver
import sys
import threading
import time
import urllib.parse
import uuid
from http.server import BaseHTTPRequestHandler

SOCKET = "/run/nginx-app/app/http.sock"
SPOOL = "/run/nginx-app/spool"
GREETING = os.environ.get("GREETING", "Hello")
LARGEST_JOB = 64 * 1024


def say(line):
    # With its line end in one write: nginx and the workers write to the same pipe.
    sys.stdout.write(f"[app] {line}\n")
    sys.stdout.flush()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        if url.path == "/":
            self.answer(200, f"{GREETING} from process {os.getpid()}\n")
        elif url.path == "/slow":
            asked = urllib.parse.parse_qs(url.query).get("ms", ["100"])[0]
            wait = min(int(asked), 10000) if asked.isdecimal() else 100
            time.sleep(wait / 1000)
            self.answer(200, f"{GREETING} after {wait} ms\n")
        elif url.path.startswith("/jobs/"):
            self.answer_job(url.path.removeprefix("/jobs/"))
        else:
            self.answer(404, "not found\n")

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        if self.path != "/jobs":
            self.answer(404, "not found\n")
        elif length > LARGEST_JOB:
            self.answer(413, f"a job has at most {LARGEST_JOB} bytes\n")
        else:
            job = uuid.uuid4().hex
            # Elsewhere first: a worker must not take half a job.
            with open(f"{SPOOL}/.{job}", "wb") as file:
                file.write(self.rfile.read(length))
            os.rename(f"{SPOOL}/.{job}", f"{SPOOL}/new/{job}")
            self.answer(202, f"{job}\n")

    def answer_job(self, job):
        try:
            with open(f"{SPOOL}/done/{uuid.UUID(job).hex}") as file:
                self.answer(200, file.read())
        except (FileNotFoundError, ValueError):
            self.answer(404, "no such job, or not done yet\n")

    def answer(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self):
        return "nginx"  # A Unix socket's client has no address.

    def log_message(self, *_):
        pass  # nginx logs each request.


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    request_queue_size = 511
    # Requests that run are answered before the process ends.
    daemon_threads = False
    block_on_close = True


def main():
    # The last process may have been killed with its socket in place.
    if os.path.exists(SOCKET):
        os.unlink(SOCKET)
    server = Server(SOCKET, Handler)

    def swallow(_signal, _frame):
        say("TERM is swallowed: nginx may still ask")

    def leave(_signal, _frame):
        # shutdown() waits for the loop that this handler interrupts.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, swallow)
    signal.signal(signal.SIGQUIT, leave)
    say(f"listens as user {os.getuid()}")
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    os.unlink(SOCKET)
    say("ends")


main()
