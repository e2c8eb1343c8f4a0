"""Names, ARNs and selectors: from what a request says to a parameter and one of its versions.

Rules of this file: look-ups and the errors of what is not there. A name is `name`, `name:3`,
`name:label`, or any of them as an ARN. https://docs.aws.amazon.com/systems-manager/latest/
userguide/sysman-parameter-name-constraints.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.ssm.limits import NAME, RESERVED_FOR_AWS, RESERVED_FOR_SSM
from cloudchamber.services.ssm.nouns import PARAMETERS, Parameter, Version

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

_BAD_NAME = (
    'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can '
    "consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of "
    "letters, numbers and the following 3 symbols .-_"
)
_BAD_PATH = (
    "The parameter doesn't meet the parameter name requirements. The parameter name must begin "
    'with a forward slash "/". It can\'t be prefixed with \\"aws\\" or \\"ssm\\" '
    "(case-insensitive). It must use only letters, numbers, or the following symbols: . (period), "
    "- (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, if specified, "
    'must use the forward slash symbol "/". Valid example: /get/parameters2-/by1./path0_.'
)


class Asked(NamedTuple):
    """What a request asked for: whose parameter, its name, the selector with no colon or nothing.

    `by_arn` says that the name was taken from an ARN, which does not tell `/x` from `x`.
    """

    account: str
    name: str
    selector: str
    by_arn: bool = False


def invalid(message: str) -> AwsError:
    """A request that fails Systems Manager's own checks."""
    return AwsError("ValidationException", message)


def not_found() -> AwsError:
    """No such parameter. AWS says so without a message."""
    return AwsError("ParameterNotFound", "")


def arn_of(call: Call, name: str, account: str = "") -> str:
    """The ARN of a parameter; a leading slash is not doubled."""
    owner = account or call.account
    return f"arn:{call.partition}:ssm:{call.region}:{owner}:parameter/{name.removeprefix('/')}"


def read(call: Call, text: str) -> Asked:
    """What a name or an ARN asks for. Raises ValidationException."""
    text = text.strip()
    arn = find_arn(text)
    if arn is None:
        name, _, selector = text.partition(":")
        check_form(name)
        return Asked(call.account, name, selector)
    resource, _, selector = arn.resource.partition(":")
    if arn.service != "ssm" or not resource.startswith("parameter/"):
        raise invalid(f"The parameter ARN {text} is not valid.")
    if arn.region != call.region:
        raise invalid(f"The parameter ARN {text} is not in the Region {call.region}.")
    return Asked(arn.account or call.account, resource.removeprefix("parameter"), selector, True)


def is_readable(call: Call, text: str) -> bool:
    """Whether this is a name or an ARN that a parameter could have."""
    try:
        read(call, text)
    except AwsError:
        return False
    return True


def check_form(name: str) -> None:
    """Raises ValidationException for what no parameter can be called."""
    if not NAME.fullmatch(name) or RESERVED_FOR_SSM.match(name):
        raise invalid(_BAD_NAME)


def check_new(call: Call, name: str) -> None:
    """Raises what AWS answers when a parameter cannot be given this name."""
    if RESERVED_FOR_AWS.match(name):
        raise AwsError("AccessDeniedException", f"No access to reserved parameter name: {name}.")
    check_form(name)
    if len(name.strip("/").split("/")) > call.quota("levels"):
        raise AwsError(
            "HierarchyLevelLimitExceededException",
            "A hierarchy can have a maximum of 15 levels. For more information, see Requirements "
            "and constraints for parameter names in the AWS Systems Manager User Guide.",
        )
    limit = call.quota("arn-characters")
    if len(arn_of(call, name)) > limit:
        raise invalid(
            f"The parameter name is too long: with the ARN that precedes it, it can have {limit} "
            "characters."
        )


def check_path(path: str) -> str:
    """A path without its last slash. Raises ValidationException."""
    bare = path.strip().rstrip("/")
    if not path.startswith("/") or (bare and not NAME.fullmatch(bare)):
        raise invalid(_BAD_PATH)
    return bare


def is_below(name: str, path: str, recursive: bool) -> bool:
    """Whether a name is under a path (without last slash), in any depth or directly.

    What has no slash is under the root.
    """
    full = name if name.startswith("/") else f"/{name}"
    if not full.startswith(f"{path}/"):
        return False
    return recursive or "/" not in full[len(path) + 1 :]


def find(call: Call, asked: Asked) -> Parameter | None:
    """The parameter, or None."""
    rows = call.rows(PARAMETERS, asked.account)
    found = rows.get(asked.name)
    return rows.get(asked.name[1:]) if found is None and asked.by_arn else found


def expect(call: Call, text: str) -> Parameter:
    """The caller's own parameter of that name. Raises ParameterNotFound."""
    found = call.rows(PARAMETERS).get(text.strip())
    if found is None:
        raise not_found()
    return found


def expect_version(parameter: Parameter, selector: str) -> Version:
    """The version that a selector (number, label, nothing) means.

    Raises ParameterVersionNotFound.
    """
    if not selector:
        return parameter.latest
    is_number = selector.isascii() and selector.isdigit()
    for version in parameter.versions:
        if str(version.number) == selector if is_number else selector in version.labels:
            return version
    what = "version" if is_number else "label"
    raise AwsError(
        "ParameterVersionNotFound",
        f"Systems Manager could not find {what} {selector} "
        f"{'of' if is_number else 'for parameter'} {parameter.name}. Verify the {what} and try "
        "again.",
    )


def expect_number(parameter: Parameter, number: int | None) -> Version:
    """The version of that number, or the latest. Raises ParameterVersionNotFound."""
    return expect_version(parameter, "" if number is None else str(number))


def in_order(call: Call, path: str = "", start: str = "") -> Iterator[Parameter]:
    """The caller's parameters by name, from `start` on: those under a path, or all."""
    rows: Any = call.rows(PARAMETERS)
    if not path:
        found = rows.irange(start)
    else:
        # "0" is the character after "/".
        found = rows.irange(max(start, f"{path}/"), f"{path}0", (True, False))
    for name in found:
        yield rows[name]
