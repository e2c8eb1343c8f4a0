"""What belongs to a function is found again as it was made."""

from __future__ import annotations

import base64
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.services.lambda_.crew import archive

Make = Callable[..., Any]


def test_a_url_is_found_until_it_is_deleted(client: Any, make: Make) -> None:
    make("jobs")
    made = client.create_function_url_config(FunctionName="jobs", AuthType="AWS_IAM")
    client.update_function_url_config(FunctionName="jobs", AuthType="NONE")
    got = client.get_function_url_config(FunctionName="jobs")
    assert (got["FunctionUrl"], got["AuthType"]) == (made["FunctionUrl"], "NONE")
    client.delete_function_url_config(FunctionName="jobs")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client.get_function_url_config(FunctionName="jobs")


def test_a_layer_version_is_found_by_its_number(client: Any) -> None:
    code = archive()
    for text in ("first", "second"):
        client.publish_layer_version(
            LayerName="tools", Description=text, Content={"ZipFile": code},
            CompatibleRuntimes=["python3.12"],
        )  # fmt: skip
    got = client.get_layer_version(LayerName="tools", VersionNumber=1)
    assert (got["Description"], got["CompatibleRuntimes"]) == ("first", ["python3.12"])
    assert got["Content"]["CodeSize"] == len(code)
    assert got["Content"]["CodeSha256"] == base64.b64encode(sha256(code).digest()).decode()
    client.delete_layer_version(LayerName="tools", VersionNumber=1)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client.get_layer_version(LayerName="tools", VersionNumber=1)
    assert client.get_layer_version(LayerName="tools", VersionNumber=2)["Version"] == 2


def test_aliases_are_listed_by_function_and_by_version(client: Any, make: Make) -> None:
    make("jobs")
    first = client.publish_version(FunctionName="jobs")["Version"]
    client.create_alias(FunctionName="jobs", Name="live", FunctionVersion=first)
    client.create_alias(FunctionName="jobs", Name="next", FunctionVersion="$LATEST")

    def names(**given: Any) -> list[str]:
        found = client.list_aliases(FunctionName="jobs", **given)["Aliases"]
        return [alias["Name"] for alias in found]

    assert names() == ["live", "next"]
    assert names(FunctionVersion=first) == ["live"]
    client.delete_alias(FunctionName="jobs", Name="live")
    assert names() == ["next"]
