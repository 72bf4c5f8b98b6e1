"""A mail server on aiosmtpd, whose inboxes can be read.

    python smtp.py plain
    python smtp.py starttls CERTIFICATE KEY     after STARTTLS, for `app` with password `s3cret/word`
    python smtp.py tls CERTIFICATE KEY          the same under TLS from the first byte

Prints `ready URL` and ends when its standard input does. Under URL:

    GET  /smtp              where mails are taken: host:port
    GET  /inbox/<address>   a JSON list of its mails: from, to, headers, text, html
    POST /answer/<code>     what every mail is answered from now on: 250, 451, 550

An address that starts with `refused` is answered 550.
"""

import json
import socket
import ssl
import sys
import threading
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

PERSON = LoginPassword(b"app", b"s3cret/word")
WORDS = {250: "250 OK", 451: "451 Try again later", 550: "550 Not here"}


class Post:
    def __init__(self):
        self.mails = []
        self.answer = 250
        self.lock = threading.Lock()

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if address.startswith("refused"):
            return "550 Nobody is called so"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):
        with self.lock:
            if self.answer == 250:
                self.mails.append((envelope.mail_from, list(envelope.rcpt_tos), envelope.content))
            return WORDS[self.answer]

    def inbox(self, address):
        with self.lock:
            mails = [mail for mail in self.mails if address in mail[1]]
        return [shown(*mail) for mail in mails]


def shown(sender, recipients, content):
    message = message_from_bytes(content, policy=policy.default)
    bodies = {part.get_content_type(): part.get_content() for part in message.walk()
              if part.get_content_maintype() == "text"}
    return {
        "from": sender,
        "to": recipients,
        "headers": [[name, str(value)] for name, value in message.items()],
        "text": bodies.get("text/plain", ""),
        "html": bodies.get("text/html", ""),
    }


class Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        post = self.server.post
        if self.path == "/smtp":
            self.reply(200, self.server.smtp)
        elif self.path.startswith("/inbox/"):
            address = unquote(self.path.removeprefix("/inbox/"))
            self.reply(200, json.dumps(post.inbox(address)))
        else:
            self.reply(404, "nothing is here")

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.server.post.lock:
            self.server.post.answer = int(self.path.removeprefix("/answer/"))
        self.reply(200, "so be it")

    def reply(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        pass


def allow(_server, _session, _envelope, _mechanism, person):
    return AuthResult(success=person == PERSON)


def options():
    mode, *files = sys.argv[1:]
    if mode == "plain":
        return {}
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*files)
    signed_in = {"auth_required": True, "authenticator": allow}
    if mode == "tls":
        # The library counts TLS from the first byte as none.
        return {"ssl_context": context, "auth_require_tls": False, **signed_in}
    return {"tls_context": context, "require_starttls": True, **signed_in}


class Anywhere(Controller):
    """At a port that the system picks."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        # The library's own would speak TLS with the server's side of it.
        with socket.create_connection((self.hostname, self.port), 1.0):
            pass


def main():
    post = Post()
    mails = Anywhere(post, hostname="127.0.0.1", port=0, **options())
    mails.start()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    server.post = post
    server.smtp = f"127.0.0.1:{mails.port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"ready http://127.0.0.1:{server.server_port}", flush=True)
    sys.stdin.read()
    mails.stop()


main()
