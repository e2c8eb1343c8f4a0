"""The one exception of the policy language, with AWS's own texts.

Rules of this file: the message is what AWS answers, word for word where AWS's words are known;
`reason` is our own sentence naming the exact element, for `why` and for services that hide the
message behind a text of their own (SQS, S3, KMS). The code is IAM's; services map it to theirs.
"""

from __future__ import annotations

from typing import Final

SYNTAX: Final = "Syntax errors in policy."
INVALID_JSON: Final = "This policy contains invalid Json"
LEGACY: Final = "The policy failed legacy parsing"
LEADING_SPACE: Final = "JSON strings must not have leading spaces"
OLD_VERSION: Final = "Policy document must be version 2012-10-17 or greater."
SID_TWICE: Final = "Statement IDs (SID) in a single policy must be unique."
SID_SPELLING: Final = (
    "Statement IDs (SID) must be alpha-numeric. "
    "Check that your input satisfies the regular expression [0-9A-Za-z]*"
)
NO_VENDOR: Final = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
TWO_COLONS: Final = "Actions/Condition can contain only one colon."
NO_ACTIONS: Final = "Policy statement must contain actions."
NO_RESOURCES: Final = "Policy statement must contain resources."
RESOURCE_VENDOR: Final = "Resource vendor must be fully qualified and cannot contain regexes."
PRINCIPAL_FORBIDDEN: Final = "Policy document should not specify a principal."
PRINCIPAL_NONE: Final = (
    "Invalid principal in policy: com.amazon.balsa.error.InvalidPolicyException: "
    "The passed in policy has a statement with no principals!"
)
PRINCIPAL_STAR: Final = 'AssumeRolepolicy contained an invalid principal: "STAR":"*".'
PRINCIPAL_INVALID: Final = "Invalid principal in policy"
NOT_ASSUME_ROLE: Final = "AssumeRole policy may only specify STS AssumeRole actions."
IAM_PATH: Final = (
    'IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, '
    "instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, "
    "oidc-provider/, report/, access-report/."
)
ORGANIZATIONS: Final = (
    "The provided policy document does not meet the requirements of the specified policy type."
)


class MalformedPolicy(Exception):
    """A document that is not a policy.

    `code` is IAM's error code (`MalformedPolicyDocument`, or `LimitExceeded` for size; for SCPs and
    RCPs `MalformedPolicyDocumentException`), `message` AWS's text, `reason` what exactly is wrong.
    """

    def __init__(
        self, message: str, reason: str = "", code: str = "MalformedPolicyDocument"
    ) -> None:
        super().__init__(f"{code}: {message}" + (f" ({reason})" if reason else ""))
        self.code = code
        self.message = message
        self.reason = reason or message
