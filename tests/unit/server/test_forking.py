"""Forked worlds: the parent's is untouched, results and errors come back."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from cloudchamber.cloud.cloud import Cloud
from cloudchamber.server.forking import ForkError, fork, run_all
from cloudchamber.wire.http import Request


def create_queue(cloud: Cloud, name: str) -> None:
    headers = {
        "host": "localhost",
        "x-amz-target": "AmazonSQS.CreateQueue",
        "content-type": "application/x-amz-json-1.0",
    }
    response = cloud.handle(
        Request("POST", "/", "", headers, b'{"QueueName":"%s"}' % name.encode())
    )
    assert response is not None
    assert response.status == 200


def story(cloud: Cloud, name: str) -> str:
    create_queue(cloud, name)
    return cloud.kernel.digest


def test_a_copy_goes_its_own_way() -> None:
    cloud = Cloud()
    create_queue(cloud, "common")
    digest = cloud.kernel.digest
    copies = [fork(partial(story, cloud, name)) for name in ("a", "b", "a")]
    first, second, third = (copy.result() for copy in copies)
    assert cloud.kernel.digest == digest
    assert first == third != second
    assert story(cloud, "a") == first  # the parent, doing the same, comes to the same


def test_results_of_any_size_come_back() -> None:
    assert fork(lambda: b"x" * 5_000_000).result() == b"x" * 5_000_000
    assert fork(lambda: None).result() is None


def test_results_come_in_order() -> None:
    numbers = [partial(pow, number, 2) for number in range(20)]
    assert [*run_all(numbers, workers=4)] == [number**2 for number in range(20)]
    with pytest.raises(ValueError, match="at least one worker"):
        [*run_all(numbers, workers=0)]


def fail() -> Any:
    raise LookupError("no such queue")


def test_an_error_comes_back_with_its_traceback() -> None:
    with pytest.raises(ForkError, match=r"(?s)in fail.*LookupError: no such queue"):
        fork(fail).result()
    tasks: list[Callable[[], Any]] = [partial(int, 1), fail, partial(int, 2)]
    with pytest.raises(ForkError):
        [*run_all(tasks, workers=3)]


def test_a_result_that_cannot_travel_is_an_error() -> None:
    with pytest.raises(ForkError, match="pickle"):
        fork(threading.Lock).result()


def test_a_death_is_an_error() -> None:
    with pytest.raises(ForkError, match="signal 9"):
        fork(lambda: os.kill(os.getpid(), 9)).result()
    with pytest.raises(ForkError, match="exit code 3"):
        fork(lambda: os._exit(3)).result()


def test_a_result_may_be_asked_for_twice() -> None:
    copy = fork(lambda: [1])
    assert copy.result() is copy.result()


def test_threads_are_refused() -> None:
    done = threading.Event()
    thread = threading.Thread(target=done.wait, name="busy")
    thread.start()
    try:
        with pytest.raises(RuntimeError, match="busy"):
            fork(lambda: 1)
    finally:
        done.set()
        thread.join()


def test_the_collector_is_as_it_was() -> None:
    before = gc.get_freeze_count()
    fork(lambda: 1).result()
    assert gc.get_freeze_count() == before
    assert gc.isenabled()
