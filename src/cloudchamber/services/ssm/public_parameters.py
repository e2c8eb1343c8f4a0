"""Parameters that AWS publishes, `/aws/service/...`: the ones whose values are known here.

Rules of this file: no value is made up. The Regions and zones of `world/geography` are there, and
the images that EC2 has here; all else is refused by name. https://docs.aws.amazon.com/systems-manager/latest/userguide/
parameter-store-public-parameters-global-infrastructure.html
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from cloudchamber.cloud import ports
from cloudchamber.cloud.errors import Refused
from cloudchamber.services.ssm import data_types
from cloudchamber.services.ssm.names import is_below, not_found
from cloudchamber.services.ssm.nouns import STRING, TEXT, Parameter, Version
from cloudchamber.world.geography.regions import dns_suffix_of, regions

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

ROOT: Final = "/aws/service"
INFRASTRUCTURE: Final = f"{ROOT}/global-infrastructure"


@lru_cache(maxsize=1)
def _values() -> Mapping[str, str]:
    """The values that do not depend on where they are asked for, by name."""
    values: dict[str, str] = {}
    for region in regions():
        if region.opened is None:
            continue
        name = f"{INFRASTRUCTURE}/regions/{region.name}"
        values[name] = region.name
        values[f"{name}/domain"] = dns_suffix_of(region.name)
        values[f"{name}/longName"] = region.long_name
        values[f"{name}/partition"] = region.partition
        for zone in region.zone_ids:
            values[f"{name}/availability-zones/{zone}"] = zone
            values[f"{INFRASTRUCTURE}/availability-zones/{zone}"] = zone
            values[f"{INFRASTRUCTURE}/availability-zones/{zone}/parent-region"] = region.name
    return MappingProxyType(dict(sorted(values.items())))


def is_public(name: str) -> bool:
    """Whether a name, or a path, is AWS's own."""
    return name == ROOT or name.startswith(f"{ROOT}/")


def expect(call: Call, name: str) -> Parameter:
    """A public parameter. Raises ParameterNotFound, and Refused for what is not known here."""
    if name == f"{INFRASTRUCTURE}/current-region":
        return _parameter(call, name, call.region)
    value = _values().get(name)
    if value is not None:
        return _parameter(call, name, value)
    if name.startswith((f"{INFRASTRUCTURE}/regions/", f"{INFRASTRUCTURE}/availability-zones/")):
        raise not_found()
    image = _images(call).get(name)
    if image is not None:
        return _parameter(call, name, image, data_types.IMAGE)
    raise _unknown(call, name)


def below(call: Call, path: str, recursive: bool) -> list[Parameter]:
    """The public parameters under a path. Raises Refused for a path that is not known here."""
    found = [
        _parameter(call, name, value)
        for name, value in _values().items()
        if is_below(name, path, recursive)
    ]
    if path.startswith(INFRASTRUCTURE):
        return found
    found += [
        _parameter(call, name, image, data_types.IMAGE)
        for name, image in sorted(_images(call).items())
        if is_below(name, path, recursive)
    ]
    if not found:
        raise _unknown(call, path)
    return found


def _images(call: Call) -> Mapping[str, str]:
    """EC2's public images by parameter; EC2 is asked even if nobody has called it yet."""
    call.cloud.registry.expect("ec2")
    images: Mapping[str, str] = call.port(ports.IMAGE_PARAMETERS)(call.cloud, call.region)
    return images


def _unknown(call: Call, name: str) -> Refused:
    return Refused(
        "ssm", call.operation_name, f"the value of the public parameter {name} is not known here"
    )


def _parameter(call: Call, name: str, value: str, data_type: str = TEXT) -> Parameter:
    version = Version(
        number=1,
        type=STRING,
        modified_ns=call.cloud.settings.start_ns,
        user="",
        tier="Standard",
        text=value,
        data_type=data_type,
    )
    arn = f"arn:{call.partition}:ssm:{call.region}::parameter{name}"
    return Parameter(name=name, account="", arn=arn, life="", versions=[version])
