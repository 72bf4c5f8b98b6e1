"""What the parts in Python have in common: a port, a door to it, and their end.

A door answers one request; `run` says where it is and ends with standard input.
"""

import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Door(BaseHTTPRequestHandler):
    """A request's body as text, and an answer of known length."""

    protocol_version = "HTTP/1.1"

    def body(self):
        length = int(self.headers.get("Content-Length") or 0)
        return self.rfile.read(length).decode()

    def reply(self, status, headers, body):
        body = body.encode() if isinstance(body, str) else body or b""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        pass


def listen(door):
    """A server on a free port of this machine, and its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), door)
    server.daemon_threads = True
    return server, f"http://127.0.0.1:{server.server_port}"


def run(server, url):
    """Serves until standard input ends."""
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"ready {url}", flush=True)
    sys.stdin.read()
