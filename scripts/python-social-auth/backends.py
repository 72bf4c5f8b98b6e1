"""The backends of the installed python-social-auth, by the name that they give themselves."""

import importlib
import inspect
import pkgutil

import social_core.backends
from social_core.backends.base import BaseAuth

# Several classes go by one name: the one that a team gets that follows the package's documentation
# for signing people in today.
CHOSEN = {
    "fitbit": "FitbitOAuth2",
    "github": "GithubOAuth2",
    "helmholtz": "HelmholtzOpenIdConnect",
    "orcid": "ORCIDOAuth2",
    "orcid-sandbox": "ORCIDOAuth2Sandbox",
    "twitch": "TwitchOpenIdConnect",
}

_found = {}


def find(name):
    """The class of a provider; None when the package does not have it."""
    if not _found:
        _look()
    return _found.get(name)


def _look():
    for module in pkgutil.iter_modules(social_core.backends.__path__):
        try:
            loaded = importlib.import_module(f"social_core.backends.{module.name}")
        except ModuleNotFoundError:
            # It needs a library for a protocol that is not compared here.
            continue
        for label, member in vars(loaded).items():
            if not inspect.isclass(member) or not issubclass(member, BaseAuth):
                continue
            if member.__module__ != loaded.__name__ or not member.name:
                continue
            if CHOSEN.get(member.name, label) == label:
                _found.setdefault(member.name, member)
