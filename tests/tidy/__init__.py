"""The house inspects itself: layers, sizes, bans, names and shapes, as tests.

Rules of this folder: a rule is a small pure function in `rules/` from a `House` to findings, and
has snippets in `snippets/` that it must catch and must let pass, since a rule that cannot fail is
worth nothing. Limits only ever become tighter.
"""
