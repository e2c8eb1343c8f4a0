"""Trace headers: what is read from them, what is passed on, how turns are counted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.services.lambda_ import traces

ARNS = st.sampled_from([f"arn:aws:lambda:us-east-1:111111111111:function:f{n}" for n in range(5)])


def test_a_header_without_a_chain_begins_one() -> None:
    header = traces.following("", "arn:a", "6553f100-0123456789abcdef01234567", "89abcdef01234567")
    fields = traces.fields_of(header)
    assert fields["Root"] == "1-6553f100-0123456789abcdef01234567"
    assert (fields["Parent"], fields["Sampled"]) == ("89abcdef01234567", "0")
    assert traces.turns(header, "arn:a") == 1
    assert traces.turns(header, "arn:b") == 0


def test_what_the_caller_said_goes_on() -> None:
    header = traces.following("Root=1-2-3;Parent=4;Sampled=1", "arn:a", "r", "p")
    fields = traces.fields_of(header)
    assert (fields["Root"], fields["Parent"], fields["Sampled"]) == ("1-2-3", "p", "1")


@given(st.lists(ARNS, max_size=40))
def test_turns_are_counted(chain: list[str]) -> None:
    header = ""
    for arn in chain:
        header = traces.following(header, arn, "r", "p")
    for arn in set(chain):
        assert traces.turns(header, arn) == chain.count(arn)


@given(st.text(max_size=60))
def test_nonsense_is_no_chain(text: str) -> None:
    assert traces.turns(f"Lineage={text}", "arn:a") == 0
    assert traces.turns(traces.following(text, "arn:a", "r", "p"), "arn:a") >= 1
