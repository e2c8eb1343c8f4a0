"""What a Host header says: which service, which region, and what stands before them.

Rules of this file: names only, no request. A host is read as
`[prefix.]endpoint[.dualstack][.region].suffix`, where the suffix is one of AWS's domains or one of
the chamber's own base hosts (`localhost`), and endpoint is a name the index knows
(`sqs`, `streams.dynamodb`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import msgspec

AWS_SUFFIXES: Final = (
    ".amazonaws.com.cn",
    ".amazonaws.com",
    ".api.aws",
    ".on.aws",
    ".aws",
    ".amazonaws.eu",
)
BASE_HOSTS: Final = ("localhost", "127.0.0.1")
LABELS_LIMIT: Final = 24

_REGION: Final = re.compile(r"(?:[a-z]{2,4}-)+[a-z]+-\d|aws-global|us-gov|global")
_PORT: Final = re.compile(r":\d*$")


class HostName(msgspec.Struct, frozen=True):
    """A Host header, read. `services` is empty when the host names none; `prefix` what is before.

    `region` is "" when the host names none.
    """

    services: tuple[str, ...] = ()
    region: str = ""
    prefix: str = ""


NO_HOST: Final = HostName()


def without_port(host: str) -> str:
    """The host in lower case without its port."""
    return _PORT.sub("", host).lower()


def strip_suffix(host: str, base_hosts: tuple[str, ...] = BASE_HOSTS) -> str | None:
    """What stands before an AWS domain or a base host, None for any other host."""
    for suffix in AWS_SUFFIXES:
        if host.endswith(suffix):
            return host[: -len(suffix)]
    for base in base_hosts:
        if host == base:
            return ""
        if host.endswith("." + base):
            return host[: -len(base) - 1]
    return None


def read_host(
    host: str,
    endpoints: Mapping[str, tuple[str, ...]],
    base_hosts: tuple[str, ...] = BASE_HOSTS,
) -> HostName:
    """What a Host header says, given the services behind each endpoint name."""
    rest = strip_suffix(without_port(host), base_hosts)
    if not rest:
        return NO_HOST
    labels = [_plain(label) for label in rest.split(".", LABELS_LIMIT) if label != "fips"]
    region = next((label for label in reversed(labels) if _REGION.fullmatch(label)), "")
    # The rightmost endpoint name: a bucket called `sqs` stands left of `s3`, not right of it.
    for start in range(len(labels) - 1, -1, -1):
        for length in (3, 2, 1):
            # A longer name that ends here is a better name: `streams.dynamodb` over `dynamodb`.
            begin = start - length + 1
            if begin < 0:
                continue
            services = endpoints.get(".".join(labels[begin : start + 1]))
            if services:
                return HostName(services, region, ".".join(labels[:begin]))
    return HostName((), region, ".".join(labels))


def _plain(label: str) -> str:
    return label.removesuffix("-fips").removeprefix("fips-")
