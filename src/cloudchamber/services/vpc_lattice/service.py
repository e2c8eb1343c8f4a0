"""What VPC Lattice answers. Everything it does not list is refused by name."""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud import ports
from cloudchamber.cloud.service import Service, recorded, refused, simulated
from cloudchamber.services.vpc_lattice import (
    access_logs,
    associations,
    auth_policies,
    listeners,
    requests,
    service_networks,
    services,
    tagging,
    target_groups,
    targets,
)
from cloudchamber.services.vpc_lattice.idempotency import TOKENS, once
from cloudchamber.services.vpc_lattice.limits import QUOTAS
from cloudchamber.services.vpc_lattice.nouns import TABLES

_RESOURCES: Final = "resources (databases, names, addresses) are not shared through it here"
_NO_POLICY_EFFECT: Final = "AWS RAM shares; the policy is kept"

SERVICE: Final = Service(
    name="vpc-lattice",
    operations={
        # Service networks and services
        "CreateServiceNetwork": simulated(once(service_networks.create_service_network)),
        "DeleteServiceNetwork": simulated(service_networks.delete_service_network),
        "GetServiceNetwork": simulated(service_networks.get_service_network),
        "ListServiceNetworks": simulated(service_networks.list_service_networks),
        "UpdateServiceNetwork": simulated(service_networks.update_service_network),
        "CreateService": simulated(once(services.create_service)),
        "DeleteService": simulated(services.delete_service),
        "GetService": simulated(services.get_service),
        "ListServices": simulated(services.list_services),
        "UpdateService": simulated(services.update_service),
        # Listeners and rules
        "BatchUpdateRule": simulated(listeners.batch_update_rule, mutates=True),
        "CreateListener": simulated(once(listeners.create_listener)),
        "CreateRule": simulated(once(listeners.create_rule)),
        "DeleteListener": simulated(listeners.delete_listener),
        "DeleteRule": simulated(listeners.delete_rule),
        "GetListener": simulated(listeners.get_listener),
        "GetRule": simulated(listeners.get_rule),
        "ListListeners": simulated(listeners.list_listeners),
        "ListRules": simulated(listeners.list_rules),
        "UpdateListener": simulated(listeners.update_listener),
        "UpdateRule": simulated(listeners.update_rule),
        # Target groups
        "CreateTargetGroup": simulated(once(target_groups.create_target_group)),
        "DeleteTargetGroup": simulated(target_groups.delete_target_group),
        "DeregisterTargets": simulated(targets.deregister_targets),
        "GetTargetGroup": simulated(target_groups.get_target_group),
        "ListTargetGroups": simulated(target_groups.list_target_groups),
        "ListTargets": simulated(targets.list_targets),
        "RegisterTargets": simulated(targets.register_targets),
        "UpdateTargetGroup": simulated(target_groups.update_target_group),
        # Associations
        "CreateServiceNetworkServiceAssociation": simulated(
            once(associations.create_service_network_service_association)
        ),
        "CreateServiceNetworkVpcAssociation": simulated(
            once(associations.create_service_network_vpc_association)
        ),
        "DeleteServiceNetworkServiceAssociation": simulated(
            associations.delete_service_network_service_association
        ),
        "DeleteServiceNetworkVpcAssociation": simulated(
            associations.delete_service_network_vpc_association
        ),
        "GetServiceNetworkServiceAssociation": simulated(
            associations.get_service_network_service_association
        ),
        "GetServiceNetworkVpcAssociation": simulated(
            associations.get_service_network_vpc_association
        ),
        "ListServiceNetworkServiceAssociations": simulated(
            associations.list_service_network_service_associations
        ),
        "ListServiceNetworkVpcAssociations": simulated(
            associations.list_service_network_vpc_associations
        ),
        "UpdateServiceNetworkVpcAssociation": simulated(
            associations.update_service_network_vpc_association
        ),
        "ListServiceNetworkVpcEndpointAssociations": refused(_RESOURCES),
        # Policies
        "DeleteAuthPolicy": simulated(auth_policies.delete_auth_policy),
        "DeleteResourcePolicy": recorded(auth_policies.delete_resource_policy, _NO_POLICY_EFFECT),
        "GetAuthPolicy": simulated(auth_policies.get_auth_policy),
        "GetResourcePolicy": recorded(auth_policies.get_resource_policy, _NO_POLICY_EFFECT),
        "PutAuthPolicy": simulated(auth_policies.put_auth_policy),
        "PutResourcePolicy": recorded(auth_policies.put_resource_policy, _NO_POLICY_EFFECT),
        # Access logs
        "CreateAccessLogSubscription": simulated(once(access_logs.create_access_log_subscription)),
        "DeleteAccessLogSubscription": simulated(access_logs.delete_access_log_subscription),
        "GetAccessLogSubscription": simulated(access_logs.get_access_log_subscription),
        "ListAccessLogSubscriptions": simulated(access_logs.list_access_log_subscriptions),
        "UpdateAccessLogSubscription": simulated(access_logs.update_access_log_subscription),
        # Tags
        "ListTagsForResource": simulated(tagging.list_tags_for_resource),
        "TagResource": simulated(tagging.tag_resource),
        "UntagResource": simulated(tagging.untag_resource),
    },
    tables=(*TABLES, TOKENS),
    quotas=QUOTAS,
    kernel_events={access_logs.DUE: access_logs.deliver},
    ports={
        ports.LATTICE: associations.lattice,
        ports.SHAREABLE: auth_policies.shareable,
        ports.TAGGED_RESOURCES: tagging.tagged_resources,
    },
    policy_must_allow=True,
    sites={
        services.SITE: simulated(
            requests.serve, resource=requests.arn_of_service, mutates=True, anonymous=True,
            open=True,
        ),
    },
)  # fmt: skip
