"""Searches the index over HTTP: GET /?q=WORD answers with the names of pages, a line each."""

import signal
import sqlite3
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Read-only, and nobody changes it meanwhile: then no file is made beside it.
INDEX = "file:/srv/index.sqlite?mode=ro&immutable=1"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        asked = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).get("q", [""])[0]
        # In quotes: a word, not a query in a language of its own.
        words = '"' + asked.replace('"', '""') + '"'
        database = sqlite3.connect(INDEX, uri=True)
        rows = database.execute("SELECT name FROM pages WHERE pages MATCH ? ORDER BY rank", (words,))
        body = "".join(f"{name}\n" for (name,) in rows).encode()
        database.close()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    daemon_threads = False  # Requests that run are answered before the process ends.


def main():
    server = Server(("", 8080), Handler)
    # shutdown() waits for the loop that this handler interrupts.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print("[search] listens on port 8080", flush=True)
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    print("[search] ends", flush=True)


main()
