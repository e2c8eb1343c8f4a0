"""Analyses: a path's question asked of the network as it is now, and the answer kept.

Rules of this file: the life of an analysis; `examining.py` finds the answer. It is found when the
analysis begins, and shown once it has run.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StartNetworkInsightsAnalysis.html
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from cloudchamber.cloud import ports
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.cloud.settings import is_account
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.describing import Description, chosen, described
from cloudchamber.services.ec2.reachability import limits
from cloudchamber.services.ec2.reachability.examining import Question, examine
from cloudchamber.services.ec2.reachability.lifecycle import ANALYSIS as LIFE
from cloudchamber.services.ec2.reachability.nouns import ANALYSIS, TRUSTS, Analysis, Trust
from cloudchamber.services.ec2.reachability.paths import expect_path
from cloudchamber.services.ec2.refusals import invalid_value, limit_exceeded, missing_parameter

FINISHED: Final = "ec2.insights-analysis-finished"
PRINCIPAL: Final = "reachabilityanalyzer.networkinsights.amazonaws.com"


def start_network_insights_analysis(call: Call, request: Input) -> Output:
    """Find the answer; it is there once the analysis has run."""
    chosen_tags = tags.specified(request, ANALYSIS.type)
    path = expect_path(call, request)
    accounts = list(request.get("AdditionalAccounts", ()))
    _check_accounts(call, accounts)
    through, around = (list(request.get(f"Filter{name}Arns", ())) for name in ("In", "Out"))
    for arn in (*through, *around):
        if not arn.startswith("arn:"):
            raise invalid_value(arn, "filterArn", "It is not an ARN.")
    if len(call.rows(ANALYSIS.table)) >= limits.ANALYSES_MAX:
        raise limit_exceeded(
            "NetworkInsightsAnalysisLimitExceeded",
            "The maximum number of network insights analyses has been reached: "
            f"{limits.ANALYSES_MAX}.",
        )
    answer = examine(call.cloud, path, Question(call.account, accounts, through, around))
    analysis = Analysis(
        id=kinds.new_id(call, ANALYSIS.prefix),
        owner=call.account,
        path=path.id,
        started_ns=call.now,
        accounts=accounts,
        through=through,
        around=around,
        is_reachable=answer["NetworkPathFound"],
        found=msgspec.msgpack.encode(answer),
    )
    kinds.add(call, ANALYSIS, analysis)
    tags.put(call, analysis.id, chosen_tags)
    delay_ns = LIFE.delay_ns(call.cloud.settings.lifecycle, analysis.status)
    call.after(delay_ns, FINISHED, analysis.id)
    return {"NetworkInsightsAnalysis": view(call, analysis)}


def finish(call: Call, identifier: str) -> None:
    """The analysis has run."""
    analysis = call.rows(ANALYSIS.table).get(identifier)
    if analysis is None:
        return
    analysis.status = LIFE.move(analysis.status, "finish")
    arn = kinds.arn_of(ANALYSIS, analysis.owner, call.region, identifier)
    word = "reachable" if analysis.is_reachable else "not reachable"
    call.event(arn, "ec2.insights-analysis-finished", f"{identifier} found {analysis.path} {word}")


def delete_network_insights_analysis(call: Call, request: Input) -> Output:
    """Forget an answer."""
    identifier = request.get("NetworkInsightsAnalysisId")
    if not identifier:
        raise missing_parameter("networkInsightsAnalysisId")
    analysis = kinds.expect_own(call, ANALYSIS, identifier)
    kinds.remove(call, ANALYSIS, analysis)
    return {"NetworkInsightsAnalysisId": identifier}


def describe_network_insights_analyses(call: Call, request: Input) -> Output:
    """The answers, by id or of a path."""
    rows = chosen(call, request, ANALYSES)
    path = request.get("NetworkInsightsPathId")
    if path:
        rows = [row for row in rows if row.path == expect_path(call, request).id]
    first, last = request.get("AnalysisStartTime"), request.get("AnalysisEndTime")
    if first is not None:
        rows = [row for row in rows if row.started_ns >= first * SECOND_NS]
    if last is not None:
        rows = [row for row in rows if row.started_ns <= last * SECOND_NS]
    return described(call, request, ANALYSES, rows)


def enable_reachability_analyzer_organization_sharing(call: Call, request: Input) -> Output:
    """Let the management account look into the accounts of its organization."""
    ask = call.port(ports.ORGANIZATION)
    facts = ask(call.cloud, call.account) if ask else None
    if facts is None or facts.management != call.account:
        raise AwsError(
            "OperationNotPermitted",
            "The account is not the management account of an organization.",
        )
    call.rows(TRUSTS)["organization"] = Trust(call.now)
    return {"ReturnValue": True}


def view(call: Call, analysis: Analysis) -> dict[str, Any]:
    """The analysis as AWS shows it: its answer only once it has run."""
    shown: dict[str, Any] = {
        "NetworkInsightsAnalysisId": analysis.id,
        "NetworkInsightsAnalysisArn": kinds.arn_of(
            ANALYSIS, analysis.owner, call.region, analysis.id
        ),
        "NetworkInsightsPathId": analysis.path,
        "StartDate": analysis.started_ns / SECOND_NS,
        "Status": analysis.status,
        "Tags": tags.shown(call, analysis.id),
    }
    lists = {
        "AdditionalAccounts": analysis.accounts,
        "FilterInArns": analysis.through,
        "FilterOutArns": analysis.around,
    }
    shown.update({name: values for name, values in lists.items() if values})
    if analysis.status == "succeeded":
        shown |= msgspec.msgpack.decode(analysis.found)
    return shown


def _check_accounts(call: Call, accounts: list[str]) -> None:
    """Other accounts need the organization's trust. Raises AwsError."""
    for each in accounts:
        if not is_account(each):
            raise invalid_value(each, "additionalAccount", "It is not an account ID.")
    if not accounts:
        return
    ask = call.port(ports.MEMBERS)
    members = ask(call.cloud, call.account) if ask else ()
    for each in accounts:
        if each not in members:
            raise invalid_value(
                each, "additionalAccount", "The account is not a member of your organization."
            )
    if "organization" not in call.rows(TRUSTS):
        raise AwsError(
            "OperationNotPermitted",
            "Trusted access for Reachability Analyzer is not enabled in your organization.",
        )


def _path_found(call: Call, row: Analysis) -> tuple[str, ...]:
    return () if row.status != "succeeded" else ("true" if row.is_reachable else "false",)


ANALYSES: Final = Description(
    kind=ANALYSIS,
    ids="NetworkInsightsAnalysisIds",
    answer="NetworkInsightsAnalyses",
    view=view,
    filters={"path-found": _path_found, "status": lambda call, row: (row.status,)},
    page_min=limits.PAGE_MIN,
    page_max=limits.PAGE_MAX,
)
