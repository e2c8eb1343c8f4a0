"""VPC Block Public Access: an account's internet gateways in a Region, shut with one switch.

Rules of this file: the switch, its exclusions, and what follows for a VPC or a subnet. A subnet's
exclusion counts before its VPC's; both are those of the account that owns them.
https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.describing import Description, describe
from cloudchamber.services.ec2.refusals import invalid_combination
from cloudchamber.services.ec2.vpcs.lifecycle import EXCLUSION_LIFE, OPTIONS_LIFE
from cloudchamber.services.ec2.vpcs.limits import expect_room
from cloudchamber.services.ec2.vpcs.lookup import expect_own_vpc
from cloudchamber.services.ec2.vpcs.nouns import (
    BLOCK_EXCLUSION,
    BLOCK_EXCLUSIONS,
    BLOCK_OPTIONS,
    SUBNET,
    VPC,
    BlockExclusion,
    BlockOptions,
)

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

OFF: Final = "off"
INGRESS: Final = "block-ingress"
EXCLUSION_DUE: Final = "ec2.block-exclusion-due"
OPTIONS_DUE: Final = "ec2.block-options-due"
_ACCOUNT: Final = "account"
_IN_FORCE: Final = ("create-complete", "update-in-progress", "update-complete")
_SETTLED: Final = ("create-complete", "update-complete")
_GONE: Final = "delete-complete"


def mode_of(cloud: Cloud, owner: str, region: str, vpc_id: str, subnet_id: str = "") -> str:
    """What is blocked for a VPC, or for one of its subnets: `off`, `block-ingress` or
    `block-bidirectional`."""
    options = cloud.store.rows(BLOCK_OPTIONS, owner, region).get(_ACCOUNT)
    if options is None or options.mode == OFF:
        return OFF
    modes = {
        each.subnet or each.vpc: each.mode
        for each in cloud.store.rows(BLOCK_EXCLUSIONS, owner, region).values()
        if each.state in _IN_FORCE
    }
    left_out = modes.get(subnet_id) or modes.get(vpc_id)
    if left_out is None:
        return options.mode
    return OFF if left_out == "allow-bidirectional" else INGRESS


def describe_options(call: Call, request: Input) -> Output:
    """The switch as it stands."""
    return {"VpcBlockPublicAccessOptions": _options_view(call)}


def modify_options(call: Call, request: Input) -> Output:
    """Turn the switch; it takes effect when the change is complete."""
    mode = request["InternetGatewayBlockMode"]
    rows = call.rows(BLOCK_OPTIONS)
    options = rows.get(_ACCOUNT) or BlockOptions(
        mode=OFF, state=OPTIONS_LIFE.initial, changed_ns=call.now
    )
    if options.state == "update-in-progress":
        raise AwsError("IncorrectState", "VPC Block Public Access is being modified already.")
    options.state = OPTIONS_LIFE.move(options.state, "modify")
    rows[_ACCOUNT] = options
    delay_ns = OPTIONS_LIFE.delay_ns(call.cloud.settings.lifecycle, options.state)
    call.after(delay_ns, OPTIONS_DUE, mode)
    view = _options_view(call)
    return {"VpcBlockPublicAccessOptions": {**view, "InternetGatewayBlockMode": mode}}


def options_due(call: Call, mode: str) -> None:
    """The switch is where it was turned to."""
    options = call.rows(BLOCK_OPTIONS)[_ACCOUNT]
    options.mode = mode
    options.state = OPTIONS_LIFE.move(options.state, "done")
    options.changed_ns = call.now
    call.event(
        call.arn("vpc-block-public-access-options"),
        "ec2.public-access-blocked" if mode != OFF else "ec2.public-access-allowed",
        f"the internet gateways of account {call.account} in {call.region} are set to {mode}",
    )


def create_exclusion(call: Call, request: Input) -> Output:
    """Leave a VPC or a subnet out."""
    given = tags.specified(request, BLOCK_EXCLUSION.type)
    vpc_id, subnet_id = request.get("VpcId", ""), request.get("SubnetId", "")
    if bool(vpc_id) == bool(subnet_id):
        raise invalid_combination("Specify either a VPC ID or a subnet ID.")
    if vpc_id:
        expect_own_vpc(call, vpc_id)
    else:
        kinds.expect_own(call, SUBNET, subnet_id)
    have = [each for each in call.rows(BLOCK_EXCLUSIONS).values() if each.state != _GONE]
    if any((each.vpc, each.subnet) == (vpc_id, subnet_id) for each in have):
        raise AwsError(
            "VpcBlockPublicAccessExclusionAlreadyExists",
            f"An exclusion for {vpc_id or subnet_id} exists already.",
        )
    expect_room("exclusions", len(have))
    exclusion = BlockExclusion(
        id=kinds.new_id(call, BLOCK_EXCLUSION.prefix),
        owner=call.account,
        mode=request["InternetGatewayExclusionMode"],
        state=EXCLUSION_LIFE.initial,
        vpc=vpc_id,
        subnet=subnet_id,
        created_ns=call.now,
        changed_ns=call.now,
    )
    kinds.add(call, BLOCK_EXCLUSION, exclusion)
    tags.put(call, exclusion.id, given)
    _go_on(call, exclusion)
    return {"VpcBlockPublicAccessExclusion": _exclusion_view(call, exclusion)}


def modify_exclusion(call: Call, request: Input) -> Output:
    """Let the other direction through too, or no longer."""
    exclusion = _expect_settled(call, request["ExclusionId"])
    exclusion.mode = request["InternetGatewayExclusionMode"]
    exclusion.state = EXCLUSION_LIFE.move(exclusion.state, "modify")
    _go_on(call, exclusion)
    return {"VpcBlockPublicAccessExclusion": _exclusion_view(call, exclusion)}


def delete_exclusion(call: Call, request: Input) -> Output:
    """The account's switch counts again for what was left out."""
    exclusion = _expect_settled(call, request["ExclusionId"])
    exclusion.state = EXCLUSION_LIFE.move(exclusion.state, "delete")
    _go_on(call, exclusion)
    return {"VpcBlockPublicAccessExclusion": _exclusion_view(call, exclusion)}


