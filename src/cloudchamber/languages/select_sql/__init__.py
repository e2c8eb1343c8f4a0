"""The SQL of S3 Select: one SELECT over the records of one object.

Rules of this package: pure text to a query to rows; no clock (UTCNOW is handed in), no state,
nothing of the rest of the house. `parse_query` raises BadQuery and nothing else; running a query
raises BadQuery for values that its functions do not take.

    tokens     text to words                     values     NULL, MISSING, comparisons, casts
    words      taken one after the other         functions  what may be called by name
    grammar    words to functions of a record    parser     a whole query
    query      records to rows, totals, limits
    expressions  functions made of others
"""

from __future__ import annotations

from cloudchamber.languages.select_sql.parser import parse_query
from cloudchamber.languages.select_sql.query import Query, run
from cloudchamber.languages.select_sql.values import MISSING, BadQuery

__all__ = ("MISSING", "BadQuery", "Query", "parse_query", "run")
