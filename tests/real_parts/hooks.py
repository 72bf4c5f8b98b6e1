"""A server of hooks that verifies every call with the standardwebhooks package.

    python hooks.py SECRET

Prints `ready URL` and ends when its standard input does. A call whose signature is not good for
SECRET is answered with 401.

    POST /decide     answers by the person's uid: see ANSWERS; anybody else is let through
    POST /told       takes a notification
    GET  /seen       all calls in their order, and whether their signatures were good
    POST /fail       the body, a JSON number or null: what verified calls are answered with from now on;
                     a number below 100 is how many of them fail with 500
"""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

PLAN = {
    "type": "object",
    "properties": {"plan": {"enum": ["free", "paid"]}},
    "required": ["plan"],
}


def ask_for_plan(data):
    plan = data["input"].get("plan")
    return {"merge": {"extra": {"plan": plan}}} if plan else {"fields": PLAN}


def grab(data):
    return {
        "id": "01a1fdaf-92c0-7062-8925-65ff0fc760ed",
        "merge": {
            "uid": "9999",
            "id": "01a1fdaf-92c0-7062-8925-65ff0fc760ed",
            "email_verified": True,
            "user": {"id": "01a1fdaf-92c0-7062-8925-65ff0fc760ed", "is_staff": True},
            "details": {"email_verified": True, "uid": "9999", "fullname": "Erin of the CRM"},
            "extra": {"uid": "9999", "email_verified": True},
        },
    }


ANSWERS = {
    "1001": lambda data: {
        "merge": {"details": {"fullname": "Alice of the CRM"}, "extra": {"plan": "gold"}}
    },
    "1002": lambda data: {"refuse": "Bob owes us money"},
    "1004": ask_for_plan,
    "1005": grab,
    "huge": lambda data: {"merge": {"extra": {"plan": "x" * 210_000}}},
    "slow": lambda data: time.sleep(3) or {},
    "nonsense": lambda data: [],
}


class Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        with self.server.lock:
            self.reply(200, self.server.seen)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/fail":
            self.server.failing = json.loads(body)
            return self.reply(200, None)
        try:
            message = self.server.webhook.verify(body, dict(self.headers))
        except WebhookVerificationError:
            message = None
        status = 401 if message is None else self.status()
        with self.server.lock:
            call = {"path": self.path, "id": self.headers["webhook-id"], "status": status}
            self.server.seen.append({**call, "body": json.loads(body)})
        if status != 200 or self.path != "/decide":
            return self.reply(status, None)
        data = message["data"]
        self.reply(200, ANSWERS.get(data.get("uid"), lambda data: {})(data))

    def status(self):
        with self.server.lock:
            failing = self.server.failing
            if failing is None or failing == 0:
                return 200
            if failing >= 100:
                return failing
            self.server.failing -= 1
            return 500

    def reply(self, status, value):
        body = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", "/seen")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        pass


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    server.webhook = Webhook(sys.argv[1])
    server.lock, server.seen, server.failing = threading.Lock(), [], None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"ready http://127.0.0.1:{server.server_port}", flush=True)
    sys.stdin.read()


main()
