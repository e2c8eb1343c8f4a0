"""What this area of EC2 answers."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from cloudchamber.cloud import ports
from cloudchamber.cloud.service import (
    Handler,
    Operation,
    recorded,
    refused,
    simulated,
)
from cloudchamber.services.ec2 import permissions
from cloudchamber.services.ec2.area import Area
from cloudchamber.services.ec2.idempotency import once
from cloudchamber.services.ec2.instances import (
    account_settings,
    attributes,
    console,
    image_attributes,
    image_criteria,
    images,
    key_pairs,
    lifecycle,
    modifying,
    placement_groups,
    profiles,
    states,
    templates,
)
from cloudchamber.services.ec2.instances.describing import (
    describe_instance_image_metadata,
    describe_instance_status,
    describe_instances,
)
from cloudchamber.services.ec2.instances.image_views import describe_images
from cloudchamber.services.ec2.instances.instance_types import (
    describe_instance_types,
    get_instance_types_from_instance_requirements,
)
from cloudchamber.services.ec2.instances.launch_permissions import (
    arns_of_images,
    arns_of_launch,
    context_of_launch,
)
from cloudchamber.services.ec2.instances.nouns import (
    IMAGE,
    INSTANCE,
    KEY_PAIR,
    PLACEMENT_GROUP,
    POOLS,
    PROFILE,
    SETTINGS,
    TEMPLATE,
    USAGE,
)
from cloudchamber.services.ec2.instances.public_images import image_parameters
from cloudchamber.services.ec2.instances.running import run_instances
from cloudchamber.services.ec2.instances.type_offerings import describe_instance_type_offerings

_OF_INSTANCE: Final = permissions.named(INSTANCE, "InstanceId")
_OF_INSTANCES: Final = permissions.named(INSTANCE, "InstanceIds")
_OF_TEMPLATE: Final = permissions.named(TEMPLATE, "LaunchTemplateId")
_TAGS_OF_TEMPLATE: Final = permissions.tagged(TEMPLATE, "LaunchTemplateId")
_TAGS_OF_INSTANCES: Final = permissions.tagged(INSTANCE, "InstanceIds")


def _on_instance(handler: Handler) -> Operation:
    """A change of one instance, permitted on it."""
    return simulated(
        handler,
        resource=_OF_INSTANCE,
        context=permissions.tagged(INSTANCE, "InstanceId"),
    )


def _kept_of_instance(handler: Handler, note: str) -> Operation:
    """A setting of one instance that is kept and shown, permitted on it."""
    return recorded(
        handler,
        note,
        resource=_OF_INSTANCE,
        context=permissions.tagged(INSTANCE, "InstanceId"),
    )


_SETTINGS: Final = MappingProxyType(
    {
        "DeregisterInstanceEventNotificationAttributes": recorded(
            account_settings.deregister_instance_event_notification_attributes,
            "no instance here has scheduled events",
        ),
        "DescribeInstanceEventNotificationAttributes": recorded(
            account_settings.describe_instance_event_notification_attributes,
            "no instance here has scheduled events",
        ),
        "DisableSerialConsoleAccess": recorded(
            account_settings.disable_serial_console_access, "no instance here has a console"
        ),
        "EnableSerialConsoleAccess": recorded(
            account_settings.enable_serial_console_access, "no instance here has a console"
        ),
        "GetInstanceMetadataDefaults": simulated(account_settings.get_instance_metadata_defaults),
        "GetSerialConsoleAccessStatus": recorded(
            account_settings.get_serial_console_access_status, "no instance here has a console"
        ),
        "ModifyInstanceMetadataDefaults": simulated(
            account_settings.modify_instance_metadata_defaults
        ),
        "RegisterInstanceEventNotificationAttributes": recorded(
            account_settings.register_instance_event_notification_attributes,
            "no instance here has scheduled events",
        ),
    }
)
_MODIFYING: Final = MappingProxyType(
    {
        "DescribeInstanceAttribute": simulated(
            attributes.describe_instance_attribute, resource=_OF_INSTANCE
        ),
        "DescribeInstanceCreditSpecifications": simulated(
            modifying.describe_instance_credit_specifications
        ),
        "GetDefaultCreditSpecification": simulated(modifying.get_default_credit_specification),
        "ModifyDefaultCreditSpecification": simulated(
            modifying.modify_default_credit_specification
        ),
        "ModifyInstanceAttribute": _on_instance(attributes.modify_instance_attribute),
        "ModifyInstanceCapacityReservationAttributes": _kept_of_instance(
            modifying.modify_instance_capacity_reservation_attributes,
            "an instance that starts again does not go into a reservation",
        ),
        "ModifyInstanceCpuOptions": _kept_of_instance(
            modifying.modify_instance_cpu_options,
            "no processor is shared out: the cores are kept and shown",
        ),
        "ModifyInstanceCreditSpecification": recorded(
            once(modifying.modify_instance_credit_specification),
            "no credits are spent here",
        ),
        "ModifyInstanceMaintenanceOptions": _kept_of_instance(
            modifying.modify_instance_maintenance_options, "no host here fails"
        ),
        "ModifyInstanceMetadataOptions": _kept_of_instance(
            modifying.modify_instance_metadata_options, "no instance here asks for its metadata"
        ),
        "ModifyInstanceNetworkPerformanceOptions": _kept_of_instance(
            modifying.modify_instance_network_performance_options, "bandwidth is not shared out"
        ),
        "ModifyInstancePlacement": _on_instance(modifying.modify_instance_placement),
        "ModifyPrivateDnsNameOptions": _on_instance(modifying.modify_private_dns_name_options),
        "MonitorInstances": recorded(
            modifying.monitor_instances, "no metrics are measured", resource=_OF_INSTANCES
        ),
        "ResetInstanceAttribute": _on_instance(attributes.reset_instance_attribute),
        "UnmonitorInstances": recorded(
            modifying.unmonitor_instances, "no metrics are measured", resource=_OF_INSTANCES
        ),
    }
)

_STARTED_FROM: Final = MappingProxyType(
    {
        "CreateKeyPair": simulated(
            key_pairs.create_key_pair,
            resource=permissions.created(KEY_PAIR),
            context=permissions.requested,
        ),
        "CreateLaunchTemplate": simulated(
            once(templates.create_launch_template),
            resource=permissions.created(TEMPLATE),
            context=permissions.requested,
        ),
        "CreateLaunchTemplateVersion": simulated(
            once(templates.create_launch_template_version),
            resource=_OF_TEMPLATE,
            context=_TAGS_OF_TEMPLATE,
        ),
        "CreatePlacementGroup": simulated(
            placement_groups.create_placement_group,
            resource=permissions.created(PLACEMENT_GROUP),
            context=permissions.requested,
        ),
        "DeleteKeyPair": simulated(
            key_pairs.delete_key_pair, resource=permissions.named(KEY_PAIR, "KeyPairId")
        ),
        "DeleteLaunchTemplate": simulated(
            templates.delete_launch_template, resource=_OF_TEMPLATE, context=_TAGS_OF_TEMPLATE
        ),
        "DeleteLaunchTemplateVersions": simulated(
            templates.delete_launch_template_versions,
            resource=_OF_TEMPLATE,
            context=_TAGS_OF_TEMPLATE,
        ),
        "DeletePlacementGroup": simulated(placement_groups.delete_placement_group),
        "DescribeKeyPairs": simulated(key_pairs.describe_key_pairs),
        "DescribeLaunchTemplateVersions": simulated(templates.describe_launch_template_versions),
        "DescribeLaunchTemplates": simulated(templates.describe_launch_templates),
        "DescribePlacementGroups": simulated(placement_groups.describe_placement_groups),
        "GetLaunchTemplateData": simulated(
            templates.get_launch_template_data, resource=_OF_INSTANCE
        ),
        "ImportKeyPair": simulated(
            key_pairs.import_key_pair,
            resource=permissions.created(KEY_PAIR),
            context=permissions.requested,
        ),
        "ModifyLaunchTemplate": simulated(
            once(templates.modify_launch_template),
            resource=_OF_TEMPLATE,
            context=_TAGS_OF_TEMPLATE,
        ),
    }
)


def _on_image(handler: Handler) -> Operation:
    """A change of one image, permitted on it."""
    return simulated(handler, resource=arns_of_images, context=permissions.tagged(IMAGE, "ImageId"))


_IMAGES: Final = MappingProxyType(
    {
        "CancelImageLaunchPermission": _on_image(image_attributes.cancel_image_launch_permission),
        "CopyImage": simulated(
            once(images.copy_image),
            resource=permissions.created(IMAGE),
            context=permissions.requested,
        ),
        "CreateImage": simulated(
            images.create_image,
            resource=permissions.created(IMAGE, _OF_INSTANCE),
            context=permissions.requested,
        ),
        "DeregisterImage": _on_image(images.deregister_image),
        "DescribeImageAttribute": simulated(
            image_attributes.describe_image_attribute, resource=arns_of_images
        ),
        "DescribeImages": simulated(describe_images),
        "DisableAllowedImagesSettings": simulated(image_criteria.disable_allowed_images_settings),
        "DisableImage": _on_image(images.disable_image),
        "DisableImageBlockPublicAccess": simulated(
            image_attributes.disable_image_block_public_access
        ),
        "DisableImageDeprecation": _on_image(images.disable_image_deprecation),
        "DisableImageDeregistrationProtection": _on_image(
            images.disable_image_deregistration_protection
        ),
        "EnableAllowedImagesSettings": simulated(image_criteria.enable_allowed_images_settings),
        "EnableImage": _on_image(images.enable_image),
        "EnableImageBlockPublicAccess": simulated(
            image_attributes.enable_image_block_public_access
        ),
        "EnableImageDeprecation": _on_image(images.enable_image_deprecation),
        "EnableImageDeregistrationProtection": _on_image(
            images.enable_image_deregistration_protection
        ),
        "GetAllowedImagesSettings": simulated(image_criteria.get_allowed_images_settings),
        "GetImageAncestry": simulated(images.get_image_ancestry, resource=arns_of_images),
        "GetImageBlockPublicAccessState": simulated(
            image_attributes.get_image_block_public_access_state
        ),
        "ModifyImageAttribute": _on_image(image_attributes.modify_image_attribute),
        "RegisterImage": simulated(
            images.register_image,
            resource=permissions.created(IMAGE),
            context=permissions.requested,
        ),
        "ReplaceImageCriteriaInAllowedImagesSettings": simulated(
            image_criteria.replace_image_criteria_in_allowed_images_settings
        ),
        "ResetImageAttribute": _on_image(image_attributes.reset_image_attribute),
    }
)

_REASONS: Final = MappingProxyType(
    {
        "Dedicated Hosts are not there yet": (
            "AllocateHosts", "DescribeHosts", "DescribeMacHosts", "ModifyHosts", "ReleaseHosts",
        ),
        "no instance here has a console, firmware or a TPM": (
            "GetConsoleScreenshot", "GetInstanceTpmEkPub", "GetInstanceUefiData",
        ),
        "there is no scheduled maintenance": (
            "AssociateInstanceEventWindow", "CreateInstanceEventWindow",
            "DeleteInstanceEventWindow", "DescribeInstanceEventWindows",
            "DisassociateInstanceEventWindow", "ModifyInstanceEventStartTime",
            "ModifyInstanceEventWindow",
        ),
        "nobody logs in to an instance here": (
            "CreateInstanceConnectEndpoint", "DeleteInstanceConnectEndpoint",
            "DescribeInstanceConnectEndpoints", "ModifyInstanceConnectEndpoint",
        ),
        "no disk here has contents that could be brought in or out": (
            "BundleInstance", "CancelBundleTask", "CreateInstanceExportTask",
            "CreateRestoreImageTask", "CreateStoreImageTask", "DescribeBundleTasks",
            "DescribeExportImageTasks", "DescribeImportImageTasks", "DescribeStoreImageTasks",
            "ExportImage", "ImportImage", "ImportInstance",
        ),
        "there are no FPGA images": (
            "CopyFpgaImage", "CreateFpgaImage", "DeleteFpgaImage", "DescribeFpgaImageAttribute",
            "DescribeFpgaImages", "ModifyFpgaImageAttribute", "ResetFpgaImageAttribute",
        ),
        "there is no Recycle Bin": ("ListImagesInRecycleBin", "RestoreImageFromRecycleBin"),
        "usage of images is not reported yet": (
            "CreateImageUsageReport", "DeleteImageUsageReport", "DescribeImageReferences",
            "DescribeImageUsageReportEntries", "DescribeImageUsageReports",
        ),
        "there are no products of the Marketplace": ("ConfirmProductInstance",),
        "the network's layers are not told": ("DescribeInstanceTopology",),
    }
)  # fmt: skip
_REFUSED: Final = MappingProxyType(
    {name: refused(reason) for reason, names in _REASONS.items() for name in names}
)

AREA: Final = Area(
    operations={
        **_SETTINGS,
        **_MODIFYING,
        **_STARTED_FROM,
        **_IMAGES,
        "AssociateIamInstanceProfile": simulated(
            profiles.associate_iam_instance_profile, resource=_OF_INSTANCE
        ),
        "DescribeIamInstanceProfileAssociations": simulated(
            profiles.describe_iam_instance_profile_associations
        ),
        "DisassociateIamInstanceProfile": simulated(profiles.disassociate_iam_instance_profile),
        "ReplaceIamInstanceProfileAssociation": simulated(
            profiles.replace_iam_instance_profile_association
        ),
        "RunInstances": simulated(
            once(run_instances), resource=arns_of_launch, context=context_of_launch
        ),
        "DescribeInstances": simulated(describe_instances),
        "DescribeInstanceStatus": simulated(describe_instance_status),
        "DescribeInstanceTypeOfferings": simulated(describe_instance_type_offerings),
        "DescribeInstanceTypes": simulated(describe_instance_types),
        "GetInstanceTypesFromInstanceRequirements": simulated(
            get_instance_types_from_instance_requirements
        ),
        "DescribeInstanceImageMetadata": simulated(describe_instance_image_metadata),
        "GetPasswordData": recorded(
            console.get_password_data, "no Windows here makes a password", resource=_OF_INSTANCE
        ),
        "ReportInstanceStatus": recorded(
            console.report_instance_status, "a report changes no status"
        ),
        **_REFUSED,
        "GetConsoleOutput": recorded(
            console.get_console_output, "no instance here prints anything", resource=_OF_INSTANCE
        ),
        "RebootInstances": simulated(
            states.reboot_instances, resource=_OF_INSTANCES, context=_TAGS_OF_INSTANCES
        ),
        "StartInstances": simulated(
            states.start_instances, resource=_OF_INSTANCES, context=_TAGS_OF_INSTANCES
        ),
        "StopInstances": simulated(
            states.stop_instances, resource=_OF_INSTANCES, context=_TAGS_OF_INSTANCES
        ),
        "TerminateInstances": simulated(
            states.terminate_instances, resource=_OF_INSTANCES, context=_TAGS_OF_INSTANCES
        ),
    },
    kinds=(INSTANCE, IMAGE, KEY_PAIR, TEMPLATE, PLACEMENT_GROUP, PROFILE),
    tables=(SETTINGS, USAGE, POOLS),
    ports={ports.IMAGE_PARAMETERS: image_parameters},
    kernel_events={
        lifecycle.DUE: states.instances_due,
        lifecycle.FORGOTTEN: states.instances_forgotten,
        lifecycle.IMAGE_DUE: images.image_due,
    },
)
