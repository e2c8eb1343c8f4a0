"""Chance: streams that know nothing of each other, exact ratios, and numbers pinned for good."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.kernel import KernelError, Stream, Streams
from cloudchamber.kernel.streams import _LN

QUEUE = "arn:aws:sqs:eu-west-1:123456789012:orders"


def stream(purpose: str = "test", seed: int = 1) -> Stream:
    return Streams(seed).stream(QUEUE, purpose)


def chi_square(counts: Counter[int], cells: int, total: int) -> float:
    expected = total / cells
    return sum((counts[cell] - expected) ** 2 / expected for cell in range(cells))


def limit(cells: int) -> float:
    """About the 99.9th percentile of chi-square with cells - 1 degrees (Wilson-Hilferty)."""
    free = cells - 1
    root: float = 1 - 2 / (9 * free) + 3.09 * (2 / (9 * free)) ** 0.5
    return free * root * root * root


def test_equal_names_and_seeds_give_equal_draws_and_nothing_else_does() -> None:
    def draws(one: Stream) -> tuple[int, ...]:
        return tuple(one.u64() for _ in range(20))

    assert draws(stream()) == draws(stream())
    others = {
        draws(stream()),
        draws(stream(seed=2)),
        draws(stream(seed=-1)),
        draws(stream("other")),
        draws(Streams(1).stream(QUEUE + "t", "est")),  # the border between the names counts
        draws(Streams(1).stream("", "test")),
    }
    assert len(others) == 6


def test_adding_a_resource_shifts_nobody_elses_draws() -> None:
    alone = Streams(1)
    expected = [alone.stream(QUEUE, "ids").uuid() for _ in range(50)]
    crowd = Streams(1)
    found = []
    for i in range(50):
        crowd.stream(f"{QUEUE}-{i}", "ids").hex(i)
        crowd.stream(QUEUE, "delays").below(1000)
        found.append(crowd.stream(QUEUE, "ids").uuid())
    assert found == expected


def test_the_draws_are_pinned() -> None:
    """A world is its seed: these values hold for every build, processor and Python."""
    one = stream()
    assert [one.u64() for _ in range(3)] == [
        6684301500838079472,
        17605336397763939312,
        7163174589304344821,
    ]
    assert one.uuid() == "5d7bd0b9-fdac-4e31-a25d-7261b9381b91"
    assert one.hex(7) == "b4a9e1d"
    assert one.alnum(12) == "alkM49oA6WRk"
    assert one.base32(16) == "N4OHICIHNK3CPYYI"
    assert one.bytes(5).hex() == "c5c1c12abf"
    assert [one.exponential_ns(10**9) for _ in range(3)] == [1683506986, 732387995, 546199270]
    assert one.counter == 14


def test_u64_is_uniform_in_every_bit_and_byte() -> None:
    one = stream()
    draws = [one.u64() for _ in range(20_000)]
    for bit in range(64):
        ones = sum(draw >> bit & 1 for draw in draws)
        assert abs(ones - 10_000) < 4 * 71
    for shift in (0, 24, 56):
        counts = Counter(draw >> shift & 0xFF for draw in draws)
        assert chi_square(counts, 256, 20_000) < limit(256)


@pytest.mark.parametrize("n", [2, 3, 7, 10, 62, 100])
def test_below_is_uniform(n: int) -> None:
    one = stream(f"below {n}")
    counts = Counter(one.below(n) for _ in range(20_000))
    assert set(counts) == set(range(n))
    assert chi_square(counts, n, 20_000) < limit(n)


def test_below_has_no_bias_where_a_remainder_would() -> None:
    """Below 3 * 2^62 a plain remainder would draw the first third twice as often."""
    one = stream()
    n = 3 << 62
    counts = Counter(one.below(n) // (1 << 62) for _ in range(30_000))
    assert chi_square(counts, 3, 30_000) < limit(3)


def test_the_ends_of_below() -> None:
    one = stream()
    assert {one.below(1) for _ in range(10)} == {0}
    assert max(one.below(1 << 64) for _ in range(100)) > 1 << 63
    for n in (0, -1, (1 << 64) + 1):
        with pytest.raises(KernelError, match="cannot draw below"):
            one.below(n)


@pytest.mark.parametrize(("num", "den"), [(1, 2), (1, 3), (99, 100), (1, 1000), (2, 7)])
def test_chance_is_the_exact_ratio(num: int, den: int) -> None:
    one = stream(f"{num}/{den}")
    total = 30_000
    hits = sum(one.chance(num, den) for _ in range(total))
    expected = total * num / den
    assert abs(hits - expected) < 4 * (expected * (1 - num / den)) ** 0.5


def test_the_ends_of_chance() -> None:
    one = stream()
    assert not any(one.chance(0, 5) for _ in range(100))
    assert all(one.chance(5, 5) for _ in range(100))
    for num, den in ((-1, 2), (3, 2), (1, 0), (0, 0)):
        with pytest.raises(KernelError, match="not a probability"):
            one.chance(num, den)


def test_exponential_has_its_mean_variance_and_shape() -> None:
    one = stream()
    mean = 1_000_000_000
    total = 200_000
    draws = sorted(one.exponential_ns(mean) for _ in range(total))
    average = sum(draws) / total
    assert abs(average / mean - 1) < 4 / total**0.5
    variance = sum((draw / mean - 1) ** 2 for draw in draws) / total
    assert abs(variance - 1) < 0.05
    for share in (0.01, 0.25, 0.5, 0.9, 0.99, 0.999):
        expected = -log(1 - share) * mean
        spread = 4 * (share / ((1 - share) * total)) ** 0.5 * mean
        assert abs(draws[int(share * total)] - expected) < spread + 1
    assert draws[0] < mean / 1000
    assert draws[-1] > 8 * mean


class Fixed(Stream):
    """A stream whose next word is known."""

    word = 0

    def u64(self) -> int:
        return self.word


def fixed(word: int) -> Fixed:
    one = Fixed(b"")
    one.word = word
    return one


def test_the_mean_of_exponential_is_exact_to_a_millionth() -> None:
    """Over evenly spread words, not over draws: the error of the table itself, without noise."""
    mean = 10**12
    cells = 1 << 17
    step = (1 << 64) // cells
    total = sum(fixed(i * step + step // 2).exponential_ns(mean) for i in range(cells))
    exact = sum(-log((i + 0.5) / cells) for i in range(cells)) / cells
    assert abs(total / cells / mean - exact) < 1e-6
    assert abs(exact - 1) < 1e-5


@given(st.integers(0, (1 << 64) - 1))
def test_exponential_is_minus_the_logarithm(word: int) -> None:
    mean = 10**12
    exact = -log((word + 1) / (1 << 64)) * mean
    assert abs(fixed(word).exponential_ns(mean) - exact) < 2e-6 * mean + 1


def test_the_ends_of_exponential() -> None:
    assert fixed((1 << 64) - 1).exponential_ns(10**18) == 0
    assert fixed(0).exponential_ns(10**9) == round(64 * log(2) * 10**9)
    assert fixed(12345).exponential_ns(0) == 0
    with pytest.raises(KernelError, match="is not a span"):
        fixed(1).exponential_ns(-1)


def test_the_logarithm_table_is_one() -> None:
    assert len(_LN) == 257
    for i, value in enumerate(_LN):
        assert abs(exp(value / 2**56) - (1 + i / 256)) < 1e-14


def test_shuffle_gives_every_order_alike() -> None:
    one = stream()
    orders: Counter[tuple[int, ...]] = Counter()
    for _ in range(12_000):
        items = [0, 1, 2, 3]
        one.shuffle(items)
        orders[tuple(items)] += 1
    assert len(orders) == 24
    numbered = Counter(dict(enumerate(orders.values())))
    assert chi_square(numbered, 24, 12_000) < limit(24)
    for short in ([], [1]):
        one.shuffle(short)


@pytest.mark.parametrize(
    ("draw", "alphabet"),
    [
        (Stream.hex, "0123456789abcdef"),
        (Stream.alnum, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"),
        (Stream.base32, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
    ],
)
def test_texts_have_their_length_and_use_their_alphabet_evenly(
    draw: Callable[[Stream, int], str], alphabet: str
) -> None:
    one = stream(alphabet)
    for length in range(40):
        assert len(draw(one, length)) == length
    text = "".join(draw(one, 21) for _ in range(1000))
    counts = Counter(alphabet.index(letter) for letter in text)
    assert chi_square(counts, len(alphabet), len(text)) < limit(len(alphabet))


def test_uuids_are_version_4_and_differ() -> None:
    one = stream()
    texts = [one.uuid() for _ in range(2000)]
    assert len(set(texts)) == 2000
    for text in texts:
        parsed = uuid.UUID(text)
        assert str(parsed) == text
        assert (parsed.version, parsed.variant) == (4, uuid.RFC_4122)


def test_bytes_have_their_length() -> None:
    one = stream()
    assert [len(one.bytes(n)) for n in (0, 1, 7, 8, 9, 100)] == [0, 1, 7, 8, 9, 100]


@given(st.integers(0, 30), st.integers(0, 30))
def test_the_counter_is_the_whole_state(before: int, after: int) -> None:
    one = Streams(1)
    for _ in range(before):
        one.stream(QUEUE, "ids").u64()
    two = Streams(99)
    kept = two.stream(QUEUE, "ids")  # handed out before the load, drawn from after it
    kept.u64()
    two.stream("unknown to the saved world", "ids").u64()
    two.load(1, one.save())
    assert two.save() == one.save()
    for _ in range(after):
        assert kept.u64() == one.stream(QUEUE, "ids").u64()
    fresh, other = (streams.stream("unknown to the saved world", "ids") for streams in (one, two))
    assert fresh.u64() == other.u64()
