"""A table against a small model: conditional writes, expressions and transactions.

The model is a dictionary of Python values and one function for each thing that can be done. It
reads AWS's documentation plainly: no trees, no bytes, no indexes that are kept, only one that is
worked out anew whenever somebody asks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from cloudchamber import Chamber

Key = tuple[str, int]
Thing = dict[str, Any]  # n: int, tags: frozenset of str, log: tuple of str, owner: str

PKS = st.sampled_from(("a", "b"))
SKS = st.sampled_from((-11, -2, 0, 3, 25))
KEYS = st.tuples(PKS, SKS)
NUMBERS = st.integers(-5, 5)
WORDS = st.sampled_from(("x", "y", "z"))
OWNERS = st.sampled_from(("me", "you"))
THINGS = st.fixed_dictionaries(
    {},
    optional={
        "n": NUMBERS,
        "tags": st.frozensets(WORDS, min_size=1),
        "log": st.lists(WORDS, max_size=3).map(tuple),
        "owner": OWNERS,
    },
)

# expression, what it means, values
Said = tuple[str, Callable[[Thing], bool], dict[str, Any]]


def kept(value: Any) -> dict[str, Any]:
    """A Python value as the wire has it."""
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, frozenset):
        return {"SS": sorted(value)}
    return {"L": [kept(each) for each in value]}


def item_of(key: Key, thing: Thing) -> dict[str, Any]:
    """An item as the wire has it."""
    fields = {f"v_{name}": kept(value) for name, value in thing.items()}
    return {"pk": {"S": key[0]}, "sk": {"N": str(key[1])}, **fields}


def key_of(key: Key) -> dict[str, Any]:
    """A key as the wire has it."""
    return {"pk": {"S": key[0]}, "sk": {"N": str(key[1])}}


@st.composite
def simple_conditions(draw: st.DrawFn) -> Said:
    """One comparison or function."""
    kind = draw(st.integers(0, 7))
    number, word = draw(NUMBERS), draw(WORDS)
    mark = f":c{draw(st.integers(0, 10**6))}"
    if kind == 0:
        return "attribute_exists(pk)", bool, {}
    if kind == 1:
        return "attribute_not_exists(v_n)", lambda t: "n" not in t, {}
    if kind == 2:
        return f"v_n < {mark}", lambda t: "n" in t and t["n"] < number, {mark: number}
    if kind == 3:
        return f"v_n <> {mark}", lambda t: t.get("n") != number, {mark: number}
    if kind == 4:
        return f"contains(v_tags, {mark})", lambda t: word in t.get("tags", ()), {mark: word}
    if kind == 5:
        return (
            f"size(v_log) >= {mark}",
            lambda t: "log" in t and len(t["log"]) >= number,
            {mark: number},
        )
    if kind == 6:
        return f"v_log[0] = {mark}", lambda t: t.get("log", ())[:1] == (word,), {mark: word}
    return (
        f"begins_with(v_owner, {mark})",
        lambda t: t.get("owner", "").startswith("y"),
        {mark: "y"},
    )


def _joined(one: Said, other: Said, word: str) -> Said:
    if word == "AND":
        return f"({one[0]}) AND ({other[0]})", lambda t: one[1](t) and other[1](t), {
            **one[2], **other[2],
        }  # fmt: skip
    return f"{one[0]} OR {other[0]}", lambda t: one[1](t) or other[1](t), {**one[2], **other[2]}


def _denied(one: Said) -> Said:
    return f"NOT ({one[0]})", lambda t: not one[1](t), one[2]


CONDITIONS = st.recursive(
    simple_conditions(),
    lambda inner: st.one_of(
        st.builds(_joined, inner, inner, st.sampled_from(("AND", "OR"))), st.builds(_denied, inner)
    ),
    max_leaves=4,
)

# expression, what it does to a thing (None: it cannot be done), values
Change = tuple[str, Callable[[Thing], Thing | None], dict[str, Any]]


@st.composite
def changes(draw: st.DrawFn) -> Change:
    """One update."""
    kind = draw(st.integers(0, 8))
    number, word = draw(NUMBERS), draw(WORDS)
    tags = draw(st.frozensets(WORDS, min_size=1))
    if kind == 0:
        return "SET v_n = :u", lambda t: {**t, "n": number}, {":u": number}
    if kind == 1:
        return (
            "SET v_n = v_n + :u",
            lambda t: {**t, "n": t["n"] + number} if "n" in t else None,
            {":u": number},
        )
    if kind == 2:
        return "ADD v_n :u", lambda t: {**t, "n": t.get("n", 0) + number}, {":u": number}
    if kind == 3:
        return (
            "ADD v_tags :u",
            lambda t: {**t, "tags": t.get("tags", frozenset()) | tags},
            {":u": tags},
        )
    if kind == 4:
        return "DELETE v_tags :u", lambda t: _less(t, tags), {":u": tags}
    if kind == 5:
        return (
            "SET v_log = list_append(if_not_exists(v_log, :e), :u)",
            lambda t: {**t, "log": (*t.get("log", ()), word)},
            {":e": (), ":u": (word,)},
        )
    if kind == 6:
        return "REMOVE v_log[0], v_n", _shorter, {}
    if kind == 7:
        return (
            "SET v_owner = :u REMOVE v_tags",
            lambda t: {**_without(t, "tags"), "owner": word},
            {":u": word},
        )
    return (
        "SET v_log[9] = :u",
        lambda t: {**t, "log": (*t["log"], word)} if "log" in t else None,
        {":u": word},
    )


def _without(thing: Thing, *names: str) -> Thing:
    return {name: value for name, value in thing.items() if name not in names}


def _less(thing: Thing, tags: frozenset[str]) -> Thing:
    left = thing.get("tags", frozenset()) - tags
    return {**thing, "tags": left} if left else _without(thing, "tags")


def _shorter(thing: Thing) -> Thing | None:
    # An element can be removed from a list that has none, but not from what is no list.
    return {**_without(thing, "n"), "log": thing["log"][1:]} if "log" in thing else None


class Tables(RuleBasedStateMachine):
    """A table with a range key and a sparse index, and the model."""

    def __init__(self) -> None:
        super().__init__()
        self.chamber = Chamber(seed=1, account="111111111111")
        self.db = self.chamber.client("dynamodb")
        self.db.create_table(
            TableName="things",
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "N"},
                {"AttributeName": "v_owner", "AttributeType": "S"},
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "owners",
                    "KeySchema": [
                        {"AttributeName": "v_owner", "KeyType": "HASH"},
                        {"AttributeName": "sk", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        self.db.describe_table(TableName="things")
        self.model: dict[Key, Thing] = {}

    def teardown(self) -> None:
        self.chamber.close()

    def holds(self, key: Key, condition: Said | None) -> bool:
        if condition is None:
            return True
        thing = self.model.get(key)
        # `bool` stands for attribute_exists(pk): only what is there is true.
        return condition[1]({} if thing is None else {"there": True, **thing})

    def request(self, condition: Said | None, **more: Any) -> dict[str, Any]:
        values = dict(more.pop("values", {}))
        request: dict[str, Any] = {"TableName": "things", **more}
        if condition is not None:
            request["ConditionExpression"] = condition[0]
            values.update(condition[2])
        if values:
            request["ExpressionAttributeValues"] = {
                name: kept(value) for name, value in values.items()
            }
        return request

    def attempt(self, call: Any, request: dict[str, Any]) -> str:
        try:
            call(**request)
        except ClientError as error:
            return error.response["Error"]["Code"]
        return ""

    @rule(key=KEYS, thing=THINGS, condition=st.none() | CONDITIONS)
    def put(self, key: Key, thing: Thing, condition: Said | None) -> None:
        passes = self.holds(key, condition)
        said = self.attempt(self.db.put_item, self.request(condition, Item=item_of(key, thing)))
        assert said == ("" if passes else "ConditionalCheckFailedException")
        if passes:
            self.model[key] = thing

    @rule(key=KEYS, condition=st.none() | CONDITIONS)
    def delete(self, key: Key, condition: Said | None) -> None:
        passes = self.holds(key, condition)
        said = self.attempt(self.db.delete_item, self.request(condition, Key=key_of(key)))
        assert said == ("" if passes else "ConditionalCheckFailedException")
        if passes:
            self.model.pop(key, None)

    @rule(key=KEYS, change=changes(), condition=st.none() | CONDITIONS)
    def update(self, key: Key, change: Change, condition: Said | None) -> None:
        passes = self.holds(key, condition)
        after = change[1](self.model.get(key, {}))
        said = self.attempt(
            self.db.update_item,
            self.request(condition, Key=key_of(key), UpdateExpression=change[0], values=change[2]),
        )
        if not passes:
            assert said == "ConditionalCheckFailedException"
        elif after is None:
            assert said == "ValidationException"
        else:
            assert said == ""
            self.model[key] = after

    @rule(
        parts=st.lists(
            st.tuples(KEYS, st.none() | THINGS | changes(), st.none() | CONDITIONS),
            min_size=1, max_size=4, unique_by=lambda part: part[0],
        )
    )  # fmt: skip
    def transact(self, parts: list[tuple[Key, Any, Said | None]]) -> None:
        model = dict(self.model)
        requests: list[dict[str, Any]] = []
        codes: list[str] = []
        for key, what, condition in parts:
            code = "None" if self.holds(key, condition) else "ConditionalCheckFailed"
            if what is None:
                requests.append({"Delete": self.request(condition, Key=key_of(key))})
                model.pop(key, None)
            elif isinstance(what, dict):
                requests.append({"Put": self.request(condition, Item=item_of(key, what))})
                model[key] = what
            else:
                requests.append(
                    {
                        "Update": self.request(
                            condition, Key=key_of(key), UpdateExpression=what[0], values=what[2]
                        )
                    }
                )
                after = what[1](self.model.get(key, {}))
                if after is None:
                    code = "ValidationError" if code == "None" else code
                else:
                    model[key] = after
            codes.append(code)
        try:
            self.db.transact_write_items(TransactItems=requests)
        except ClientError as error:
            response: Any = error.response
            assert response["Error"]["Code"] == "TransactionCanceledException"
            assert [reason["Code"] for reason in response["CancellationReasons"]] == codes
            assert any(code != "None" for code in codes)
        else:
            assert all(code == "None" for code in codes)
            self.model = model

    @rule(pk=PKS, low=SKS, forward=st.booleans(), limit=st.integers(1, 6), condition=CONDITIONS)
    def query(self, pk: str, low: int, forward: bool, limit: int, condition: Said) -> None:
        values = {**condition[2], ":pk": pk, ":low": low}
        if "attribute_exists(pk)" in condition[0]:
            return  # filters are not on keys
        request = {
            "TableName": "things",
            "KeyConditionExpression": "pk = :pk AND sk >= :low",
            "FilterExpression": condition[0],
            "ExpressionAttributeValues": {name: kept(value) for name, value in values.items()},
            "ScanIndexForward": forward,
            "Limit": limit,
        }
        keys = sorted(key for key in self.model if key[0] == pk and key[1] >= low)
        ordered = keys if forward else keys[::-1]
        answer = self.db.query(**request)
        looked_at = ordered[:limit]
        assert answer["ScannedCount"] == len(looked_at)
        assert answer["Items"] == [
            item_of(key, self.model[key]) for key in looked_at if self.holds(key, condition)
        ]
        if len(looked_at) == limit:
            assert answer["LastEvaluatedKey"] == key_of(looked_at[-1])

    @rule()
    def save_and_restore(self) -> None:
        forked = self.chamber.fork()
        self.chamber.close()
        self.chamber = forked
        self.db = forked.client("dynamodb")

    @invariant()
    def the_table_is_the_model(self) -> None:
        found = self.db.scan(TableName="things", ConsistentRead=True)["Items"]
        expected = [item_of(key, thing) for key, thing in self.model.items()]
        assert sorted(found, key=str) == sorted(expected, key=str)

    @invariant()
    def the_index_is_what_has_an_owner(self) -> None:
        found = self.db.scan(TableName="things", IndexName="owners")["Items"]
        expected = [item_of(key, thing) for key, thing in self.model.items() if "owner" in thing]
        assert sorted(found, key=str) == sorted(expected, key=str)


TestTables = Tables.TestCase
TestTables.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
