"""The project that python-social-auth finds itself in: settings, an empty storage, no browser."""

import json

from social_core.pipeline.social_auth import (
    auth_allowed,
    social_details,
    social_names,
    social_uid,
)
from social_core.pipeline.user import get_username
from social_core.storage import BaseStorage, UserMixin
from social_core.strategy import BaseStrategy

# What the package remembers of an id_token for its own refreshes.
OWN_NOTES = "_oidc_id_token_context"


class Users(UserMixin):
    """Nobody has signed up yet."""

    @classmethod
    def user_exists(cls, *_args, **_fields):
        return False

    @classmethod
    def username_max_length(cls):
        return 150

    @classmethod
    def get_social_auth(cls, *_args, **_fields):
        return None


class Storage(BaseStorage):
    user = Users


class Member:
    """Who is signed in already, where a provider only adds an account to a user."""

    id = 1
    is_active = True
    is_authenticated = True
    username = "member"


class Strategy(BaseStrategy):
    """Runs the pipeline up to where rows would be written, and keeps what came out."""

    def __init__(self, settings, posted):
        super().__init__(Storage)
        self._settings = {name: _typed(name, value) for name, value in settings.items()}
        self._prefix = ""
        self._posted = posted
        self._session = {}
        self.outcome = None

    def serve(self, backend):
        """Settings are written without the provider's prefix."""
        self._prefix = f"SOCIAL_AUTH_{backend.name.upper().replace('-', '_')}_"

    def get_setting(self, name):
        if not self._prefix or not name.startswith(self._prefix):
            raise KeyError(name)
        return self._settings[name.removeprefix(self._prefix)]

    def request_data(self, merge=True):
        return self._posted

    def get_request_data(self, merge=True):
        return self._posted

    def session_get(self, name, default=None):
        return self._session.get(name, default)

    def session_set(self, name, value):
        self._session[name] = value

    def session_pop(self, name):
        return self._session.pop(name, None)

    def build_absolute_uri(self, path=None):
        return f"https://app.example{path or '/'}"

    def request_host(self):
        return "app.example"

    def request_is_secure(self):
        return True

    def request_path(self):
        return "/"

    def request_port(self):
        return 443

    def request_get(self):
        return {}

    def request_post(self):
        return self._posted

    def get_language(self):
        return "en"

    def authenticate(self, backend, *args, **kwargs):
        response = kwargs.pop("response")
        kwargs.pop("backend", None)
        kwargs.pop("user", None)
        if hasattr(backend, "validated_response"):
            # Where the validated token's claims are all the response there is.
            response = backend.validated_response(response)
        details = social_details(backend, {}, response)["details"]
        details = social_names(backend, details)["details"]
        uid = social_uid(backend, details, response)["uid"]
        auth_allowed(backend, details, response)
        username = get_username(self, details, backend)
        # Never empty in the package's own pipeline.
        rest = {**kwargs, "strategy": self}
        extra_data = backend.extra_data(None, uid, response, details, rest)
        extra_data.pop("auth_time", None)
        extra_data.pop(OWN_NOTES, None)
        self.outcome = {
            "uid": uid,
            "user": {
                "username": (username or {}).get("username"),
                "email": details.get("email"),
                "fullname": details.get("fullname"),
                "first_name": details.get("first_name"),
                "last_name": details.get("last_name"),
            },
            "extra_data": extra_data,
        }
        return Member()


def _typed(name, value):
    """As the environment gives settings: what is not a plain text is JSON."""
    if name in ("KEY", "SECRET") or not isinstance(value, str):
        return value
    if value in ("true", "false") or value[:1] in ("[", "{"):
        return json.loads(value)
    return value
