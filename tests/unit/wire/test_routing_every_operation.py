"""Every operation of every service, as botocore sends it, routes to itself.

Rules of this file: nothing is skipped. What a request cannot say is in `routing_ambiguities.toml`,
by name and with its reason, and an entry there that is no longer true fails as well. The same
requests prove that signatures verify, since they are signed by botocore.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from cloudchamber.wire.credentials import parse_credential
from cloudchamber.wire.errors import WireError
from cloudchamber.wire.http import Request
from cloudchamber.wire.model.loading import services
from cloudchamber.wire.routing import botocore_data, from_models, route
from cloudchamber.wire.routing.index import Index, load_index
from cloudchamber.wire.sigv4 import Verifier
from tests.unit.wire.botocore_requests import CREDENTIALS, Case, cases

SHARDS = 12
AMBIGUITIES = Path(__file__).with_name("routing_ambiguities.toml")
EVERYWHERE = "everywhere"
AT_ONE_ADDRESS = "at one address"


@cache
def ambiguities() -> dict[str, tuple[str, str]]:
    """`service operation` to (what it is taken for, where)."""
    found = {}
    for group in tomllib.loads(AMBIGUITIES.read_text("utf-8"))["group"]:
        assert group["reason"]
        assert group["where"] in (EVERYWHERE, AT_ONE_ADDRESS)
        for pair in group["pairs"]:
            name, _, taken_for = pair.partition(" -> ")
            found[name] = (taken_for, group["where"])
    return found


def routed(request: Request) -> tuple[str, dict[str, str], str]:
    found = route(request)
    return f"{found.service} {found.operation}", dict(found.labels), found.protocol


@cache
def index_as_made() -> Index:
    """The index of the botocore that it was made from, whichever is installed."""
    text = from_models.INDEX_FILE.read_bytes()
    made_from = text.partition(b"\n")[0].decode().removeprefix(from_models.TITLE)
    return Index(text, made_from)


def is_newer_than_the_index(service: str, operation: str) -> bool:
    """Whether an operation came with a botocore newer than the index."""
    index = index_as_made()
    return service not in index.services or operation not in index.operations(service)


def check(case: Case, *, own_host: bool) -> None:
    name = f"{case.service} {case.operation}"
    wanted, where = ambiguities().get(name, (name, ""))
    if own_host:
        case.request.headers["host"] = case.own_host
        wanted = name if where == AT_ONE_ADDRESS else wanted
    found, labels, protocol = routed(case.request)
    if found != wanted and is_newer_than_the_index(case.service, case.operation):
        return  # it may be like another in a way that nobody could list yet
    assert found == wanted
    if found == name:
        assert labels == case.labels
        assert protocol == case.protocol


@pytest.mark.parametrize("shard", range(SHARDS))
def test_each_operation_routes_to_itself_and_its_signature_holds(shard: int) -> None:
    verifier = Verifier()
    signed = 0
    for case in every_case(shard):
        check(case, own_host=False)
        credential = parse_credential(case.request)
        if credential is not None:
            signed += 1
            verifier.verify(case.request, credential, CREDENTIALS.secret_key)
            if signed % 50 == 1:
                with pytest.raises(WireError, match="does not match"):
                    verifier.verify(case.request, credential, CREDENTIALS.secret_key.lower())
        check(case, own_host=True)
    assert signed > 500


def every_case(shard: int) -> Iterator[Case]:
    for service in services()[shard::SHARDS]:
        for protocol in load_index().services[service].protocols:
            yield from cases(service, protocol)


def test_no_ambiguity_is_listed_that_names_nothing() -> None:
    index = load_index()
    for name, (taken_for, _) in ambiguities().items():
        for each in (name, taken_for):
            service, _, operation = each.partition(" ")
            assert operation in index.operations(service)


def test_the_index_is_up_to_date_with_the_installed_botocore() -> None:
    text = from_models.INDEX_FILE.read_text("utf-8")
    made_from = text.partition("\n")[0].removeprefix(from_models.TITLE)
    if made_from != botocore_data.installed_version():
        pytest.skip(f"index.txt is made from botocore {made_from}, this is another")
    assert text == from_models.write_index(), "run python -m tools.routing_index"


def test_another_botocore_than_the_index_was_made_from_is_read_from_its_models() -> None:
    text = from_models.INDEX_FILE.read_bytes()
    # As if botocore had gained a service since, and lost one.
    lines = text.split(b"\n")
    at = next(i for i, line in enumerate(lines) if line.startswith(b"sqs\t"))
    lines[at] = lines[at].replace(b"sqs\t", b"sqs-of-old\t", 1)
    index = Index(b"\n".join(lines), "0.0.0")
    assert "sqs-of-old" not in index.services
    assert index.by_target["AmazonSQS"] == ("sqs",)
    assert "SendMessage" in index.operations("sqs")
    match = index.path_tree(("lambda",)).find("GET", "/2015-03-31/functions/f", "", {})
    assert match is not None
    assert (match.operation, match.labels) == ("GetFunction", {"FunctionName": "f"})
