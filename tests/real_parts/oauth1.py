"""An OAuth 1.0a server on oauthlib, which verifies every signature.

    python oauth1.py

Prints `ready URL` and ends when its standard input does. Consumers and their secrets stand in
CONSUMERS, with characters that are easily encoded wrongly; so do the tokens it makes.

    POST /request_token          signed; oauth_callback is needed
    GET  /authorize              oauth_token, person: at once back to the callback
    POST /access_token           signed; oauth_verifier is needed, counts once
    *    /verify_credentials     signed; the profile of the token's person
    GET  /grant                  consumer, person: a token pair without the legs before it
    GET  /verified               what came with a good signature at /verify_credentials, in order
"""

import json
import secrets
import threading
from urllib.parse import parse_qsl, urlencode, urlsplit

from oauthlib.oauth1 import RequestValidator, WebApplicationServer
from oauthlib.oauth1.rfc5849.errors import OAuth1Error

import door

CONSUMERS = {
    "sociable": "secret of sociable +~%&=/ü🚀",
    "other-app": "secret of other-app",
}
NAMES = {"ada": "Ada Lovelace", "grace": "Grace Hopper", "zoe": "Zoë Ünlü 🚀"}
FORM = "application/x-www-form-urlencoded"


def new_token():
    return secrets.token_urlsafe(12) + "+/=~%&"


class Book(RequestValidator):
    """What the server remembers."""

    enforce_ssl = False
    allowed_signature_methods = ("HMAC-SHA1",)
    dummy_client = dummy_request_token = dummy_access_token = "nobody"

    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()
        self.requested, self.granted, self.seen, self.verified = {}, {}, set(), []

    def check_client_key(self, client_key):
        return bool(client_key)

    check_request_token = check_access_token = check_verifier = check_client_key

    def check_nonce(self, nonce):
        return len(nonce) >= 22

    def get_client_secret(self, client_key, request):
        return CONSUMERS.get(client_key, "nobody's")

    def get_request_token_secret(self, client_key, token, request):
        return self.requested.get(token, {}).get("secret", "nobody's")

    def get_access_token_secret(self, client_key, token, request):
        return self.granted.get(token, {}).get("secret", "nobody's")

    def validate_client_key(self, client_key, request):
        return client_key in CONSUMERS

    def validate_request_token(self, client_key, token, request):
        return self.requested.get(token, {}).get("consumer") == client_key

    def validate_access_token(self, client_key, token, request):
        return self.granted.get(token, {}).get("consumer") == client_key

    def validate_timestamp_and_nonce(
        self, client_key, timestamp, nonce, request, request_token=None, access_token=None
    ):
        used = (client_key, timestamp, nonce, request_token, access_token)
        with self.lock:
            fresh = used not in self.seen
            self.seen.add(used)
        return fresh

    def validate_redirect_uri(self, client_key, redirect_uri, request):
        return redirect_uri == "oob" or urlsplit(redirect_uri).scheme in ("http", "https")

    def validate_verifier(self, client_key, token, verifier, request):
        expected = self.requested.get(token, {}).get("verifier")
        return expected is not None and secrets.compare_digest(expected, verifier)

    def get_default_realms(self, client_key, request):
        return []

    def get_realms(self, token, request):
        return []

    def validate_requested_realms(self, client_key, realms, request):
        return True

    def validate_realms(self, client_key, token, request, uri=None, realms=None):
        return True

    def verify_realms(self, token, realms, request):
        return True

    def verify_request_token(self, token, request):
        return token in self.requested

    def get_redirect_uri(self, token, request):
        return self.requested[token]["callback"]

    def save_request_token(self, token, request):
        self.requested[token["oauth_token"]] = {
            "consumer": request.client_key,
            "secret": token["oauth_token_secret"],
            "callback": request.redirect_uri,
        }

    def save_verifier(self, token, verifier, request):
        person = dict(parse_qsl(urlsplit(request.uri).query)).get("person", "ada")
        self.requested[token].update(verifier=verifier["oauth_verifier"], person=person)

    def save_access_token(self, token, request):
        self.granted[token["oauth_token"]] = {
            "consumer": request.client_key,
            "secret": token["oauth_token_secret"],
            "person": self.requested[request.resource_owner_key]["person"],
        }

    def invalidate_request_token(self, client_key, request_token, request):
        self.requested.pop(request_token, None)

    def grant(self, consumer, person):
        token, secret = new_token(), new_token()
        self.granted[token] = {"consumer": consumer, "secret": secret, "person": person}
        return {"oauth_token": token, "oauth_token_secret": secret}


class Door(door.Door):
    def do_GET(self):
        body = self.body()
        self.url = f"http://{self.headers['Host']}{self.path}"
        query = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        signed = (self.url, self.command, body, dict(self.headers))
        try:
            headers, body, status = self.answer(urlsplit(self.path).path, signed, query)
        except OAuth1Error as error:
            headers, body, status = {"Content-Type": FORM}, error.urlencoded, error.status_code
        self.reply(status, headers, body)

    do_POST = do_GET

    def answer(self, path, signed, query):
        oauth, book = self.server.oauth, self.server.book
        if path == "/request_token" and self.command == "POST":
            return oauth.create_request_token_response(*signed)
        if path == "/authorize":
            return oauth.create_authorization_response(*signed)
        if path == "/access_token" and self.command == "POST":
            return oauth.create_access_token_response(*signed)
        if path == "/verify_credentials":
            return self.profile(*oauth.validate_protected_resource_request(*signed))
        if path == "/grant":
            return {"Content-Type": FORM}, urlencode(book.grant(**query)), 200
        if path == "/verified":
            return {"Content-Type": "application/json"}, json.dumps(book.verified), 200
        return {"Content-Type": "text/plain"}, "nothing is here", 404

    def profile(self, valid, request):
        if not valid:
            return {"Content-Type": FORM}, "oauth_problem=signature_invalid", 401
        book = self.server.book
        person = book.granted[request.resource_owner_key]["person"]
        ours = [[name, value] for name, value in request.params if not name.startswith("oauth_")]
        book.verified.append({"person": person, "nonce": request.nonce, "params": ours})
        profile = {
            "id": f"{person}-1",
            "screen_name": person,
            "name": NAMES.get(person, person),
            "email": f"{person}@people.example",
        }
        return {"Content-Type": "application/json"}, json.dumps(profile), 200


def main():
    server, url = door.listen(Door)
    server.book = Book()
    server.oauth = WebApplicationServer(server.book)
    server.oauth.token_generator = new_token
    door.run(server, url)


main()
