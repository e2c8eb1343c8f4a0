"""AWS Lambda: what it is called, what it answers, what it keeps.

Rules of this file: declaration only.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from cloudchamber.cloud import ports
from cloudchamber.cloud.service import Service, recorded, refused, simulated
from cloudchamber.services.lambda_ import (
    asynchronous,
    completions,
    concurrency,
    configuration,
    doors,
    functions,
    images,
    invocations,
    invoking,
    layers,
    locations,
    mappings,
    permissions,
    queue_source,
    settings,
    signing,
    sources,
    stream_source,
    tagging,
    urls,
    versions,
)
from cloudchamber.services.lambda_.limits import QUOTAS
from cloudchamber.services.lambda_.names import arn_of_function, arn_unqualified
from cloudchamber.services.lambda_.nouns import (
    BATCHES,
    EVENTS,
    FUNCTIONS,
    INVOCATIONS,
    LAYERS,
    LOOKED_UP,
    MAPPINGS,
    SESSIONS,
    SHARDS,
    SIGNING,
    URLS,
    WARM,
)

_NO_INSTANCES: Final = refused("there are no Lambda Managed Instances here")
_NOT_DURABLE: Final = refused("durable functions are not here")
_NOT_SIGNED: Final = "configurations are stored and returned; no signature is looked at"

_on_function: Final = partial(simulated, resource=arn_of_function)
_on_whole: Final = partial(simulated, resource=arn_unqualified)
_on_layer: Final = partial(simulated, resource=layers.layer_arn)
_on_mapping: Final = partial(
    simulated, resource=mappings.arn_of_uuid, context=mappings.context_of_function
)
_on_policy: Final = partial(simulated, resource=permissions.arn_of_policy)
_on_url: Final = partial(simulated, resource=arn_of_function, context=urls.context_of_url)
_on_tags: Final = partial(simulated, resource=tagging.arn_of_resource)
_signing: Final = partial(recorded, note=_NOT_SIGNED, resource=signing.arn_of_config)
_signed: Final = partial(recorded, note=_NOT_SIGNED, resource=arn_unqualified)
_invokes: Final = partial(
    simulated, resource=arn_of_function, action="InvokeFunction", mutates=True
)
_RUNTIMES: Final = "kept and shown; there is one version of each runtime"

SERVICE: Final = Service(
    name="lambda",
    operations={
        "AddLayerVersionPermission": _on_layer(layers.add_layer_version_permission),
        "AddPermission": _on_function(permissions.add_permission),
        "CheckpointDurableExecution": _NOT_DURABLE,
        "CreateAlias": _on_whole(versions.create_alias),
        "CreateCapacityProvider": _NO_INSTANCES,
        "CreateCodeSigningConfig": recorded(signing.create_code_signing_config, _NOT_SIGNED),
        "CreateEventSourceMapping": simulated(
            mappings.create_event_source_mapping,
            context=mappings.context_of_function,
            note="SQS and DynamoDB streams; TumblingWindowInSeconds is stored",
        ),
        "CreateFunction": simulated(
            functions.create_function,
            resource=functions.arn_of_new,
            context=configuration.context_of_request,
            note="VpcConfig, FileSystemConfigs, SnapStart and TracingConfig are stored; a container"
            " image runs where the machine has a container engine",
        ),
        "CreateFunctionUrlConfig": _on_url(urls.create_function_url_config),
        "DeleteAlias": _on_whole(versions.delete_alias),
        "DeleteCapacityProvider": _NO_INSTANCES,
        "DeleteCodeSigningConfig": _signing(signing.delete_code_signing_config),
        "DeleteDurableExecution": _NOT_DURABLE,
        "DeleteEventSourceMapping": _on_mapping(mappings.delete_event_source_mapping),
        "DeleteFunction": _on_function(functions.delete_function),
        "DeleteFunctionCodeSigningConfig": _signed(signing.delete_function_code_signing_config),
        "DeleteFunctionConcurrency": _on_whole(concurrency.delete_function_concurrency),
        "DeleteFunctionEventInvokeConfig": _on_function(
            settings.delete_function_event_invoke_config
        ),
        "DeleteFunctionUrlConfig": _on_url(urls.delete_function_url_config),
        "DeleteLayerVersion": _on_layer(layers.delete_layer_version),
        "DeleteProvisionedConcurrencyConfig": _on_function(
            concurrency.delete_provisioned_concurrency_config
        ),
        "DeleteResourcePolicy": _on_policy(permissions.delete_resource_policy),
        "GetAccountSettings": simulated(concurrency.get_account_settings),
        "GetAlias": _on_whole(versions.get_alias),
        "GetCapacityProvider": _NO_INSTANCES,
        "GetCodeSigningConfig": _signing(signing.get_code_signing_config),
        "GetDurableExecution": _NOT_DURABLE,
        "GetDurableExecutionHistory": _NOT_DURABLE,
        "GetDurableExecutionState": _NOT_DURABLE,
        "GetEventSourceMapping": _on_mapping(mappings.get_event_source_mapping),
        "GetFunction": _on_function(functions.get_function),
        "GetFunctionCodeSigningConfig": _signed(signing.get_function_code_signing_config),
        "GetFunctionConcurrency": _on_whole(concurrency.get_function_concurrency),
        "GetFunctionConfiguration": _on_function(functions.get_function_configuration),
        "GetFunctionEventInvokeConfig": _on_function(settings.get_function_event_invoke_config),
        "GetFunctionRecursionConfig": _on_whole(settings.get_function_recursion_config),
        "GetFunctionScalingConfig": _NO_INSTANCES,
        "GetFunctionUrlConfig": _on_url(urls.get_function_url_config),
        "GetLayerVersion": _on_layer(layers.get_layer_version),
        "GetLayerVersionByArn": simulated(
            layers.get_layer_version_by_arn,
            action="GetLayerVersion",
            resource=layers.arn_of_request,
        ),
        "GetLayerVersionPolicy": _on_layer(layers.get_layer_version_policy),
        "GetPolicy": _on_function(permissions.get_policy),
        "GetProvisionedConcurrencyConfig": _on_function(
            concurrency.get_provisioned_concurrency_config
        ),
        "GetResourcePolicy": _on_policy(permissions.get_resource_policy),
        "GetRuntimeManagementConfig": recorded(
            settings.get_runtime_management_config, _RUNTIMES, resource=arn_of_function
        ),
        "Invoke": _invokes(invoking.invoke),
        "InvokeAsync": simulated(
            invoking.invoke_async, resource=arn_of_function, action="InvokeFunction", mutates=True
        ),
        "InvokeWithResponseStream": _invokes(
            invoking.invoke_with_response_stream,
            note="the answer is sent when the function has ended, in one chunk",
        ),
        "ListAliases": _on_whole(versions.list_aliases),
        "ListCapacityProviders": _NO_INSTANCES,
        "ListCodeSigningConfigs": recorded(signing.list_code_signing_configs, _NOT_SIGNED),
        "ListDurableExecutionsByFunction": _NOT_DURABLE,
        "ListEventSourceMappings": simulated(mappings.list_event_source_mappings),
        "ListFunctionEventInvokeConfigs": _on_whole(settings.list_function_event_invoke_configs),
        "ListFunctionUrlConfigs": _on_whole(urls.list_function_url_configs),
        "ListFunctionVersionsByCapacityProvider": _NO_INSTANCES,
        "ListFunctions": simulated(functions.list_functions),
        "ListFunctionsByCodeSigningConfig": _signing(signing.list_functions_by_code_signing_config),
        "ListLayerVersions": _on_layer(layers.list_layer_versions),
        "ListLayers": simulated(layers.list_layers),
        "ListProvisionedConcurrencyConfigs": _on_whole(
            concurrency.list_provisioned_concurrency_configs
        ),
        "ListTags": _on_tags(tagging.list_tags),
        "ListVersionsByFunction": _on_whole(versions.list_versions_by_function),
        "PauseDurableExecution": _NOT_DURABLE,
        "PublishLayerVersion": _on_layer(layers.publish_layer_version),
        "PublishVersion": _on_whole(versions.publish_version),
        "PutFunctionCodeSigningConfig": _signed(signing.put_function_code_signing_config),
        "PutFunctionConcurrency": _on_whole(concurrency.put_function_concurrency),
        "PutFunctionEventInvokeConfig": _on_function(settings.put_function_event_invoke_config),
        "PutFunctionRecursionConfig": _on_whole(settings.put_function_recursion_config),
        "PutFunctionScalingConfig": _NO_INSTANCES,
        "PutProvisionedConcurrencyConfig": _on_function(
            concurrency.put_provisioned_concurrency_config
        ),
        "PutResourcePolicy": _on_policy(permissions.put_resource_policy),
        "PutRuntimeManagementConfig": recorded(
            settings.put_runtime_management_config, _RUNTIMES, resource=arn_of_function
        ),
        "RemoveLayerVersionPermission": _on_layer(layers.remove_layer_version_permission),
        "RemovePermission": _on_function(permissions.remove_permission),
        "ResumeDurableExecution": _NOT_DURABLE,
        "SendDurableExecutionCallbackFailure": _NOT_DURABLE,
        "SendDurableExecutionCallbackHeartbeat": _NOT_DURABLE,
        "SendDurableExecutionCallbackSuccess": _NOT_DURABLE,
        "StopDurableExecution": _NOT_DURABLE,
        "TagResource": _on_tags(tagging.tag_resource),
        "UntagResource": _on_tags(tagging.untag_resource),
        "UpdateAlias": _on_whole(versions.update_alias),
        "UpdateCapacityProvider": _NO_INSTANCES,
        "UpdateCodeSigningConfig": _signing(signing.update_code_signing_config),
        "UpdateEventSourceMapping": _on_mapping(mappings.update_event_source_mapping),
        "UpdateFunctionCode": _on_whole(functions.update_function_code),
        "UpdateFunctionConfiguration": _on_whole(
            functions.update_function_configuration, context=configuration.context_of_request
        ),
        "UpdateFunctionEventInvokeConfig": _on_function(
            settings.update_function_event_invoke_config
        ),
        "UpdateFunctionUrlConfig": _on_url(urls.update_function_url_config),
    },
    tables=(
        FUNCTIONS,
        LAYERS,
        SIGNING,
        URLS,
        SESSIONS,
        INVOCATIONS,
        EVENTS,
        MAPPINGS,
        BATCHES,
        SHARDS,
        WARM,
        LOOKED_UP,
    ),
    quotas=QUOTAS,
    kernel_events={
        functions.READY: functions.ready,
        concurrency.ALLOCATED: concurrency.allocated,
        invocations.COMPLETED: completions.completed,
        asynchronous.DUE: asynchronous.due,
        mappings.SETTLED: mappings.settled,
        sources.POLL: mappings.polled,
        stream_source.RETRY: stream_source.retried,
    },
    ports={ports.TAGGED_RESOURCES: tagging.tagged_resources},
    subscribes={
        queue_source.FACT: queue_source.stirred,
        stream_source.FACT: stream_source.written,
    },
    resource_policy=permissions.resource_policy,
    guarded=True,
    access_denied="AccessDeniedException",
    work={invocations.WORK: invocations.done, images.WORK: images.looked_up},
    sites={
        urls.SITE: simulated(
            doors.serve_url,
            action="InvokeFunctionUrl",
            resource=doors.arn_of_url,
            context=doors.context_of_request,
            mutates=True,
            anonymous=True,
        ),
        locations.SITE: simulated(doors.serve_code, mutates=False, open=True, anonymous=True),
    },
)
