"""GetRandomPassword: from the account's own stream, so that equal worlds draw equal passwords.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.secretsmanager.lookup import invalid_parameter, invalid_request

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

LENGTH: Final = 32
LOWER: Final = "abcdefghijklmnopqrstuvwxyz"
UPPER: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS: Final = "0123456789"
PUNCTUATION: Final = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
_TYPES: Final = (
    ("ExcludeLowercase", LOWER),
    ("ExcludeUppercase", UPPER),
    ("ExcludeNumbers", DIGITS),
    ("ExcludePunctuation", PUNCTUATION),
)


def get_random_password(call: Call, request: Input) -> Output:
    """A password. Raises InvalidParameterException, InvalidRequestException."""
    excluded = request.get("ExcludeCharacters", "")
    types = [characters for option, characters in _TYPES if not request.get(option)]
    if request.get("IncludeSpace"):
        types.append(" ")
    kept = ["".join(each for each in type_ if each not in excluded) for type_ in types]
    alphabet = "".join(kept)
    if not alphabet:
        raise invalid_request(
            "The password can't be generated because all characters are excluded."
        )
    length = request.get("PasswordLength", LENGTH)
    required = (
        [each for each in kept if each] if request.get("RequireEachIncludedType", True) else []
    )
    if length < len(required):
        raise invalid_parameter("Password length too short based on the required types.")
    stream = call.stream(call.arn("random-password"), "password")
    chosen = [each[stream.below(len(each))] for each in required]
    chosen += [alphabet[stream.below(len(alphabet))] for _ in range(length - len(chosen))]
    stream.shuffle(chosen)
    return {"RandomPassword": "".join(chosen)}