def exclusion_due(call: Call, identifier: str) -> None:
    """A change of an exclusion is complete."""
    exclusion = call.rows(BLOCK_EXCLUSIONS).get(identifier)
    if exclusion is None:
        return
    exclusion.state = EXCLUSION_LIFE.move(exclusion.state, "done")
    exclusion.changed_ns = call.now
    if exclusion.state == _GONE:
        exclusion.deleted_ns = call.now


def describe_exclusions(call: Call, request: Input) -> Output:
    """The exclusions, those that are deleted too."""
    return describe(call, request, _EXCLUSIONS)


def forget_exclusions(call: Call, identifier: str) -> None:
    """The VPC or subnet is gone, and with it what left it out."""
    for each in list(call.rows(BLOCK_EXCLUSIONS).values()):
        if identifier in (each.vpc, each.subnet):
            kinds.remove(call, BLOCK_EXCLUSION, each)


def _expect_settled(call: Call, identifier: str) -> BlockExclusion:
    exclusion = kinds.expect_own(call, BLOCK_EXCLUSION, identifier)
    if exclusion.state not in _SETTLED:
        raise AwsError(
            "IncorrectState", f"The exclusion {identifier} is in the state {exclusion.state}."
        )
    return exclusion


def _go_on(call: Call, exclusion: BlockExclusion) -> None:
    delay_ns = EXCLUSION_LIFE.delay_ns(call.cloud.settings.lifecycle, exclusion.state)
    call.after(delay_ns, EXCLUSION_DUE, exclusion.id)


def _options_view(call: Call) -> dict[str, Any]:
    options = call.rows(BLOCK_OPTIONS).get(_ACCOUNT)
    view: dict[str, Any] = {
        "AwsAccountId": call.account,
        "AwsRegion": call.region,
        "State": options.state if options else OPTIONS_LIFE.initial,
        "InternetGatewayBlockMode": options.mode if options else OFF,
        "ManagedBy": "account",
        "ExclusionsAllowed": "allowed",
    }
    if options is not None:
        view["LastUpdateTimestamp"] = options.changed_ns / SECOND_NS
    return view


def _exclusion_view(call: Call, exclusion: BlockExclusion) -> dict[str, Any]:
    view: dict[str, Any] = {
        "ExclusionId": exclusion.id,
        "InternetGatewayExclusionMode": exclusion.mode,
        "ResourceArn": _arn_of(call, exclusion),
        "State": exclusion.state,
        "CreationTimestamp": exclusion.created_ns / SECOND_NS,
        "LastUpdateTimestamp": exclusion.changed_ns / SECOND_NS,
        "Tags": tags.shown(call, exclusion.id),
    }
    if exclusion.deleted_ns:
        view["DeletionTimestamp"] = exclusion.deleted_ns / SECOND_NS
    return view


def _arn_of(call: Call, exclusion: BlockExclusion) -> str:
    kind = SUBNET if exclusion.subnet else VPC
    return kinds.arn_of(kind, call.account, call.region, exclusion.subnet or exclusion.vpc)


_EXCLUSIONS: Final = Description(
    kind=BLOCK_EXCLUSION,
    ids="ExclusionIds",
    answer="VpcBlockPublicAccessExclusions",
    view=_exclusion_view,
    filters={
        "internet-gateway-exclusion-mode": lambda call, row: (row.mode,),
        "resource-arn": lambda call, row: (_arn_of(call, row),),
        "state": lambda call, row: (row.state,),
    },
)
