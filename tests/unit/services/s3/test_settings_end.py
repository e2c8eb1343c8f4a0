"""What is set on a bucket is given back as it was put, and ends when it is taken away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudchamber import Chamber
from cloudchamber.wire.http import Request

BOX, COPY, ACCOUNT = "box-of-settings", "box-of-copies", "111111111111"
ORIGIN = "https://pages.example"


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ACCOUNT) as chamber:
        chamber.client("s3").create_bucket(Bucket=BOX)
        yield chamber


def refused(code: str, call: Any, **given: Any) -> None:
    with pytest.raises(ClientError) as caught:
        call(**given)
    assert caught.value.response["Error"]["Code"] == code


def test_an_inventory_is_written_until_it_is_deleted(chamber: Chamber) -> None:
    s3 = chamber.client("s3")
    s3.create_bucket(Bucket=COPY)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{COPY}/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    s3.put_bucket_policy(Bucket=COPY, Policy=policy)
    told = {
        "Id": "daily",
        "IsEnabled": True,
        "IncludedObjectVersions": "Current",
        "Schedule": {"Frequency": "Daily"},
        "Destination": {"S3BucketDestination": {"Bucket": f"arn:aws:s3:::{COPY}", "Format": "CSV"}},
    }
    s3.put_bucket_inventory_configuration(Bucket=BOX, Id="daily", InventoryConfiguration=told)
    got = s3.get_bucket_inventory_configuration(Bucket=BOX, Id="daily")
    assert got["InventoryConfiguration"] == told
    listed = s3.list_bucket_inventory_configurations(Bucket=BOX)
    assert listed["InventoryConfigurationList"] == [told]
    s3.put_object(Bucket=BOX, Key="k", Body=b"x")
    chamber.advance("3d")
    written = s3.list_objects_v2(Bucket=COPY)["KeyCount"]
    assert written
    s3.delete_bucket_inventory_configuration(Bucket=BOX, Id="daily")
    refused("NoSuchConfiguration", s3.get_bucket_inventory_configuration, Bucket=BOX, Id="daily")
    chamber.advance("3d")
    assert s3.list_objects_v2(Bucket=COPY)["KeyCount"] == written


def test_a_lifecycle_is_given_back_as_it_was_put(chamber: Chamber) -> None:
    s3 = chamber.client("s3")
    rule = {
        "ID": "old",
        "Status": "Enabled",
        "Filter": {"Prefix": "logs/"},
        "Expiration": {"Days": 3},
    }
    s3.put_bucket_lifecycle_configuration(Bucket=BOX, LifecycleConfiguration={"Rules": [rule]})
    assert s3.get_bucket_lifecycle_configuration(Bucket=BOX)["Rules"] == [rule]
    s3.delete_bucket_lifecycle(Bucket=BOX)
    refused("NoSuchLifecycleConfiguration", s3.get_bucket_lifecycle_configuration, Bucket=BOX)
    s3.put_object(Bucket=BOX, Key="logs/a", Body=b"")
    chamber.advance("10d")
    assert s3.head_object(Bucket=BOX, Key="logs/a")


def test_nothing_is_copied_once_replication_is_deleted(chamber: Chamber) -> None:
    s3, iam = chamber.client("s3"), chamber.client("iam")
    s3.create_bucket(Bucket=COPY)
    for name in (BOX, COPY):
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "s3.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    role = iam.create_role(RoleName="copier", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    may = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
    }
    iam.put_role_policy(RoleName="copier", PolicyName="copy", PolicyDocument=json.dumps(may))
    told = {
        "Role": role["Arn"],
        "Rules": [
            {
                "ID": "all",
                "Priority": 1,
                "Filter": {"Prefix": ""},
                "Status": "Enabled",
                "DeleteMarkerReplication": {"Status": "Disabled"},
                "Destination": {"Bucket": f"arn:aws:s3:::{COPY}"},
            }
        ],
    }
    s3.put_bucket_replication(Bucket=BOX, ReplicationConfiguration=told)
    assert s3.get_bucket_replication(Bucket=BOX)["ReplicationConfiguration"] == told
    s3.put_object(Bucket=BOX, Key="before", Body=b"x")
    chamber.advance("1h")
    s3.delete_bucket_replication(Bucket=BOX)
    refused("ReplicationConfigurationNotFoundError", s3.get_bucket_replication, Bucket=BOX)
    s3.put_object(Bucket=BOX, Key="after", Body=b"x")
    chamber.advance("1h")
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=COPY)["Contents"]] == ["before"]


def preflight(chamber: Chamber) -> int:
    headers = {
        "host": "localhost",
        "origin": ORIGIN,
        "access-control-request-method": "GET",
    }
    return chamber.host.handle(Request("OPTIONS", f"/{BOX}/k", "", headers)).status


def test_a_page_is_let_in_until_the_rules_are_deleted(chamber: Chamber) -> None:
    s3 = chamber.client("s3")
    rule = {"AllowedMethods": ["GET"], "AllowedOrigins": [ORIGIN]}
    s3.put_bucket_cors(Bucket=BOX, CORSConfiguration={"CORSRules": [rule]})
    assert preflight(chamber) == 200
    s3.delete_bucket_cors(Bucket=BOX)
    refused("NoSuchCORSConfiguration", s3.get_bucket_cors, Bucket=BOX)
    assert preflight(chamber) == 403


def test_a_web_site_ends_with_its_configuration(chamber: Chamber) -> None:
    s3 = chamber.client("s3")
    s3.put_object(Bucket=BOX, Key="index.html", Body=b"<p>here</p>")
    told = {"IndexDocument": {"Suffix": "index.html"}}
    s3.put_bucket_website(Bucket=BOX, WebsiteConfiguration=told)
    request = Request("GET", "/", "", {"host": f"{BOX}.s3-website-us-east-1.amazonaws.com"})
    shown = chamber.host.handle(request)
    assert b"NoSuchWebsiteConfiguration" not in shown.body
    s3.delete_bucket_website(Bucket=BOX)
    refused("NoSuchWebsiteConfiguration", s3.get_bucket_website, Bucket=BOX)
    gone = chamber.host.handle(request)
    assert (gone.status, b"NoSuchWebsiteConfiguration" in gone.body) == (404, True)


def test_what_an_account_blocks_is_given_back_and_in_force(chamber: Chamber) -> None:
    control = chamber.client("s3control")
    told = {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": False,
        "BlockPublicPolicy": True,
        "RestrictPublicBuckets": False,
    }
    control.put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=told)
    got = control.get_public_access_block(AccountId=ACCOUNT)
    assert got["PublicAccessBlockConfiguration"] == told
    s3 = chamber.client("s3")
    s3.delete_public_access_block(Bucket=BOX)
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{BOX}/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    refused("AccessDenied", s3.put_bucket_policy, Bucket=BOX, Policy=policy)
    control.delete_public_access_block(AccountId=ACCOUNT)
    s3.put_bucket_policy(Bucket=BOX, Policy=policy)
