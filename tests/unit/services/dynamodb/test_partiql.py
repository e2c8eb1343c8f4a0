"""PartiQL: statements, batches and transactions of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.dynamodb.items import VALIDATION, make_table
from tests.unit.services.dynamodb.tables import ONE, refusal


@pytest.fixture
def db() -> Iterator[Any]:
    with Chamber(seed=1, account=ONE) as chamber:
        client = chamber.client("dynamodb")
        make_table(client)
        for number in range(6):
            client.put_item(
                TableName="things",
                Item={
                    "pk": {"S": "ab"[number % 2]},
                    "sk": {"N": str(number)},
                    "owner_id": {"S": "me"},
                    "rank_no": {"N": str(10 - number)},
                    "m": {"M": {"l": {"L": [{"N": str(number)}]}}},
                },
            )
        yield client


def run(db: Any, statement: str, *parameters: Any, **more: Any) -> Any:
    """The items that a statement gives."""
    given = {"Parameters": list(parameters)} if parameters else {}
    return db.execute_statement(Statement=statement, **given, **more)["Items"]


def numbers(items: Any) -> list[str]:
    """The range keys of items."""
    return [item["sk"]["N"] for item in items]


SELECTS = [
    ("SELECT * FROM things WHERE pk = 'a'", ["0", "2", "4"]),
    ("SELECT sk FROM \"things\" WHERE pk = 'a' AND sk >= 2", ["2", "4"]),
    ("select sk from things where pk = 'a' order by sk desc", ["4", "2", "0"]),
    ("SELECT sk FROM things WHERE pk = 'a' AND sk BETWEEN 1 AND 3", ["2"]),
    ("SELECT sk FROM things WHERE pk = 'a' AND (sk = 0 OR rank_no < 7)", ["0", "4"]),
    ("SELECT sk FROM things WHERE pk = 'a' AND m.l[0] IN [2, 3]", ["2"]),
    ("SELECT sk FROM things WHERE pk = 'a' AND NOT sk = 2", ["0", "4"]),
    ("SELECT sk FROM things WHERE pk = 'a' AND q IS MISSING", ["0", "2", "4"]),
    ("SELECT sk FROM things WHERE pk = 'a' AND q IS NOT MISSING", []),
    ("SELECT sk FROM things WHERE pk = 'a' AND size(m) = 1", ["0", "2", "4"]),
    (
        "SELECT sk FROM things.\"by-owner\" WHERE owner_id = 'me' AND rank_no > 7",
        ["2", "1", "0"],
    ),
]


@pytest.mark.parametrize(("statement", "expected"), SELECTS)
def test_selects(db: Any, statement: str, expected: list[str]) -> None:
    assert numbers(run(db, statement)) == expected


def test_a_select_without_a_key_scans(db: Any) -> None:
    assert sorted(numbers(run(db, "SELECT * FROM things"))) == list("012345")
    assert sorted(numbers(run(db, "SELECT * FROM things WHERE rank_no <= ?", {"N": "6"}))) == [
        "4", "5",
    ]  # fmt: skip
    assert run(db, "SELECT m.l[0] FROM things WHERE pk = 'b' AND sk = 3") == [{"l": {"N": "3"}}]


def test_pages_of_a_select(db: Any) -> None:
    statement = "SELECT sk FROM things WHERE pk = 'a'"
    first = db.execute_statement(Statement=statement, Limit=2)
    assert numbers(first["Items"]) == ["0", "2"]
    token = first["NextToken"]
    rest = db.execute_statement(Statement=statement, NextToken=token)
    assert numbers(rest["Items"]) == ["4"]
    assert "NextToken" not in rest
    assert refusal(db.execute_statement, Statement="SELECT * FROM things", NextToken=token)[0] == (
        VALIDATION
    )
    assert refusal(db.execute_statement, Statement=statement, NextToken="????")[0] == VALIDATION


def test_some_partitions_are_queried_one_after_the_other(db: Any) -> None:
    statement = "SELECT sk FROM things WHERE pk IN ['b', 'q', 'a', 'b'] AND sk >= 2"
    whole = run(db, statement)
    assert sorted(numbers(whole)) == ["2", "3", "4", "5"]
    told = db.execute_statement(Statement=statement, ReturnConsumedCapacity="TOTAL")
    assert told["ConsumedCapacity"]["CapacityUnits"] == 1.5, "half a unit for each partition"
    pages: list[Any] = []
    more: dict[str, str] = {}
    while True:
        page = db.execute_statement(Statement=statement, Limit=1, **more)
        pages += page["Items"]
        if "NextToken" not in page:
            break
        more = {"NextToken": page["NextToken"]}
    assert pages == whole
    back = run(db, "SELECT sk FROM things WHERE pk IN ['a', 'b'] ORDER BY sk DESC")
    assert len(back) == 6


def test_an_item_is_inserted_once(db: Any) -> None:
    statement = (
        "INSERT INTO things VALUE {'pk': 'it''s', 'sk': ?, 'l': [1, 'x', {'a': null}], "
        "'s': <<'b', 'a'>>, 'yes': true, 'neg': -1.50, 'empty': {}}"
    )
    assert run(db, statement, {"N": "7"}) == []
    assert run(db, "SELECT * FROM things WHERE pk = ? AND sk = ?", {"S": "it's"}, {"N": "7"}) == [
        {
            "pk": {"S": "it's"},
            "sk": {"N": "7"},
            "l": {"L": [{"N": "1"}, {"S": "x"}, {"M": {"a": {"NULL": True}}}]},
            "s": {"SS": ["a", "b"]},
            "yes": {"BOOL": True},
            "neg": {"N": "-1.5"},
            "empty": {"M": {}},
        }
    ]
    assert refusal(db.execute_statement, Statement=statement, Parameters=[{"N": "7"}]) == (
        "DuplicateItemException",
        "Duplicate primary key exists in table",
    )


def test_updates(db: Any) -> None:
    where = "WHERE pk = 'a' AND sk = 2"
    assert run(db, f"UPDATE things SET n = 1 SET s = <<1, 2>> {where}") == []
    assert run(db, f"UPDATE things SET n = n + 2, s = set_add(s, <<3>>) {where} "
                   "RETURNING MODIFIED NEW *") == [
        {"n": {"N": "3"}, "s": {"NS": ["1", "2", "3"]}},
    ]  # fmt: skip
    statement = (
        "UPDATE things SET s = set_delete(s, <<1>>) SET m.l = list_append(m.l, ['x']) "
        f"REMOVE n {where} RETURNING ALL NEW *"
    )
    found = run(db, statement)[0]
    assert found["s"] == {"NS": ["2", "3"]}
    assert found["m"] == {"M": {"l": {"L": [{"N": "2"}, {"S": "x"}]}}}
    assert "n" not in found
    failed = "ConditionalCheckFailedException"
    for condition in ("WHERE pk = 'zz' AND sk = 1", f"{where} AND rank_no = 0"):
        code, _ = refusal(db.execute_statement, Statement=f"UPDATE things SET n = 1 {condition}")
        assert code == failed


def test_deletes(db: Any) -> None:
    where = "WHERE pk = 'a' AND sk = 2"
    assert (
        refusal(db.execute_statement, Statement=f"DELETE FROM things {where} AND rank_no = 0")[0]
        == "ConditionalCheckFailedException"
    )
    gone = run(db, f"DELETE FROM things {where} RETURNING ALL OLD *")
    assert numbers(gone) == ["2"]
    assert run(db, f"DELETE FROM things {where}") == [], "what is not there is deleted already"
    assert run(db, f"SELECT * FROM things {where}") == []


WRONG = [
    ("SELECT", "Expected identifier, found: the end"),
    ("SELECT * FROM things WHERE", "Unexpected term: the end"),
    ("GRANT x", "Unexpected term: GRANT"),
    ("SELECT * FROM things WHERE pk = ?", "Number of parameters in request and statement don't"),
    ("SELECT * FROM things; DROP", "Unexpected term: ;"),
    ("SELECT * FROM things WHERE pk = 'a", "Unexpected character at"),
]


@pytest.mark.parametrize(("statement", "message"), WRONG)
def test_statements_that_are_none(db: Any, statement: str, message: str) -> None:
    code, said = refusal(db.execute_statement, Statement=statement)
    assert code == VALIDATION
    assert said.startswith(f"Statement wasn't well formed, can't be processed: {message}")


def test_a_write_names_one_item(db: Any) -> None:
    message = "Where clause does not contain a mandatory equality on all key attributes"
    for statement in (
        "UPDATE things SET n = 1 WHERE pk = 'a'",
        "DELETE FROM things WHERE pk = 'a' AND sk > 1",
        "DELETE FROM things WHERE pk = 'a' OR sk = 1",
    ):
        assert refusal(db.execute_statement, Statement=statement) == (VALIDATION, message)
    assert len(run(db, "SELECT * FROM things")) == 6


def test_a_batch_of_statements(db: Any) -> None:
    found = db.batch_execute_statement(
        Statements=[
            {"Statement": "SELECT sk FROM things WHERE pk = 'a' AND sk = 2"},
            {"Statement": "SELECT sk FROM things WHERE pk = 'a' AND sk = 3"},
            {"Statement": "SELECT sk FROM things WHERE pk = 'a'"},
            {"Statement": "SELECT sk FROM nothing WHERE pk = 'a'"},
        ]
    )["Responses"]
    assert found[0] == {"TableName": "things", "Item": {"sk": {"N": "2"}}}
    assert found[1] == {"TableName": "things"}
    assert found[2]["Error"]["Code"] == "ValidationError"
    assert found[3]["Error"]["Code"] == "ResourceNotFound"
    written = db.batch_execute_statement(
        Statements=[
            {"Statement": "INSERT INTO things VALUE {'pk': 'n', 'sk': 1}"},
            {"Statement": "INSERT INTO things VALUE {'pk': 'a', 'sk': 2}"},
        ]
    )["Responses"]
    assert [response.get("Error", {}).get("Code") for response in written] == [
        None, "DuplicateItem",
    ]  # fmt: skip
    mixed = [
        {"Statement": "SELECT * FROM things WHERE pk = 'a' AND sk = 2"},
        {"Statement": "DELETE FROM things WHERE pk = 'a' AND sk = 2"},
    ]
    assert refusal(db.batch_execute_statement, Statements=mixed)[0] == VALIDATION


def test_a_transaction_of_statements(db: Any) -> None:
    exists = "EXISTS(SELECT * FROM things WHERE pk = 'b' AND sk = 1 AND rank_no = ?)"
    update = {"Statement": "UPDATE things SET n = 1 WHERE pk = 'a' AND sk = 2"}
    with pytest.raises(db.exceptions.TransactionCanceledException) as caught:
        db.execute_transaction(
            TransactStatements=[update, {"Statement": exists, "Parameters": [{"N": "0"}]}]
        )
    codes = [reason["Code"] for reason in caught.value.response["CancellationReasons"]]
    assert codes == ["None", "ConditionalCheckFailed"]
    where = "WHERE pk = 'a' AND sk = 2"
    assert run(db, f"SELECT n FROM things {where}") == [{}]
    db.execute_transaction(
        TransactStatements=[update, {"Statement": exists, "Parameters": [{"N": "9"}]}]
    )
    read = db.execute_transaction(
        TransactStatements=[
            {"Statement": f"SELECT n FROM things {where}"},
            {"Statement": "SELECT n FROM things WHERE pk = 'q' AND sk = 2"},
        ]
    )
    assert read["Responses"] == [{"Item": {"n": {"N": "1"}}}, {}]


def test_statements_that_go_too_deep_are_refused(db: Any) -> None:
    deep = "SELECT * FROM things WHERE " + "(" * 300 + "pk = 'a'" + ")" * 300
    assert refusal(db.execute_statement, Statement=deep)[0] == VALIDATION
    nested = "INSERT INTO things VALUE {'pk': 'a', 'sk': 9, 'l': " + "[" * 300 + "]" * 300 + "}"
    assert refusal(db.execute_statement, Statement=nested)[0] == VALIDATION
