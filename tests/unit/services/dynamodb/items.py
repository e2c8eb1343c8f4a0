"""What the tests of items share: a chamber with tables, and AWS's words.

Rules of this file: thin. Everything goes through botocore's client.
"""

from __future__ import annotations

from typing import Any, Final

from tests.unit.services.dynamodb.tables import attributes_of, index_of, keys_of, simple

INVALID: Final = "One or more parameter values were invalid: "
NOT_VALID: Final = "One or more parameter values are not valid. "
VALIDATION: Final = "ValidationException"
KEY: Final[dict[str, Any]] = {"pk": {"S": "a"}, "sk": {"N": "1"}}


def make_table(db: Any, name: str = "things") -> None:
    """A table with keys pk (S) and sk (N), two global indexes and a local one."""
    db.create_table(
        TableName=name,
        KeySchema=keys_of("pk", "sk"),
        AttributeDefinitions=attributes_of(pk="S", sk="N", owner_id="S", rank_no="N"),
        BillingMode="PAY_PER_REQUEST",
        LocalSecondaryIndexes=[index_of("local", "pk", "rank_no", "KEYS_ONLY")],
        GlobalSecondaryIndexes=[
            index_of("by-owner", "owner_id", "rank_no"),
            index_of("owners", "owner_id", "", "KEYS_ONLY"),
        ],
    )
    db.describe_table(TableName=name)


def make_plain(db: Any, name: str = "plain") -> None:
    """A table with the key pk (S) alone."""
    db.create_table(**simple(name))
    db.describe_table(TableName=name)
