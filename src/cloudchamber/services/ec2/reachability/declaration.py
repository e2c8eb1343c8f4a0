"""What this area of EC2 answers: Reachability Analyzer, Network Access Analyzer, and the flows that
the chamber's own faces ask about."""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud import ports
from cloudchamber.cloud.service import Operation, simulated
from cloudchamber.services.ec2 import permissions
from cloudchamber.services.ec2.area import Area
from cloudchamber.services.ec2.idempotency import once
from cloudchamber.services.ec2.reachability import (
    analyses,
    exposing,
    flows,
    paths,
    scope_analyses,
    scopes,
)
from cloudchamber.services.ec2.reachability.nouns import (
    ANALYSIS,
    PATH,
    SCOPE,
    SCOPE_ANALYSIS,
    TRUSTS,
)

_SCOPE_ANALYSIS_ID: Final = "NetworkInsightsAccessScopeAnalysisId"

AREA: Final = Area(
    kinds=(PATH, ANALYSIS, SCOPE, SCOPE_ANALYSIS),
    tables=(TRUSTS,),
    operations={
        "CreateNetworkInsightsPath": simulated(
            once(paths.create_network_insights_path),
            resource=permissions.created(PATH),
            context=permissions.tagged(PATH),
        ),
        "DeleteNetworkInsightsPath": simulated(
            paths.delete_network_insights_path,
            resource=permissions.named(PATH, "NetworkInsightsPathId"),
            context=permissions.tagged(PATH, "NetworkInsightsPathId"),
        ),
        "DescribeNetworkInsightsPaths": simulated(paths.describe_network_insights_paths),
        "StartNetworkInsightsAnalysis": simulated(
            once(analyses.start_network_insights_analysis),
            resource=permissions.created(
                ANALYSIS, permissions.named(PATH, "NetworkInsightsPathId")
            ),
            context=permissions.tagged(PATH, "NetworkInsightsPathId"),
        ),
        "DeleteNetworkInsightsAnalysis": simulated(
            analyses.delete_network_insights_analysis,
            resource=permissions.named(ANALYSIS, "NetworkInsightsAnalysisId"),
            context=permissions.tagged(ANALYSIS, "NetworkInsightsAnalysisId"),
        ),
        "DescribeNetworkInsightsAnalyses": simulated(analyses.describe_network_insights_analyses),
        "EnableReachabilityAnalyzerOrganizationSharing": simulated(
            analyses.enable_reachability_analyzer_organization_sharing
        ),
        "CreateNetworkInsightsAccessScope": simulated(
            once(scopes.create_network_insights_access_scope),
            resource=permissions.created(SCOPE),
            context=permissions.tagged(SCOPE),
        ),
        "DeleteNetworkInsightsAccessScope": simulated(
            scopes.delete_network_insights_access_scope,
            resource=permissions.named(SCOPE, "NetworkInsightsAccessScopeId"),
            context=permissions.tagged(SCOPE, "NetworkInsightsAccessScopeId"),
        ),
        "DescribeNetworkInsightsAccessScopes": simulated(
            scopes.describe_network_insights_access_scopes
        ),
        "GetNetworkInsightsAccessScopeContent": simulated(
            scopes.get_network_insights_access_scope_content,
            resource=permissions.named(SCOPE, "NetworkInsightsAccessScopeId"),
            context=permissions.tagged(SCOPE, "NetworkInsightsAccessScopeId"),
        ),
        "StartNetworkInsightsAccessScopeAnalysis": simulated(
            once(scope_analyses.start_network_insights_access_scope_analysis),
            resource=permissions.created(
                SCOPE_ANALYSIS, permissions.named(SCOPE, "NetworkInsightsAccessScopeId")
            ),
            context=permissions.tagged(SCOPE, "NetworkInsightsAccessScopeId"),
        ),
        "DeleteNetworkInsightsAccessScopeAnalysis": simulated(
            scope_analyses.delete_network_insights_access_scope_analysis,
            resource=permissions.named(SCOPE_ANALYSIS, _SCOPE_ANALYSIS_ID),
            context=permissions.tagged(SCOPE_ANALYSIS, _SCOPE_ANALYSIS_ID),
        ),
        "DescribeNetworkInsightsAccessScopeAnalyses": simulated(
            scope_analyses.describe_network_insights_access_scope_analyses
        ),
        "GetNetworkInsightsAccessScopeAnalysisFindings": simulated(
            scope_analyses.get_network_insights_access_scope_analysis_findings,
            resource=permissions.named(SCOPE_ANALYSIS, _SCOPE_ANALYSIS_ID),
            context=permissions.tagged(SCOPE_ANALYSIS, _SCOPE_ANALYSIS_ID),
        ),
    },
    kernel_events={
        analyses.FINISHED: analyses.finish,
        scope_analyses.FINISHED: scope_analyses.finish,
    },
    ports={ports.FLOW: flows.flow},
    inner={
        "Probe": Operation(handler=flows.probe, fidelity="simulated", open=True, mutates=True),
        "Reach": Operation(handler=flows.reach, fidelity="simulated", open=True, mutates=False),
        "Exposed": Operation(
            handler=exposing.exposed, fidelity="simulated", open=True, mutates=False
        ),
    },
)
