"""Contributor insights: switched on and off, and told of. No rule of CloudWatch's comes of it."""

from __future__ import annotations

from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.pages import BadToken, page
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.dynamodb.definitions import validation
from cloudchamber.services.dynamodb.lookup import expect_table, not_found, setting_of
from cloudchamber.services.dynamodb.nouns import TABLES, Table
from cloudchamber.services.dynamodb.settings import Insight

PAGE: Final = 100
MODE: Final = "ACCESSED_AND_THROTTLED_KEYS"


def update_contributor_insights(call: Call, request: Input) -> Output:
    """Switch insights of a table or an index on or off."""
    table = _expect(call, request)
    setting = setting_of(call, table)
    name = request.get("IndexName", "")
    have = setting.insights.get(name)
    mode = request.get("ContributorInsightsMode", have.mode if have else MODE)
    enable = request["ContributorInsightsAction"] == "ENABLE"
    setting.insights[name] = Insight(mode, "ENABLED" if enable else "DISABLED", call.now)
    status = "ENABLING" if enable else "DISABLING"
    return {**_named(table, name), "ContributorInsightsStatus": status,
            "ContributorInsightsMode": mode}  # fmt: skip


def describe_contributor_insights(call: Call, request: Input) -> Output:
    """Whether insights of a table or an index are on."""
    table = _expect(call, request)
    name = request.get("IndexName", "")
    have = setting_of(call, table).insights.get(name)
    output = _named(table, name)
    if have is None:
        return {**output, "ContributorInsightsStatus": "DISABLED"}
    output["ContributorInsightsStatus"] = have.status
    output["ContributorInsightsMode"] = have.mode
    output["LastUpdateDateTime"] = have.changed_ns / SECOND_NS
    if have.status == "ENABLED":
        output["ContributorInsightsRuleList"] = _rules(table, name)
    return output


def list_contributor_insights(call: Call, request: Input) -> Output:
    """Of one table or all: what is or was switched on."""
    if "TableName" in request:
        tables = [expect_table(call, request["TableName"])]
    else:
        tables = list(call.rows(TABLES).values())
    found = [
        (f"{table.name} {name}", table, name, insight)
        for table in tables
        for name, insight in sorted(setting_of(call, table).insights.items())
    ]
    size = request.get("MaxResults", PAGE) or PAGE
    try:
        chosen, token = page(found, lambda each: each[0], request.get("NextToken"), size)
    except BadToken:
        raise validation("Invalid NextToken") from None
    summaries = [
        {
            **_named(table, name),
            "ContributorInsightsStatus": insight.status,
            "ContributorInsightsMode": insight.mode,
        }
        for _, table, name, insight in chosen
    ]
    output: Output = {"ContributorInsightsSummaries": summaries}
    if token:
        output["NextToken"] = token
    return output


def _expect(call: Call, request: Input) -> Table:
    table = expect_table(call, request["TableName"])
    name = request.get("IndexName")
    if name is not None and (name not in table.indexes or not table.indexes[name].is_global):
        raise not_found(f"Index: {name} for table: {table.name} not found")
    return table


def _named(table: Table, index: str) -> dict[str, Any]:
    return {"TableName": table.name, "IndexName": index} if index else {"TableName": table.name}


def _rules(table: Table, index: str) -> list[str]:
    subject = f"{table.name}-{index}" if index else table.name
    kinds = ["PKC", "SKC", "PKT", "SKT"] if table.keys.range else ["PKC", "PKT"]
    stamp = table.created_ns // 1_000_000
    return [f"DynamoDBContributorInsights-{kind}-{subject}-{stamp}" for kind in kinds]
