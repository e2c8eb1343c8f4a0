"""Workgroups: who pays, where results go, how much a query may read.

https://docs.aws.amazon.com/athena/latest/ug/workgroups-manage-queries-control-costs.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import Refused
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.athena.limits import ENGINE
from cloudchamber.services.athena.lookup import expect_workgroup, invalid, one_page
from cloudchamber.services.athena.nouns import (
    EXECUTIONS,
    NAMED_QUERIES,
    PRIMARY,
    STATEMENTS,
    WORKGROUPS,
    WorkGroup,
)
from cloudchamber.services.athena.tagging import tags_of

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

_REFUSED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ManagedQueryResultsConfiguration": "results are kept in a bucket of yours",
        "ManagedQueryResultsConfigurationUpdates": "results are kept in a bucket of yours",
        "ExecutionRole": "there is no Spark",
        "IdentityCenterConfiguration": "there is no IAM Identity Center",
        "QueryResultsS3AccessGrantsConfiguration": "there are no S3 Access Grants",
        "CustomerContentEncryptionConfiguration": "there is no Spark",
    }
)
_CUTOFF_MIN = 10_000_000


def create_work_group(call: Call, request: Input) -> Output:
    """Make a workgroup. Raises InvalidRequestException."""
    name, given = request["Name"], request.get("Configuration", {})
    rows = call.rows(WORKGROUPS)
    if name in rows or name == PRIMARY:
        raise invalid(f"WorkGroup {name} is already created")
    if len(rows) >= call.quota("workgroups"):
        raise invalid("The number of workgroups is at its limit.")
    _check(call, given)
    tags = tags_of(request)
    defaults = {"EnforceWorkGroupConfiguration": True, "PublishCloudWatchMetricsEnabled": True}
    rows[name] = WorkGroup(
        name=name,
        created_ns=call.now,
        description=request.get("Description", ""),
        configuration={**defaults, **given},
        tags=tags,
    )
    return {}


def get_work_group(call: Call, request: Input) -> Output:
    """One workgroup. Raises InvalidRequestException."""
    row = expect_workgroup(call, request["WorkGroup"])
    return {
        "WorkGroup": {
            **_summary(row),
            "Configuration": {**_defaults(), **row.configuration, "EngineVersion": _engine(row)},
        }
    }


def list_work_groups(call: Call, request: Input) -> Output:
    """The account's workgroups, by name, in pages."""
    rows = dict(call.rows(WORKGROUPS))
    rows.setdefault(PRIMARY, expect_workgroup(call, PRIMARY))
    ordered = [rows[name] for name in sorted(rows)]
    chosen, token = one_page(ordered, lambda row: row.name, request)
    shown = [{**_summary(row), "EngineVersion": _engine(row)} for row in chosen]
    return {"WorkGroups": shown, **token}


def update_work_group(call: Call, request: Input) -> Output:
    """Change a workgroup's configuration, description or state."""
    row = expect_workgroup(call, request["WorkGroup"])
    updates = request.get("ConfigurationUpdates", {})
    _check(call, updates)
    configuration = _updated(row.configuration, updates)
    row.configuration = configuration
    row.description = request.get("Description", row.description)
    row.state = request.get("State", row.state)
    call.rows(WORKGROUPS)[row.name] = row
    return {}


def delete_work_group(call: Call, request: Input) -> Output:
    """Delete a workgroup; what is in it only if `RecursiveDeleteOption`."""
    name = request["WorkGroup"]
    if name == PRIMARY:
        raise invalid("Cannot delete primary workgroup")
    expect_workgroup(call, name)
    named = [key for key, row in call.rows(NAMED_QUERIES).items() if row.workgroup == name]
    prepared = [key for key in call.rows(STATEMENTS) if key[0] == name]
    executed = [key for key, row in call.rows(EXECUTIONS).items() if row.workgroup == name]
    if (named or prepared or executed) and not request.get("RecursiveDeleteOption"):
        raise invalid(f"WorkGroup {name} is not empty")
    for key in named:
        del call.rows(NAMED_QUERIES)[key]
    for pair in prepared:
        del call.rows(STATEMENTS)[pair]
    for key in executed:
        call.cancel(call.rows(EXECUTIONS).pop(key).event)
    del call.rows(WORKGROUPS)[name]
    return {}


def list_engine_versions(call: Call, request: Input) -> Output:
    """The engine versions there are."""
    return {
        "EngineVersions": [
            {"SelectedEngineVersion": each, "EffectiveEngineVersion": ENGINE}
            for each in ("AUTO", ENGINE)
        ]
    }


def _check(call: Call, given: dict[str, Any]) -> None:
    for member, reason in _REFUSED.items():
        wanted = given.get(member)
        if wanted is None or (isinstance(wanted, dict) and wanted.get("Enabled") is False):
            continue
        raise Refused("athena", call.operation_name, f"{member}: {reason}")
    cutoff = given.get("BytesScannedCutoffPerQuery")
    if cutoff is not None and cutoff < _CUTOFF_MIN:
        raise invalid(f"BytesScannedCutoffPerQuery must be at least {_CUTOFF_MIN}")
    engine = given.get("EngineVersion", {}).get("SelectedEngineVersion", "AUTO")
    if engine not in ("AUTO", ENGINE):
        raise Refused("athena", call.operation_name, f"the engine is {ENGINE}, not {engine}")
    for member in ("ResultConfiguration", "ResultConfigurationUpdates"):
        location = given.get(member, {}).get("OutputLocation")
        if location is not None and not location.startswith("s3://"):
            raise invalid("outputLocation is not a valid S3 path.")


def _updated(old: dict[str, Any], updates: dict[str, Any]) -> dict[str, Any]:
    fresh = {
        key: value
        for key, value in {**old, **updates}.items()
        if key != "ResultConfigurationUpdates" and not key.startswith("Remove")
    }
    if updates.get("RemoveBytesScannedCutoffPerQuery"):
        fresh.pop("BytesScannedCutoffPerQuery", None)
    if "ResultConfigurationUpdates" in updates:
        results = {**old.get("ResultConfiguration", {})}
        for key, value in updates["ResultConfigurationUpdates"].items():
            if not key.startswith("Remove"):
                results[key] = value
            elif value:
                results.pop(key.removeprefix("Remove"), None)
        fresh["ResultConfiguration"] = results
    return fresh


def _defaults() -> dict[str, Any]:
    return {
        "ResultConfiguration": {},
        "EnforceWorkGroupConfiguration": False,
        "PublishCloudWatchMetricsEnabled": False,
        "RequesterPaysEnabled": False,
        "EnableMinimumEncryptionConfiguration": False,
    }


def _engine(row: WorkGroup) -> dict[str, str]:
    chosen = row.configuration.get("EngineVersion", {}).get("SelectedEngineVersion", "AUTO")
    return {"SelectedEngineVersion": chosen, "EffectiveEngineVersion": ENGINE}


def _summary(row: WorkGroup) -> dict[str, Any]:
    return {
        "Name": row.name,
        "State": row.state,
        "Description": row.description,
        "CreationTime": row.created_ns / SECOND_NS,
    }
