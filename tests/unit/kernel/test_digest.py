"""The digest: equal for equal runs, different for any difference, and the first one is named."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.kernel import Entry, Kernel, KernelError, first_divergence
from cloudchamber.kernel.digest import BATCH, Raw, canonical

START = 10**18


def make(start_ns: int = START, trace: int = 0, skip: int = 0) -> Kernel:
    kernel = Kernel(1, start_ns, trace=trace, trace_skip=skip)
    kernel.on("mark", lambda *args: None)
    kernel.on("other", lambda *args: None)
    return kernel


def run(count: int, changed: int | None = None, *, trace: int = 0, skip: int = 0) -> Kernel:
    kernel = make(trace=trace, skip=skip)
    for i in range(count):
        kernel.after(i, "mark", ("changed" if i == changed else "same", i))
    kernel.run_until_idle()
    return kernel


def test_equal_runs_have_equal_digests_whenever_they_began() -> None:
    one, two = make(START), make(5)
    for kernel in (one, two):
        for i in range(1000):
            kernel.after(i, "mark", (i,))
        kernel.run_until_idle()
        kernel.note("request", b"body")
    assert one.digest == two.digest
    assert len(one.digest) == 32


def test_reading_the_digest_changes_nothing() -> None:
    kernel = make()
    for i in range(600):
        kernel.after(i, "mark", (i,))
        kernel.run_until_idle()
        assert kernel.digest
    silent = make()
    for i in range(600):
        silent.after(i, "mark", (i,))
        silent.run_until_idle()
    assert kernel.digest == silent.digest


@pytest.mark.parametrize(
    "differ",
    [
        lambda kernel: kernel.after(2, "mark", (1,)),
        lambda kernel: kernel.after(1, "other", (1,)),
        lambda kernel: kernel.after(1, "mark", ("1",)),
        lambda kernel: kernel.after(1, "mark", (b"1",)),
        lambda kernel: kernel.after(1, "mark", (True,)),
        lambda kernel: kernel.after(1, "mark", ((1,),)),
        lambda kernel: kernel.after(1, "mark", (1, None)),
        lambda kernel: (kernel.cancel(kernel.after(1, "mark")), kernel.after(1, "mark", (1,))),
        lambda kernel: (kernel.after(1, "mark", (1,)), kernel.note("input", b"")),
        lambda kernel: (kernel.note("input", b""), kernel.after(1, "mark", (1,))),
        lambda kernel: None,
    ],
)
def test_any_difference_differs(differ: Callable[[Kernel], object]) -> None:
    kernel = make()
    kernel.after(1, "mark", (1,))
    kernel.run_until_idle()
    other = make()
    differ(other)
    other.run_until_idle()
    assert other.digest != kernel.digest


@pytest.mark.parametrize("size", [0, 10, 1024, 1025, 100_000])
def test_inputs_count_whole_however_long(size: int) -> None:
    digests = set()
    for data in (b"a" * size, b"a" * size + b"b", b"b" + b"a" * size):
        kernel = make()
        kernel.note("request", data)
        digests.add(kernel.digest)
    assert len(digests) == (3 if size else 2)


def test_notes_alone_fold_too() -> None:
    kernel = make(trace=10_000)
    for i in range(3 * BATCH + 5):
        kernel.note("request", b"%d" % i)
    trace = kernel.trace()
    assert trace.total == len(trace.entries) == 3 * BATCH + 5
    assert trace.entries[BATCH] == Entry(0, -1, "request", (b"256",))


def test_canonical_bytes_are_pinned() -> None:
    """marshal version 2, as Python 2.5 to this day writes it. If this fails, digests moved."""
    entries: list[Raw] = [
        (1, 2, "k\xe9", (None, True, False, -1, 2**31, 2**70, "a", b"b", ((), ("x",))))
    ]
    assert canonical(entries).hex() == (
        "5b0100000028040000006901000000690200000075030000006bc3a928090000004e544669ffffff"
        "ff6c030000000000000002006c050000000000000000000000000475010000006173010000006228"
        "0200000028000000002801000000750100000078"
    )


def test_canonical_bytes_do_not_depend_on_identity() -> None:
    """The same text as one object or as two: version 3 and later of marshal would tell them."""
    text = "".join(["ab", "cd"])
    again = "".join(["abc", "d"])
    assert canonical([(1, 1, text, (text, text))]) == canonical([(1, 1, "abcd", (again, text))])


# The first divergence


def test_equal_runs_do_not_diverge() -> None:
    for count in (0, 1, BATCH, BATCH + 1, 1000):
        assert first_divergence(run(count, trace=10).trace(), run(count, trace=10).trace()) is None


@pytest.mark.parametrize("changed", [0, 1, 255, 256, 257, 700, 999])
def test_the_first_difference_is_named(changed: int) -> None:
    found = first_divergence(run(1000, trace=1000).trace(), run(1000, changed, trace=1000).trace())
    assert found is not None
    assert found.number == changed
    assert found.left == Entry(changed, changed + 1, "mark", ("same", changed))
    assert found.right == Entry(changed, changed + 1, "mark", ("changed", changed))
    assert f"part at entry {changed}: Entry(" in str(found)


@pytest.mark.parametrize("count", [0, 100, 256, 600])
def test_a_run_that_ended_early_diverges_at_its_end(count: int) -> None:
    found = first_divergence(run(count, trace=1000).trace(), run(700, trace=1000).trace())
    assert found is not None
    assert (found.number, found.left) == (count, None)
    assert found.right == Entry(count, count + 1, "mark", ("same", count))
    assert "end of the run against Entry(" in str(found)
    back = first_divergence(run(700, trace=1000).trace(), run(count, trace=1000).trace())
    assert back is not None
    assert (back.number, back.right) == (count, None)


def test_outside_the_window_the_batch_is_named_and_a_second_pair_names_the_entry() -> None:
    first = first_divergence(run(5000, trace=10).trace(), run(5000, 3333, trace=10).trace())
    assert first is not None
    assert (first.number, first.left, first.right) == (3333 // BATCH * BATCH, None, None)
    assert str(first) == "runs part between entries 3328 and 3583, outside the kept window"
    window = {"trace": BATCH, "skip": first.number}
    second = first_divergence(run(5000, **window).trace(), run(5000, 3333, **window).trace())
    assert second is not None
    assert (second.number, second.left is not None) == (3333, True)


def test_a_difference_of_type_alone_is_named() -> None:
    runs = []
    for arg in (1, True):
        kernel = make(trace=10)
        kernel.after(0, "mark", (arg,))
        kernel.settle()
        runs.append(kernel.trace())
    found = first_divergence(*runs)
    assert found is not None
    assert found.number == 0


@given(st.integers(0, 900), st.integers(0, 900), st.integers(0, 1000), st.integers(1, 1000))
def test_the_first_difference_is_never_missed(
    count: int, changed: int, skip: int, keep: int
) -> None:
    found = first_divergence(
        run(count, trace=keep, skip=skip).trace(),
        run(count, changed, trace=keep, skip=skip).trace(),
    )
    if changed >= count:
        assert found is None
    else:
        assert found is not None
        if found.left is None:
            assert found.number <= changed < found.number + BATCH
        else:
            assert found.number == changed


def test_without_digest_or_trace_asking_is_an_error() -> None:
    kernel = Kernel(1, START, digest=False)
    kernel.note("request", b"is ignored")
    with pytest.raises(KernelError, match="keeps no digest"):
        assert kernel.digest
    with pytest.raises(KernelError, match="keeps no trace"):
        make().trace()


@pytest.mark.parametrize("changed", [None, 700, 900])
@pytest.mark.parametrize("cut", [100, 256, 690])
def test_a_trace_that_began_at_a_load_compares_with_the_whole_one(
    cut: int, changed: int | None
) -> None:
    whole = run(1000, trace=1000)
    part = make()
    for i in range(1000):
        part.after(i, "mark", ("changed" if i == changed else "same", i))
    part.run_until(START + 2000, budget=cut)
    copy = make(trace=1000)
    copy.load(part.save())
    assert copy.trace().total == cut
    copy.run_until_idle()
    found = first_divergence(whole.trace(), copy.trace())
    assert (found and found.number) == changed
    assert copy.trace().find_entry(950) == whole.trace().find_entry(950)
