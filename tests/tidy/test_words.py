"""The rules about words catch what they must and let pass what they should.

The banned words are put together here, so that this file itself holds none of them.
"""

from __future__ import annotations

import pytest

from tests.tidy.case import Case, check, names_of
from tests.tidy.rules import words

PLACES = ("/wor" + "k/main", "/roo" + "t/.cache", "/hom" + "e/ann/x", "pypi" + ".org", "registry.")
HOSTS = ("https://registry." + "npmjs.org", "http://deb." + "debian.org/debian")
WRITERS = ("by Cla" + "ude", "see iss" + "ue 12", "see iss" + "ue #12")
LATER = ("TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK")
SHARED = "../" + "shared/articles"
COMMENTS = words.comments_promise_nothing

CASES = (
    *(Case(words.no_machine_is_named, {"Makefile": f"x {text}"}, "says") for text in PLACES[:-1]),
    *(Case(words.no_machine_is_named, {"docs/x.md": f"x {text}"}, "says") for text in HOSTS),
    Case(
        words.no_machine_is_named, {"docs/x.md": "a /workflow/ of /roots/ on PyPI, " + PLACES[-1]}
    ),
    Case(words.no_machine_is_named, {"LICENSE": PLACES[0]}),
    *(Case(words.nobody_signs, {"src/x.py": f"# {text}"}, "says") for text in WRITERS),
    Case(words.nobody_signs, {"src/x.py": "# an issuer, its issue date, a user agent"}),
    Case(words.nothing_reaches_outside, {"tests/unit/test_x.py": SHARED}, "says"),
    Case(words.nothing_reaches_outside, {"tests/articles/test_x.py": SHARED}),
    *(Case(COMMENTS, {"src/x.py": f"x = 1  # {text}: later"}, "says") for text in LATER),
    Case(COMMENTS, {"src/x.py": "x = 1  # to do this, hack away at XXXL"}),
)


@pytest.mark.parametrize("case", CASES, ids=names_of(CASES))
def test_words(case: Case) -> None:
    check(case)
