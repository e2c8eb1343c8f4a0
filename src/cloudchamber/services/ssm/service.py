"""AWS Systems Manager: Parameter Store. Everything else that it does is refused by name.

Rules of this file: declaration only.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from cloudchamber.cloud import ports
from cloudchamber.cloud import service as contract
from cloudchamber.cloud.service import Service
from cloudchamber.services.ssm import (
    labels,
    listing,
    permissions,
    policies,
    putting,
    reading,
    settings,
    sharing,
    tagging,
)
from cloudchamber.services.ssm.limits import QUOTAS, RATES
from cloudchamber.services.ssm.nouns import PARAMETERS, SETTINGS

simulated: Final = partial(contract.simulated, context=permissions.conditions)
_on_one: Final = partial(simulated, resource=permissions.named)
_on_many: Final = partial(simulated, resource=permissions.all_named)
_on_tagged: Final = partial(
    simulated, resource=permissions.tagged, note="Parameters; other types are refused."
)
_shared: Final = partial(
    simulated, resource=permissions.given, note="Parameters; other resources are refused."
)
_setting: Final = partial(
    contract.simulated,
    resource=permissions.setting,
    note=(
        "The default tier is in force, high-throughput-enabled is stored; settings of other tools "
        "are refused."
    ),
)

SERVICE: Final = Service(
    name="ssm",
    operations={
        "AddTagsToResource": _on_tagged(tagging.add_tags_to_resource),
        "DeleteParameter": _on_one(reading.delete_parameter),
        "DeleteParameters": _on_many(reading.delete_parameters),
        "DeleteResourcePolicy": _shared(sharing.delete_resource_policy),
        "DescribeParameters": simulated(
            listing.describe_parameters, note="Nothing is listed as Shared: there is no RAM."
        ),
        "GetParameter": _on_one(reading.get_parameter),
        "GetParameterHistory": _on_one(reading.get_parameter_history),
        "GetParameters": _on_many(reading.get_parameters),
        "GetParametersByPath": simulated(
            listing.get_parameters_by_path, resource=permissions.under
        ),
        "GetResourcePolicies": _shared(sharing.get_resource_policies),
        "GetServiceSetting": _setting(settings.get_service_setting),
        "LabelParameterVersion": _on_one(labels.label_parameter_version),
        "ListTagsForResource": _on_tagged(tagging.list_tags_for_resource),
        "PutParameter": _on_one(
            putting.put_parameter,
            note="Of an aws:ec2:image only the form is checked: there are no AMIs.",
        ),
        "PutResourcePolicy": _shared(sharing.put_resource_policy),
        "RemoveTagsFromResource": _on_tagged(tagging.remove_tags_from_resource),
        "ResetServiceSetting": _setting(settings.reset_service_setting),
        "UnlabelParameterVersion": _on_one(labels.unlabel_parameter_version),
        "UpdateServiceSetting": _setting(settings.update_service_setting),
    },
    tables=(PARAMETERS, SETTINGS),
    quotas=QUOTAS,
    rates=RATES,
    kernel_events={policies.DUE: policies.due},
    ports={ports.TAGGED_RESOURCES: tagging.tagged_resources},
    resource_policy=permissions.resource_policy,
)
