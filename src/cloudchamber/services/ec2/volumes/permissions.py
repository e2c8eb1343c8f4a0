"""What the permissions of EBS's operations are asked on, where it is more than one thing."""

from __future__ import annotations

from collections.abc import Sequence

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.service import Input
from cloudchamber.services.ec2.instances.nouns import INSTANCE
from cloudchamber.services.ec2.permissions import ResourceOf, created, named
from cloudchamber.services.ec2.volumes.nouns import SNAPSHOT, VOLUME


def _all(*parts: ResourceOf) -> ResourceOf:
    def resource(call: Call, request: Input) -> Sequence[str]:
        return [arn for each in parts for arn in each(call, request)]

    return resource


volume = named(VOLUME, "VolumeId")
snapshot = named(SNAPSHOT, "SnapshotId")
volume_and_instance = _all(volume, named(INSTANCE, "InstanceId"))
new_volume = created(VOLUME)
volume_copy = created(VOLUME, named(VOLUME, "SourceVolumeId"))
new_snapshot = created(SNAPSHOT, volume)
new_snapshots = created(SNAPSHOT)
