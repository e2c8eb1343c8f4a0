"""Wildcards: text with `*` and `?` compiled into a matcher that never backtracks exponentially.

Rules of this file: a pattern is a tuple of tokens (literal text or a wildcard); whoever builds the
tokens has already replaced policy variables, so a `*` that came out of a variable is literal text.
Matching takes O(pattern x subject) at worst: a run between two stars is found at its leftmost place
and never moved again (atomic groups), which is right as long as a star may match anything. The one
case where it is not right (a star inside a segment of an ARN, which may not cross a colon) runs as
a set of states, one bit each.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from types import MappingProxyType
from typing import Final, TypeAlias

Matcher: TypeAlias = Callable[[str], bool]

ARN_PARTS: Final = 6


class Wild(Enum):
    """A wildcard: any text, any one character, and the same two kept within an ARN's segment."""

    STAR = "*"
    MARK = "?"
    SEGMENT_STAR = "[*]"
    SEGMENT_MARK = "[?]"


Token: TypeAlias = str | Wild
Tokens: TypeAlias = tuple[Token, ...]

_WILDCARDS: Final = re.compile(r"([*?])")
_ANYTHING: Final = r"(?s:.)"
_SINGLE: Final[Mapping[Wild, str]] = MappingProxyType(
    {Wild.MARK: _ANYTHING, Wild.SEGMENT_MARK: "[^:]"}
)


def tokens_of(text: str) -> Tokens:
    """The tokens of a text in which every `*` and `?` is a wildcard."""
    return tuple(
        Wild(piece) if piece in ("*", "?") else piece for piece in _WILDCARDS.split(text) if piece
    )


def arn_tokens(head: str, tail: Iterable[Token]) -> Tokens:
    """The tokens of an ARN pattern: `head` is the first five segments with their colons.

    "If the * wildcard is the last character of a resource ARN segment, it can expand to match
    beyond colon boundaries"; elsewhere in the first five segments wildcards stay within a segment.
    """
    tokens: list[Token] = []
    for segment in head.split(":")[: ARN_PARTS - 1]:
        pieces = tokens_of(segment)
        for place, piece in enumerate(pieces):
            if piece is Wild.STAR and place < len(pieces) - 1:
                tokens.append(Wild.SEGMENT_STAR)
            elif piece is Wild.MARK:
                tokens.append(Wild.SEGMENT_MARK)
            else:
                tokens.append(piece)
        tokens.append(":")
    tokens.extend(tail)
    return tuple(tokens)


def split_tokens(tokens: Iterable[Token], parts: int) -> list[Tokens]:
    """Cut tokens at the colons of their literal text into at most `parts` parts."""
    found: list[list[Token]] = [[]]
    for token in tokens:
        if isinstance(token, Wild):
            found[-1].append(token)
            continue
        first, *others = token.split(":", parts - len(found))
        if first:
            found[-1].append(first)
        for other in others:
            found.append([other] if other else [])
    return [tuple(part) for part in found]


def compile_tokens(tokens: Sequence[Token]) -> Matcher:
    """A function that tells whether a whole subject matches. Simple shapes get simple functions."""
    tokens = _joined(tokens)
    wild = [token for token in tokens if isinstance(token, Wild)]
    if not wild:
        return _equals(tokens[0] if tokens else "")
    if Wild.SEGMENT_STAR in wild:
        return _StateMatcher(tokens)
    if wild == [Wild.STAR]:
        if len(tokens) == 1:
            return _always
        if len(tokens) == 2 and tokens[1] is Wild.STAR:
            return _starts_with(tokens[0])
    return _regex(tokens)


def compile_glob(text: str) -> Matcher:
    """A matcher for a text in which every `*` and `?` is a wildcard (no ARN rules)."""
    return compile_tokens(tokens_of(text))


def _always(_subject: str) -> bool:
    return True


def _equals(wanted: Token) -> Matcher:
    return lambda subject: subject == wanted


def _starts_with(prefix: Token) -> Matcher:
    wanted = str(prefix)
    return lambda subject: subject.startswith(wanted)


def _joined(tokens: Iterable[Token]) -> list[Token]:
    """Neighbouring literals become one; neighbouring equal stars become one."""
    joined: list[Token] = []
    for token in tokens:
        last = joined[-1] if joined else None
        if isinstance(token, str) and isinstance(last, str):
            joined[-1] = last + token
        elif token in (Wild.STAR, Wild.SEGMENT_STAR) and token is last:
            continue
        else:
            joined.append(token)
    return joined


def _regex(tokens: Sequence[Token]) -> Matcher:
    """`a*b*c` is `a`, then the leftmost `b` (never reconsidered), then `c` at the very end."""
    runs: list[str] = [""]
    for token in tokens:
        if token is Wild.STAR:
            runs.append("")
        else:
            runs[-1] += re.escape(token) if isinstance(token, str) else _SINGLE[token]
    head, *middle = runs
    if not middle:
        found = re.compile(head).fullmatch
    else:
        tail = middle.pop()
        hops = "".join(f"(?>{_ANYTHING}*?{run})" for run in middle)
        found = re.compile(f"{head}{hops}{_ANYTHING}*{tail}").fullmatch
    return lambda subject: found(subject) is not None


class _StateMatcher:
    """Matches by carrying the set of reachable places in the pattern, one bit per place."""

    __slots__ = ("accept", "literals", "loops", "marks", "places", "segment_loops", "segment_marks")

    def __init__(self, tokens: Sequence[Token]) -> None:
        places: list[str | Wild] = []
        for token in tokens:
            if isinstance(token, str):
                places.extend(token)
            else:
                places.append(token)
        self.places = places
        self.accept = 1 << len(places)
        self.literals: dict[str, int] = {}
        self.loops = self.segment_loops = self.marks = self.segment_marks = 0
        for place, what in enumerate(places):
            bit = 1 << place
            if what is Wild.STAR:
                self.loops |= bit
            elif what is Wild.SEGMENT_STAR:
                self.segment_loops |= bit
            elif what is Wild.MARK:
                self.marks |= bit
            elif isinstance(what, Wild):
                self.segment_marks |= bit
            else:
                self.literals[what] = self.literals.get(what, 0) | bit

    def __call__(self, subject: str) -> bool:
        stars = self.loops | self.segment_loops
        states = self._past_stars(1, stars)
        for character in subject:
            inside = character != ":"
            marks = self.marks | self.segment_marks if inside else self.marks
            steps = self.literals.get(character, 0) | marks
            stays = self.loops | (self.segment_loops if inside else 0)
            states = self._past_stars(((states & steps) << 1) | (states & stays), stars)
            if not states:
                return False
        return bool(states & self.accept)

    @staticmethod
    def _past_stars(states: int, stars: int) -> int:
        """A star may match nothing: whoever stands on one also stands behind it."""
        while True:
            more = states | ((states & stars) << 1)
            if more == states:
                return states
            states = more
