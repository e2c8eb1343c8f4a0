"""Analyses of access scopes: what was found, and when.

Rules of this file: the life of an analysis; `findings.py` finds. What is found is found when the
analysis begins, and shown once it has run.
https://docs.aws.amazon.com/vpc/latest/network-access-analyzer/working-with-network-access-scopes.html
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.describing import (
    Description,
    chosen,
    described,
    one_page,
    page_size,
    with_token,
)
from cloudchamber.services.ec2.reachability import limits
from cloudchamber.services.ec2.reachability.compile import compiled_of
from cloudchamber.services.ec2.reachability.findings import Where, findings_of, interfaces_in
from cloudchamber.services.ec2.reachability.lifecycle import SCOPE_ANALYSIS as LIFE
from cloudchamber.services.ec2.reachability.nouns import SCOPE_ANALYSIS, ScopeAnalysis
from cloudchamber.services.ec2.reachability.scopes import expect_scope
from cloudchamber.services.ec2.refusals import limit_exceeded, missing_parameter

FINISHED: Final = "ec2.access-scope-analysis-finished"
_DIGITS: Final = 8


def start_network_insights_access_scope_analysis(call: Call, request: Input) -> Output:
    """Look for what a scope describes."""
    given = tags.specified(request, SCOPE_ANALYSIS.type)
    scope = expect_scope(call, request)
    if len(call.rows(SCOPE_ANALYSIS.table)) >= limits.SCOPE_ANALYSES_MAX:
        raise limit_exceeded(
            "NetworkInsightsAccessScopeAnalysisLimitExceeded",
            "The maximum number of Network Access Scope analyses has been reached: "
            f"{limits.SCOPE_ANALYSES_MAX}.",
        )
    where = Where(call.account, call.region)
    matches, excludes = map(msgspec.msgpack.decode, (scope.matches, scope.excludes))
    found = findings_of(call.cloud, where, matches, excludes)
    analysis = ScopeAnalysis(
        id=kinds.new_id(call, SCOPE_ANALYSIS.prefix),
        owner=call.account,
        scope=scope.id,
        started_ns=call.now,
        interfaces_count=len(interfaces_in(compiled_of(call.cloud), where)),
        findings=[msgspec.msgpack.encode(each) for each in found],
    )
    kinds.add(call, SCOPE_ANALYSIS, analysis)
    tags.put(call, analysis.id, given)
    delay_ns = LIFE.delay_ns(call.cloud.settings.lifecycle, analysis.status)
    call.after(delay_ns, FINISHED, analysis.id)
    return {"NetworkInsightsAccessScopeAnalysis": view(call, analysis)}


def finish(call: Call, identifier: str) -> None:
    """The analysis has run."""
    analysis = call.rows(SCOPE_ANALYSIS.table).get(identifier)
    if analysis is None:
        return
    analysis.status = LIFE.move(analysis.status, "finish")
    analysis.ended_ns = call.now
    arn = kinds.arn_of(SCOPE_ANALYSIS, analysis.owner, call.region, identifier)
    sentence = f"{identifier} found {len(analysis.findings)} paths that {analysis.scope} describes"
    call.event(arn, FINISHED, sentence)


def delete_network_insights_access_scope_analysis(call: Call, request: Input) -> Output:
    """Forget what was found."""
    analysis = _expect(call, request)
    kinds.remove(call, SCOPE_ANALYSIS, analysis)
    return {"NetworkInsightsAccessScopeAnalysisId": analysis.id}


def describe_network_insights_access_scope_analyses(call: Call, request: Input) -> Output:
    """The analyses, by id or of a scope. AWS has no filters for them."""
    rows = chosen(call, request, SCOPE_ANALYSES)
    if request.get("NetworkInsightsAccessScopeId"):
        scope = expect_scope(call, request)
        rows = [row for row in rows if row.scope == scope.id]
    first, last = request.get("AnalysisStartTimeBegin"), request.get("AnalysisStartTimeEnd")
    if first is not None:
        rows = [row for row in rows if row.started_ns >= first * SECOND_NS]
    if last is not None:
        rows = [row for row in rows if row.started_ns <= last * SECOND_NS]
    return described(call, request, SCOPE_ANALYSES, rows)


def get_network_insights_access_scope_analysis_findings(call: Call, request: Input) -> Output:
    """What an analysis found, page by page; nothing while it runs."""
    analysis = _expect(call, request)
    numbered = [
        (f"{number:0{_DIGITS}}", each)
        for number, each in enumerate(analysis.findings, 1)
        if analysis.status == "succeeded"
    ]
    size = page_size(request, 1, limits.FINDINGS_PAGE_MAX)
    shown, token = one_page(request, numbered, _number, size)
    output: Output = {
        "NetworkInsightsAccessScopeAnalysisId": analysis.id,
        "AnalysisStatus": analysis.status,
        "AnalysisFindings": [
            {
                "NetworkInsightsAccessScopeAnalysisId": analysis.id,
                "NetworkInsightsAccessScopeId": analysis.scope,
                "FindingId": f"AccessScopeAnalysisFinding-{int(number)}",
                "FindingComponents": msgspec.msgpack.decode(found),
            }
            for number, found in shown
        ],
    }
    return with_token(output, token)


def view(call: Call, analysis: ScopeAnalysis) -> dict[str, Any]:
    """The analysis as AWS shows it."""
    shown: dict[str, Any] = {
        "NetworkInsightsAccessScopeAnalysisId": analysis.id,
        "NetworkInsightsAccessScopeAnalysisArn": kinds.arn_of(
            SCOPE_ANALYSIS, analysis.owner, call.region, analysis.id
        ),
        "NetworkInsightsAccessScopeId": analysis.scope,
        "Status": analysis.status,
        "StartDate": analysis.started_ns / SECOND_NS,
        "Tags": tags.shown(call, analysis.id),
    }
    if analysis.status == "succeeded":
        shown |= {
            "EndDate": analysis.ended_ns / SECOND_NS,
            "FindingsFound": "true" if analysis.findings else "false",
            "AnalyzedEniCount": analysis.interfaces_count,
        }
    return shown


def _expect(call: Call, request: Input) -> ScopeAnalysis:
    identifier = request.get("NetworkInsightsAccessScopeAnalysisId")
    if not identifier:
        raise missing_parameter("networkInsightsAccessScopeAnalysisId")
    return kinds.expect_own(call, SCOPE_ANALYSIS, identifier)


def _number(numbered: tuple[str, bytes]) -> str:
    return numbered[0]


SCOPE_ANALYSES: Final = Description(
    kind=SCOPE_ANALYSIS,
    ids="NetworkInsightsAccessScopeAnalysisIds",
    answer="NetworkInsightsAccessScopeAnalyses",
    view=view,
    page_min=limits.PAGE_MIN,
    page_max=limits.PAGE_MAX,
)
