#!/usr/bin/env python3
"""What python-social-auth makes of the fixtures: the judge of "the same users".

    run.py NAME…                        writes tests/providers/python-social-auth/NAME.json
    run.py --all                        of every fixture
    run.py --compare [NAME…]            writes nothing: exits 1 and says which stored files differ
    run.py --compare --random 20        of twenty fixtures drawn at random; prints the seed
    run.py --compare --random 20 --seed 7

For each tests/providers/NAME.json the backend NAME of social-auth-core 7.0.0 runs on each case:
the settings are the fixture's, the recorded answers come in place of the network, the token is
handed over as the view of Django REST framework does. The file that is written holds, for each
case, the requests that went out, the uid, the user and the extra data, or the error's name.

A random username is written `<32 hex digits>`, an OAuth 1 authorization header `<signed>`, the
text of a validated id_token `<id_token>`. `auth_time` is left out, and so are requests for
discovery documents and keys, and what the package remembers of an id_token for itself.
A provider that the package does not have is skipped, and named.

It needs what requirements.txt beside it lists, and no network.
"""

import argparse
import json
import random
import secrets
import sys
from pathlib import Path

import backends
import cases

FIXTURES = Path(__file__).resolve().parents[2] / "tests" / "providers"
STORED = FIXTURES / "python-social-auth"
# Stands among the fixtures and is none.
NO_FIXTURES = {"vectors"}


def fixture_names():
    return sorted(path.stem for path in FIXTURES.glob("*.json") if path.stem not in NO_FIXTURES)


def judged(name):
    """The file for a provider as text; None when the package does not have it."""
    found = backends.find(name)
    if found is None:
        return None
    fixture = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    results = {case["name"]: cases.run(found, fixture, case) for case in fixture["cases"]}
    return json.dumps(results, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def differs(name, text):
    """Says how the stored file differs from what came out now; None when it does not."""
    path = STORED / f"{name}.json"
    if text is None:
        return f"{name}: is stored, but python-social-auth has no such provider" if path.exists() else None
    if not path.exists():
        return f"{name}: nothing is stored"
    stored = path.read_text(encoding="utf-8")
    if stored == text:
        return None
    before, now = json.loads(stored), json.loads(text)
    wrong = sorted(case for case in before.keys() | now.keys() if before.get(case) != now.get(case))
    return f"{name}: differs in {', '.join(map(repr, wrong)) or 'its form'}"


def left_over():
    """Stored files whose fixture is gone."""
    names = set(fixture_names())
    return [f"{path.stem}: is stored without a fixture" for path in STORED.glob("*.json") if path.stem not in names]


def chosen(options):
    names = options.names or fixture_names()
    if options.random is None:
        return names
    seed = options.seed if options.seed is not None else secrets.randbelow(1 << 32)
    print(f"seed {seed}")
    return sorted(random.Random(seed).sample(names, min(options.random, len(names))))


def compare(names):
    wrong = left_over()
    for name in names:
        found = differs(name, judged(name))
        if found:
            wrong.append(found)
    print(f"compared {len(names)}: {', '.join(names)}")
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


def write(names):
    STORED.mkdir(exist_ok=True)
    skipped = []
    for name in names:
        text = judged(name)
        if text is None:
            skipped.append(name)
        else:
            (STORED / f"{name}.json").write_text(text, encoding="utf-8")
    print(f"wrote {len(names) - len(skipped)}")
    if skipped:
        print(f"not in python-social-auth: {', '.join(skipped)}")
    return 0


def main():
    parser = argparse.ArgumentParser(description="What python-social-auth makes of the fixtures.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="providers; with --compare all when none is named")
    parser.add_argument("--all", action="store_true", help="write the files of all fixtures")
    parser.add_argument("--compare", action="store_true", help="write nothing; fail when a stored file differs")
    parser.add_argument("--random", type=int, metavar="N", help="with --compare: draw so many")
    parser.add_argument("--seed", type=int, help="with --random: draw the same again")
    options = parser.parse_args()
    if options.compare:
        return compare(chosen(options))
    if options.random is not None or options.seed is not None:
        parser.error("--random and --seed go with --compare")
    if not options.names and not options.all:
        parser.error("name a provider, or say --all")
    return write(fixture_names() if options.all else options.names)


if __name__ == "__main__":
    sys.exit(main())
