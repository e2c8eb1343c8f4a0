"""Which bucket an S3 host name speaks of: virtual-host style, access points, or none (path style).

Rules of this file: host names in, bucket out; nothing is cached or looked up here. Forms read, with
`localhost` standing for any base host of the chamber:

    bucket.s3.eu-west-1.amazonaws.com              bucket.s3-eu-west-1.amazonaws.com
    bucket.s3.dualstack.eu-west-1.amazonaws.com    bucket.s3-accelerate.amazonaws.com
    bucket.s3.amazonaws.com
    bucket--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com
    name-123456789012.s3-accesspoint.eu-west-1.amazonaws.com    (the access point's ARN)
    bucket.s3.localhost    bucket.s3.eu-west-1.localhost    bucket.localhost

A bucket's name may hold dots, so the bucket is all that stands left of the rightmost `s3` label.
See https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from cloudchamber.wire.host_names import AWS_SUFFIXES, BASE_HOSTS, strip_suffix, without_port

_S3_LABEL: Final = re.compile(
    r"s3(?:-fips|-accelerate|-website|-object-lambda|-outposts|-accesspoint|-control|-global"
    r"|express-control)?(?:-fips)?"
    r"|s3(?:-website)?-(?P<region>[a-z]{2,4}(?:-[a-z]+)+-\d)"
    r"|s3express(?:-fips)?-[a-z0-9]+-[a-z0-9]+"
)
_REGION: Final = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-\d")
_BUCKET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}")
_ACCESS_POINT: Final = re.compile(r"(?P<name>[a-z0-9-]+)-(?P<account>\d{12})")
_ADDRESS: Final = re.compile(r"\[.*\]|[\d.]+")


class S3Host(msgspec.Struct, frozen=True):
    """What an S3 host says. `bucket` is None for path style, `region` "" when the host has none.

    `endpoint` is the label that makes it S3's (`s3`, `s3-accesspoint`), "" on a bare base host.
    """

    bucket: str | None = None
    region: str = ""
    endpoint: str = ""


PATH_STYLE: Final = S3Host()


def read_s3_host(host: str, base_hosts: tuple[str, ...] = BASE_HOSTS) -> S3Host:
    """What a Host header says to a request that is known to be for S3."""
    plain = without_port(host)
    if _ADDRESS.fullmatch(plain):
        return PATH_STYLE
    rest = strip_suffix(plain, base_hosts)
    if not rest:
        return PATH_STYLE
    labels = rest.split(".")
    for at in range(len(labels) - 1, -1, -1):
        found = _S3_LABEL.fullmatch(labels[at])
        # Behind the `s3` label only a region and `dualstack` may stand: else it is a bucket's own.
        if found is None or not _is_tail(labels[at + 1 :]):
            continue
        region = found["region"] or next(filter(_REGION.fullmatch, labels[at + 1 :]), "")
        return _named(".".join(labels[:at]), labels[at], region, plain)
    if plain.endswith(AWS_SUFFIXES):
        return PATH_STYLE
    return S3Host(bucket=rest) if _BUCKET.fullmatch(rest) else PATH_STYLE


def _is_tail(labels: list[str]) -> bool:
    return all(label == "dualstack" or _REGION.fullmatch(label) for label in labels)


def _named(bucket: str, endpoint: str, region: str, host: str) -> S3Host:
    """The bucket before an `s3` label, or the ARN of the access point it stands for."""
    if endpoint.startswith(("s3-control", "s3express-control")):
        return S3Host(region=region, endpoint=endpoint)
    if endpoint.startswith("s3-accesspoint"):
        point = _ACCESS_POINT.fullmatch(bucket)
        if point is not None:
            partition = "aws-cn" if host.endswith(".cn") else "aws"
            name, account = point["name"], point["account"]
            arn = f"arn:{partition}:s3:{region}:{account}:accesspoint/{name}"
            return S3Host(bucket=arn, region=region, endpoint=endpoint)
    found = bucket if _BUCKET.fullmatch(bucket) else None
    return S3Host(bucket=found, region=region, endpoint=endpoint)
