"""An OpenID 2.0 provider on python3-openid, whose people say yes at once.

    python openid2.py [BASE]

Prints `ready URL` and ends when its standard input does. BASE: under which URL others see it,
if not under its own.

    *    /openid         checkid_setup, checkid_immediate (both answered at once), associate,
                         check_authentication; `person` says who signs in, `person=nobody` says no
    GET  /id/<digits>    the page of an identity

SReg and AX fields are answered when asked for, and signed.
"""

import sys
import threading
from urllib.parse import parse_qsl, urlsplit

from openid.extensions import ax, sreg
from openid.server.server import Server
from openid.server.server import ProtocolError
from openid.store.memstore import MemoryStore

import door

PEOPLE = {
    "ada": ("76561197960265729", "Ada Lovelace"),
    "grace": ("76561197960265730", "Grace Hopper"),
    "zoe": ("76561197960265731", "Zoë Ünlü 🚀"),
}
AX_TYPES = {
    "email": ("http://axschema.org/contact/email", "http://schema.openid.net/contact/email"),
    "fullname": ("http://axschema.org/namePerson", "http://schema.openid.net/namePerson"),
    "nickname": (
        "http://axschema.org/namePerson/friendly",
        "http://schema.openid.net/namePerson/friendly",
    ),
}


def details(person):
    return {
        "nickname": person,
        "email": f"{person}@people.example",
        "fullname": PEOPLE[person][1],
    }


def extend(request, response, person):
    known = details(person)
    wanted = sreg.SRegRequest.fromOpenIDRequest(request)
    if wanted.wereFieldsRequested():
        response.addExtension(sreg.SRegResponse.extractResponse(wanted, known))
    fetch = ax.FetchRequest.fromOpenIDRequest(request)
    if fetch is not None:
        answer = ax.FetchResponse(fetch)
        for field, types in AX_TYPES.items():
            for uri in types:
                if uri in fetch.requested_attributes:
                    answer.addValue(uri, known[field])
        response.addExtension(answer)


def sign_in(server, request, person):
    if person not in PEOPLE:
        return request.answer(False)
    own = f"{server.base}/id/{PEOPLE[person][0]}"
    if request.idSelect():
        response = request.answer(True, identity=own, claimed_id=own)
    elif request.identity == own:
        response = request.answer(True)
    else:
        return request.answer(False)
    extend(request, response, person)
    return response


class Door(door.Door):
    def do_GET(self):
        form = self.body()
        url = urlsplit(self.path)
        if url.path.startswith("/id/"):
            self.page(url.path.removeprefix("/id/"))
        elif url.path == "/openid":
            pairs = parse_qsl(url.query, keep_blank_values=True)
            self.openid(dict(pairs + parse_qsl(form, keep_blank_values=True)))
        else:
            self.reply(404, {"Content-Type": "text/plain"}, "nothing is here")

    do_POST = do_GET

    def openid(self, query):
        provider = self.server.provider
        person = query.pop("person", "")
        with self.server.lock:
            try:
                request = provider.decodeRequest(query)
                if request is None:
                    return self.reply(400, {"Content-Type": "text/plain"}, "no OpenID request")
                if request.mode in ("checkid_setup", "checkid_immediate"):
                    response = sign_in(self.server, request, person)
                else:
                    response = provider.handleRequest(request)
            except ProtocolError as error:
                response = error
            web = provider.encodeResponse(response)
        return self.reply(web.code, web.headers, web.body)

    def page(self, digits):
        if digits not in [number for number, _name in PEOPLE.values()]:
            return self.reply(404, {"Content-Type": "text/plain"}, "nobody is here")
        link = f'<link rel="openid2.provider" href="{self.server.base}/openid">'
        body = f"<!doctype html><html><head><title>{digits}</title>{link}</head></html>"
        return self.reply(200, {"Content-Type": "text/html"}, body)


def main():
    server, url = door.listen(Door)
    server.base = sys.argv[1].rstrip("/") if len(sys.argv) > 1 else url
    server.lock = threading.Lock()
    server.provider = Server(MemoryStore(), f"{server.base}/openid")
    door.run(server, url)


main()
