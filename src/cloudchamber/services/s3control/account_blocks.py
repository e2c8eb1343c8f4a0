"""What an account blocks of public access, whatever its buckets say.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/configuring-block-public-access-account.html
"""

from __future__ import annotations

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.s3control.access_points import BLOCKS as KINDS
from cloudchamber.services.s3control.lookup import check_account
from cloudchamber.services.s3control.nouns import BLOCKS, Blocks


def put_public_access_block(call: Call, request: Input) -> Output:
    """Say what is blocked in all buckets of the account."""
    check_account(call, request)
    wanted = request["PublicAccessBlockConfiguration"]
    call.rows(BLOCKS)[""] = Blocks({kind: bool(wanted.get(kind, False)) for kind in KINDS})
    return {}


def get_public_access_block(call: Call, request: Input) -> Output:
    """What is blocked. Raises NoSuchPublicAccessBlockConfiguration."""
    check_account(call, request)
    kept = call.rows(BLOCKS).get("")
    if kept is None:
        raise AwsError(
            "NoSuchPublicAccessBlockConfiguration",
            "The public access block configuration was not found",
            404,
            AccountId=call.account,
        )
    return {"PublicAccessBlockConfiguration": kept.blocks}


def delete_public_access_block(call: Call, request: Input) -> Output:
    """Block nothing for the account."""
    check_account(call, request)
    call.rows(BLOCKS).pop("", None)
    return {}
