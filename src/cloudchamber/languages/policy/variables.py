"""Policy variables: `${aws:username}`, `${aws:PrincipalTag/team, 'none'}`, `${*}`.

Rules of this file: a template is tokens among which some are variables. Filling a template needs
the request's context keys; a variable that cannot be filled (key missing, or several values, and no
default) makes the template unusable: None, never an empty string. What a variable brings in is
literal text, whatever characters it holds.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeAlias

import msgspec

from cloudchamber.languages.policy.patterns import Matcher, Token, Tokens, tokens_of

# What a request knows under a context key, lower-cased; None when it is missing or has not exactly
# one value ("you can use any single-valued context key as a variable").
Lookup: TypeAlias = Callable[[str], str | None]

CACHE_MAX: Final = 256  # filled templates kept per pattern, so that one user's ARN compiles once

_VARIABLE: Final = re.compile(r"\$\{([^{}]*)\}")
_DEFAULT: Final = re.compile(r"(.*?)\s*,\s*'([^']*)'\s*", re.DOTALL)


class Variable(msgspec.Struct, frozen=True):
    """`name` as written, `key` its lower-cased form, `default` the text after the comma."""

    name: str
    key: str
    default: str | None = None


Template: TypeAlias = tuple[Token | Variable, ...]


def read_template(text: str, *, wildcards: bool = True, variables: bool = True) -> Template:
    """The template of a policy's text. Variables exist from version 2012-10-17 on."""
    tokens: list[Token | Variable] = []

    def literal(piece: str) -> None:
        if wildcards:
            tokens.extend(tokens_of(piece))
        elif piece:
            tokens.append(piece)

    at = 0
    for found in _VARIABLE.finditer(text) if variables else ():
        literal(text[at : found.start()])
        at = found.end()
        name = found.group(1)
        if name in ("*", "?", "$"):
            tokens.append(name)
            continue
        defaulted = _DEFAULT.fullmatch(name)
        if defaulted is not None:
            name = defaulted.group(1)
        name = name.strip()
        tokens.append(Variable(name, name.lower(), defaulted.group(2) if defaulted else None))
    literal(text[at:])
    return tuple(tokens)


def variables_of(template: Template) -> tuple[Variable, ...]:
    """The variables of a template, in order."""
    return tuple(token for token in template if isinstance(token, Variable))


class Pattern:
    """One text of a policy (a resource, a condition value) that a subject may match.

    `compile` turns filled tokens into a matcher. Without variables that happens once, here.
    """

    __slots__ = ("_cache", "_compile", "fixed", "template", "text", "variables")

    def __init__(self, text: str, template: Template, compile_: Callable[[Tokens], Matcher]):
        self.text = text
        self.template = template
        self.variables = variables_of(template)
        self._compile = compile_
        self._cache: dict[tuple[str, ...], Matcher] = {}
        self.fixed: Matcher | None = None
        if not self.variables:
            self.fixed = compile_(tuple(t for t in template if not isinstance(t, Variable)))

    def matcher(self, lookup: Lookup) -> Matcher | None:
        """The matcher for one request, or None where a variable cannot be filled."""
        if self.fixed is not None:
            return self.fixed
        values: list[str] = []
        for variable in self.variables:
            value = lookup(variable.key)
            if value is None:
                value = variable.default
            if value is None:
                return None
            values.append(value)
        key = tuple(values)
        known = self._cache.get(key)
        if known is None:
            if len(self._cache) >= CACHE_MAX:
                self._cache.clear()
            remaining = iter(values)
            known = self._cache[key] = self._compile(
                tuple(next(remaining) if isinstance(t, Variable) else t for t in self.template)
            )
        return known

    def unfilled(self, lookup: Lookup) -> str | None:
        """The first variable that a request cannot fill, by name."""
        for variable in self.variables:
            if lookup(variable.key) is None and variable.default is None:
                return variable.name
        return None
