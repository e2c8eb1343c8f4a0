"""Finding images: the account's own, the public ones, and those that others share with it.

Rules of this file: reads only. An image is known in the Region it lies in.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/sharing-amis.html
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud import ports
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.instances.image_criteria import is_shut_out
from cloudchamber.services.ec2.instances.nouns import IMAGE, Image
from cloudchamber.services.ec2.instances.public_images import image_of_parameter, public_images

RESOLVE: Final = "resolve:ssm:"


def find_image(call: Call, identifier: str) -> Image | None:
    """An image that the account may launch here, or None."""
    public = public_images(call.region).get(identifier)
    if public is not None:
        return None if is_shut_out(call, public) else public
    place = kinds.place_of(call.cloud, identifier)
    if place is None or place.region != call.region:
        return None
    row = kinds.find_anywhere(call.cloud, IMAGE, identifier)
    if row is None or not may_launch(call, row) or is_shut_out(call, row):
        return None
    return row


def expect_image(call: Call, identifier: str) -> Image:
    """An image that the account may launch here. Raises InvalidAMIID.NotFound or .Malformed."""
    found = find_image(call, identifier)
    if found is None:
        raise no_image(identifier)
    return found


def expect_own_image(call: Call, identifier: str) -> Image:
    """An image of the account's own. Raises AuthFailure for another's, or as `expect_image`."""
    found = expect_image(call, identifier)
    if found.owner != call.account:
        raise AwsError("AuthFailure", f"Not authorized for image:{identifier}", status=403)
    return found


def expect_launchable(call: Call, given: str) -> Image:
    """The image to launch, given by id or as `resolve:ssm:NAME`. Raises AwsError."""
    identifier = given
    if given.startswith(RESOLVE):
        identifier = _resolved(call, given.removeprefix(RESOLVE))
    image = expect_image(call, identifier)
    if image.state != "available":
        raise AwsError(
            "InvalidAMIID.Unavailable",
            f"The image ID '[{identifier}]' is no longer available"
            if image.state in ("disabled", "deregistered")
            else f"The image ID '[{identifier}]' is not available: its state is {image.state}",
        )
    return image


def may_launch(call: Call, image: Image) -> bool:
    """Whether the account may launch an image: it is public, its own, or shared with it."""
    if image.owner == call.account or image.is_public or call.account in image.users:
        return True
    arns = [each for each in image.users if each.startswith("arn:")]
    if not arns:
        return False
    answer = call.port(ports.ORGANIZATION)
    facts = answer(call.cloud, call.account) if answer else None
    return facts is not None and any(_is_inside(facts, arn) for arn in arns)


def shared_images(call: Call) -> list[Image]:
    """All images that the account may launch here, by id: public, its own, others'."""
    found = dict(public_images(call.region))
    for _, region, image in kinds.everywhere(call.cloud, IMAGE):
        if region == call.region and may_launch(call, image):
            found[image.id] = image
    return [found[each] for each in sorted(found) if not is_shut_out(call, found[each])]


def no_image(identifier: str) -> AwsError:
    """There is no such image."""
    error = kinds.missing(IMAGE, identifier)
    if error.code == IMAGE.malformed:
        return AwsError(IMAGE.malformed, f'Invalid id: "{identifier}" (expecting "ami-...")')
    return AwsError(IMAGE.not_found, f"The image id '[{identifier}]' does not exist")


def _is_inside(facts: ports.OrganizationFacts, arn: str) -> bool:
    """Whether an organisation's or organisational unit's ARN is that of the account's own."""
    return arn.rpartition("/")[2] in facts.path.split("/")


def _resolved(call: Call, name: str) -> str:
    """The id that a parameter holds; public ones are known without asking."""
    public = image_of_parameter(call.region, name)
    if public:
        return public
    try:
        answer = call.invoke("ssm", "GetParameter", {"Name": name})
    except AwsError as error:
        raise AwsError(
            "InvalidParameterValue",
            f"Unable to resolve the Systems Manager parameter {name}: {error.message}",
        ) from error
    value: str = answer["Parameter"]["Value"]
    return value
