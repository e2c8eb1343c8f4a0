"""Who may speak to a chamber: the names real clients use, and the tricks of foreign pages."""

from __future__ import annotations

import pytest

from cloudchamber.server.http.admission import Admission, host_name
from cloudchamber.server.http.answers import HttpRefusal


def status(admission: Admission, headers: dict[str, str], method: str = "POST",
           query: str = "") -> int:  # fmt: skip
    """The status a request is refused with; 200 when it is let in."""
    try:
        admission.check(method, query, {"host": "localhost:4566"} | headers, False)
    except HttpRefusal as refusal:
        return refusal.status
    return 200


@pytest.mark.parametrize(
    "host",
    [
        "localhost", "localhost:4566", "LOCALHOST", "localhost.", "127.0.0.1:4566", "127.0.0.2",
        "[::1]:4566", "[::1]", "my.bucket.s3.localhost:4566", "sqs.us-east-1.amazonaws.com",
        "bucket.s3.eu-west-1.amazonaws.com", "sqs.cn-north-1.amazonaws.com.cn",
        "d111111abcdef8.cloudfront.net", "abc.lambda-url.us-east-1.on.aws", "ec2.us-east-1.api.aws",
        "host.docker.internal:4566",
    ],
)  # fmt: skip
def test_names_that_are_ours(host: str) -> None:
    assert status(Admission(), {"host": host}) == 200


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("evil.example", 403), ("localhost.evil.example", 403), ("evil-amazonaws.com", 403),
        ("amazonaws.com.evil.example", 403), ("10.0.0.5", 403), ("192.168.1.10:4566", 403),
        ("169.254.169.254", 403), ("2130706433", 403), ("0x7f.1", 403), ("127.0.0.1.nip.io", 403),
        ("xlocalhost", 403), ("chamber", 403), ("", 400), (":4566", 400), ("localhost:", 200),
        ("localhost:port", 400), ("local host", 400), ("a@localhost", 400), ("localhost/x", 400),
        ("localhost, evil.example", 400), ("[::1", 400), ("[::1]x", 400),
    ],
)  # fmt: skip
def test_names_that_are_not(host: str, expected: int) -> None:
    assert status(Admission(), {"host": host}) == expected


def test_an_open_address_answers_to_any_address_but_to_no_name() -> None:
    admission = Admission("0.0.0.0")
    assert status(admission, {"host": "10.0.0.5:4566"}) == 200
    assert status(admission, {"host": "evil.example"}) == 403


def test_the_address_listened_on_is_ours() -> None:
    admission = Admission("10.0.0.5")
    assert status(admission, {"host": "10.0.0.5:4566"}) == 200
    assert status(admission, {"host": "10.0.0.6:4566"}) == 403


def test_further_names() -> None:
    admission = Admission(allowed=("Chamber", "*.test.example"))
    assert status(admission, {"host": "chamber:4566"}) == 200
    assert status(admission, {"host": "a.b.test.example"}) == 200
    assert status(admission, {"host": "test.example"}) == 403
    assert status(admission, {"host": "host.docker.internal"}) == 403  # not in this list


def test_names_of_resources_are_ours() -> None:
    admission = Admission(known=lambda name: name == "www.shop.example")
    assert status(admission, {"host": "www.shop.example"}) == 200
    assert status(admission, {"host": "evil.example"}) == 403


def test_one_good_name_does_not_open_the_door_for_the_next() -> None:
    admission = Admission()
    assert status(admission, {"host": "localhost"}) == 200
    assert status(admission, {"host": "evil.example"}) == 403
    assert status(admission, {"host": "localhost"}) == 200


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("http://localhost:3000", 200), ("http://127.0.0.1", 200), ("https://app.localhost", 200),
        ("http://[::1]:5173", 200), ("http://host.docker.internal", 200),
        ("https://evil.example", 403), ("null", 403), ("", 403), ("http://", 403),
        ("https://evil.s3.amazonaws.com", 403), ("http://localhost.evil.example", 403),
        ("http://[::1", 403), ("localhost", 403), ("chrome-extension://abcdef", 403),
    ],
)  # fmt: skip
def test_origins(origin: str, expected: int) -> None:
    assert status(Admission(), {"origin": origin}) == expected


def test_a_page_served_by_the_chamber_may_call_back() -> None:
    site = "site.s3-website-us-east-1.amazonaws.com:4566"
    assert status(Admission(), {"host": site, "origin": f"http://{site}"}) == 200
    assert status(Admission(), {"host": "localhost", "origin": f"http://{site}"}) == 403


def test_pages_cannot_fetch_without_an_origin() -> None:
    """Images, scripts and frames send no Origin with a plain GET, but browsers say where from."""
    image = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    admission = Admission()
    assert status(admission, image, "GET") == 403
    assert status(admission, link, "GET") == 200
    assert status(admission, link, "GET", "Action=DeleteQueue&QueueUrl=x") == 403
    assert status(admission, link, "POST") == 403
    assert status(admission, {"sec-fetch-site": "same-origin"}, "GET") == 200
    assert status(admission, {"sec-fetch-site": "none"}, "GET") == 200


def test_only_the_oldest_clients_may_leave_the_host_out() -> None:
    with pytest.raises(HttpRefusal):
        Admission().check("GET", "", {}, False)
    Admission().check("GET", "", {}, True)


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("localhost:4566", True), ("127.0.0.1", True), ("host.docker.internal", True), ("", True),
        ("bucket.s3.localhost", False), ("sqs.us-east-1.amazonaws.com", False),
        ("evil.example", False), ("a b", False),
    ],
)  # fmt: skip
def test_which_names_mean_the_chamber_itself(host: str, own: bool) -> None:
    assert Admission().is_own_name(host) is own


def test_host_names() -> None:
    assert host_name("A.B:80") == "a.b"
    assert host_name("[2001:DB8::1]:80") == "2001:db8::1"
    assert host_name("a..") == "a"
