"""Service models as the wire reads them: whole, corrected, without documentation, and cheap."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cloudchamber.wire.model import (
    Overlay,
    UnknownServiceError,
    Validation,
    load_model,
    loading,
    services,
)
from cloudchamber.wire.model.loading import Corrections, ProtocolOverlay


def test_every_service_of_botocore_loads() -> None:
    names = services()
    assert {"sqs", "ec2", "iam", "s3", "stepfunctions"} <= set(names)
    assert list(names) == sorted(names)
    folders = {path.name for path in loading.data_folder().iterdir() if path.is_dir()}
    assert set(names) <= folders
    operations = sum(len(load_model(name).operations) for name in names)
    assert operations > 19_000


@pytest.mark.parametrize(
    "name", ["nobody", "", "../sqs", "sqs/2012-11-05", "SQS!", "endpoints.json"]
)
def test_unknown_services_are_refused(name: str) -> None:
    with pytest.raises(UnknownServiceError):
        load_model(name)


def test_the_newest_version_is_taken() -> None:
    assert load_model("ec2").api_version == "2016-11-15"
    assert load_model("cloudfront").api_version == "2020-05-31"


def test_a_model_is_loaded_once_and_holds_no_documentation() -> None:
    model = load_model("sqs")
    assert load_model("sqs") is model
    text = msgspec.json.encode(model.operations["SendMessage"].raw)
    assert b"documentation" not in text


def test_operations_are_resolved_when_named() -> None:
    model = load_model("lambda")
    invoke = model.operations["Invoke"]
    assert model.operations["Invoke"] is invoke
    assert (invoke.http_method, invoke.uri) == (
        "POST",
        "/2015-03-31/functions/{FunctionName}/invocations",
    )
    assert invoke.input_shape is not None
    assert invoke.input_shape.payload == "Payload"
    assert model.resolve(invoke.input_shape.members["Qualifier"]).location == "querystring"
    assert "TooManyRequestsException" in [shape.name for shape in invoke.errors]
    assert "Nothing" not in model.operations
    with pytest.raises(KeyError):
        model.operations["Nothing"]
    assert load_model("cognito-idp").operations["InitiateAuth"].unsigned
    assert load_model("s3control").operations["GetAccessPoint"].host_prefix == "{AccountId}."
    assert load_model("cloudwatch").operations["PutMetricData"].accepts_gzip
    assert load_model("sqs").operations["DeleteQueue"].output_shape is None


def test_traits_of_the_use_beat_those_of_the_shape() -> None:
    model = load_model("s3")
    shape = model.operations["HeadObject"].output_shape
    assert shape is not None
    last_modified = model.resolve(shape.members["LastModified"])
    assert (last_modified.type, last_modified.location) == ("timestamp", "header")
    assert model.shape("LastModified").location is None


def test_protocols() -> None:
    assert load_model("sqs").protocols == ("json", "query")
    assert load_model("cloudwatch").protocols == ("smithy-rpc-v2-cbor", "json", "query")
    assert load_model("ec2").protocols == ("ec2",)
    assert load_model("sqs").query_compatible
    assert not load_model("dynamodb").query_compatible


def test_errors_by_shape_name_and_by_code() -> None:
    errors = load_model("iam").error_shapes
    assert errors["NoSuchEntity"] is errors["NoSuchEntityException"]
    errors = load_model("cloudwatch").error_shapes
    # A code that is also another shape's name means that other shape.
    assert errors["ResourceNotFound"].name == "ResourceNotFound"
    assert errors["DashboardNotFoundError"].error is not None


def test_botocore_own_extras_are_merged() -> None:
    shape = load_model("rds").shape("CopyDBClusterSnapshotMessage")
    assert "SourceRegion" in shape.members
    assert load_model("s3", Overlay()).shape("Expires").type == "timestamp"
    assert load_model("s3").shape("Expires").type == "string"  # our own overlay has the last word


def test_an_overlay_corrects_a_model_without_touching_the_kept_one() -> None:
    overlay = Overlay(
        merge=Corrections(
            metadata={"errorNamespace": "com.example"},
            shapes={
                "CreateStreamInput": {"members": {"Extra": {"shape": "StreamName"}}},
                "Brand": {"type": "string", "enum": ["new"]},
            },
            operations={"CreateStream": {"http": {"method": "PUT"}}},
        ),
        protocols={"query": ProtocolOverlay(merge=Corrections(metadata={"xmlNamespace": "urn:x"}))},
    )
    corrected = load_model("kinesis", overlay)
    assert corrected.metadata.error_namespace == "com.example"
    shape = corrected.operations["CreateStream"].input_shape
    assert shape is not None
    assert {"Extra", "StreamName"} <= set(shape.members)
    assert corrected.shape("Brand").enum == ("new",)
    assert corrected.operations["CreateStream"].http_method == "PUT"
    assert corrected.as_spoken_in("query").metadata.xml_namespace == "urn:x"
    assert corrected.as_spoken_in("json") is corrected
    kept = load_model("kinesis")
    assert kept.operations["CreateStream"].http_method == "POST"
    assert "Extra" not in kept.shape("CreateStreamInput").members


def test_validation_is_looked_up_from_the_narrowest_statement() -> None:
    overlay = msgspec.convert(
        {
            "validation": {"mode": "types-only"},
            "protocols": {"json": {"validation": {"mode": "no-patterns"}}},
            "operations": {"CreateStream": {"validation": {"mode": "model", "code": "X"}}},
        },
        type=Overlay,
    )
    model = load_model("kinesis", overlay)
    assert model.validation("json", "CreateStream") == Validation("model", "X")
    assert model.validation("json", "DeleteStream") == Validation("no-patterns")
    assert model.validation("query", "DeleteStream") == Validation("types-only")
    assert load_model("kms").validation("json", "Encrypt") == Validation()


def test_overlays_are_strict_about_what_they_say() -> None:
    cases: tuple[dict[str, Any], ...] = (
        {"validate": {}},
        {"validation": {"mode": "loose"}},
        {"merge": []},
    )
    for wrong in cases:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(wrong, type=Overlay)


def test_every_overlay_in_the_tree_is_one_that_changes_something() -> None:
    root = Path(loading.__file__).parents[2] / "services"
    files = sorted(root.glob(f"*/{loading.OVERLAY_FILE}"))
    assert any(file.parent.name == "sqs" for file in files)
    for file in files:
        data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        assert data["comment"], file
        name = file.parent.name.rstrip("_").replace("_", "-")
        assert load_model(name).overlay != Overlay()
