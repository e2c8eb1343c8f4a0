"""The expression language of DynamoDB, and its values: numbers, sets, sizes, order.

Rules of this package: pure text to tree to verdict, on values as the wire has them
(`{"S": "a"}`, blobs as bytes). No state, nothing of the rest of the house. What is wrong is a
DynamoError with AWS's words.

    numbers          38 digits, canonical text, order     lexer, parser, grammar  text to tree
    values           check, size, compare                 tree            what an expression is
    paths            reach into nested values             updates         SET REMOVE ADD DELETE
    reserved         the reserved words                   key_conditions  one partition, one range
    statements       PartiQL to the same trees (with statement_tokens, statement_values)
"""

from __future__ import annotations

from cloudchamber.languages.dynamodb.errors import DynamoError

__all__ = ("DynamoError",)
