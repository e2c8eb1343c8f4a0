"""Primes from a stream are primes, of their size, and the same every time."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from cloudchamber.kernel import Kernel
from cloudchamber.services.kms import pairs, primes


def is_prime_by_division(n: int) -> bool:
    return n > 1 and all(n % d for d in range(2, int(n**0.5) + 1))


@given(st.integers(2, 50_000).map(lambda n: 2 * n + 1), st.integers(0, 2**32))
def test_the_test_of_primes_agrees_with_division(n: int, seed: int) -> None:
    draw = Kernel(seed, 0).streams.stream("arn", "bases").bytes
    assert primes.is_prime(n, draw) == is_prime_by_division(n)


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**32))
def test_a_seed_makes_one_sound_rsa_key(seed: int) -> None:
    made = [
        pairs.make("RSA_2048", Kernel(seed, 0).streams.stream("arn", "material").bytes)
        for _ in range(2)
    ]
    assert made[0] == made[1]
    pairs.check_imported("RSA_2048", made[0])  # the library checks the whole key
    numbers = pairs.load(made[0]).private_numbers()
    assert numbers.p.bit_length() == numbers.q.bit_length() == 1024
    assert numbers.public_numbers.n.bit_length() == 2048
