"""What a validated id_token, OpenID 2.0 assertion or payload says, handed to a backend as its own."""

import hashlib
import hmac
from unittest import mock

from openid.consumer.consumer import SuccessResponse
from openid.consumer.discover import OpenIDServiceEndpoint
from openid.extensions import ax, sreg
from openid.message import OPENID2_NS, Message
from social_core.backends.oauth import BaseOAuth2

ID_TOKEN = "<id_token>"


def sign_in(backend, claims, post, member):
    """With an id_token that says `claims`; returns what stands for its text."""
    token_response = post.get("token_response") or {}
    token = token_response.get("access_token") or ID_TOKEN
    response = {"access_token": token, "id_token": ID_TOKEN, **token_response}
    read = mock.patch("jwt.decode", lambda *_args, **_kwargs: dict(claims))
    header = mock.patch("jwt.get_unverified_header", lambda _token: {"kid": "a-key", "alg": "RS256"})
    with read, header:
        for method in ("validate_and_return_id_token", "decode_id_token"):
            if hasattr(backend, method):
                setattr(backend, method, lambda *_args, **_kwargs: dict(claims))
        if hasattr(backend, "get_decoded_info"):
            # It looks at the claims itself once they are read.
            backend.validate_email_verified(dict(claims), stage="token_validation")
        backend.id_token = dict(claims)
        if isinstance(backend, BaseOAuth2) and hasattr(backend, "do_auth"):
            backend.do_auth(token, response=response, **member)
        else:
            backend.strategy.authenticate(backend, response=dict(claims), **member)
    return token


def verified(backend, claims, identity):
    """An OpenID 2.0 assertion with these attributes, by both extensions that carry them."""
    endpoint = OpenIDServiceEndpoint()
    endpoint.claimed_id = identity
    endpoint.local_id = identity
    endpoint.server_url = f"{backend.URL or 'https://openid.example'}"
    message = Message(OPENID2_NS)
    message.setArg(OPENID2_NS, "mode", "id_res")
    message.setArg(OPENID2_NS, "claimed_id", identity)
    message.setArg(OPENID2_NS, "identity", identity)
    for name, _alias in backend.get_sreg_attributes():
        if claims.get(name) is not None:
            message.setArg(sreg.ns_uri_1_1, name, claims[name])
    attributes = [
        (uri, claims[alias])
        for uri, alias in backend.get_ax_attributes()
        if claims.get(alias) is not None
    ]
    if attributes:
        message.setArg(ax.AXMessage.ns_uri, "mode", "fetch_response")
    for at, (uri, value) in enumerate(attributes):
        message.setArg(ax.AXMessage.ns_uri, f"type.a{at}", uri)
        message.setArg(ax.AXMessage.ns_uri, f"value.a{at}", value)
    signed = [f"openid.{name}" for name in message.toPostArgs()]
    signed += list(message.toPostArgs())
    return SuccessResponse(endpoint, message, signed)


def launched(backend, fields):
    """The login widget's fields, signed with the bot's token as Telegram does."""
    lines = "\n".join(sorted(f"{name}={value}" for name, value in fields.items()))
    key = hashlib.sha256(backend.setting("BOT_TOKEN").encode()).digest()
    signature = hmac.new(key, lines.encode(), hashlib.sha256).hexdigest()
    backend.data = {**fields, "hash": signature}
    backend.auth_complete()
