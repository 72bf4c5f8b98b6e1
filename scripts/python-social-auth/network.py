"""The recorded answers in place of the network, and a note of every request."""

import json
from unittest import mock
from urllib.parse import parse_qsl, urlsplit

import requests

# Sent with every request, or saying nothing that the body does not say.
USUAL_HEADERS = {
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "connection",
    "content-length",
    "user-agent",
}
FORM = "application/x-www-form-urlencoded"
# An RSA key of nobody: signatures are not what is compared.
MODULUS = "0" + "_" * 340 + "w"


class Network:
    """Answers as a case of a fixture says."""

    def __init__(self, exchanges):
        self.left = list(exchanges)
        self.taken = []
        self.requests = {}

    def patched(self):
        return mock.patch("requests.adapters.HTTPAdapter.send", self._send)

    def _send(self, request, **_options):
        url, _, _query = request.url.partition("?")
        exchange = self._take(request.method, url)
        if exchange is None and (answer := _published(url, self.left)) is not None:
            return _response(request, answer)
        if exchange is None or exchange["purpose"] != "discovery":
            self._note(request, url)
        if exchange is None:
            exchange = self._moved()
        if exchange is None:
            raise requests.ConnectionError("no answer is recorded", request=request)
        return _response(request, exchange["answer"])

    def _take(self, method, url):
        for exchange in self.left:
            asked = exchange["request"]
            if asked["method"] == method and asked["url"] == url:
                # Kept when it is the only one: it may be asked twice.
                if sum(1 for other in self.left if other["request"]["url"] == url) > 1:
                    self.left.remove(exchange)
                self.taken.append(exchange)
                return exchange
        return None

    def _moved(self):
        """The next profile answer that nobody asked for: the package asks at an older address."""
        for exchange in self.left:
            if exchange["purpose"] == "profile" and exchange not in self.taken:
                self.taken.append(exchange)
                return exchange
        return None

    def _note(self, request, url):
        note = noted(request)
        name = f"{request.method} {url}"
        again = 2
        # The very same question, asked twice, is one.
        while self.requests.get(name, note) != note:
            name = f"{request.method} {url} {again}"
            again += 1
        self.requests[name] = note


def noted(request):
    """A request as the fixtures write it."""
    headers = {}
    form = False
    for header, value in request.headers.items():
        header = header.lower()
        value = value.decode() if isinstance(value, bytes) else str(value)
        if header == "content-type" and value.startswith(FORM):
            form = True
        elif header not in USUAL_HEADERS:
            signed = header == "authorization" and value.startswith("OAuth oauth_")
            headers[header] = "<signed>" if signed else value
    body = request.body or ""
    body = body.decode() if isinstance(body, bytes) else body
    note = {
        "query": dict(parse_qsl(urlsplit(request.url).query, keep_blank_values=True)),
        "headers": headers,
    }
    if body and form:
        note["form"] = dict(parse_qsl(body, keep_blank_values=True))
    elif body:
        note["json"] = json.loads(body)
    return note


def _published(url, exchanges):
    """A discovery document or keys, invented: they are public, and no fixture need hold them."""
    if url.endswith("/.well-known/openid-configuration"):
        issuer = url.removesuffix("/.well-known/openid-configuration")
        profile = [other["request"]["url"] for other in exchanges if other["purpose"] == "profile"]
        document = {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "userinfo_endpoint": profile[0] if profile else f"{issuer}/userinfo",
            "jwks_uri": f"{issuer}/jwks",
        }
        return {"json": document}
    if url.endswith(("jwks", "jwks.json", "keys", "certs", "keys.json")):
        key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "a-key", "n": MODULUS, "e": "AQAB"}
        return {"json": {"keys": [key]}}
    return None


def _response(request, answer):
    response = requests.Response()
    response.status_code = answer.get("status", 200)
    response.request = request
    response.url = request.url
    response.encoding = "utf-8"
    response.headers.update(answer.get("headers", {}))
    body = answer["text"] if "text" in answer else json.dumps(answer.get("json"))
    response._content = body.encode()
    if "text" not in answer:
        response.headers.setdefault("Content-Type", "application/json")
    return response
