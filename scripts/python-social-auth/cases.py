"""One case of a fixture, run through a backend."""

import time
import uuid
from contextlib import contextmanager
from unittest import mock

import assertions
import network
import project
from social_core.backends.oauth import BaseOAuth1
from social_core.backends.open_id import OpenIdAuth
from social_core.backends.open_id_connect import OpenIdConnectAuth
from social_core.backends.telegram import TelegramAuth

NOW = 1_750_000_000
RANDOM = uuid.UUID("5eedcafe5eed4afe9eedcafe5eedcafe")
# What the view reads itself; the rest of what is posted is for the backend.
OF_THE_VIEW = {"access_token", "access_token_secret", "token_response", "provider"}


def run(backend_class, fixture, case):
    """The requests, and the person that came of them or the error's name."""
    post = case.get("post", {})
    posted = {name: value for name, value in post.items() if name not in OF_THE_VIEW}
    strategy = project.Strategy({**fixture["settings"], **case.get("settings", {})}, posted)
    net = network.Network(case["exchanges"])
    with net.patched(), _same_every_time():
        outcome = _outcome(backend_class, strategy, case)
    return {"requests": net.requests, **outcome}


def _outcome(backend_class, strategy, case):
    try:
        backend = backend_class(strategy, redirect_uri="/complete/")
        strategy.serve(backend)
        _forget(backend_class)
        token = _sign_in(backend, case)
    # Whatever goes wrong in there is the result.
    except Exception as error:
        return {"error": type(error).__name__}
    outcome = strategy.outcome
    if outcome is None:
        return {"error": "NobodySignedIn"}
    if "access_token" in outcome["extra_data"] and not outcome["extra_data"]["access_token"]:
        # The view keeps the token that was posted where the provider sends none.
        outcome["extra_data"]["access_token"] = token
    return _written(outcome)


def _sign_in(backend, case):
    post = case.get("post", {})
    claims = case.get("claims")
    member = {"user": project.Member()} if backend.ASSOCIATION_ONLY else {}
    if isinstance(backend, OpenIdAuth):
        assertion = assertions.verified(backend, claims or {}, case.get("identity"))
        backend.strategy.authenticate(backend, response=assertion)
        return None
    if claims is not None and isinstance(backend, TelegramAuth):
        assertions.launched(backend, claims)
        return None
    if claims is not None:
        return assertions.sign_in(backend, claims, post, member)
    token_response = dict(post.get("token_response") or {})
    if isinstance(backend, BaseOAuth1):
        token = {
            **token_response,
            "oauth_token": post.get("access_token"),
            "oauth_token_secret": post.get("access_token_secret"),
        }
        backend.do_auth(token, **member)
        return token
    token = post.get("access_token")
    if isinstance(backend, OpenIdConnectAuth):
        _believe_userinfo(backend)
    backend.do_auth(token, response=token_response, **member)
    return token


def _believe_userinfo(backend):
    """The package wants an id_token of the same subject: one that says the same."""
    validate = backend.validate_userinfo_sub

    def validated(userinfo):
        if isinstance(userinfo, dict) and userinfo.get("sub") is not None:
            backend.id_token = {**userinfo, "iss": "https://issuer.example", "aud": "a-key"}
        return validate(userinfo)

    backend.validate_userinfo_sub = validated


def _forget(backend_class):
    """Discovery documents and keys of the case before."""
    for ancestor in backend_class.__mro__:
        for name in vars(ancestor):
            forget = getattr(getattr(ancestor, name, None), "invalidate", None)
            if callable(forget):
                forget()


@contextmanager
def _same_every_time():
    chance = mock.patch("social_core.pipeline.user.uuid4", lambda: RANDOM)
    with chance, mock.patch.object(time, "time", lambda: float(NOW)):
        yield


def _written(outcome):
    username = outcome["user"]["username"]
    if username == RANDOM.hex:
        outcome["user"]["username"] = "<32 hex digits>"
    elif isinstance(username, str) and username.endswith(RANDOM.hex[:16]):
        outcome["user"]["username"] = username.removesuffix(RANDOM.hex[:16]) + "<16 hex digits>"
    return outcome
