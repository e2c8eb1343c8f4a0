"""Host names: which bucket an S3 host speaks of, which service any host is for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.wire.host_names import read_host
from cloudchamber.wire.routing.index import load_index
from cloudchamber.wire.s3_hosts import S3Host, read_s3_host

EXPRESS = "s3express-use1-az4"


@pytest.mark.parametrize(
    ("host", "bucket", "region", "endpoint"),
    [
        ("bucket.s3.eu-west-1.amazonaws.com", "bucket", "eu-west-1", "s3"),
        ("bucket.s3.amazonaws.com", "bucket", "", "s3"),
        ("bucket.s3-eu-west-1.amazonaws.com", "bucket", "eu-west-1", "s3-eu-west-1"),
        ("my.bucket.s3.us-gov-east-1.amazonaws.com", "my.bucket", "us-gov-east-1", "s3"),
        ("bucket.s3.cn-north-1.amazonaws.com.cn", "bucket", "cn-north-1", "s3"),
        ("bucket.s3.dualstack.eu-west-1.amazonaws.com", "bucket", "eu-west-1", "s3"),
        ("bucket.s3-fips.us-east-1.amazonaws.com", "bucket", "us-east-1", "s3-fips"),
        ("bucket.s3-accelerate.amazonaws.com", "bucket", "", "s3-accelerate"),
        (f"b--x-s3.{EXPRESS}.us-east-1.amazonaws.com", "b--x-s3", "us-east-1", EXPRESS),
        ("BUCKET.s3.localhost:4566", "bucket", "", "s3"),
        ("bucket.s3.eu-west-1.localhost", "bucket", "eu-west-1", "s3"),
        ("s3.s3.localhost", "s3", "", "s3"),
        ("sqs.s3.localhost", "sqs", "", "s3"),
        ("bucket.localhost:4566", "bucket", "", ""),
        ("my.s3bucket.localhost:4566", "my.s3bucket", "", ""),
        ("s3.eu-west-1.amazonaws.com", None, "eu-west-1", "s3"),
        ("s3.localhost:4566", None, "", "s3"),
        ("localhost:4566", None, "", ""),
        ("127.0.0.1:4566", None, "", ""),
        ("[::1]:4566", None, "", ""),
        ("chamber.internal:4566", None, "", ""),
        ("", None, "", ""),
        ("bad/bucket.s3.localhost", None, "", "s3"),
        ("123456789012.s3-control.eu-west-1.amazonaws.com", None, "eu-west-1", "s3-control"),
    ],
)
def test_the_bucket_of_a_host(host: str, bucket: str | None, region: str, endpoint: str) -> None:
    assert read_s3_host(host) == S3Host(bucket, region, endpoint)


def test_an_access_point_stands_for_its_arn() -> None:
    found = read_s3_host("my-point-123456789012.s3-accesspoint.eu-west-1.amazonaws.com")
    assert found.bucket == "arn:aws:s3:eu-west-1:123456789012:accesspoint/my-point"
    alias = "my-point-abc-s3alias.s3-accesspoint.cn-north-1.amazonaws.com.cn"
    assert read_s3_host(alias).bucket == "my-point-abc-s3alias"


def test_other_base_hosts() -> None:
    assert read_s3_host("bucket.aws.test:80", ("aws.test",)).bucket == "bucket"
    assert read_s3_host("aws.test", ("aws.test",)).bucket is None
    assert read_s3_host("bucket.localhost", ("aws.test",)).bucket is None


@pytest.mark.parametrize(
    ("host", "services", "region", "prefix"),
    [
        ("sqs.eu-west-1.amazonaws.com", ("sqs",), "eu-west-1", ""),
        ("sqs.eu-west-1.localhost:4566", ("sqs",), "eu-west-1", ""),
        ("sqs.localhost", ("sqs",), "", ""),
        ("iam.amazonaws.com", ("iam",), "", ""),
        ("streams.dynamodb.us-east-1.amazonaws.com", ("dynamodbstreams",), "us-east-1", ""),
        ("dynamodb.us-east-1.amazonaws.com", ("dynamodb",), "us-east-1", ""),
        ("monitoring.us-east-1.api.aws", ("cloudwatch",), "us-east-1", ""),
        ("sts-fips.us-gov-west-1.amazonaws.com", ("sts",), "us-gov-west-1", ""),
        ("fips.eks.us-east-1.amazonaws.com", ("eks",), "us-east-1", ""),
        ("management.deadline.us-east-1.amazonaws.com", ("deadline",), "us-east-1", "management"),
        ("workflows-omics.us-east-1.amazonaws.com", ("omics",), "us-east-1", ""),
        ("123.s3-control.us-east-1.amazonaws.com", ("s3control",), "us-east-1", "123"),
        ("a.b.s3.us-east-1.amazonaws.com", ("s3",), "us-east-1", "a.b"),
        ("rds.us-east-1.amazonaws.com", ("rds", "docdb", "neptune"), "us-east-1", ""),
        ("mybucket.localhost", (), "", "mybucket"),
        ("example.com", (), "", ""),
        ("localhost:4566", (), "", ""),
    ],
)
def test_the_service_of_a_host(
    host: str, services: tuple[str, ...], region: str, prefix: str
) -> None:
    found = read_host(host, load_index().by_endpoint)
    assert (found.services, found.region, found.prefix) == (services, region, prefix)


@given(st.text(max_size=80) | st.text(".-s3localhost0123456789", max_size=80))
def test_no_host_is_too_odd(host: str) -> None:
    read_s3_host(host)
    read_host(host, load_index().by_endpoint)
