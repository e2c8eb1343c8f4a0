"""The expression language of DynamoDB, and its values: numbers, sets, sizes, order.

Rules of this package: pure text to tree to verdict, on values as the wire has them
(`{"S": "a"}`, blobs as bytes). No state, nothing of the rest of the house. What is wrong is a
DynamoError with AWS's words.

    numbers    38 digits, canonical text, order     lexer, grammar   text to tree
    values     check, size, compare                 tree             what an expression is
    paths      reach into nested values             conditions       does it hold
    reserved   the reserved words                   updates          apply SET REMOVE ADD DELETE
"""

from __future__ import annotations

from cloudchamber.languages.dynamodb.errors import DynamoError

__all__ = ("DynamoError",)
